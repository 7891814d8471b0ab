import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.turn import Turn
from medgan_viewer.session.grid import Layout, ViewportGrid
from medgan_viewer.session.session import Mode
from medgan_viewer.session.tile_view import Caption, Role, View
from medgan_viewer.session.viewports import ViewportState
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, open_and_wait


def tile_with(size=100, spacing_mm=1.0, space="", **caption):
    """Return a tile of 200 x 200 pixels; an image in a `space` has its corner at its origin."""
    tile = ViewportState(Role.ACQUIRED)
    tile.tile_size = (200.0, 200.0)
    tile.start_stack(Caption(**{"patient": "A", "space": space, **caption}), 1, 0, "")
    spacing = PixelSpacing(spacing_mm, spacing_mm)
    first_pixel = (spacing_mm / 2, spacing_mm / 2, 0.0)
    place = PlaneGeometry(first_pixel, (1, 0, 0), (0, 1, 0), spacing, frame_of_reference_uid=space)
    tile.show_frame(
        PixelFrame(
            stored=np.eye(size, dtype=np.uint8),
            spacing=spacing,
            geometry=place if space else None,
        )
    )
    return tile


@pytest.fixture
def grid(qapp):
    return ViewportGrid()


def test_linked_tiles_show_the_same_millimetres(grid):
    fine, coarse = (tile_with(100, spacing_mm=mm, space="1.2") for mm in (1.0, 2.0))
    grid.set_tiles((fine, coarse), Layout(1, 2))

    fine.set_view(View(2.0, (0.1, 0.0)))

    # 100 mm fit at zoom 1 on the left, 200 mm on the right: 50 mm are zoom 4 there. The middle of
    # the view is 60 mm and 50 mm from the corner: 0.3 and 0.25 of the right image.
    assert coarse.view.zoom == pytest.approx(4.0)
    assert coarse.view.pan == pytest.approx((-0.2, -0.25))


def test_images_without_a_common_space_are_enlarged_alike(grid):
    fine, coarse = tile_with(100, spacing_mm=1.0), tile_with(37, spacing_mm=2.0)
    grid.set_tiles((fine, coarse), Layout(1, 2))

    fine.set_view(View(2.0, (0.1, 0.0)))

    assert coarse.view == View(2.0, (0.1, 0.0))


@pytest.mark.parametrize("bring_back", [ViewportState.reset, ViewportState.fit])
@pytest.mark.parametrize("of", [0, 1])
def test_a_reset_of_one_linked_tile_brings_all_back(grid, bring_back, of):
    tiles = tuple(tile_with(100, spacing_mm=mm, space="1.2") for mm in (1.0, 2.0))
    grid.set_tiles(tiles, Layout(1, 2))
    tiles[0].set_view(View(2.0, (0.1, 0.0)))

    bring_back(tiles[of])

    assert [tile.view for tile in tiles] == [View(), View()]


def test_a_reset_brings_linked_tiles_back_also_from_a_tile_that_is_whole(grid):
    first, second = tile_with(), tile_with()
    second.set_view(View(2.0))
    grid.set_tiles((first, second), Layout(1, 2))

    first.reset()

    assert second.view == View()


def test_a_reset_leaves_an_unlinked_tile(grid):
    first, second = tile_with(), tile_with()
    second.set_view(View(2.0))
    grid.set_tiles((first, second), Layout(1, 2))
    grid.set_links(view=False, scroll=True)

    first.reset()

    assert second.view == View(2.0)


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


def test_a_synthetic_export_beside_its_source_is_no_mix(grid):
    source = tile_with(patient="A", space="1.2")
    exports = [tile_with(patient=f"SYN-{n}", space="1.2", is_synthetic=True) for n in range(2)]
    grid.set_tiles((source, *exports), Layout(1, 3))

    assert not grid.mixes_patients
    source.set_view(View(2.0))
    assert [tile.view for tile in exports] == [View(2.0)] * 2


@pytest.mark.parametrize(
    "foreign",
    [
        {"space": "9.9", "is_synthetic": True},
        {"space": "", "is_synthetic": True},
        {"space": "1.2", "is_synthetic": False},
    ],
)
def test_an_invented_patient_counts_unless_the_image_is_synthetic_and_in_one_space(grid, foreign):
    first = tile_with(patient="A", space="1.2")
    second = tile_with(patient="B", **foreign)
    grid.set_tiles((first, second), Layout(1, 2))

    assert grid.mixes_patients
    first.set_view(View(2.0))
    assert second.view == View()


def test_a_synthetic_export_beside_another_patient_counts_as_its_own(grid):
    source = tile_with(patient="A", space="1.2")
    exported = tile_with(patient="SYN-1", space="1.2", is_synthetic=True)
    other = tile_with(patient="B", space="5.6")
    grid.set_tiles((source, exported, other), Layout(1, 3))

    assert grid.mixes_patients
    assert grid.may_link(source, exported)
    assert not grid.may_link(exported, other)


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


def test_zoom_and_position_have_a_switch_each(grid):
    first, second = tile_with(), tile_with()
    grid.set_tiles((first, second), Layout(1, 2))
    grid.set_links(view=False, scroll=True, position=True)

    first.set_view(View(2.0, (0.1, 0.0)))
    assert second.view == View(1.0, (0.1, 0.0))

    grid.set_links(view=True, scroll=True, position=False)
    first.set_view(View(3.0, (0.2, 0.0)))
    assert second.view == View(3.0, (0.1, 0.0))


def test_one_link_is_toggled_and_the_others_stay(qtbot, grid):
    for name in ("link_view", "link_scroll", "link_position", "link_window"):
        before = (grid.link_view, grid.link_scroll, grid.link_position, grid.link_window)
        with qtbot.waitSignal(grid.links_changed):
            grid.toggle_link(name)
        after = (grid.link_view, grid.link_scroll, grid.link_position, grid.link_window)
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        assert not getattr(grid, name)


def test_a_turned_tile_shows_the_same_millimetres_as_its_partner(grid):
    upright, turned = (tile_with(100, spacing_mm=mm, space="1.2") for mm in (1.0, 2.0))
    grid.set_tiles((upright, turned), Layout(1, 2))
    turned.turn(Turn(1))

    upright.set_view(View(2.0, (0.1, 0.0)))

    assert turned.view.zoom == pytest.approx(4.0)
    assert turned.view.pan == pytest.approx((-0.2, -0.25))  # of the image, however it lies
    assert turned.view.turn == Turn(1)
    assert upright.view.turn == Turn()


def test_images_that_are_compared_turn_together(grid):
    first, second = tile_with(), tile_with(patient="B")
    first.turn(Turn(3))
    grid.set_tiles((first, second), Layout(1, 2), turn_together=True)
    assert second.view.turn == Turn(3)

    second.turn(Turn(2, is_mirrored=True))
    assert first.view.turn == Turn(2, is_mirrored=True)

    first.reset()
    assert second.view.turn == Turn()
