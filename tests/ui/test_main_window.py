"""The whole window offscreen: open, drop, fold, fail."""

import re
import shutil
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from medgan_viewer.errors import PackageError
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.studies.study_tree_model import SET_ROLE
from tests.dicom_factory import make_series
from tests.session.fixtures import (
    PATIENCE_MS,
    FailingEngine,
    QuickEngine,
    display_sets,
    gray_frame,
    open_and_wait,
    real_engine,
)
from tests.session.series import make_t1


def leaves(model, parent=None):
    """Return the texts of the tree's leaves."""
    parent = parent or model.invisibleRootItem()
    found = []
    for row in range(parent.rowCount()):
        item = parent.child(row)
        found += leaves(model, item) if item.rowCount() else [item.text()]
    return found


def test_a_folder_fills_the_tree_and_the_first_tile(qtbot, window, tmp_path):
    make_series(tmp_path, range(4), name="Chest", WindowCenter=40, WindowWidth=400)
    (tmp_path / "notes.dcm").write_text("no image " * 40)

    window.open_paths([tmp_path])

    qtbot.waitUntil(lambda: window.session.acquired[0].frame is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.session.studies.status.running, timeout=PATIENCE_MS)
    texts = leaves(window.studies.model)
    assert "Chest\nCT · 4" in texts
    assert any(text.startswith("notes.dcm is a text file") for text in texts)
    voi = window.session.acquired[0].voi
    assert (voi.center, voi.width) == (40, 400)


def test_thumbnails_arrive(qtbot, window, tmp_path):
    make_series(tmp_path, range(2))
    with qtbot.waitSignal(window.session.thumbnails.thumbnail_ready, timeout=PATIENCE_MS) as ready:
        window.open_paths([tmp_path])

    set_id, image, synthetic = ready.args
    assert max(image.pixels.shape) >= 8
    assert not synthetic
    index = window.studies.model.index_of_set(set_id)
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()


def test_a_click_in_the_tree_shows_the_series(qtbot, window, tmp_path):
    for name in ("first", "second"):
        make_series(tmp_path / name, range(3), name=name)
    open_and_wait(qtbot, window.session, tmp_path)
    shown = window.session.feeders[0].display_set.label
    [other] = [s for s in display_sets(window.session) if s.label != shown]
    tree = window.studies.tree
    index = tree.model().mapFromSource(window.studies.model.index_of_set(other.uid))

    QTest.mouseClick(
        tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualRect(index).center()
    )

    assert window.session.feeders[0].display_set.uid == other.uid


def test_a_click_on_the_series_on_screen_leaves_it_where_it_is(qtbot, ct):
    tile = ct.session.acquired[0]
    tile.go_to(0)
    qtbot.waitUntil(lambda: tile.index == 0, timeout=PATIENCE_MS)

    ct.studies.set_chosen.emit(ct.session.feeders[0].display_set.uid)

    assert (tile.index, tile.wanted) == (0, 0)


def drop(window, mime, target=None):
    target = target or window
    place = QPointF(target.rect().center())
    enter = QDragEnterEvent(
        place.toPoint(),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target, enter)
    event = QDropEvent(
        place,
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target, event)
    return enter.isAccepted()


