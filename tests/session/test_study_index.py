"""The list of studies in the window: kept between runs, shared by two windows, never in the way."""

import sqlite3
from contextlib import closing

import pytest

from medgan_viewer.session.notices import Severity
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, display_sets, open_and_wait


@pytest.fixture
def index_path(tmp_path):
    return tmp_path / "home" / "study_index.db"


@pytest.fixture
def open_session(make_session, index_path):
    def make():
        session = make_session(index_path=index_path)
        session.index.refresh()
        return session

    return make


def write_two(folder):
    make_series(folder / "a", range(3), name="first", StudyInstanceUID="1.2.1", PatientID="A")
    make_series(folder / "b", range(2), name="second", StudyInstanceUID="1.2.2", PatientID="B")


def wait_for_list(qtbot, session, count):
    qtbot.waitUntil(lambda: len(session.index.studies) == count, timeout=PATIENCE_MS)


def test_what_was_opened_is_listed_at_the_next_start(qtbot, open_session, tmp_path):
    write_two(tmp_path / "data")
    first = open_session()
    open_and_wait(qtbot, first, tmp_path / "data")
    wait_for_list(qtbot, first, 2)
    first.close()

    second = open_session()
    wait_for_list(qtbot, second, 2)

    found = {study.facts.patient_id: study for study in second.index.studies}
    assert (found["A"].images, found["A"].series, found["A"].modalities) == (3, ("first",), ("CT",))
    assert [s.label for s in found["B"].display_sets] == ["second"]
    assert second.studies.studies == ()  # nothing is open yet


def test_a_study_of_the_list_opens_without_reading_its_files_again(
    qtbot, open_session, tmp_path, index_path
):
    write_two(tmp_path / "data")
    first = open_session()
    open_and_wait(qtbot, first, tmp_path / "data")
    wait_for_list(qtbot, first, 2)
    first.close()
    second = open_session()
    wait_for_list(qtbot, second, 2)
    [study] = [s for s in second.index.studies if s.facts.patient_id == "A"]

    second.index.open_study(study.study_id)
    qtbot.waitUntil(lambda: second.acquired[0].frame is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not second.studies.status.running, timeout=PATIENCE_MS)

    assert [s.label for s in display_sets(second)] == ["first"]
    assert (second.studies.status.files, second.studies.status.known) == (3, 3)


def test_the_study_shown_last_comes_first(qtbot, open_session, tmp_path):
    write_two(tmp_path / "data")
    session = open_session()
    open_and_wait(qtbot, session, tmp_path / "data")
    sets = {s.label: s for s in display_sets(session)}

    for label in ("second", "first", "second"):
        session.show_set(sets[label])

    def is_first():
        recent = session.index.recent
        return len(recent) == 2 and recent[0].facts.patient_id == "B"

    qtbot.waitUntil(is_first, timeout=PATIENCE_MS)


def test_taking_a_study_off_the_list_closes_it_and_leaves_its_files(qtbot, open_session, tmp_path):
    write_two(tmp_path / "data")
    session = open_session()
    open_and_wait(qtbot, session, tmp_path / "data")
    wait_for_list(qtbot, session, 2)
    files = sorted((tmp_path / "data").rglob("*.dcm"))
    [study] = [s for s in session.index.studies if s.facts.patient_id == "A"]

    session.index.remove([study])
    wait_for_list(qtbot, session, 1)
    qtbot.waitUntil(lambda: len(display_sets(session)) == 1, timeout=PATIENCE_MS)

    assert sorted((tmp_path / "data").rglob("*.dcm")) == files
    assert session.feeders[0].display_set is None
    session.studies.open_paths([tmp_path / "data"])  # and it can come back
    wait_for_list(qtbot, session, 2)
    qtbot.waitUntil(lambda: len(display_sets(session)) == 2, timeout=PATIENCE_MS)


def test_two_windows_share_one_list(qtbot, open_session, tmp_path):
    write_two(tmp_path / "data")
    one, other = open_session(), open_session()
    one.studies.open_paths([tmp_path / "data" / "a"])
    other.studies.open_paths([tmp_path / "data" / "b"])

    for session in (one, other):
        qtbot.waitUntil(lambda s=session: not s.studies.status.running, timeout=PATIENCE_MS)
    for session in (one, other):
        session.index.refresh()
        wait_for_list(qtbot, session, 2)


def test_a_damaged_index_is_put_aside_with_a_notice_and_images_open(
    qtbot, open_session, tmp_path, index_path
):
    write_two(tmp_path / "data")
    index_path.parent.mkdir()
    index_path.write_bytes(b"no database at all\n" * 400)
    session = open_session()

    open_and_wait(qtbot, session, tmp_path / "data")
    wait_for_list(qtbot, session, 2)

    [notice] = session.notices.notices
    assert notice.severity is Severity.WARNING
    assert notice.problem == "The list of studies is damaged; a new one was begun."
    [aside] = index_path.parent.glob("*.aside-*.db")
    assert str(aside) in notice.action


def test_an_index_that_breaks_while_the_window_is_open_is_replaced(
    qtbot, open_session, tmp_path, index_path
):
    write_two(tmp_path / "data")
    session = open_session()
    open_and_wait(qtbot, session, tmp_path / "data" / "a")
    wait_for_list(qtbot, session, 1)
    with closing(sqlite3.connect(index_path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index_path.write_bytes(b"broken" * 3000)

    session.studies.open_paths([tmp_path / "data" / "b"])
    qtbot.waitUntil(lambda: len(display_sets(session)) == 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(session.notices.notices), timeout=PATIENCE_MS)

    assert "a new one was begun" in session.notices.notices[0].problem
    session.studies.open_paths([tmp_path / "data" / "b"])
    qtbot.waitUntil(lambda: not session.studies.status.running, timeout=PATIENCE_MS)


def test_without_a_place_for_the_index_images_open_all_the_same(qtbot, make_session, tmp_path):
    write_two(tmp_path / "data")
    (tmp_path / "file").write_text("where a folder should be")
    session = make_session(index_path=tmp_path / "file" / "study_index.db")

    open_and_wait(qtbot, session, tmp_path / "data")
    qtbot.waitUntil(lambda: bool(session.notices.notices), timeout=PATIENCE_MS)

    assert len(display_sets(session)) == 2
    assert "cannot be kept" in session.notices.notices[0].problem


def test_files_that_are_gone_leave_the_list_when_their_folder_is_opened_again(
    qtbot, open_session, tmp_path
):
    write_two(tmp_path / "data")
    session = open_session()
    open_and_wait(qtbot, session, tmp_path / "data")
    wait_for_list(qtbot, session, 2)
    for file in (tmp_path / "data" / "b").iterdir():
        file.unlink()

    session.studies.open_paths([tmp_path / "data"])

    wait_for_list(qtbot, session, 1)
    assert [s.label for s in display_sets(session)] == ["first"]
