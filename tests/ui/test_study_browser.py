"""The list of all studies: search, filters, recents, hidden identifiers, taking off."""

import pytest
from PySide6.QtCore import Qt

from medgan_viewer.session.session import Mode
from medgan_viewer.ui.studies.study_table_model import DATE, ID, PATIENT
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, open_and_wait


@pytest.fixture
def window(qtbot, make_window, make_session, tmp_path):
    """Return a window that shows the list of three studies, none of them open."""
    index_path = tmp_path / "study_index.db"
    for number, (name, modality, date, title) in enumerate(
        (
            ("Abel^Anna", "CT", "20240318", "Chest"),
            ("Beier^Bernd", "MR", "20230902", "Head"),
            ("<b>Clown</b>^C", "MR", "20220107", "Knee"),
        )
    ):
        make_series(
            tmp_path / "data" / str(number),
            range(2),
            name=title,
            PatientName=name,
            PatientID=f"ID-{number}",
            Modality=modality,
            StudyDate=date,
            StudyDescription=title,
            StudyInstanceUID=f"1.2.{number}",
        )
    first = make_session(index_path=index_path)
    open_and_wait(qtbot, first, tmp_path / "data")
    qtbot.waitUntil(lambda: len(first.index.studies) == 3, timeout=PATIENCE_MS)
    first.close()
    window = make_window(Mode.BROWSE, session=make_session(index_path=index_path))
    window.session.index.refresh()
    qtbot.waitUntil(lambda: len(window.session.index.studies) == 3, timeout=PATIENCE_MS)
    return window


@pytest.fixture
def browser(window):
    window.actions_by_id["study_list"].trigger()
    return window.study_list


def titles(browser):
    return {
        browser.model.study(row).facts.study_description for row in range(browser.model.rowCount())
    }


def cells(browser):
    model = browser.model
    return "\n".join(
        str(model.data(model.index(row, column), role))
        for row in range(model.rowCount())
        for column in range(model.columnCount())
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        if not browser.table.isColumnHidden(column)
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna", {"Chest"}),
        ("ABEL, ANNA", {"Chest"}),
        ("id-1", {"Head"}),
        ("2022-01", {"Knee"}),
        ("20230902", {"Head"}),
        ("mr", {"Head", "Knee"}),
        ("mr knee", {"Knee"}),
        ("mr chest", set()),
        ("%", set()),
        ("", {"Chest", "Head", "Knee"}),
    ],
)
def test_every_word_has_to_stand_in_name_id_date_modality_or_description(browser, text, found):
    browser.search.setText(text)

    assert titles(browser) == found


def test_modality_and_dates_filter_too(browser):
    browser.modality.setCurrentText("MR")
    assert titles(browser) == {"Head", "Knee"}

    browser.date_from.setText("2023")
    assert titles(browser) == {"Head"}

    browser.modality.setCurrentIndex(0)
    browser.date_to.setText("2023-12-31")
    assert titles(browser) == {"Head"}


def test_a_study_of_the_list_opens_and_the_images_come_back(qtbot, window, browser):
    browser.search.setText("head")

    browser.table.selectRow(0)
    browser.open.click()

    qtbot.waitUntil(lambda: window.session.acquired[0].frame is not None, timeout=PATIENCE_MS)
    assert not browser.isVisible()
    assert [s.facts.study_description for s in window.session.studies.studies] == ["Head"]


def test_hiding_identifiers_hides_them_in_list_search_and_recents(window, browser):
    secrets = ("Abel", "Anna", "Beier", "ID-0", "2024", "Clown", "data")
    assert any(secret in cells(browser) for secret in secrets)

    window.session.hide_identity(True)

    shown = cells(browser).replace(browser.model.data(browser.model.index(0, 7)), "")
    assert not [
        secret
        for secret in ("Abel", "Beier", "ID-0", "2024-03", "Clown", "data")
        if secret in shown
    ]
    assert all(browser.table.isColumnHidden(column) for column in (ID, DATE))
    browser.search.setText("abel")
    assert titles(browser) == set()  # finding it would tell whose it is
    browser.search.setText("chest")
    assert titles(browser) == {"Chest"}
    for button in window.studies.recent.buttons:
        text = button.text() + button.toolTip()
        assert not [secret for secret in secrets if secret in text]


def test_recent_studies_stand_in_the_empty_panel_and_open_with_a_click(qtbot, window):
    recent = window.studies.recent
    assert recent.isVisible()
    assert len(recent.buttons) == 3

    recent.buttons[0].click()

    qtbot.waitUntil(lambda: window.session.acquired[0].frame is not None, timeout=PATIENCE_MS)
    assert not recent.isVisible()


def test_names_that_look_like_markup_are_shown_as_they_are(browser):
    browser.search.setText("clown")
    index = browser.model.index(0, PATIENT)

    assert browser.model.data(index) == "<b>Clown</b>, C"
    tooltip = browser.model.data(index, Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tooltip


def test_taking_off_the_list_says_that_the_files_stay(qtbot, window, browser):
    browser.search.setText("knee")
    browser.table.selectRow(0)

    browser.remove.click()

    qtbot.waitUntil(lambda: len(window.session.index.studies) == 2, timeout=PATIENCE_MS)
    [notice] = window.session.notices.notices
    assert notice.problem == "1 study was taken off the list."
    assert "files stay" in notice.action


def test_escape_and_the_same_key_go_back_to_the_images(qtbot, window, browser):
    assert browser.isVisible()
    window.actions_by_id["study_list"].trigger()
    assert not browser.isVisible()

    window.actions_by_id["study_list"].trigger()
    qtbot.keyClick(browser.search, Qt.Key.Key_Escape)

    assert not browser.isVisible()


def test_no_hit_says_what_to_do(browser):
    browser.search.setText("nothing has this name")

    assert browser.empty.isVisible()
    assert "clear the filters" in browser.empty.text()
    assert browser.count.text() == "0 of 3 studies"


def test_what_is_marked_stays_marked_when_the_list_changes(qtbot, window, browser, tmp_path):
    browser.table.selectRow(1)
    [before] = browser.chosen()
    make_series(tmp_path / "more", range(1), name="more", StudyInstanceUID="1.2.9")

    window.session.studies.open_paths([tmp_path / "more"])
    qtbot.waitUntil(lambda: browser.model.rowCount() == 4, timeout=PATIENCE_MS)

    assert [study.study_id for study in browser.chosen()] == [before.study_id]
