import itertools
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from medgan_viewer.imaging.frame import SyntheticKind
from medgan_viewer.inference.guard import UncertainContrastError
from medgan_viewer.session.session import Mode
from tests.dicom_factory import make_series
from tests.session.fixtures import (
    PATIENCE_MS,
    display_sets,
    gray_frame,
    open_and_wait,
    real_engine,
)
from tests.session.series import SIDE, make_t1, t1_pixels


@pytest.fixture
def session(make_session):
    return make_session(real_engine)


def wait_until_done(qtbot, session, count=1):
    qtbot.waitUntil(lambda: len(session.studies.synthetic_sets) == count, timeout=PATIENCE_MS)


def translate(qtbot, session, folder, count=4):
    make_t1(folder, count)
    open_and_wait(qtbot, session, folder)
    session.set_mode(Mode.TRANSLATE)
    wait_until_done(qtbot, session)


def test_a_series_is_translated_and_its_counterpart_stands_beside_it(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path)

    frame = session.synthetic.frame
    assert session.synthetic.index == session.acquired[0].index == 2
    assert frame.provenance.kind is SyntheticKind.TRANSLATED
    # The tiny translator gives tanh of its input, 0 to 1000 being -1 to 1 on both sides.
    expected = 500 + 500 * np.tanh(t1_pixels(2) / 500.0 - 1)
    np.testing.assert_allclose(frame.modality_values(), expected, atol=5)


def test_both_tiles_scroll_together(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path)

    session.synthetic.scroll(-1)
    qtbot.waitUntil(lambda: session.acquired[0].index == 1, timeout=PATIENCE_MS)
    assert session.synthetic.index == 1

    session.acquired[0].scroll(2)
    qtbot.waitUntil(lambda: session.acquired[0].index == 3, timeout=PATIENCE_MS)
    assert session.synthetic.index == 3


def test_a_finished_translation_is_kept_as_a_synthetic_set(qtbot, session, tmp_path):
    pictures = []
    session.thumbnails.thumbnail_ready.connect(lambda *made: pictures.append(made))

    translate(qtbot, session, tmp_path)

    [made] = session.studies.synthetic_sets
    [source] = display_sets(session)
    assert made.source.uid == source.uid
    assert len(made.frames) == 4
    assert [synthetic for set_id, _, synthetic in pictures if set_id == made.set_id] == [True]


def test_a_kept_set_is_shown_again_beside_its_source(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path)
    [made] = session.studies.synthetic_sets
    session.set_mode(Mode.GENERATE)

    session.show_synthetic_set(made)

    qtbot.waitUntil(lambda: session.synthetic.frame is made.frames[2], timeout=PATIENCE_MS)
    assert session.mode is Mode.TRANSLATE


def test_another_series_takes_the_translation_of_the_one_before_away(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path / "a")
    make_series(tmp_path / "b", range(2), name="a CT")
    session.studies.open_paths([tmp_path / "b"])

    qtbot.waitUntil(lambda: session.translation.refusal is not None, timeout=PATIENCE_MS)

    assert session.synthetic.frame is None
    assert "T1-weighted MR" in session.synthetic.message


def test_a_series_of_another_contrast_is_translated_at_the_users_word(qtbot, session, tmp_path):
    make_t1(tmp_path, SeriesDescription="AX FLAIR")
    open_and_wait(qtbot, session, tmp_path)
    session.set_mode(Mode.TRANSLATE)
    assert isinstance(session.translation.refusal, UncertainContrastError)

    session.translation.start(trust_user=True)

    wait_until_done(qtbot, session)
    assert session.translation.refusal is None


def test_cancelling_keeps_the_planes_that_are_done(qtbot, session, tmp_path):
    make_t1(tmp_path, 12)
    open_and_wait(qtbot, session, tmp_path)
    cancelled = []

    def cancel_after_two():
        if session.translation.translated_count >= 2 and not cancelled:
            cancelled.append(session.translation.translated_count)
            session.translation.cancel()

    session.translation.state_changed.connect(cancel_after_two)
    session.set_mode(Mode.TRANSLATE)
    qtbot.waitUntil(lambda: bool(cancelled) and not session.service.jobs, timeout=PATIENCE_MS)

    assert 2 <= session.translation.translated_count < 12
    assert session.synthetic.frame is not None
    assert not session.studies.synthetic_sets


