from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.imaging.frame import SyntheticKind
from medgan_viewer.imaging.slab import Projection, Slab
from medgan_viewer.imaging.turn import Turn
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.mpr import MprSource
from medgan_viewer.session.session import Mode
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, display_sets, open_and_wait, provenance

ROWS, COLUMNS, SLICES = 12, 16, 10


def phantom(index):
    """Return a slice of a volume in which one voxel, column 5, row 7, slice 3, is bright."""
    pixels = np.full((ROWS, COLUMNS), 1024, np.int16)
    if index == 3:
        pixels[7, 5] = 2024
    return pixels


@pytest.fixture
def open_ct(qtbot, session, tmp_path):
    """Return a function that shows a CT of 1 x 1 x 2 mm voxels with its corner at the origin."""

    def open_series(positions=range(0, 2 * SLICES, 2), **options):
        session.set_mode(Mode.BROWSE)
        make_series(tmp_path / "ct", positions, pixels=phantom, **options)
        open_and_wait(qtbot, session, tmp_path / "ct")
        return display_sets(session)[0]

    return open_series


@pytest.fixture
def planes(qtbot, session, open_ct):
    """Return the session with planes of the phantom open, all three on screen."""
    open_ct()
    session.mpr_switch.toggle()
    wait_for_planes(qtbot, session)
    return session


def wait_for_planes(qtbot, session):
    qtbot.waitUntil(
        lambda: all(tile.frame is not None for tile in session.mpr.tiles), timeout=PATIENCE_MS
    )


def wait_for_rest(qtbot, session):
    """Wait until every tile shows the plane that was asked for."""
    qtbot.waitUntil(
        lambda: all(
            tile.frame is not None and tile.index == tile.wanted and not tile.waiting
            for tile in session.grid.shown
        ),
        timeout=PATIENCE_MS,
    )


def test_three_planes_and_the_stack_stand_beside_each_other(planes):
    assert planes.grid.tiles == (*planes.mpr.tiles, planes.acquired[0])
    assert planes.grid.layout == Layout(2, 2)
    assert [tile.count for tile in planes.mpr.tiles] == [SLICES, ROWS, COLUMNS]
    assert [tile.frame.notes[0] for tile in planes.mpr.tiles] == [
        "REFORMATTED axial",
        "REFORMATTED coronal",
        "REFORMATTED sagittal",
    ]
    assert all("reformatted" in tile.caption.title for tile in planes.mpr.tiles)
    assert all(tile.caption.identity for tile in planes.mpr.tiles)


def test_all_planes_go_to_a_point_and_show_it(qtbot, planes):
    place = (5.0, 7.0, 6.0)  # slices are 2 mm apart

    planes.mpr.move_to(place)

    def all_show_it():
        for tile in planes.mpr.tiles:
            column, row, away = tile.frame.geometry.to_pixel(place)
            assert abs(away) < 0.01
            assert tile.frame.modality_values()[round(row), round(column)] == 1000

    qtbot.waitUntil(all_show_it, timeout=PATIENCE_MS)


def test_scrolling_one_plane_moves_the_crossing_point_along(qtbot, planes):
    before = planes.mpr.center_mm

    planes.mpr.tiles[1].scroll(2)

    moved = planes.mpr.center_mm - before
    assert moved.tolist() == pytest.approx([0, 2, 0], abs=1)
    assert moved[0] == moved[2] == 0


def test_a_point_outside_stays_at_the_edge_of_the_volume(planes):
    planes.mpr.move_to((1000, -1000, 1000))

    assert planes.mpr.center_mm.tolist() == pytest.approx([COLUMNS - 1, 0, 2 * (SLICES - 1)])


def test_the_stack_follows_the_crossing_point(qtbot, planes):
    planes.mpr.move_to((5, 7, 16))

    assert planes.acquired[0].wanted == 8


def test_a_slab_is_projected_and_says_so(qtbot, planes):
    planes.mpr.move_to((5, 7, 6))
    wait_for_rest(qtbot, planes)

    planes.mpr.set_slab(Slab(4, Projection.MIP))
    planes.mpr.move_to((6, 8, 8))  # beside the bright voxel

    def shows_slab():
        for tile in planes.mpr.tiles:
            assert "MIP 4 mm" in tile.frame.notes[0]
            assert tile.frame.modality_values().max() == 1000

    qtbot.waitUntil(shows_slab, timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("positions", "options", "words"),
    [
        pytest.param((0, 2, 4, 9, 11), {}, "no regular volume", id="uneven"),
        pytest.param((0, 2, 4, 6), {"shift_per_mm": 0.3}, "tilted", id="tilt"),
        pytest.param((0, 2, 2, 4), {}, "position", id="duplicate"),
        pytest.param((0, 2, 4, 12, 14), {}, "missing", id="gap"),
        pytest.param((0,), {}, "One image", id="one image"),
    ],
)
def test_planes_of_a_stack_that_is_no_volume_are_refused_in_words(
    session, open_ct, positions, options, words
):
    open_ct(positions, **options)

    session.mpr_switch.toggle()

    assert not session.mpr.is_open
    [notice] = session.notices.notices
    assert words in notice.problem
    assert notice.action


