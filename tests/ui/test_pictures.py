"""Pictures and exports of the window carry the mark and replace nothing by accident."""

import pytest
from PIL import Image
from pydicom import dcmread
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from medgan_viewer.session.session import Mode
from medgan_viewer.session.translation import SyntheticSet
from medgan_viewer.ui.pictures import shows_synthetic
from tests.session.fixtures import (
    PATIENCE_MS,
    deliver_posted,
    display_sets,
    gray_frame,
    open_and_wait,
    real_engine,
)
from tests.session.series import make_t1
from tests.ui.marks import assert_marked, grab, pixels_of


@pytest.fixture
def window(make_window):
    return make_window(Mode.BROWSE)


@pytest.fixture
def generating(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    qtbot.waitUntil(lambda: window.session.synthetic.frame is not None, timeout=PATIENCE_MS)
    window.session.acquired[0].show_frame(gray_frame(100))
    return window


def answer_dialog(monkeypatch, path, kind=""):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))


def saved(qtbot, window, path):
    qtbot.waitUntil(lambda: path.exists() and not window.session.service.jobs, timeout=PATIENCE_MS)
    return path


def test_a_saved_picture_of_the_window_carries_the_mark(qtbot, generating, tmp_path, monkeypatch):
    answer_dialog(monkeypatch, tmp_path / "shot")

    generating.actions_by_id["save_picture"].trigger()

    with Image.open(saved(qtbot, generating, tmp_path / "shot.png")) as image:
        assert image.size == (1280, 800)
        assert image.info["Synthetic"] == "YES, in part"
    qtbot.waitUntil(lambda: bool(generating.notices.texts()), timeout=PATIENCE_MS)
    assert "shot.png was saved" in generating.notices.texts()[-1]


def test_a_picture_with_a_synthetic_thumbnail_says_so(qtbot, make_window, tmp_path):
    window = make_window(Mode.BROWSE)
    assert not shows_synthetic(window)

    frames = (gray_frame(100, is_synthetic=True),)
    window.session.studies.add_synthetic(SyntheticSet("made", "Made", None, None, frames))

    assert shows_synthetic(window)


def test_copied_images_carry_the_mark(generating):
    tile = generating.images.widget_of(generating.session.synthetic)
    corner = tile.mapTo(generating.images, QPoint(0, 0))
    rows = slice(corner.y(), corner.y() + tile.height())
    columns = slice(corner.x(), corner.x() + tile.width())

    generating.actions_by_id["copy_picture"].trigger()

    assert_marked(pixels_of(QApplication.clipboard().image())[rows, columns])


@pytest.fixture
def real(qtbot, make_window, make_session):
    """Return a window with the real engine, an opened T1 series and its mode still to be chosen."""
    return make_window(session=make_session(real_engine))


def test_a_generated_image_is_exported_as_marked_dicom(qtbot, real, tmp_path, monkeypatch):
    real.session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(lambda: real.session.synthetic.frame is not None, timeout=PATIENCE_MS)
    answer_dialog(monkeypatch, tmp_path / "made", "DICOM (*.dcm)")

    real.actions_by_id["export_synthetic"].trigger()

    dataset = dcmread(saved(qtbot, real, tmp_path / "made.dcm"))
    assert dataset[0x0008, 0x001C].value == "YES"  # Synthetic Data
    assert dataset.PatientID.startswith("SYN-")


def translated(qtbot, window, folder):
    make_t1(folder)
    window.session.set_mode(Mode.TRANSLATE)
    open_and_wait(qtbot, window.session, folder)
    qtbot.waitUntil(lambda: bool(window.session.studies.synthetic_sets), timeout=PATIENCE_MS)


def export(window, choice):
    """Trigger the export and click a button of the question that follows."""
    window.actions_by_id["export_synthetic"].trigger()
    [box] = window.findChildren(QMessageBox)
    next(button for button in box.buttons() if button.text() == choice).click()
    deliver_posted()


def test_a_translated_image_is_exported_with_its_sources(qtbot, real, tmp_path, monkeypatch):
    translated(qtbot, real, tmp_path / "t1")
    answer_dialog(monkeypatch, tmp_path / "made.dcm", "DICOM (*.dcm)")

    export(real, "This plane…")

    dataset = dcmread(saved(qtbot, real, tmp_path / "made.dcm"))
    source = real.session.feeders[0].display_set.frames[real.session.acquired[0].index]
    assert dataset[0x0008, 0x001C].value == "YES"
    uids = {item.ReferencedSOPInstanceUID for item in dataset.SourceImageSequence}
    assert source.sop_instance_uid in uids
    assert dataset.RecognizableVisualFeatures == "YES"  # of a head


