import numpy as np
import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.translator_report import (
    SliceScores,
    evaluate_translator,
    translated_rows,
)
from tests.evaluation.studies import study


def translate(pairs):
    return np.where(pairs.brain, -pairs.source + 0.1, -1)


@pytest.fixture(scope="module")
def train():
    return [study("a", 0), study("b", 1)]


@pytest.fixture(scope="module")
def held_out():
    return {"x/c_s1": study("c", 2), "x/c_s2": study("c", 3), "x/d": study("d", 4, slices=9)}


@pytest.fixture(scope="module")
def report(train, held_out):
    return evaluate_translator(
        translate,
        train,
        held_out,
        model="t1-to-t2",
        others={"L1-only network": lambda pairs: pairs.target * 0.5},
        linear_steps=5,
        fewest_pixels=100,
    )


def test_a_constant_error_gives_the_figures_of_the_formula(report):
    # Off by 0.1 everywhere in a range of 2: MAE 0.1, PSNR 20 log10(2 / 0.1).
    assert report.row("Mean absolute difference inside the brain").value == pytest.approx(0.1, 1e-3)
    psnr = report.row("PSNR [dB] inside the brain")
    assert psnr.value == pytest.approx(20 * np.log10(20), abs=0.01)
    assert psnr.n == report.n_synthetic == 17


def test_only_the_brain_counts():
    pairs = study("a", 0)
    made = pairs.target.copy()
    made[~pairs.brain] = 1.0  # wrong in all of the background
    made[pairs.brain] += 0.2
    scores = SliceScores()

    scores.add("a", pairs, made, fewest_pixels=100)

    assert scores.mean("mae") == pytest.approx(0.2, rel=1e-3)


def test_every_simple_way_is_beaten_by_a_translator_that_knows(report):
    for name in ("PSNR [dB] inside the brain", "SSIM inside the brain"):
        row = report.row(name)
        assert set(row.baselines) == {
            "source shown as target",
            "histogram match",
            "mean target",
            "linear filter",
            "L1-only network",
        }
        assert all(row.beats(way) for way in row.baselines)


def test_people_are_named_and_counted_once_however_many_studies_they_have(report, held_out):
    assert "3 studies of 2 held-out people (c, d); 2 taught" in report.notes[0]
    assert report.row("SSIM inside the brain, c").n == 8
    overall, c, d = (report.row(f"SSIM inside the brain{who}").value for who in ("", ", c", ", d"))
    assert overall == pytest.approx((c + d) / 2)


def test_one_person_has_no_rows_of_their_own_and_a_note_says_so(train):
    report = evaluate_translator(
        translate, train, {"c": study("c", 2)}, linear_steps=1, fewest_pixels=100
    )

    assert len(report.rows) == 3
    assert any("One person" in note for note in report.notes)


def test_slices_without_brain_do_not_count(train):
    pairs = study("c", 2)
    brain = pairs.brain.copy()
    brain[0] = False
    thinner = type(pairs)("c", pairs.source, pairs.target, brain)

    report = evaluate_translator(
        translate, train, {"c": thinner}, linear_steps=1, fewest_pixels=100
    )

    assert report.n_real == 3


def test_studies_without_any_brain_are_refused(train):
    with pytest.raises(InputError, match="No held-out study"):
        evaluate_translator(
            translate, train, {"c": study("c", 2)}, linear_steps=1, fewest_pixels=5000
        )


def test_the_sheet_shows_the_same_slices_real_and_translated(held_out, monkeypatch):
    monkeypatch.setattr("medgan_viewer.evaluation.translator_report.FEWEST_PIXELS", 100)

    real, made = translated_rows(translate, held_out, 3, seed=0)

    assert [row.title for row in real] == [row.title for row in made] == list(held_out)
    for real_row, made_row in zip(real, made, strict=True):
        assert np.abs(made_row.images - real_row.images).max() == pytest.approx(0.1, abs=1e-5)
