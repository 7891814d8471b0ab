"""Scanning folders: by content, to the end, with a reason for whatever is not shown."""

import os
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.scan import CHUNK, find_files, scan, scan_incrementally
from medgan_viewer.errors import CancelledError, InputError
from tests.dicom_factory import make_ct, make_series

needs_links = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")


def touch(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_files_are_found_in_all_folders_in_order_of_names(tmp_path):
    expected = [touch(tmp_path / name) for name in ("a/2", "a/b/1", "c", "d.dcm")]

    assert list(find_files([tmp_path])) == expected


def test_files_and_folders_may_be_given_together_and_nothing_comes_twice(tmp_path):
    first, second = touch(tmp_path / "a"), touch(tmp_path / "b")

    assert list(find_files([second, tmp_path])) == [second, first]


def test_an_empty_folder_gives_nothing(tmp_path):
    assert list(find_files([tmp_path])) == []


def test_a_path_that_does_not_exist_is_an_error_before_anything_is_found(tmp_path):
    touch(tmp_path / "a")

    with pytest.raises(InputError, match="gone does not exist"):
        next(find_files([tmp_path, tmp_path / "gone"]))


@needs_links
def test_links_that_lead_back_are_followed_once(tmp_path):
    file = touch(tmp_path / "folder" / "a")
    (tmp_path / "folder" / "loop").symlink_to(tmp_path)

    assert list(find_files([tmp_path])) == [file]


@needs_links
def test_a_link_to_nowhere_and_a_pipe_are_skipped_with_a_reason(tmp_path):
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")

    assert list(find_files([tmp_path])) == [
        SkippedFile(tmp_path / "broken", "cannot be opened (No such file or directory)"),
        SkippedFile(tmp_path / "pipe", "is neither a file nor a folder"),
    ]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_skipped_with_a_reason(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)

    (skipped,) = find_files([tmp_path])

    assert skipped == SkippedFile(folder, "cannot be opened (Permission denied)")


def test_a_scan_returns_studies_and_names_what_it_skipped(pool, tmp_path):
    make_series(tmp_path / "one", (0, 5, 10), name="one")
    make_series(tmp_path / "two", (0, 5), name="two", SeriesNumber=2)
    touch(tmp_path / "notes.dcm", b"no image at all\n" * 20)
    touch(tmp_path / "empty.dcm", b"")
    cut = make_ct(tmp_path / "cut.dcm")
    cut.write_bytes(cut.read_bytes()[:-8])

    result = scan([tmp_path], pool)

    (study,) = result.studies
    assert [(s.facts.series_description, s.frame_count) for s in study.series] == [
        ("one", 3),
        ("two", 2),
    ]
    assert result.files == 8
    assert {skipped.path.name: skipped.reason for skipped in result.skipped} == {
        "notes.dcm": "is a text file, not DICOM",
        "empty.dcm": "is empty",
        "cut.dcm": "is truncated: it holds 120 of 128 bytes of pixel data",
    }


def test_a_copy_of_a_file_is_skipped_with_the_name_of_the_first(pool, tmp_path):
    original = make_ct(tmp_path / "a.dcm")
    touch(tmp_path / "backup" / "a.dcm", original.read_bytes())

    result = scan([tmp_path], pool)

    assert result.studies[0].series[0].frame_count == 1
    assert [skipped.path.parent.name for skipped in result.skipped] == ["backup"]


def test_an_empty_folder_scans_to_nothing(pool, tmp_path):
    result = scan([tmp_path], pool)

    assert (result.studies, result.skipped, result.files) == ((), (), 0)


def test_progress_ends_with_all_files_read(pool, tmp_path):
    make_series(tmp_path, range(3))
    progress = []

    scan([tmp_path], pool, on_progress=lambda read, found: progress.append((read, found)))

    assert progress[-1] == (3, 3)


def test_results_come_in_batches_and_the_last_one_says_so(pool, tmp_path):
    count = 2 * CHUNK + 3
    make_series(tmp_path, range(count))
    batches = []

    scan_incrementally([tmp_path], pool, batches.append)

    assert sum(len(batch.headers) for batch in batches) == count
    assert len(batches) > 1
    assert [batch.is_done for batch in batches] == [False] * (len(batches) - 1) + [True]
    assert (batches[-1].files_read, batches[-1].files_found) == (count, count)


def test_a_scan_that_is_stopped_ends_with_a_last_batch(pool, tmp_path):
    make_series(tmp_path, range(CHUNK + 1))
    batches = []

    scan_incrementally([tmp_path], pool, batches.append, should_stop=lambda: True)

    assert [batch.is_done for batch in batches] == [True]
    assert batches[0].headers == ()


def test_closing_the_pool_ends_a_scan(tmp_path):
    make_series(tmp_path, range(3))
    pool = DecoderPool(1)
    pool.close()

    with pytest.raises(CancelledError):
        scan([tmp_path], pool)


def test_a_scan_in_a_thread_hears_of_a_pool_that_closes_meanwhile(single, hung_file, tmp_path):
    hung, pool, ended = hung_file("hung"), single(header_timeout_s=30), SimpleQueue()
    make_ct(tmp_path / "a.dcm")

    def run():
        try:
            scan([tmp_path], HangingFiles(pool, hung.path))
        except CancelledError as error:
            ended.put(error)

    thread = threading.Thread(target=run)
    thread.start()
    hung.wait_until_read()
    pool.close()

    thread.join(20)
    assert isinstance(ended.get_nowait(), CancelledError)


class HangingFiles:
    """A pool that is asked for a file on which it hangs, whatever the scan asks for."""

    def __init__(self, pool, path):
        self._pool = pool
        self._path = path

    @property
    def is_closed(self):
        return self._pool.is_closed

    def submit(self, task, deliver, priority):
        return self._pool.submit(type(task)((self._path,)), deliver, priority)


def test_paths_that_are_found_hold_wherever_the_program_goes(pool, tmp_path, monkeypatch):
    make_ct(tmp_path / "folder" / "a.dcm")
    monkeypatch.chdir(tmp_path)

    result = scan([Path("folder")], pool)

    assert result.studies[0].series[0].instances[0].path == tmp_path / "folder" / "a.dcm"
