import shutil

import pytest
from pydicom.uid import JPEG2000Lossless

from medgan_viewer.dicom.decoder import Ticket
from medgan_viewer.session.notices import NoticeBoard, Severity
from medgan_viewer.session.session import FREE_TILE_TEXT
from medgan_viewer.session.studies import OpenStudies
from tests.dicom_factory import make_compressed, make_ct, make_series, ramp, uid
from tests.session.fixtures import PATIENCE_MS, display_sets, open_and_wait


def wait_for_the_end(qtbot, session):
    qtbot.waitUntil(lambda: not session.studies.status.running, timeout=PATIENCE_MS)


def test_a_folder_becomes_studies_and_its_first_series_is_shown(qtbot, session, tmp_path):
    make_series(tmp_path / "a", range(4), name="Chest")

    open_and_wait(qtbot, session, tmp_path)

    [study] = session.studies.studies
    assert [s.label for s in study.display_sets] == ["Chest"]
    assert session.feeders[0].display_set.uid == study.display_sets[0].uid
    assert session.acquired[0].index == 2  # the middle of four
    assert session.studies.status.files == 4


def test_what_cannot_be_shown_is_listed_with_the_reason(qtbot, session, tmp_path):
    make_series(tmp_path, range(2))
    (tmp_path / "notes.dcm").write_text("no image " * 40)

    open_and_wait(qtbot, session, tmp_path)

    [skipped] = session.studies.skipped
    assert skipped.path.name == "notes.dcm"
    assert skipped.reason.startswith("is a text file")


def test_a_file_that_is_given_is_shown_although_others_come_before_it(qtbot, session, tmp_path):
    make_series(tmp_path / "a", range(2), name="first")
    last = make_series(tmp_path / "b", range(2), name="second")[-1]

    open_and_wait(qtbot, session, last, tmp_path)

    assert session.feeders[0].display_set.label == "second"


def test_a_second_folder_adds_to_the_first_and_is_shown(qtbot, session, tmp_path):
    make_series(tmp_path / "a", range(2), name="first")
    make_series(tmp_path / "b", range(2), name="second")
    open_and_wait(qtbot, session, tmp_path / "a")

    session.studies.open_paths([tmp_path / "b"])

    qtbot.waitUntil(lambda: session.feeders[0].display_set.label == "second", timeout=PATIENCE_MS)
    assert {s.label for s in display_sets(session)} == {"first", "second"}


def test_a_stack_on_screen_grows_and_keeps_its_image(qtbot, session, tmp_path):
    make_series(tmp_path / "a", (10, 20), first_number=3)
    make_series(tmp_path / "b", (-10, 0), first_number=1)
    open_and_wait(qtbot, session, tmp_path / "a")
    tile = session.acquired[0]
    tile.go_to(0)
    qtbot.waitUntil(lambda: tile.index == 0, timeout=PATIENCE_MS)
    shown = tile.frame

    session.studies.open_paths([tmp_path / "b"])

    qtbot.waitUntil(lambda: tile.count == 4, timeout=PATIENCE_MS)
    assert tile.index == 2  # two slices came in front
    assert tile.frame is shown


def test_a_stack_on_screen_grows_although_its_division_changes(qtbot, session, tmp_path):
    def add(number):
        folder = tmp_path / str(number)
        frame_of_reference = uid("frame of reference", number)
        make_series(
            folder, [5 * number], first_number=number, FrameOfReferenceUID=frame_of_reference
        )
        return folder

    open_and_wait(qtbot, session, add(1))
    before = session.feeders[0].display_set
    session.show_set(before, session.acquired[1])

    session.studies.open_paths([add(2), add(3)])
    wait_for_the_end(qtbot, session)

    [display_set] = display_sets(session)
    assert display_set.uid != before.uid
    assert session.feeders[1].display_set == display_set
    assert session.acquired[1].count == 3


def test_an_empty_folder_is_told(qtbot, session, tmp_path):
    session.studies.open_paths([tmp_path])
    wait_for_the_end(qtbot, session)

    [notice] = session.notices.notices
    assert (notice.severity, notice.problem) == (Severity.INFO, "There are no DICOM images here.")


def test_a_path_that_does_not_exist_is_told(qtbot, session, tmp_path):
    session.studies.open_paths([tmp_path / "gone"])
    wait_for_the_end(qtbot, session)

    [notice] = session.notices.notices
    assert notice.severity is Severity.ERROR
    assert "gone does not exist" in notice.problem


