"""NpzFile: hostile and broken files are refused before memory is taken or code could run."""

import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from medgan_viewer.datasets.npz_file import NpzFile, write_npz
from medgan_viewer.errors import InputError


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def read(path, name="a", kinds="uifU", dimensions=1, **limits):
    with NpzFile(path, **limits) as data:
        return data.read(name, kinds, dimensions)


def write_member(path, content, name="a.npy", method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, content)
    return path


def npy_header(shape, dtype="|u1"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"shape": shape, "fortran_order": False, "descr": dtype}
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(7, dtype=np.uint16),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 3), np.int64),
        np.array(["ä", "bc"]),
    ],
)
def test_what_numpy_writes_comes_back(tmp_path, array):
    write_npz(tmp_path / "a.npz", {"a": array})

    found = read(tmp_path / "a.npz", dimensions=array.ndim)

    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    assert np.array_equal(np.load(tmp_path / "a.npz", allow_pickle=False)["a"], array)


def test_arrays_of_objects_are_refused_and_nothing_runs(tmp_path):
    trap = tmp_path / "trap"
    with np.errstate(all="ignore"):
        np.savez(tmp_path / "a.npz", a=np.array([Payload(trap)], object))
    assert b"open" in zipfile.ZipFile(tmp_path / "a.npz").read("a.npy")

    with pytest.raises(InputError, match="holds objects"):
        read(tmp_path / "a.npz", kinds="uifUO")

    assert not trap.exists()


def test_a_pickle_in_place_of_an_array_is_refused_and_nothing_runs(tmp_path):
    trap = tmp_path / "trap"
    write_member(tmp_path / "a.npz", pickle.dumps(Payload(trap)))

    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / "a.npz")

    assert not trap.exists()


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 62, 1 << 62), (-5,)])
def test_a_header_that_promises_more_than_is_there_takes_no_memory(tmp_path, shape):
    write_member(tmp_path / "a.npz", npy_header(shape) + bytes(100))
    tracemalloc.start()

    with pytest.raises(InputError, match="has not its size"):
        read(tmp_path / "a.npz", dimensions=len(shape))

    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_bomb_is_refused_by_the_directory_alone(tmp_path):
    path = write_member(tmp_path / "a.npz", npy_header((1 << 24,)) + bytes(1 << 24))
    assert path.stat().st_size < 1 << 16

    with pytest.raises(InputError, match="unpacks to"):
        NpzFile(path, max_bytes=1 << 20)


def test_a_directory_that_lies_about_the_size_is_noticed(tmp_path):
    path = write_member(tmp_path / "a.npz", npy_header((1000,)) + bytes(1000))
    raw = bytearray(path.read_bytes())
    place = raw.rindex(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    raw[place : place + 4] = (500).to_bytes(4, "little")
    path.write_bytes(raw)

    with pytest.raises(InputError):
        read(path)


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_named(tmp_path, fraction):
    path = tmp_path / "a.npz"
    write_npz(path, {"a": np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * fraction)])

    with pytest.raises(InputError, match=r"a\.npz is damaged or no \.npz"):
        read(path)


def test_changed_bytes_are_noticed(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, {"a": np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)})
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)

    with pytest.raises(InputError, match="damaged"):
        read(path)


def test_another_type_or_shape_than_expected_is_refused(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.zeros((2, 2))})

    for kinds, dimensions in (("u", 2), ("f", 3)):
        with pytest.raises(InputError, match="of no use"):
            read(tmp_path / "a.npz", kinds=kinds, dimensions=dimensions)


def test_a_missing_array_and_a_missing_file_are_named(tmp_path):
    write_npz(tmp_path / "a.npz", {"b": np.zeros(1)})

    with pytest.raises(InputError, match='lacks the array "a"'):
        read(tmp_path / "a.npz")
    with pytest.raises(InputError, match="not a file"):
        read(tmp_path / "gone.npz")


def test_too_many_arrays_and_repeated_names_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.npy", b"")
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        archive.writestr("a.npy", b"")
        archive.writestr("a", b"")

    with pytest.raises(InputError, match="300 arrays"):
        NpzFile(tmp_path / "many.npz")
    with pytest.raises(InputError, match="two arrays of one name"):
        NpzFile(tmp_path / "twice.npz")


def test_other_ways_of_packing_are_refused(tmp_path):
    write_member(tmp_path / "a.npz", npy_header((1,)) + b"\0", method=zipfile.ZIP_LZMA)

    with pytest.raises(InputError, match="packed in a way"):
        NpzFile(tmp_path / "a.npz")
