"""Colors, magnifier, window by numbers, overlays, preferences, pictures of a tile, print."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.preferences import PreferencesDialog
from medgan_viewer.ui.tile_pictures import PIXELS, WITH_TEXT, print_page, tile_picture
from medgan_viewer.ui.window_dialog import WindowDialog
from tests.dicom_factory import make_series, uid
from tests.session.fixtures import PATIENCE_MS, gray_frame
from tests.ui.marks import assert_marked, grab, pixels_of


def run(window, action_id):
    window.actions_by_id[action_id].trigger()


def is_gray(pixels):
    return bool((pixels[..., 0] == pixels[..., 1]).all())


def middle_of(pixels):
    rows, columns = pixels.shape[:2]
    return pixels[rows // 3 : rows // 2, columns // 3 : columns // 2]


def test_colors_come_with_a_bar_that_names_the_values(ct):
    tile = ct.session.grid.active
    run(ct, "window_auto")
    before = grab(ct.images.widget_of(tile))
    assert is_gray(middle_of(before))

    run(ct, "colormap_ice")

    after = grab(ct.images.widget_of(tile))
    assert not is_gray(middle_of(after))
    assert ct.actions_by_id["colormap_ice"].isChecked()
    run(ct, "colormap_gray")
    assert is_gray(middle_of(grab(ct.images.widget_of(tile))))


def test_an_image_in_color_keeps_its_colors(window):
    tile = window.session.acquired[0]
    tile.show_frame(PixelFrame(np.full((16, 16, 3), 90, np.uint8)))

    run(window, "colormap_ice")

    assert tile.look.colormap == "gray"


def test_the_magnifier_enlarges_around_the_mouse_and_only_while_it_is_held(ct):
    tile = ct.session.grid.active
    widget = ct.images.widget_of(tile)
    run(ct, "window_auto")
    run(ct, "tool_magnify")
    view, voi = tile.view, tile.voi
    before = grab(widget)
    place = QPoint(widget.width() // 2 + 60, widget.height() // 2 + 60)

    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=place)
    during = grab(widget)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=place)

    near = (slice(place.y() - 60, place.y() + 60), slice(place.x() - 60, place.x() + 60))
    assert (during[near] != before[near]).any()
    assert (tile.view, tile.voi) == (view, voi)


def test_the_box_tool_takes_the_window_from_the_values_inside(ct):
    tile = ct.session.grid.active
    widget = ct.images.widget_of(tile)
    run(ct, "tool_region")
    center = widget.rect().center()

    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=center - QPoint(80, 80))
    QTest.mouseMove(widget, center)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=center + QPoint(80, 80))

    values = tile.frame.modality_values()
    assert tile.voi != VoiWindow(40, 400)
    assert values.min() <= tile.voi.center <= values.max()


def test_window_values_can_be_typed_and_follow_a_drag(qtbot, ct):
    tile = ct.session.grid.active
    dialog = WindowDialog(tile, ct)
    qtbot.addWidget(dialog)
    assert (dialog.center.value(), dialog.width_box.value()) == (40, 400)
    assert dialog.ends.text() == "-160 – 240 HU"

    dialog.width_box.setValue(200)
    assert tile.voi == VoiWindow(40, 200)
    tile.set_voi(VoiWindow(-600, 1500))
    assert dialog.center.value() == -600


def test_a_color_image_has_no_window_to_type(qtbot, window):
    tile = window.session.acquired[0]
    tile.show_frame(PixelFrame(np.full((16, 16, 3), 90, np.uint8)))
    dialog = WindowDialog(tile, window)
    qtbot.addWidget(dialog)

    assert not dialog.center.isEnabled()


def test_o_takes_the_text_away_and_brings_it_back(ct):
    widget = ct.images.widget_of(ct.session.grid.active)
    before = grab(widget)
    corner = (slice(4, 60), slice(4, 120))

    QTest.keyClick(widget, Qt.Key.Key_O)
    assert grab(widget)[corner].max() < before[corner].max()
    QTest.keyClick(widget, Qt.Key.Key_O)
    assert grab(widget)[corner].max() == before[corner].max()


def test_preferences_hold_at_once(qtbot, ct):
    dialog = PreferencesDialog(ct.session, ct)
    qtbot.addWidget(dialog)
    assert "MiB" in dialog.used.text()

    dialog.memory.setValue(128)
    dialog.parts["identity"].setChecked(False)
    dialog.rate.setValue(8)

    assert ct.session.loader.budget_bytes == 128 << 20
    assert not ct.session.acquired[0].look.shows("identity")
    assert ct.session.display.cine_rate == 8


def save_as(qtbot, window, monkeypatch, path, kind):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))
    run(window, "save_tile")
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")), image.info


def test_the_image_alone_is_saved_pixel_by_pixel_in_its_window(qtbot, ct, tmp_path, monkeypatch):
    tile = ct.session.grid.active
    run(ct, "invert")

    pixels, _ = save_as(qtbot, ct, monkeypatch, tmp_path / "a.png", PIXELS)

    assert pixels.shape[:2] == tile.frame.stored.shape
    # Values from -1024 HU lie below the window from -160 HU: black, so white when inverted.
    assert pixels[0, 0].tolist() == [255, 255, 255]


def test_with_annotations_it_looks_as_on_screen(qtbot, ct, tmp_path, monkeypatch):
    widget = ct.images.widget_of(ct.session.grid.active)

    pixels, info = save_as(qtbot, ct, monkeypatch, tmp_path / "a.png", WITH_TEXT)

    assert pixels.shape[1] == widget.width()
    assert pixels.shape[0] > 400
    assert info["Synthetic"] == "NO"


@pytest.mark.parametrize("kind", [PIXELS, WITH_TEXT])
def test_a_synthetic_image_is_marked_with_and_without_annotations(
    qtbot, make_window, tmp_path, monkeypatch, kind
):
    window = make_window(Mode.GENERATE)
    session = window.session
    qtbot.waitUntil(lambda: session.synthetic.frame is not None, timeout=PATIENCE_MS)
    session.synthetic.show_frame(gray_frame(100, size=256, is_synthetic=True))
    session.display.show_overlays(False)
    session.grid.activate(session.synthetic)

    pixels, info = save_as(qtbot, window, monkeypatch, tmp_path / "a.png", kind)

    amber = (abs(pixels.astype(int) - (255, 176, 0)) < 12).all(axis=2)
    assert amber[:12].mean() > 0.3
    assert info["Synthetic"] == "YES"


def test_a_copied_tile_carries_the_mark_and_hides_what_is_hidden(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    session = window.session
    qtbot.waitUntil(lambda: session.synthetic.frame is not None, timeout=PATIENCE_MS)
    session.grid.activate(session.synthetic)

    run(window, "copy_tile")

    copied = QGuiApplication.clipboard().image()
    assert_marked(pixels_of(copied))


def test_a_page_holds_the_picture_and_says_what_it_is_not_for(ct, tmp_path):
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "page.pdf"))
    widget = ct.images.widget_of(ct.session.grid.active)
    image = tile_picture(widget, hide_identity=False)

    assert print_page(printer, image, holds_synthetic=False)

    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_the_next_study_is_one_key_away(qtbot, ct, tmp_path):
    make_series(tmp_path / "b", range(3), name="b", StudyInstanceUID=uid("other study"))
    ct.session.studies.open_paths([tmp_path / "b"])
    qtbot.waitUntil(lambda: len(ct.session.studies.studies) == 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not ct.session.studies.status.running, timeout=PATIENCE_MS)
    studies = [s.display_sets[0].uid for s in ct.session.studies.studies]
    feeder = ct.session.feeder_of(ct.session.grid.active)
    now = studies.index(feeder.display_set.uid)

    run(ct, "next_study" if now == 0 else "previous_study")

    assert feeder.display_set.uid == studies[1 - now]


def test_one_image_pixel_can_be_one_screen_pixel(ct):
    tile = ct.session.grid.active
    tile.show_frame(gray_frame(size=400))

    run(ct, "show_pixels")

    widget = ct.images.widget_of(tile)
    assert widget.painter_of_tile.placement(widget.rect().toRectF()).scale[0] == pytest.approx(1)
