import numpy as np
import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.generator_report import evaluate_generator
from medgan_viewer.evaluation.yardstick import Yardstick
from tests.evaluation.pictures import SIDE, blurred, disc_or_square, labelled

SAMPLES = 40


def good(label, count, first_seed):
    return disc_or_square(label, count, 1000 + first_seed)


def soft(label, count, first_seed):
    return blurred(good(label, count, first_seed))


def coarse(label, count, first_seed):
    return disc_or_square(label, count, first_seed, side=SIDE // 2)


def collapsed(label, count, first_seed):
    one = disc_or_square(label, 1, 0)
    return one + np.random.default_rng(first_seed).normal(0, 0.02, (count, SIDE, SIDE))


@pytest.fixture(scope="module")
def data():
    return labelled(80, seed=1), labelled(30, seed=2, name="h")


@pytest.fixture(scope="module")
def yardstick(data):
    return Yardstick(*data, SAMPLES, classifier_images=1000)


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def report(data, yardstick, steps):
    def rebuild(images):
        return images * 0.9

    return evaluate_generator(
        good,
        *data,
        model="good",
        samples_per_label=SAMPLES,
        baselines={"soft": soft, "coarse": coarse, "collapsed": collapsed},
        rebuild=rebuild,
        yardstick=yardstick,
        advance=lambda *step: steps.append(step),
    )


def row(report, start):
    return next(row for row in report.rows if row.name.startswith(start))


def test_the_report_counts_what_it_compared(report):
    assert (report.model, report.n_real, report.n_synthetic, report.n_train) == (
        "good",
        60,
        80,
        160,
    )
    assert "30 disc, 30 square" in " ".join(report.notes)
    assert row(report, "Fréchet distance, classifier").n == 60


@pytest.mark.parametrize(
    "name",
    [
        "Fréchet distance, random",
        "KID x 1000, random",
        "Sliced Wasserstein distance x 1000, finest",
        "Spectrum distance",
    ],
)
def test_a_good_model_beats_blur_low_resolution_and_collapse_at_every_distance(report, name):
    found = row(report, name)

    assert all(found.beats(baseline) for baseline in found.baselines)
    assert set(found.baselines) == {"soft", "coarse", "collapsed"}


def test_a_good_model_is_about_as_far_away_as_real_images_are(report):
    found = row(report, "Fréchet distance, random")

    low, high = found.interval
    assert low < found.value < high
    assert found.value < 2 * found.floor


def test_collapse_shows_in_recall_of_each_label_and_in_diversity(report):
    for label in ("disc", "square"):
        recall = row(report, f"Recall of {label}")
        assert recall.value > 0.5
        assert recall.baselines["collapsed"] < 0.2
    diversity = row(report, "MS-SSIM")
    assert diversity.baselines["collapsed"] > diversity.value + 0.2
    assert diversity.beats("collapsed")


def test_class_faithfulness_stands_beside_chance_and_real_images(report):
    for start in ("Class faithfulness: trained on real", "Class faithfulness: trained on synth"):
        found = row(report, start)
        assert found.baselines["chance"] == 0.5
        assert found.value > 0.6
        assert found.floor > 0.6


def test_new_samples_are_not_suspicious(report):
    found = row(report, "Share suspiciously near to a training image, pixels")

    assert found.value < 0.1


def test_reconstruction_stands_beside_the_mean_image(report):
    error = row(report, "Reconstruction of held-out images, mean")

    assert error.value == pytest.approx(0.1 * 0.5 / 2, rel=0.1)  # a tenth of +-0.5, of 2
    assert error.beats("mean training image")


def test_every_figure_has_a_sentence_and_a_direction(report):
    assert len({row.name for row in report.rows}) == len(report.rows)
    for found in report.rows:
        assert found.plain.endswith(".")
        assert "{" not in found.plain + found.name


def test_steps_are_announced_in_order(report, steps):
    assert [number for _, number, _ in steps] == list(range(7))
    assert {total for *_, total in steps} == {7}


def test_a_model_that_copies_training_images_is_caught(data, yardstick):
    train, _ = data

    def copies(label, count, first_seed):
        return train.values(np.flatnonzero(train.labels == label)[:count])

    report = evaluate_generator(copies, *data, samples_per_label=SAMPLES, yardstick=yardstick)

    assert row(report, "Share suspiciously near to a training image, pixels").value == 1.0
    pairs = [pair for pair in report.nearest if pair.space.startswith("pixels")]
    assert all(pair.is_suspicious for pair in pairs)
    assert pairs[0].training_index == pairs[0].synthetic_index  # both sets begin with the discs


def test_the_same_seeds_give_the_same_figures_and_intervals(report, data, yardstick):
    again = evaluate_generator(good, *data, samples_per_label=SAMPLES, yardstick=yardstick)

    found = {row.name: (row.value, row.interval, row.floor) for row in report.rows}
    for row in again.rows:
        assert found[row.name] == (row.value, row.interval, row.floor)


def test_images_without_labels_are_measured_by_random_features():
    train, held_out = labelled(60, 1, label_names=()), labelled(30, 2, label_names=(), name="h")

    report = evaluate_generator(good, train, held_out, samples_per_label=30)

    names = [row.name for row in report.rows]
    assert "Recall, random features" in names
    assert not any("faithfulness" in name or "classifier" in name for name in names)
    assert any("no labels" in note for note in report.notes)


def test_too_few_or_too_small_images_are_refused_with_a_reason():
    with pytest.raises(InputError, match="needed"):
        evaluate_generator(good, labelled(20, 1), labelled(2, 2, name="h"), samples_per_label=20)
    small = [
        type(part)(part.pixels[:, :8, :8], part.labels, part.patients, (), part.intensity)
        for part in (labelled(20, 1, ()), labelled(20, 2, (), name="h"))
    ]
    with pytest.raises(InputError, match="too small"):
        evaluate_generator(good, *small, samples_per_label=20)
