"""IndexMemory: what a second scan need not read again, and what it must."""

import os
import sqlite3
import threading

import pytest

from medgan_viewer.dicom.hierarchy import group_into_studies
from medgan_viewer.index.catalog import Catalog
from medgan_viewer.index.held import HeldFiles
from medgan_viewer.index.memory import IndexMemory
from tests.dicom_factory import make_ct, make_enhanced, make_series, uid


def by_path(headers):
    return sorted(headers, key=lambda header: str(header.path))


def test_a_second_scan_of_an_unchanged_folder_reads_nothing_and_finds_the_same(
    scan_with_index, tmp_path
):
    make_series(tmp_path / "data" / "a", range(5))
    make_enhanced(tmp_path / "data" / "b.dcm", SeriesInstanceUID=uid("enhanced"))
    (tmp_path / "data" / "notes.txt").write_text("no image " * 40)

    first = scan_with_index(tmp_path / "data")
    second = scan_with_index(tmp_path / "data")

    assert (first.read, first.known) == (7, 0)
    assert (second.read, second.known) == (7, 7)
    assert by_path(second.headers) == by_path(first.headers)
    assert second.skipped == first.skipped  # the reason is kept


def test_a_file_that_changed_is_read_again_and_the_others_are_not(scan_with_index, tmp_path):
    _, second = make_series(tmp_path / "data", (0, 5))
    scan_with_index(tmp_path / "data")
    make_ct(second, SeriesDescription="changed", SOPInstanceUID=uid("other"))

    result = scan_with_index(tmp_path / "data")

    assert (result.read, result.known) == (2, 1)
    assert {header.series.series_description for header in result.headers} == {"series", "changed"}


def test_the_time_alone_tells_that_a_file_changed(scan_with_index, tmp_path):
    path = make_ct(tmp_path / "data" / "a.dcm")
    scan_with_index(tmp_path / "data")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))

    assert scan_with_index(tmp_path / "data").known == 0


def test_files_and_folders_that_are_gone_are_told_and_forgotten(
    scan_with_index, index_path, tmp_path
):
    data = tmp_path / "data"
    kept, lost = make_series(data / "a", (0, 5))
    below = make_ct(data / "b" / "c" / "d.dcm", SOPInstanceUID=uid("below"))
    scan_with_index(data)
    lost.unlink()
    below.unlink()
    below.parent.rmdir()
    below.parent.parent.rmdir()

    result = scan_with_index(data)

    assert sorted(result.gone) == [lost, below]
    [study] = Catalog(index_path).studies()
    assert Catalog(index_path).files_of(study.study_id) == (kept,)


def test_a_folder_that_begins_like_one_that_is_gone_stays(scan_with_index, tmp_path):
    make_ct(tmp_path / "data" / "a" / "1.dcm")
    other = make_ct(tmp_path / "data" / "ab" / "1.dcm", SOPInstanceUID=uid("other"))
    scan_with_index(tmp_path / "data")

    result = scan_with_index(tmp_path / "data" / "a")

    assert result.gone == []
    assert scan_with_index(tmp_path / "data").known == 2
    assert other.exists()


def test_a_scan_of_one_file_forgets_no_other(scan_with_index, tmp_path):
    first, _ = make_series(tmp_path / "data", (0, 5))
    scan_with_index(tmp_path / "data")

    assert scan_with_index(first).gone == []
    assert scan_with_index(tmp_path / "data").known == 2


@pytest.mark.skipif(os.name != "posix", reason="names that are no text exist on POSIX")
def test_names_that_are_no_text_are_remembered(scan_with_index, tmp_path):
    (tmp_path / "data").mkdir()
    make_ct(tmp_path / "a.dcm").rename(tmp_path / "data" / os.fsdecode(b"caf\xe9.dcm"))

    first = scan_with_index(tmp_path / "data")
    second = scan_with_index(tmp_path / "data")

    assert second.known == 1
    assert second.headers == first.headers


