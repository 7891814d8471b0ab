import pytest
from PySide6.QtCore import QTimer

from medgan_viewer.imaging.slab import Slab
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from tests.dicom_factory import SAGITTAL, make_ct, make_series, ramp, uid
from tests.session.fixtures import PATIENCE_MS, display_sets, open_and_wait

SIDE = 40


def make_sagittal(folder, **attributes):
    """Write sagittal slices at x = 10, 14 ... 26 that look from the side on z = 0 ... 39."""
    for index in range(5):
        own = {
            "SeriesInstanceUID": uid("sagittal"),
            "SOPInstanceUID": uid("sagittal", index),
            "InstanceNumber": index + 1,
            "SeriesDescription": "sagittal",
            "SeriesNumber": 2,
            "ImageOrientationPatient": list(SAGITTAL),
            "ImagePositionPatient": [10 + 4 * index, 0, SIDE - 1],
        }
        make_ct(folder / f"s{index}.dcm", ramp(SIDE, SIDE), **{**own, **attributes})


@pytest.fixture
def two_views(qtbot, session, tmp_path):
    """Return a function that shows an axial stack at z = 0, 5 ... 35 and a sagittal one."""

    def show(**of_sagittal):
        session.set_mode(Mode.BROWSE)
        session.set_layout(Layout(1, 2))
        make_series(tmp_path / "axial", range(0, 40, 5), pixels=ramp(SIDE, SIDE), name="axial")
        make_sagittal(tmp_path / "sagittal", **of_sagittal)
        open_and_wait(qtbot, session, tmp_path)
        sets = {s.label: s for s in display_sets(session)}
        for feeder, label in zip(session.feeders, ("axial", "sagittal"), strict=False):
            session.show_set(sets[label], feeder.viewport)
        wait_for_rest(qtbot, session)
        return session.acquired[:2]

    return show


def wait_for_rest(qtbot, session):
    def rests():
        return all(t.frame is not None and t.index == t.wanted for t in session.grid.shown)

    qtbot.waitUntil(rests, timeout=PATIENCE_MS)
    qtbot.wait(20)  # lines are drawn when the tiles rest


def test_each_tile_shows_where_the_other_lies(qtbot, session, two_views):
    axial, sagittal = two_views()

    axial.go_to(3)  # z = 15, that is row 24 of an image whose row 0 is z = 39
    wait_for_rest(qtbot, session)

    [line] = sagittal.guides.lines
    assert line.line.start[1] == line.line.end[1] == pytest.approx(24)
    assert line.label == "4"
    [other] = axial.guides.lines  # the third of five: x = 18
    assert other.line.start[0] == other.line.end[0] == pytest.approx(18)
    assert other.color != line.color
    assert sagittal.guides.own_color == other.color


@pytest.mark.parametrize(
    "of_sagittal",
    [
        pytest.param({"FrameOfReferenceUID": "1.2.3"}, id="other frame of reference"),
        pytest.param({"FrameOfReferenceUID": None}, id="no frame of reference"),
        pytest.param({"PatientID": "T-2", "StudyInstanceUID": "1.2.4"}, id="another patient"),
    ],
)
def test_tiles_that_share_no_space_or_no_patient_show_no_lines(
    qtbot, session, two_views, of_sagittal
):
    axial, sagittal = two_views(**of_sagittal)

    axial.guides.point_at(12, 20)
    wait_for_rest(qtbot, session)

    for tile in (axial, sagittal):
        assert tile.guides.lines == ()
        assert tile.guides.cursor is None
    assert sagittal.wanted == 2


def test_lines_can_be_hidden(qtbot, session, two_views):
    _, sagittal = two_views()

    with qtbot.waitSignal(session.guide_keeper.lines_shown_changed):
        session.guide_keeper.show_lines(False)

    assert sagittal.guides.lines == ()