def test_a_plane_that_was_not_translated_is_said_so(qtbot, session, tmp_path):
    test_cancelling_keeps_the_planes_that_are_done(qtbot, session, tmp_path)
    missing = next(i for i in range(12) if i not in session.translation._frames)

    session.acquired[0].go_to(missing)
    qtbot.waitUntil(lambda: session.acquired[0].index == missing, timeout=PATIENCE_MS)

    assert session.synthetic.frame is None
    assert session.synthetic.message == "Not translated."


def test_a_damaged_package_is_told_and_the_tile_says_why(qtbot, session, tmp_path, packages):
    broken = shutil.copytree(packages.translator.folder, tmp_path / "broken")
    weights = broken / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01"[1:])
    make_t1(tmp_path / "t1")
    open_and_wait(qtbot, session, tmp_path / "t1")
    session.translation.set_package(session.library.open_folder(broken))

    session.set_mode(Mode.TRANSLATE)

    qtbot.waitUntil(lambda: bool(session.notices.notices), timeout=PATIENCE_MS)
    assert "weights.safetensors differs" in session.notices.notices[0].problem
    assert "weights.safetensors differs" in session.synthetic.message


def test_closing_during_a_translation_ends_it(qtbot, session, tmp_path):
    make_t1(tmp_path, 20)
    open_and_wait(qtbot, session, tmp_path)
    session.set_mode(Mode.TRANSLATE)
    qtbot.waitUntil(lambda: bool(session.service.jobs), timeout=PATIENCE_MS)

    session.close()

    assert not session.notices.notices


def test_without_a_translator_the_tile_says_what_to_do(session):
    session.translation.set_package(None)

    session.set_mode(Mode.TRANSLATE)

    assert session.synthetic.message == "Choose a translator on the right."


def test_the_recipe_of_a_translated_plane_names_its_sources(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path)

    [source] = display_sets(session)
    provenance = session.synthetic.frame.provenance
    assert source.frames[2].sop_instance_uid in provenance.source_uids
    assert json.loads(provenance.recipe_json)["kind"] == "translated"


class FullGpu:
    """Gives every plane with the sentence that stands for it."""

    def __init__(self, *sentences):
        self._sentences = iter(sentences)

    def with_fallback(self, package, attempt):
        return gray_frame(1000, size=SIDE, is_synthetic=True), next(self._sentences)


def test_a_fallback_in_a_later_plane_is_told_once(qtbot, make_session, tmp_path):
    session = make_session(lambda: FullGpu("", "full", "full", "full"))

    translate(qtbot, session, tmp_path)

    assert [notice.problem for notice in session.notices.notices] == ["full"]


def test_the_planes_are_given_together_once_all_are_there(qtbot, session, tmp_path):
    make_t1(tmp_path, 4)
    open_and_wait(qtbot, session, tmp_path)
    assert session.translation.frames is None

    session.set_mode(Mode.TRANSLATE)
    wait_until_done(qtbot, session)

    [made] = session.studies.synthetic_sets
    assert session.translation.frames == made.frames


def test_the_time_per_plane_is_that_of_all_steps_by_the_planes(
    qtbot, make_session, tmp_path, monkeypatch
):
    """Steps of 10 ms: 4 planes are read as samples, then translated; the first step starts it."""
    session = make_session(lambda: FullGpu("", "", "", ""))
    clock = itertools.count(step=0.01)
    monkeypatch.setattr(
        "medgan_viewer.session.translation.time", SimpleNamespace(monotonic=lambda: next(clock))
    )

    translate(qtbot, session, tmp_path)

    assert session.translation.ms_per_plane == pytest.approx(7 * 10 / 4)


def test_planes_through_a_translated_series_are_marked_as_synthetic(qtbot, session, tmp_path):
    translate(qtbot, session, tmp_path)
    session.grid.activate(session.synthetic)

    session.mpr_switch.toggle()

    qtbot.waitUntil(
        lambda: all(tile.frame is not None for tile in session.mpr.tiles), timeout=PATIENCE_MS
    )
    for tile in session.mpr.tiles:
        assert tile.frame.provenance.kind is SyntheticKind.TRANSLATED
    assert not session.acquired[0].frame.is_synthetic  # the source stands beside them
    assert session.grid.tiles[3] is session.acquired[0]