def test_odd_texts_in_headers_come_back_as_they_were(scan_with_index, tmp_path):
    make_ct(
        tmp_path / "data" / "a.dcm",
        SpecificCharacterSet="ISO_IR 192",
        PatientName="Ärzte^'; DROP TABLE study; --",
        PatientID='"quoted" \\ back',
        SeriesNumber="99999999999",
    )

    first = scan_with_index(tmp_path / "data")
    second = scan_with_index(tmp_path / "data")

    assert second.known == 1
    assert second.headers == first.headers


def test_records_of_another_version_are_read_anew(scan_with_index, index_path, tmp_path):
    make_ct(tmp_path / "data" / "a.dcm")
    scan_with_index(tmp_path / "data")
    with sqlite3.connect(index_path) as db:
        db.execute("UPDATE instance SET version = 'older'")
    db.close()

    assert scan_with_index(tmp_path / "data").known == 0
    assert scan_with_index(tmp_path / "data").known == 1


@pytest.mark.parametrize("record", ["", "{", "[]", "[1,2,3]", "null", '"text"', '{"a": 1}'])
def test_a_record_that_makes_no_sense_is_read_anew(scan_with_index, index_path, tmp_path, record):
    make_ct(tmp_path / "data" / "a.dcm")
    scan_with_index(tmp_path / "data")
    with sqlite3.connect(index_path) as db:
        db.execute("UPDATE instance SET record = ?", (record,))
    db.close()

    result = scan_with_index(tmp_path / "data")

    assert (result.known, len(result.headers)) == (0, 1)


def test_an_index_that_breaks_meanwhile_does_not_stop_a_scan(scan_with_index, index_path, tmp_path):
    make_series(tmp_path / "data", range(3))
    memory = IndexMemory(index_path)
    index_path.write_bytes(b"no database at all" * 500)

    result = scan_with_index(tmp_path / "data", memory=memory)
    memory.close()

    assert len(result.headers) == 3
    assert memory.is_damaged


def test_two_windows_write_at_once_and_nothing_is_lost(scan_with_index, index_path, tmp_path):
    for name in ("a", "b"):
        make_series(tmp_path / name, range(40), name=name)
    headers = {name: scan_with_index(tmp_path / name).headers for name in ("a", "b")}
    Catalog(index_path).remove([s.study_id for s in Catalog(index_path).studies()])
    start = threading.Barrier(2)

    def write(name):
        memory = IndexMemory(index_path)
        start.wait(10)
        for header in headers[name]:
            status = header.path.stat()
            memory.remember(header.path, (status.st_size, status.st_mtime_ns), header)
            memory._flush()
        memory.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in headers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    [study] = Catalog(index_path).studies()
    assert study.images == 80


def test_a_study_that_another_window_removes_meanwhile_is_written_again(
    scan_with_index, index_path, tmp_path
):
    [header] = scan_with_index(make_ct(tmp_path / "data" / "a.dcm")).headers
    memory = IndexMemory(index_path)
    memory.remember(header.path, (1, 1), header)
    memory._flush()
    catalog = Catalog(index_path)
    catalog.remove([study.study_id for study in catalog.studies()])

    memory.remember(header.path, (2, 2), header)
    memory.close()

    assert [study.images for study in catalog.studies()] == [1]


def test_what_this_run_holds_needs_no_word_until_it_is_forgotten(
    scan_with_index, index_path, tmp_path
):
    paths = make_series(tmp_path / "data", range(3))
    held = HeldFiles().before(IndexMemory(index_path))
    first = scan_with_index(tmp_path / "data", memory=held)

    second = scan_with_index(tmp_path / "data", memory=held)
    held.forget(paths[:1])
    third = scan_with_index(tmp_path / "data", memory=held)
    held._behind.close()

    assert (len(first.headers), second.headers, second.known) == (3, [], 3)
    assert [header.path for header in third.headers] == paths[:1]


def test_studies_from_the_index_are_those_of_the_files(scan_with_index, tmp_path):
    make_series(tmp_path / "data", range(4))

    first = group_into_studies(scan_with_index(tmp_path / "data").headers)

    assert group_into_studies(scan_with_index(tmp_path / "data").headers) == first
