import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing
from medgan_viewer.session.grid import Layout, ViewportGrid
from medgan_viewer.session.session import Mode
from medgan_viewer.session.viewports import Caption, Role, View, ViewportState
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, open_and_wait


def tile_with(size=100, spacing_mm=1.0, patient="A"):
    tile = ViewportState(Role.ACQUIRED)
    tile.tile_size = (200.0, 200.0)
    tile.start_stack(Caption(patient=patient), 1, 0, "")
    spacing = PixelSpacing(spacing_mm, spacing_mm)
    tile.show_frame(PixelFrame(stored=np.eye(size, dtype=np.uint8), spacing=spacing))
    return tile


@pytest.fixture
def grid(qapp):
    return ViewportGrid()


def test_linked_tiles_show_the_same_millimetres(grid):
    fine, coarse = tile_with(100, spacing_mm=1.0), tile_with(100, spacing_mm=2.0)
    grid.set_tiles((fine, coarse), Layout(1, 2))

    fine.set_view(View(2.0, (0.1, 0.0)))

    # 100 mm fit at zoom 1 on the left, 200 mm on the right: 50 mm are zoom 4 there, and 10 mm from
    # the middle are 0.05 of its width.
    assert coarse.view.zoom == pytest.approx(4.0)
    assert coarse.view.pan == pytest.approx((0.05, 0.0))


def test_unlinked_tiles_keep_their_view(grid):
    first, second = tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))
    grid.set_links(view=False, scroll=True)

    first.set_view(View(2.0))

    assert second.view == View()


def test_a_link_works_both_ways_and_ends(grid):
    first, second = tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))

    second.set_view(View(3.0))

    assert (first.view.zoom, second.view.zoom) == (3.0, 3.0)


def test_different_patients_are_told_and_not_linked_until_the_user_says_so(grid):
    first, second = tile_with(patient="A"), tile_with(patient="B")
    grid.set_tiles((first, second), Layout(1, 2))
    assert grid.mixes_patients

    first.set_view(View(2.0))
    assert second.view == View()

    grid.accept_mix()
    first.set_view(View(3.0))
    assert second.view.zoom == 3.0


def test_another_pair_of_patients_has_to_be_accepted_anew(grid):
    first, second = tile_with(patient="A"), tile_with(patient="B")
    grid.set_tiles((first, second), Layout(1, 2))
    grid.accept_mix()

    second.set_caption(Caption(patient="C"))

    assert grid.mixes_patients
    assert not grid.mix_accepted


@pytest.mark.parametrize("patient", ["A", ""])
def test_one_patient_beside_himself_or_beside_an_invented_one_is_no_mix(grid, patient):
    grid.set_tiles((tile_with(patient="A"), tile_with(patient=patient)), Layout(1, 2))

    assert not grid.mixes_patients


def test_a_tile_alone_mixes_no_patients(grid):
    first, second = tile_with(patient="A"), tile_with(patient="B")
    grid.set_tiles((first, second), Layout(1, 2))

    grid.toggle_maximized(first)

    assert not grid.mixes_patients


def test_enlarging_shows_one_tile_and_once_more_all(grid):
    first, second = tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))

    grid.toggle_maximized(second)
    alone = grid.shown
    grid.toggle_maximized(second)

    assert alone == (second,)
    assert grid.shown == (first, second)
    assert grid.active is second


def test_the_active_tile_is_never_hidden_behind_the_enlarged_one(grid):
    first, second = tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))
    grid.toggle_maximized(first)

    grid.activate(second)

    assert grid.shown == (second,)


def test_a_tile_that_goes_leaves_the_first_one_active(grid):
    first, second, third = tile_with(), tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))
    grid.activate(second)

    grid.set_tiles((first, third), Layout(1, 2))

    assert grid.active is first


def open_two(qtbot, session, folder, **of_second):
    """Show a series at 0, 5 ... 45 mm and one at 0, 10 ... 40 mm beside each other."""
    session.set_mode(Mode.BROWSE)
    make_series(folder / "a", range(0, 50, 5), name="fine")
    make_series(folder / "b", range(0, 50, 10), name="coarse", **of_second)
    open_and_wait(qtbot, session, folder)
    sets = {s.label: s for study in session.studies.studies for s in study.display_sets}
    for feeder, label in zip(session.feeders, ("fine", "coarse"), strict=False):
        session.show_set(sets[label], feeder.viewport)
    first, second = session.acquired[:2]
    qtbot.waitUntil(
        lambda: first.frame is not None and second.frame is not None, timeout=PATIENCE_MS
    )
    return first, second


def test_linked_stacks_scroll_to_the_same_place(qtbot, session, tmp_path):
    first, second = open_two(qtbot, session, tmp_path)

    first.go_to(6)  # 30 mm

    assert second.wanted == 3


def test_unlinked_stacks_scroll_alone(qtbot, session, tmp_path):
    first, second = open_two(qtbot, session, tmp_path)
    session.grid.set_links(view=True, scroll=False)
    before = second.wanted

    first.go_to(8)

    assert second.wanted == before


def test_stacks_of_different_frames_of_reference_scroll_alone(qtbot, session, tmp_path):
    first, second = open_two(qtbot, session, tmp_path, FrameOfReferenceUID="1.2.3")
    before = second.wanted

    first.go_to(8)

    assert second.wanted == before


def test_stacks_of_different_patients_scroll_alone(qtbot, session, tmp_path):
    first, second = open_two(qtbot, session, tmp_path, PatientID="other")
    before = second.wanted

    first.go_to(8)

    assert second.wanted == before