def test_pointing_in_one_tile_takes_the_other_there(qtbot, session, two_views):
    axial, sagittal = two_views()
    axial.go_to(3)
    wait_for_rest(qtbot, session)

    axial.guides.point_at(22.5, 30)  # x = 22.5, y = 30, z = 15
    wait_for_rest(qtbot, session)

    assert sagittal.index == 1  # x = 22: the stack runs from x = 26 down
    assert sagittal.guides.cursor == pytest.approx((30, 24))  # column is y, row 39 - z
    assert axial.guides.cursor is None

    axial.guides.leave()
    qtbot.waitUntil(lambda: sagittal.guides.cursor is None)


def test_pointing_beyond_the_other_stack_leaves_it_where_it_is(qtbot, session, two_views):
    axial, sagittal = two_views()

    axial.guides.point_at(38, 30)  # the sagittal slices end at x = 26
    wait_for_rest(qtbot, session)

    assert sagittal.index == 2
    assert sagittal.guides.cursor is None


def test_with_many_tiles_only_the_active_one_leaves_its_line(qtbot, session, two_views):
    axial, sagittal = two_views()
    session.set_layout(Layout(2, 3))
    wait = [t for t in session.grid.shown if t.frame is not None]
    assert wait == [axial, sagittal]

    session.grid.activate(axial)
    qtbot.waitUntil(lambda: (len(sagittal.guides.lines), len(axial.guides.lines)) == (1, 0))
    session.grid.activate(sagittal)
    qtbot.waitUntil(lambda: (len(sagittal.guides.lines), len(axial.guides.lines)) == (0, 1))


def test_the_planes_of_a_volume_cross_in_the_point_that_is_chosen(qtbot, session, two_views):
    axial, _ = two_views(FrameOfReferenceUID="1.2.3")
    session.grid.activate(axial)
    session.mpr_switch.toggle()
    wait_for_rest(qtbot, session)
    session.guide_keeper.show_lines(False)  # these lines stay: they are the crosshair

    session.mpr.move_to((9, 21, 15))
    session.mpr.set_slab(Slab(6))
    qtbot.waitUntil(
        lambda: all(t.frame is not None and "6 mm" in t.frame.notes[0] for t in session.mpr.tiles),
        timeout=PATIENCE_MS,
    )
    wait_for_rest(qtbot, session)

    coronal = session.mpr.tiles[1].guides.lines
    middle = {g.label: g.line for g in coronal if not g.is_edge}
    assert set(middle) == {"axial", "sagittal"}  # no letters, which would name patient sides
    assert middle["axial"].start[1] == pytest.approx(35 - 15)  # the top is z = 35
    assert middle["sagittal"].start[0] == pytest.approx(9)
    edges = sorted(g.line.start[0] for g in coronal if g.is_edge and g.color == 2)
    assert edges == pytest.approx([6, 12])


def test_planes_without_a_frame_of_reference_still_cross(qtbot, session, tmp_path):
    session.set_mode(Mode.BROWSE)
    make_series(tmp_path, range(8), pixels=ramp(8, 8), FrameOfReferenceUID=None)
    open_and_wait(qtbot, session, tmp_path)

    session.mpr_switch.toggle()
    qtbot.waitUntil(
        lambda: all(tile.frame is not None for tile in session.mpr.tiles), timeout=PATIENCE_MS
    )

    qtbot.waitUntil(lambda: all(len(t.guides.lines) == 2 for t in session.mpr.tiles))


def test_pointing_in_a_plane_moves_the_other_planes(qtbot, session, two_views):
    axial, _ = two_views()
    session.grid.activate(axial)
    session.mpr_switch.toggle()
    wait_for_rest(qtbot, session)
    coronal = session.mpr.tiles[1]

    coronal.guides.point_at(7, 15)  # x = 7, z = 35 - 15

    y = session.mpr.center_mm[1]
    assert session.mpr.center_mm.tolist() == pytest.approx([7, y, 20])
    assert coronal.wanted == round(y)


def test_a_closed_session_leaves_no_timer_running(qtbot, session, two_views):
    axial, _ = two_views()

    session.close()
    axial.show_message("gone")  # as what waits behind the closing may still do

    owners = (session.guide_keeper, session.cine, *session.feeders)
    running = [timer for owner in owners for timer in owner.findChildren(QTimer)]
    assert running
    assert not any(timer.isActive() for timer in running)