def urls(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_a_dropped_folder_is_opened(qtbot, window, tmp_path):
    make_series(tmp_path / "ct", range(2))

    assert drop(window, urls(tmp_path / "ct"))

    qtbot.waitUntil(lambda: window.session.acquired[0].frame is not None, timeout=PATIENCE_MS)


def test_a_dropped_model_package_is_used(qtbot, window, tmp_path, packages):
    folder = shutil.copytree(packages.generator.folder, tmp_path / "mine")

    drop(window, urls(folder))

    assert window.session.latent.package.folder == folder


def test_a_dropped_package_that_is_damaged_is_told_and_changes_nothing(window, tmp_path, packages):
    folder = shutil.copytree(packages.generator.folder, tmp_path / "mine")
    (folder / "manifest.json").write_text('{"schema_version": 7}')
    before = window.session.latent.package

    drop(window, urls(folder))

    assert window.session.latent.package is before
    assert "manifest version 7" in window.notices.texts()[-1]


def test_a_series_dragged_from_the_tree_goes_to_the_tile_it_is_dropped_on(qtbot, ct):
    model = ct.studies.model
    index = model.index_of_set(ct.session.feeders[0].display_set.uid)
    tile = ct.session.acquired[1]

    drop(ct, model.mimeData([index]), ct.images.widget_of(tile))

    qtbot.waitUntil(lambda: tile.frame is not None, timeout=PATIENCE_MS)
    assert index.data(SET_ROLE) == ct.session.feeders[1].display_set.uid


@pytest.mark.parametrize(("size", "share"), [((1280, 800), 0.60), ((1920, 1080), 0.65)])
def test_the_images_get_most_of_the_window(make_window, size, share):
    window = make_window(Mode.GENERATE, size=size)

    part = window.images.width() * window.images.height() / (size[0] * size[1])

    assert part >= share


def test_panels_fold_away_by_key_and_by_their_edge(make_window, qtbot):
    window = make_window(Mode.GENERATE)
    before = window.images.width()

    QTest.keyClick(window, Qt.Key.Key_F5)
    QTest.mouseClick(window.right_side.edge, Qt.MouseButton.LeftButton)

    assert not window.left_side.is_open
    assert not window.right_side.is_open
    qtbot.waitUntil(lambda: window.images.width() > before + 300)
    assert not window.actions_by_id["toggle_right"].isChecked()


def test_browse_has_no_model_panel(make_window):
    window = make_window(Mode.BROWSE)
    assert not window.right_side.isVisible()

    window.session.set_mode(Mode.GENERATE)
    assert window.right_side.isVisible()


@pytest.mark.parametrize(
    ("mode", "word"),
    [
        (Mode.BROWSE, "drag it into a tile"),
        (Mode.GENERATE, "sliders"),
        (Mode.TRANSLATE, "another contrast"),
        (Mode.COMPARE, "swipe"),
    ],
)
def test_the_first_hint_fits_the_mode(make_window, mode, word):
    window = make_window(mode, hints=True)

    texts = [label.text() for label in window.hints.findChildren(QLabel)]

    assert [text[:2] for text in texts] == ["1.", "2.", "3."]
    assert word in texts[0]
    assert ("sliders" in texts[0]) == (mode is Mode.GENERATE)


def test_hints_are_closed_for_good(make_window, qtbot):
    window = make_window(Mode.GENERATE, hints=True)
    [close] = window.hints.findChildren(QToolButton)

    with qtbot.waitSignal(window.hints_closed):
        close.click()

    assert not window.hints.isVisible()


@pytest.fixture
def generating(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    qtbot.waitUntil(lambda: window.session.synthetic.frame is not None, timeout=PATIENCE_MS)
    window.session.acquired[0].show_frame(gray_frame(100))
    return window


def test_a_failing_model_leaves_the_window_usable(qtbot, make_window, make_session, tmp_path):
    engine = FailingEngine(PackageError("The weights are gone.", "Install them."))
    window = make_window(Mode.GENERATE, session=make_session(lambda: engine))
    qtbot.waitUntil(lambda: bool(window.notices.texts()), timeout=PATIENCE_MS)
    assert window.notices.texts() == ["The weights are gone. Install them."]

    make_series(tmp_path, range(3))
    open_and_wait(qtbot, window.session, tmp_path)
    engine.error = None
    window.session.latent.set_seed(3)
    qtbot.waitUntil(lambda: window.session.synthetic.frame is not None, timeout=PATIENCE_MS)


def test_the_latency_is_told_below(qtbot, generating):
    generating.session.latent.set_seed(5)

    qtbot.waitUntil(lambda: "ms (wait" in generating.status.latency.text(), timeout=PATIENCE_MS)
    assert generating.status.latency.text().startswith("no device · ")


def test_the_tooltip_of_the_latency_says_why_this_device(qtbot, make_window, make_session):
    engine = QuickEngine()
    engine.choice = SimpleNamespace(name="Small GPU", reason="It is the fastest device found.")
    window = make_window(Mode.GENERATE, session=make_session(lambda: engine))

    qtbot.waitUntil(lambda: "ms (wait" in window.status.latency.text(), timeout=PATIENCE_MS)

    tip = window.status.latency.toolTip()
    assert "Device: Small GPU. It is the fastest device found." in tip


def test_in_translate_the_device_and_the_time_per_plane_are_told(
    qtbot, make_window, make_session, tmp_path
):
    window = make_window(Mode.TRANSLATE, session=make_session(real_engine))
    make_t1(tmp_path)

    open_and_wait(qtbot, window.session, tmp_path)
    qtbot.waitUntil(lambda: bool(window.session.studies.synthetic_sets), timeout=PATIENCE_MS)

    text = window.status.latency.text()
    assert re.fullmatch(r"CPU, \d+ threads? · \d+ ms per plane", text)
    assert "The CPU was asked for." in window.status.latency.toolTip()

    window.session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(lambda: "ms (wait" in window.status.latency.text(), timeout=PATIENCE_MS)