def test_one_missing_slice_among_many_is_interpolated_and_named(qtbot, session, open_ct):
    open_ct([2 * n for n in range(30) if n != 20])

    session.mpr_switch.toggle()
    wait_for_planes(qtbot, session)

    assert session.mpr.tiles[0].count == 30
    assert all("interpolated: slice 21" in tile.frame.notes for tile in session.mpr.tiles)


def test_a_file_that_cannot_be_read_is_told_in_the_tiles(qtbot, session, open_ct):
    display_set = open_ct()
    for ref in display_set.frames:
        session.loader._kept.pop(ref, None)
    display_set.frames[2].path.write_bytes(b"broken")

    session.mpr_switch.toggle()

    qtbot.waitUntil(lambda: "0003.dcm" in session.mpr.tiles[0].message, timeout=PATIENCE_MS)
    assert all(tile.frame is None for tile in session.mpr.tiles)
    assert "0003.dcm" in session.mpr.status


def test_planes_through_a_synthetic_series_are_synthetic(qtbot, session, open_ct):
    display_set = open_ct()
    made = provenance(SyntheticKind.TRANSLATED, "from T1")
    frames = tuple(
        replace(session.pool.run(ReadFrame(ref)), provenance=made) for ref in display_set.frames
    )

    session.mpr.open(MprSource(display_set, frames))
    wait_for_planes(qtbot, session)

    for tile in session.mpr.tiles:
        assert tile.frame.is_synthetic
        assert tile.frame.provenance.summary == "from T1"


def test_the_window_of_one_plane_is_that_of_all(planes):
    planes.grid.set_links(view=False, scroll=False, window=False)

    planes.mpr.tiles[2].set_voi(VoiWindow(50, 350))

    assert [tile.voi for tile in planes.mpr.tiles] == [VoiWindow(50, 350)] * 3
    assert planes.acquired[0].voi != VoiWindow(50, 350)


@pytest.mark.parametrize("leave", ["toggle", "layout", "mode", "series"])
def test_leaving_the_planes_brings_the_stacks_back(planes, leave):
    shown = planes.feeders[0].display_set

    match leave:
        case "toggle":
            planes.mpr_switch.toggle()
        case "layout":
            planes.set_layout(Layout(1, 2))
        case "mode":
            planes.set_mode(Mode.GENERATE)
        case "series":
            planes.show_set(shown)

    assert not planes.mpr.is_open
    assert planes.acquired[0] in planes.grid.tiles
    assert not set(planes.mpr.tiles) & set(planes.grid.tiles)
    assert planes.feeders[0].display_set is shown


def test_planes_closed_while_the_series_is_read_leave_nothing(qtbot, session, open_ct):
    open_ct()
    session.mpr_switch.toggle()

    session.mpr_switch.toggle()
    qtbot.wait(100)

    assert all(tile.frame is None for tile in session.mpr.tiles)
    assert session.mpr.status == ""


def test_a_turned_plane_does_not_zoom_the_others(planes):
    planes.mpr.tiles[1].turn(Turn(1))

    assert [tile.view.zoom for tile in planes.grid.tiles] == [1.0] * 4


def test_without_a_series_the_planes_say_what_to_do(session):
    session.set_mode(Mode.BROWSE)

    session.mpr_switch.toggle()

    assert not session.mpr.is_open
    assert "series" in session.notices.notices[0].problem


@pytest.mark.parametrize(
    ("positions", "options", "words"),
    [
        pytest.param(range(0, 20, 2), {"shift_per_mm": 0.3}, "tilted", id="tilt"),
        pytest.param((0, 2, 4, 6, 9, 12, 15), {}, "unevenly spaced", id="uneven"),
    ],
)
def test_a_stack_that_is_no_volume_is_resampled_on_request_and_says_so(
    qtbot, session, open_ct, positions, options, words
):
    open_ct(positions, **options)
    session.mpr_switch.toggle()
    assert "Ctrl+Shift+M" in session.notices.notices[0].action

    session.mpr_switch.open_resampled()
    wait_for_planes(qtbot, session)

    for tile in session.mpr.tiles:
        assert "RESAMPLED every 2.00 mm" in tile.frame.notes[1]
        assert words in tile.frame.notes[1]
    session.mpr.move_to((5, 7 + 6 * options.get("shift_per_mm", 0), 6))
    wait_for_rest(qtbot, session)
    axial = session.mpr.tiles[0].frame
    assert axial.modality_values().max() > 600  # a shift by half a pixel halves one bright voxel


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ((0, 2, 2, 4), "lie at one position"),
        ((0, 2, 4, 30.5, 32), "missing"),
        ((0, 2, 4), "regular"),
    ],
)
def test_what_is_missing_or_doubled_or_regular_is_not_resampled(session, open_ct, positions, words):
    open_ct(positions)

    session.mpr_switch.open_resampled()

    assert not session.mpr.is_open
    assert words in session.notices.notices[-1].problem