def test_an_exported_png_has_the_bar_burned_in(qtbot, real, tmp_path, monkeypatch):
    real.session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(lambda: real.session.synthetic.frame is not None, timeout=PATIENCE_MS)
    answer_dialog(monkeypatch, tmp_path / "made.png", "PNG picture (*.png)")

    real.actions_by_id["export_synthetic"].trigger()

    with Image.open(saved(qtbot, real, tmp_path / "made.png")) as image:
        assert image.info["Synthetic"] == "YES"


def test_nothing_is_exported_over_or_among_the_source_files(qtbot, real, tmp_path, monkeypatch):
    translated(qtbot, real, tmp_path / "t1")
    source = tmp_path / "t1" / "0001.dcm"
    before = source.read_bytes()

    for target in (source, tmp_path / "t1" / "new.dcm"):
        real.session.notices.clear()
        answer_dialog(monkeypatch, target, "DICOM (*.dcm)")
        export(real, "This plane…")
        qtbot.waitUntil(lambda: bool(real.notices.texts()), timeout=PATIENCE_MS)
        assert "among the source images" in real.notices.texts()[-1]

    assert source.read_bytes() == before
    assert not (tmp_path / "t1" / "new.dcm").exists()


def test_a_translated_series_is_exported_into_a_new_folder(qtbot, real, tmp_path, monkeypatch):
    translated(qtbot, real, tmp_path / "t1")
    answer_dialog(monkeypatch, tmp_path / "made")

    export(real, "All 4 planes…")

    qtbot.waitUntil(lambda: bool(real.notices.texts()), timeout=PATIENCE_MS)
    assert "made was saved" in real.notices.texts()[-1]
    datasets = [dcmread(path) for path in sorted((tmp_path / "made").iterdir())]
    assert [dataset[0x0008, 0x001C].value for dataset in datasets] == ["YES"] * 4
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 1
    sources = [ref.sop_instance_uid for ref in real.session.feeders[0].display_set.frames]
    used = [d.SourceImageSequence[0].ReferencedSOPInstanceUID for d in datasets]
    assert used == sources


def test_a_translated_series_goes_into_no_folder_that_exists_or_is_open(
    qtbot, real, tmp_path, monkeypatch
):
    translated(qtbot, real, tmp_path / "t1")
    (tmp_path / "mine").mkdir()
    before = sorted(tmp_path.rglob("*"))

    for target, reason in (
        (tmp_path / "mine", "exists already"),
        (tmp_path / "t1", "exists already"),
        (tmp_path / "t1" / "new", "among the source images"),
    ):
        real.session.notices.clear()
        answer_dialog(monkeypatch, target)
        export(real, "All 4 planes…")
        qtbot.waitUntil(lambda: bool(real.notices.texts()), timeout=PATIENCE_MS)
        assert reason in real.notices.texts()[-1]

    assert sorted(tmp_path.rglob("*")) == before


def test_an_exported_series_beside_its_source_is_the_same_patient(
    qtbot, real, tmp_path, monkeypatch
):
    translated(qtbot, real, tmp_path / "t1")
    answer_dialog(monkeypatch, tmp_path / "made")
    export(real, "All 4 planes…")
    saved(qtbot, real, tmp_path / "made")

    real.session.set_mode(Mode.BROWSE)
    open_and_wait(qtbot, real.session, tmp_path / "made")
    first, second = real.session.acquired[:2]
    for display_set in display_sets(real.session):
        real.session.show_set(display_set, second if display_set.is_synthetic else first)
    for tile in (first, second):
        qtbot.waitUntil(lambda tile=tile: tile.frame is not None, timeout=PATIENCE_MS)

    assert second.caption.patient.startswith("SYN-")
    assert first.caption.patient != second.caption.patient
    assert not real.images.band.isVisible()
    assert real.session.grid.may_link(first, second)
    assert_marked(grab(real.images.widget_of(second)))


def test_a_file_that_the_dialog_did_not_ask_about_is_not_replaced(
    qtbot, generating, tmp_path, monkeypatch
):
    (tmp_path / "shot.png").write_bytes(b"mine")
    answer_dialog(monkeypatch, tmp_path / "shot")

    generating.actions_by_id["save_picture"].trigger()

    assert (tmp_path / "shot.png").read_bytes() == b"mine"
    assert "exists already" in generating.notices.texts()[-1]


def test_without_a_synthetic_image_there_is_nothing_to_export(window):
    window.actions_by_id["export_synthetic"].trigger()

    assert "no synthetic image" in window.notices.texts()[-1]
