"""NpzFile: arrays out of an .npz that nobody vouches for; sizes are checked before memory is taken.

Arrays of objects would have to be unpickled, which runs code, and are refused.
"""

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file, write_atomically

MAX_MEMBERS = 256
MAX_BYTES = 8 << 30  # unpacked
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError)
_ACTION = "Replace the file by the original one."


class NpzFile:
    """An open .npz; use it as a context manager."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Open a file and look at its directory, not at its content.

        Raises
        ------
        InputError
            It is missing, no .npz, or says that it unpacks to more than `max_bytes`.
        """
        self.path = path
        if not is_file(path):
            raise InputError(f"{path} is not a file that can be read.", "Check the path.")
        try:
            self._archive = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise self._error("is damaged or no .npz file", error) from error
        try:
            self._members = self._checked_members(max_bytes)
        except InputError:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, kinds: str, dimensions: int) -> npt.NDArray[Any]:
        """Return one array.

        Parameters
        ----------
        kinds : the letters of the kinds of dtype that are taken: "u", "i", "f", "U"
        dimensions : number of axes that it must have

        Raises
        ------
        InputError
            It is missing, damaged, of another kind, or not as large as it says.
        """
        if name not in self._members:
            raise self._error(f'lacks the array "{name}"')
        member = self._members[name]
        try:
            with self._archive.open(member) as stream:
                shape, is_fortran, dtype = self._header(stream, name)
                if dtype.kind not in kinds or len(shape) != dimensions:
                    raise self._error(f'holds {dtype} {shape} as "{name}", which is of no use')
                size = math.prod(shape) * dtype.itemsize
                if size != member.file_size - stream.tell():
                    raise self._error(f'is cut off or changed: "{name}" has not its size')
                array = np.empty(shape[::-1] if is_fortran else shape, dtype)
                _fill(stream, array)
        except _BROKEN as error:
            raise self._error(f'is damaged at "{name}"', error) from error
        return array.T if is_fortran else array

    def _header(self, stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        version = np.lib.format.read_magic(stream)
        if version not in _READERS:
            raise self._error(f'has "{name}" in an unknown version {version}')
        shape, is_fortran, dtype = _READERS[version](stream)
        if dtype.hasobject:
            raise self._error(f'holds objects as "{name}", which could run code')
        return shape, is_fortran, dtype

    def _checked_members(self, max_bytes: int) -> dict[str, zipfile.ZipInfo]:
        found = self._archive.infolist()
        if len(found) > MAX_MEMBERS:
            raise self._error(f"holds {len(found)} arrays, more than {MAX_MEMBERS}")
        size = sum(member.file_size for member in found)
        if size > max_bytes:
            raise self._error(
                f"unpacks to {size / (1 << 30):.1f} GiB, more than {max_bytes / (1 << 30):.1f}"
            )
        members = {member.filename.removesuffix(".npy"): member for member in found}
        if len(members) != len(found):
            raise self._error("holds two arrays of one name")
        for name, member in members.items():
            if member.compress_type not in _METHODS or member.flag_bits & _ENCRYPTED:
                raise self._error(f'is packed in a way that is not read ("{name}")')
        return members

    def _error(self, reason: str, cause: BaseException | None = None) -> InputError:
        details = "" if cause is None else f"{type(cause).__name__}: {cause}"
        return InputError(f"{self.path.name} {reason}.", _ACTION, details)


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays, compressed, as one file that appears complete or not at all.

    Raises
    ------
    InputError
        The folder is missing, full, or may not be written.
    """
    if any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError("arrays of objects are not written")

    def write(stream: IO[bytes]) -> None:
        named: dict[str, Any] = dict(arrays)
        np.savez_compressed(stream, **named)

    write_atomically(path, write)


def _fill(stream: IO[bytes], array: npt.NDArray[Any]) -> None:
    """Fill a contiguous array to its last byte, with the checksum of the archive checked."""
    if array.size:
        view = array.reshape(-1).view(np.uint8).data
        done = 0
        while done < len(view):
            chunk = stream.read(min(len(view) - done, io.DEFAULT_BUFFER_SIZE * 128))
            if not chunk:
                raise EOFError("ends early")
            view[done : done + len(chunk)] = chunk
            done += len(chunk)
    if stream.read(1):
        raise ValueError("goes on after its end")
