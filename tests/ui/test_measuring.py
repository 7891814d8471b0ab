"""Measuring with the mouse, in the window: what a user draws, reads, changes and undoes."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolButton

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.session.session import Mode
from medgan_viewer.session.tile_view import View
from tests.dicom_factory import make_ct, make_series
from tests.session.fixtures import open_and_wait
from tests.ui.keys import press
from tests.ui.test_viewport_widget import LEFT, NONE, drag, send_move

SIDE = 100


def square(index=0):
    """Return 40 x 30 pixels of 1124 (100 HU) in a field of 1024 (0 HU)."""
    pixels = np.full((SIDE, SIDE), 1024, np.int16)
    pixels[20:50, 30:70] = 1124
    return pixels


@pytest.fixture
def phantom(qtbot, window, tmp_path):
    """Return the window with three slices of the phantom, 0.5 x 0.8 mm pixels, one tile."""
    window.session.set_layout(type(window.session.browse_layout)(1, 1))
    make_series(tmp_path / "ct", (0, 5, 10), pixels=square, PixelSpacing=[0.8, 0.5])
    open_and_wait(qtbot, window.session, tmp_path / "ct")
    window.images.focus_active()
    return window


def tile_of(window):
    return window.images.widget_of(window.session.grid.active)


def at(widget, column, row):
    return widget._placement().to_widget(column, row).toPoint()


def draw(window, tool, start, end):
    """Choose a tool and drag from one image point to another."""
    window.actions_by_id[f"measure_{tool}"].trigger()
    widget = tile_of(window)
    first, last = at(widget, *start), at(widget, *end)
    drag(widget, LEFT, (last - first).toTuple(), start=first)


def click(widget, column, row):
    place = at(widget, column, row)
    send_move(widget, place)
    QTest.mouseClick(widget, LEFT, NONE, place)


def only(window):
    [annotation] = window.session.annotations.all
    return annotation


def numbers(window, annotation=None):
    frame = window.session.grid.active.frame
    return window.session.measuring.measurement_of(annotation or only(window), frame)


def test_a_line_across_the_square_has_its_length_in_millimetres(phantom):
    draw(phantom, "length", (30, 30), (70, 30))

    assert only(phantom).kind is AnnotationKind.LENGTH
    [length] = numbers(phantom).quantities
    # 40 columns of 0.5 mm; the mouse sets whole screen pixels, about a fifth of an image pixel.
    assert length.value == pytest.approx(20, abs=0.15)
    assert length.text.endswith(" mm")


def test_two_clicks_draw_a_line_too(phantom):
    phantom.actions_by_id["measure_length"].trigger()
    widget = tile_of(phantom)

    click(widget, 30, 20)
    click(widget, 30, 50)

    [length] = numbers(phantom).quantities
    assert length.value == pytest.approx(30 * 0.8, abs=0.25)


def test_an_angle_takes_a_drag_and_a_click(phantom):
    draw(phantom, "angle", (30, 60), (30, 30))

    click(tile_of(phantom), 78, 30)

    [angle] = numbers(phantom).quantities
    assert angle.value == pytest.approx(90, abs=0.5)
    assert angle.unit == "°"


def test_an_angle_takes_three_clicks(phantom):
    phantom.actions_by_id["measure_angle"].trigger()
    for point in ((70, 30), (30, 30), (30, 60)):
        click(tile_of(phantom), *point)

    assert numbers(phantom).quantities[0].value == pytest.approx(90, abs=0.5)


def test_a_cobb_angle_takes_two_drags(phantom):
    draw(phantom, "cobb", (20, 20), (60, 20))
    widget = tile_of(phantom)
    # 40 columns of 0.5 mm and 25 rows of 0.8 mm: 45 degrees.
    first, last = at(widget, 20, 60), at(widget, 60, 85)
    drag(widget, LEFT, (last - first).toTuple(), start=first)

    assert numbers(phantom).quantities[0].value == pytest.approx(45, abs=0.6)


def test_two_diameters_come_from_one_drag(phantom):
    draw(phantom, "bidirectional", (30, 30), (70, 30))

    long, short = numbers(phantom).quantities
    assert (long.value, short.value) == pytest.approx((20, 10), abs=0.15)


@pytest.mark.parametrize(("tool", "share"), [("rectangle", 1), ("ellipse", np.pi / 4)])
def test_a_region_inside_the_square_has_its_values_and_area(phantom, tool, share):
    draw(phantom, tool, (32, 22), (68, 48))

    found = numbers(phantom)
    assert (found.statistics.mean, found.statistics.sd) == (100, 0)
    assert found.statistics.unit == "HU"
    assert found.quantities[0].value == pytest.approx(36 * 0.5 * 26 * 0.8 * share, rel=0.02)


def test_a_freehand_region_is_closed_by_the_release(phantom):
    phantom.actions_by_id["measure_freehand"].trigger()
    widget = tile_of(phantom)
    corners = [(32, 22), (68, 22), (68, 48), (32, 48)]
    QTest.mousePress(widget, LEFT, NONE, at(widget, *corners[0]))
    for corner in corners[1:]:
        send_move(widget, at(widget, *corner), LEFT)
    QTest.mouseRelease(widget, LEFT, NONE, at(widget, *corners[-1]))

    found = numbers(phantom)
    assert only(phantom).kind is AnnotationKind.FREEHAND
    assert found.statistics.mean == 100
    assert found.quantities[0].value == pytest.approx(36 * 0.5 * 26 * 0.8, rel=0.02)


def test_a_probe_tells_the_value_with_its_unit(phantom):
    phantom.actions_by_id["measure_probe"].trigger()

    click(tile_of(phantom), 40, 40)

    assert numbers(phantom).lines == ("100.0 HU",)


def test_an_arrow_gets_its_words_where_it_was_drawn(phantom):
    draw(phantom, "arrow", (10, 10), (30, 30))

    QTest.keyClicks(phantom.focusWidget(), "edge of the square")
    QTest.keyClick(phantom.focusWidget(), Qt.Key.Key_Return)

    assert only(phantom).text == "edge of the square"
    phantom.actions_by_id["undo"].trigger()
    assert phantom.session.annotations.all == ()


def test_a_text_without_words_goes(phantom):
    phantom.actions_by_id["measure_text"].trigger()
    click(tile_of(phantom), 40, 40)

    QTest.keyClick(phantom.focusWidget(), Qt.Key.Key_Escape)

    assert phantom.session.annotations.all == ()


def test_zoom_and_position_leave_the_drawing_on_its_anatomy(phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    before = only(phantom)

    phantom.session.grid.active.set_view(View(3.0, (0.1, -0.2)))

    assert only(phantom) == before
    widget = tile_of(phantom)
    send_move(widget, at(widget, 50, 30))
    assert widget.cursor().shape() is Qt.CursorShape.SizeAllCursor


def test_a_handle_changes_the_end_of_a_line_with_any_tool(phantom):
    draw(phantom, "length", (30, 30), (60, 30))
    phantom.actions_by_id["tool_window"].trigger()
    window_before = phantom.session.grid.active.voi
    widget = tile_of(phantom)

    first, last = at(widget, 60, 30), at(widget, 70, 30)
    drag(widget, LEFT, (last - first).toTuple(), start=first)

    assert numbers(phantom).quantities[0].value == pytest.approx(20, abs=0.2)
    assert phantom.session.grid.active.voi == window_before


def test_a_line_is_moved_by_its_middle(phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    widget = tile_of(phantom)

    first, last = at(widget, 50, 30), at(widget, 50, 45)
    drag(widget, LEFT, (last - first).toTuple(), start=first)

    (left, top), (right, bottom) = only(phantom).points
    assert (left, top, right, bottom) == pytest.approx((30, 45, 70, 45), abs=0.3)


def test_a_drag_of_a_handle_is_one_step_for_undo(phantom):
    draw(phantom, "length", (30, 30), (60, 30))
    drawn = only(phantom)
    widget = tile_of(phantom)
    drag(widget, LEFT, (30, 12), start=at(widget, 60, 30))

    press(widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert only(phantom) == drawn

    press(widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert phantom.session.annotations.all == ()

    press(widget, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert only(phantom) == drawn


def test_the_delete_key_deletes_what_is_chosen_and_undo_brings_it_back(phantom):
    draw(phantom, "ellipse", (30, 30), (60, 40))
    drawn = only(phantom)

    press(tile_of(phantom), Qt.Key.Key_Delete)
    assert phantom.session.annotations.all == ()

    phantom.actions_by_id["undo"].trigger()
    assert only(phantom) == drawn


def test_undo_takes_sliders_and_measurements_in_the_order_of_their_edits(phantom):
    session = phantom.session
    session.latent.set_seed(7)
    draw(phantom, "length", (30, 30), (60, 30))
    session.latent.set_seed(8)

    phantom.actions_by_id["undo"].trigger()
    assert (session.latent.point.seed, len(session.annotations.all)) == (7, 1)
    phantom.actions_by_id["undo"].trigger()
    assert (session.latent.point.seed, len(session.annotations.all)) == (7, 0)
    phantom.actions_by_id["undo"].trigger()
    assert session.latent.point.seed == 0
    for _ in range(3):
        phantom.actions_by_id["redo"].trigger()
    assert (session.latent.point.seed, len(session.annotations.all)) == (8, 1)


def test_escape_gives_up_the_drawing_then_the_choice_then_the_tool(phantom):
    draw(phantom, "angle", (30, 60), (30, 30))
    widget = tile_of(phantom)
    assert phantom.session.annotations.draft is not None

    press(widget, Qt.Key.Key_Escape)
    assert phantom.session.annotations.draft is None
    assert phantom.session.annotations.all == ()
    assert phantom.actions_by_id["measure_angle"].isChecked()

    press(widget, Qt.Key.Key_Escape)
    assert phantom.actions_by_id["tool_window"].isChecked()


def test_a_measurement_belongs_to_its_slice(qtbot, phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    image = only(phantom).image
    tile = phantom.session.grid.active

    press(tile_of(phantom), Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: tile.frame.image_id != image)

    assert phantom.session.annotations.on_image(tile.frame.image_id) == ()


def test_the_list_names_the_measurement_and_goes_to_it(qtbot, phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    tile, image = phantom.session.grid.active, only(phantom).image
    panel = phantom.measurements
    tile.go_to(0)
    qtbot.waitUntil(lambda: tile.frame.image_id != image)

    index = panel.model.index(0)
    assert "Length · 20.0 mm" in index.data()
    assert "2 / 3" in index.data()
    panel.list.clicked.emit(index)

    qtbot.waitUntil(lambda: tile.frame.image_id == image)
    assert phantom.session.annotations.selected == only(phantom)


def test_a_row_of_the_list_is_renamed(phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    model = phantom.measurements.model

    model.setData(model.index(0), "  Target   1 ")

    assert only(phantom).text == "Target 1"
    assert model.index(0).data().startswith("Target 1 · 20.0 mm")


def test_without_measurements_the_list_takes_no_room(phantom):
    assert not phantom.measurements.isVisible()

    draw(phantom, "length", (30, 30), (70, 30))
    assert phantom.measurements.isVisible()


def test_what_is_drawn_on_a_synthetic_image_says_so(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    tile = window.session.synthetic
    qtbot.waitUntil(lambda: tile.frame is not None, timeout=15000)
    window.session.grid.activate(tile)

    draw(window, "length", (2, 2), (12, 2))

    [length] = numbers(window).quantities
    assert length.unit == "px"
    assert numbers(window).lines[-1] == "on a SYNTHETIC image"
    assert "SYNTHETIC" in window.measurements.model.index(0).data()


def test_a_press_beside_the_image_draws_nothing(phantom):
    phantom.session.grid.active.set_view(View(0.3))
    phantom.actions_by_id["measure_length"].trigger()

    drag(tile_of(phantom), LEFT, (20, 20), start=QPoint(3, 3))

    assert phantom.session.annotations.all == ()
    assert phantom.session.annotations.draft is None


def test_a_drag_that_leaves_the_image_ends_at_its_edge(phantom):
    draw(phantom, "length", (50, 50), (50, 90))
    widget = tile_of(phantom)
    drag(widget, LEFT, (0, 3000), start=at(widget, 50, 90))

    assert only(phantom).points[1][1] == 99.5


def test_an_empty_tile_leaves_the_mouse_to_the_other_tools(window):
    window.actions_by_id["measure_length"].trigger()

    drag(tile_of(window), LEFT, (20, 20))

    assert window.session.annotations.all == ()


def test_a_large_region_is_measured_off_the_windows_thread(qtbot, window, tmp_path):
    window.session.set_layout(type(window.session.browse_layout)(1, 1))
    rows, columns = 2000, 1500
    pixels = np.full((rows, columns), 1034, np.int16)
    make_ct(tmp_path / "large.dcm", pixels)
    open_and_wait(qtbot, window.session, tmp_path)

    with qtbot.waitSignal(window.session.measuring.ready, timeout=15000):
        draw(window, "rectangle", (5, 5), (1490, 1990))
        tile_of(window).grab()

    assert only(window).image == ImageId(window.session.grid.active.frame.image_id.uid)
    assert numbers(window).statistics.mean == 10


def test_measurements_are_saved_and_read_back(qtbot, phantom, tmp_path, monkeypatch):
    session = phantom.session
    draw(phantom, "length", (30, 30), (70, 30))
    draw(phantom, "ellipse", (35, 25), (60, 45))
    drawn = session.annotations.all
    assert session.annotations.has_unsaved
    folder = tmp_path / "saved"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder), ""))

    phantom.actions_by_id["measure_save"].trigger()
    qtbot.waitUntil(lambda: not session.annotations.has_unsaved, timeout=15000)

    assert sorted(path.name for path in folder.iterdir()) == ["pr-1.dcm", "sr-1.dcm"]
    session.annotations.clear()
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *_: ([str(folder / "sr-1.dcm")], "")
    )
    phantom.actions_by_id["measure_open"].trigger()
    qtbot.waitUntil(lambda: len(session.annotations.all) == 2, timeout=15000)
    for found, wanted in zip(session.annotations.all, drawn, strict=True):
        assert (found.uid, found.kind, found.image) == (wanted.uid, wanted.kind, wanted.image)
        assert np.allclose(found.points, wanted.points, atol=1e-4)


def test_measurements_are_not_saved_into_the_study(qtbot, phantom, tmp_path, monkeypatch):
    draw(phantom, "length", (30, 30), (70, 30))
    folder = tmp_path / "ct" / "saved"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder), ""))

    phantom.actions_by_id["measure_save"].trigger()

    told = phantom.session.notices
    qtbot.waitUntil(lambda: any("source images" in n.problem for n in told.notices), timeout=15000)
    assert not folder.exists()


def test_what_is_drawn_on_a_generated_image_is_not_saved_but_explained(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    tile = window.session.synthetic
    qtbot.waitUntil(lambda: tile.frame is not None, timeout=15000)
    window.session.grid.activate(tile)
    draw(window, "length", (2, 2), (12, 2))

    window.actions_by_id["measure_save"].trigger()

    assert (
        "no measurement on an image of an open file" in window.session.notices.notices[-1].problem
    )


def test_the_button_of_the_menu_looks_pressed_while_a_tool_of_it_is_chosen(phantom):
    [button] = [b for b in phantom.tool_bar.findChildren(QToolButton) if "angles" in b.toolTip()]

    phantom.actions_by_id["measure_ellipse"].trigger()
    assert button.isChecked()
    phantom.actions_by_id["tool_window"].trigger()
    assert not button.isChecked()


def test_measurements_on_studies_that_are_not_open_are_counted_and_not_listed(phantom):
    draw(phantom, "length", (30, 30), (70, 30))
    elsewhere = Annotation("9.9", AnnotationKind.PROBE, ImageId("1.2.3"), ((1, 1),))

    phantom.session.annotations.load([elsewhere])

    assert phantom.measurements.model.rowCount() == 1
    assert "1 more on images that are not open" in phantom.measurements.note.text()