def test_opening_what_is_open_says_that_nothing_is_new(qtbot, session, tmp_path):
    make_series(tmp_path, range(2))
    open_and_wait(qtbot, session, tmp_path)

    session.studies.open_paths([tmp_path])
    wait_for_the_end(qtbot, session)

    assert len(display_sets(session)) == 1
    assert len(session.notices.notices) == 1


def test_cancelling_keeps_what_was_found(qtbot, session, tmp_path):
    make_series(tmp_path, range(200))
    session.studies.open_paths([tmp_path])
    qtbot.waitUntil(lambda: session.studies.status.files > 0, timeout=PATIENCE_MS)

    session.studies.cancel_scan()
    wait_for_the_end(qtbot, session)

    shown = sum(len(s.frames) for s in display_sets(session))
    assert 0 < shown == session.studies.status.shown


@pytest.mark.parametrize("files_read_before", [0, 1])
def test_closing_during_a_scan_ends_it(qtbot, session, tmp_path, files_read_before):
    make_series(tmp_path, range(100))
    session.studies.open_paths([tmp_path])
    qtbot.waitUntil(lambda: session.studies.status.files >= files_read_before, timeout=PATIENCE_MS)

    session.close()

    assert not session.studies._thread.is_alive()


def test_two_folders_opened_one_after_the_other_are_both_read(qtbot, session, tmp_path):
    make_series(tmp_path / "a", range(30), name="first")
    make_series(tmp_path / "b", range(30), name="second")

    session.studies.open_paths([tmp_path / "a"])
    session.studies.open_paths([tmp_path / "b"])
    wait_for_the_end(qtbot, session)

    assert {s.label for s in display_sets(session)} == {"first", "second"}


def test_free_tiles_say_how_to_fill_them_once_a_study_is_open(qtbot, session, tmp_path):
    make_series(tmp_path, range(2))

    open_and_wait(qtbot, session, tmp_path)

    assert session.acquired[1].message == FREE_TILE_TEXT


def test_a_frame_that_cannot_be_decoded_says_so_in_its_tile(qtbot, session, tmp_path):
    path = tmp_path / "broken.dcm"
    make_compressed(path, [ramp()], JPEG2000Lossless, data=[b"no codestream"])

    session.studies.open_paths([path])

    qtbot.waitUntil(lambda: "broken.dcm" in session.acquired[0].message, timeout=PATIENCE_MS)
    assert session.acquired[0].frame is None


def test_source_files_stay_as_they_are(qtbot, session, tmp_path):
    paths = make_series(tmp_path / "a", range(3))
    copies = shutil.copytree(tmp_path / "a", tmp_path / "copy")

    open_and_wait(qtbot, session, tmp_path / "a")
    session.close()

    assert [p.read_bytes() for p in paths] == [p.read_bytes() for p in sorted(copies.iterdir())]


def test_two_patients_with_one_study_uid_stay_two_studies(qtbot, session, tmp_path):
    make_ct(tmp_path / "a.dcm", PatientID="A", SOPInstanceUID=uid("a"))
    make_ct(tmp_path / "b.dcm", PatientID="B", SOPInstanceUID=uid("b"))

    open_and_wait(qtbot, session, tmp_path)

    assert [study.facts.patient_id for study in session.studies.studies] == ["A", "B"]


def test_cancelling_ends_the_scan_that_runs_and_those_that_wait_for_it(qtbot, session, tmp_path):
    for name in ("a", "b"):
        make_series(tmp_path / name, range(120), name=name)
    for name in ("a", "b"):
        session.studies.open_paths([tmp_path / name])

    session.studies.cancel_scan()
    wait_for_the_end(qtbot, session)

    shown = sum(len(s.frames) for s in display_sets(session))
    assert shown < 120
    assert not session.notices.notices


class SilentPool:
    """Takes tasks and never answers."""

    is_closed = False

    def submit(self, task, deliver, priority):
        return Ticket(task, deliver)


def test_closing_ends_the_scan_that_runs_and_those_that_wait_for_it(qapp, tmp_path):
    make_ct(tmp_path / "a.dcm")
    studies = OpenStudies(SilentPool(), NoticeBoard())
    for _ in range(3):
        studies.open_paths([tmp_path])

    studies.close()

    assert not studies._thread.is_alive()
