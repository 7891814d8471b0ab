from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.studies.study_tree_model import MAX_SKIPPED_SHOWN, StudyTreeModel
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, open_and_wait, real_engine
from tests.session.series import make_t1


@pytest.fixture
def window(make_window):
    return make_window(Mode.BROWSE)


@pytest.fixture
def panel(window):
    return window.studies


def open_studies(qtbot, window, folder, **studies):
    """Open one series per keyword; its value is the StudyInstanceUID."""
    for name, uid in studies.items():
        make_series(folder / name, range(2), name=name, StudyInstanceUID=uid)
    open_and_wait(qtbot, window.session, folder)


def rows(tree, parent=None):
    """Return (text, is open) of every row that a click could reach."""
    parent = parent if parent is not None else QModelIndex()
    found = []
    model = tree.model()
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        found.append((index.data().split("\n")[0], tree.isExpanded(index)))
        if tree.isExpanded(index):
            found += rows(tree, index)
    return found


def texts(tree):
    return [text for text, _ in rows(tree)]


def test_what_is_found_is_unfolded(qtbot, window, panel, tmp_path):
    open_studies(qtbot, window, tmp_path, first="1.2.1")

    assert texts(panel.tree) == ["TEST, CASE", "2024-01-02", "first"]


def test_a_new_study_of_a_known_patient_is_unfolded_too(qtbot, window, panel, tmp_path):
    open_studies(qtbot, window, tmp_path / "a", first="1.2.1")
    make_series(tmp_path / "b", range(2), name="second", StudyInstanceUID="1.2.2")

    window.session.studies.open_paths([tmp_path / "b"])

    qtbot.waitUntil(lambda: "second" in texts(panel.tree), timeout=PATIENCE_MS)


def test_what_the_user_folded_stays_folded_while_more_is_found(qtbot, window, panel, tmp_path):
    open_studies(qtbot, window, tmp_path / "a", first="1.2.1")
    patient = panel.tree.model().index(0, 0)
    panel.tree.collapse(patient)
    make_series(tmp_path / "b", range(2), name="second", StudyInstanceUID="1.2.2")

    window.session.studies.open_paths([tmp_path / "b"])
    qtbot.waitUntil(lambda: len(window.session.studies.studies) == 2, timeout=PATIENCE_MS)

    assert texts(panel.tree) == ["TEST, CASE"]


def test_the_search_finds_a_series_and_ends_without_a_trace(qtbot, window, panel, tmp_path):
    open_studies(qtbot, window, tmp_path, first="1.2.1", second="1.2.2")
    before = rows(panel.tree)

    panel.search.setText("SECOND")
    found = texts(panel.tree)
    panel.search.setText("nothing has this name")
    nothing = texts(panel.tree)
    panel.search.clear()

    assert found == ["TEST, CASE", "2024-01-02", "second"]
    assert nothing == []
    assert rows(panel.tree) == before


@pytest.mark.parametrize("text", ["case", "T-1", "2024-01", "first"])
def test_the_search_looks_at_name_id_date_and_series(qtbot, window, panel, tmp_path, text):
    open_studies(qtbot, window, tmp_path, first="1.2.1")

    panel.search.setText(text)

    assert "first" in texts(panel.tree)


def test_files_that_are_not_shown_stand_folded_at_the_end(qtbot, window, panel, tmp_path):
    (tmp_path / "a.dcm").write_text("no image " * 40)
    open_studies(qtbot, window, tmp_path, first="1.2.1")
    qtbot.waitUntil(lambda: bool(window.session.studies.skipped), timeout=PATIENCE_MS)

    assert rows(panel.tree)[-1] == ("Not shown: 1 file", False)


def test_only_so_many_files_that_are_not_shown_are_listed():
    model = StudyTreeModel()
    skipped = [SkippedFile(Path(f"{i}.txt"), "is a text file") for i in range(600)]

    model.show((), (), skipped, identity_hidden=False)

    root = model.item(0)
    assert root.text() == "Not shown: 600 files"
    assert root.rowCount() == MAX_SKIPPED_SHOWN + 1
    assert root.child(MAX_SKIPPED_SHOWN).text() == "and 100 more"


def test_an_empty_panel_offers_the_first_step(panel, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    assert panel.empty.isVisible()
    assert not panel.tree.isVisible()

    with qtbot.waitSignal(panel.open_wanted):
        panel.open.click()


def test_the_series_on_screen_is_marked_in_the_tree(qtbot, window, panel, tmp_path):
    open_studies(qtbot, window, tmp_path, first="1.2.1", second="1.2.2")
    shown = window.session.feeders[0].display_set.label

    assert panel.tree.currentIndex().data().startswith(shown)


def test_a_translated_series_stands_under_synthetic_with_a_marked_thumbnail(
    qtbot, make_window, make_session, tmp_path
):
    window = make_window(Mode.TRANSLATE, session=make_session(real_engine))
    make_t1(tmp_path)

    open_and_wait(qtbot, window.session, tmp_path)
    qtbot.waitUntil(lambda: bool(window.session.studies.synthetic_sets), timeout=PATIENCE_MS)

    [made] = window.session.studies.synthetic_sets
    index = window.studies.model.index_of_set(made.set_id)
    assert index.data() == "Tiny unet-translator: T1 head\nSYNTHETIC · 4"
    assert index.parent().data() == "Synthetic"

    window.session.set_mode(Mode.BROWSE)
    window.studies.set_chosen.emit(made.set_id)
    assert window.session.mode is Mode.TRANSLATE


def test_a_series_that_cannot_be_decoded_gets_a_thumbnail_that_does_not_wait(qapp):
    model = StudyTreeModel()

    model.set_picture("gone", None, synthetic=False)  # of a set that is not in the list

    assert not model.index_of_set("gone").isValid()
