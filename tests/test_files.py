import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.files import (
    PART_SUFFIX,
    refuse_existing,
    sweep_parts,
    write_atomically,
    write_new,
)


def test_bytes_replace_an_older_file(tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(b"old and longer")

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]


def test_a_function_may_write_the_content(tmp_path):
    path = tmp_path / "film.bin"

    write_atomically(path, lambda stream: [stream.write(b"ab"), stream.write(b"cd")])

    assert path.read_bytes() == b"abcd"


def test_a_writer_that_fails_leaves_the_older_file_and_no_part(tmp_path):
    path = tmp_path / "slice.dcm"
    path.write_bytes(b"old")

    def write_half(stream):
        stream.write(b"ne")
        raise RuntimeError("the encoder failed")

    with pytest.raises(RuntimeError, match="the encoder failed"):
        write_atomically(path, write_half)

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["slice.dcm"]


def test_the_file_is_not_there_before_it_is_complete(tmp_path):
    path = tmp_path / "slice.dcm"
    seen = []

    write_atomically(path, lambda stream: seen.append(path.exists()))

    assert seen == [False]
    assert path.exists()


@pytest.mark.parametrize("folder", ["missing", "a-file"])
def test_a_folder_that_cannot_hold_the_file_is_named(tmp_path, folder):
    (tmp_path / "a-file").write_bytes(b"")

    with pytest.raises(InputError) as caught:
        write_atomically(tmp_path / folder / "out.png", b"")

    assert caught.value.problem == f"out.png could not be written in {tmp_path / folder}."


def test_an_existing_file_is_kept_unless_it_may_be_replaced(tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    with pytest.raises(InputError, match="--force"):
        write_new(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"

    write_new(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_a_name_that_is_free_is_not_refused(tmp_path):
    refuse_existing(tmp_path / "free.png", overwrite=False)


def test_parts_of_a_crash_are_swept_and_other_files_stay(tmp_path):
    (tmp_path / f".out.png.4711{PART_SUFFIX}").write_bytes(b"half")
    (tmp_path / ".hidden").write_bytes(b"")
    (tmp_path / "out.png").write_bytes(b"whole")

    assert sweep_parts(tmp_path) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".hidden", "out.png"]
