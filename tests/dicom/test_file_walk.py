"""walk: deep and large folders, links, and what changes under its hands."""

import os

import pytest

from medgan_viewer.dicom.file_walk import Listing, walk
from medgan_viewer.dicom.hierarchy import SkippedFile

needs_links = pytest.mark.skipif(os.name != "posix", reason="needs links")


def touch(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(found):
    return [name for listing in found for name in listing.stamps]


def test_stamps_are_size_and_time_of_the_files(tmp_path):
    file = touch(tmp_path / "a", b"12345")

    [listing] = walk([tmp_path])

    assert listing == Listing(str(tmp_path), {"a": (5, file.stat().st_mtime_ns)}, frozenset({"a"}))


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path):
    folders = [tmp_path]
    while len(folders) < 1200:
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    file = touch(folders[-1] / "file")

    found = names(walk([tmp_path]))

    file.unlink()
    for folder in reversed(folders[1:]):  # whoever clears up recurses
        folder.rmdir()
    assert found == ["file"]


def test_a_large_folder_comes_in_runs_in_order_of_names(tmp_path):
    wanted = [touch(tmp_path / f"{i:05d}").name for i in range(1100)]

    found = list(walk([tmp_path]))

    assert names(found) == wanted
    assert len(found) > 2


@needs_links
def test_a_loop_of_links_ends(tmp_path):
    touch(tmp_path / "a" / "file")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")

    found = list(walk([tmp_path]))

    assert names(f for f in found if isinstance(f, Listing)) == ["file"]
    assert [f.path.name for f in found if isinstance(f, SkippedFile)] == ["self"]


@needs_links
def test_two_links_to_one_file_give_it_once(tmp_path):
    touch(tmp_path / "a")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "c").symlink_to(tmp_path / "a")

    assert names(walk([tmp_path])) == ["a"]


def test_files_of_one_folder_that_are_given_one_by_one_come_together(tmp_path):
    files = [touch(tmp_path / name) for name in ("b", "a")]

    [listing] = walk(files)

    assert list(listing.stamps) == ["b", "a"]
    assert listing.names is None  # nobody looked what else is there


def test_a_folder_without_files_is_told_too(tmp_path):
    touch(tmp_path / "a" / "file")

    folders = {listing.folder for listing in walk([tmp_path])}

    assert folders == {str(tmp_path), str(tmp_path / "a")}
