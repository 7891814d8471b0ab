"""Who the patient is: hidden on request everywhere, told when tiles differ."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from medgan_viewer.session.session import Mode
from tests.dicom_factory import make_series
from tests.session.fixtures import (
    PATIENCE_MS,
    display_sets,
    open_and_wait,
)
from tests.ui.marks import grab, pixels_of


@pytest.fixture
def window(make_window):
    return make_window(Mode.BROWSE)


def leaves(model, parent=None):
    """Return the texts of the tree's leaves."""
    parent = parent or model.invisibleRootItem()
    found = []
    for row in range(parent.rowCount()):
        item = parent.child(row)
        found += leaves(model, item) if item.rowCount() else [item.text()]
    return found


def test_f8_hides_who_the_patient_is_in_tiles_tree_and_pictures(qtbot, window, tmp_path):
    make_series(tmp_path, range(2), PatientName="DOE^JANE", PatientID="4711")
    (tmp_path / "DOE_JANE.dcm").write_text("no image " * 40)
    open_and_wait(qtbot, window.session, tmp_path)
    qtbot.waitUntil(lambda: not window.session.studies.status.running, timeout=PATIENCE_MS)
    before = pixels_of(window.images.widget_of(window.session.acquired[0]).grab().toImage())

    QTest.keyClick(window, Qt.Key.Key_F8)

    texts = all_texts(window.studies.model.invisibleRootItem())
    for secret in ("DOE", "JANE", "4711", "2024"):
        assert not any(secret in text for text in texts), (secret, texts)
    after = grab(window.images.widget_of(window.session.acquired[0]))
    assert (before[:70, :200] != after[:70, :200]).any()

    QTest.keyClick(window, Qt.Key.Key_F8)
    assert any("DOE" in text for text in all_texts(window.studies.model.invisibleRootItem()))


def all_texts(item):
    texts = [item.text(), item.toolTip()]
    for row in range(item.rowCount()):
        texts += all_texts(item.child(row))
    return texts


def test_one_patient_keeps_one_number_while_hidden(qtbot, window, tmp_path):
    make_series(tmp_path / "a", range(2), name="one")
    make_series(tmp_path / "b", range(2), name="two", StudyInstanceUID="1.2.3")
    open_and_wait(qtbot, window.session, tmp_path)

    window.session.hide_identity(True)

    root = window.studies.model.invisibleRootItem()
    assert [root.child(row).text() for row in range(root.rowCount())] == ["Patient 1"]


def test_tiles_of_different_patients_get_a_band_that_says_so(qtbot, window, tmp_path):
    for patient in ("A", "B"):
        make_series(tmp_path / patient, range(2), name=patient, PatientID=patient)
    open_and_wait(qtbot, window.session, tmp_path)
    qtbot.waitUntil(lambda: not window.session.studies.status.running, timeout=PATIENCE_MS)
    assert not window.images.band.isVisible()

    for display_set, tile in zip(
        display_sets(window.session), window.session.acquired, strict=False
    ):
        window.session.show_set(display_set, tile)

    assert window.images.band.isVisible()
    assert "DIFFERENT PATIENTS" in window.images.band.text.text()
    window.images.band.link.click()
    assert "linked at your word" in window.images.band.text.text()
    assert window.session.grid.mix_accepted
