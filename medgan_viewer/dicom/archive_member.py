"""ArchiveMember: one file of a ZIP archive as a stream that inflates no more than is read."""

import io
import struct
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipInfo

from medgan_viewer.dicom.unreadable import UnreadableError

_LOCAL = struct.Struct("<4s5H3L2H")  # local file header (APPNOTE 4.3.7)
_LOCAL_START = b"PK\x03\x04"
_STEP = 64 << 10
_DAMAGED = "is damaged inside its archive"


class ArchiveMember(io.BufferedIOBase):
    """Reads like a file; `read` raises UnreadableError where the archive is damaged.

    Attributes
    ----------
    size : in bytes as the archive states it; no more is ever inflated
    """

    def __init__(self, archive: Path, entry: ZipInfo) -> None:
        """Open the archive.

        Raises
        ------
        UnreadableError
            The member does not stand where the archive's directory says.
        OSError
            The archive cannot be opened.
        """
        self.size = entry.file_size
        self._entry = entry
        self._stream = archive.open("rb")
        self._have = bytearray()
        self._position = 0
        self._packed_left = entry.compress_size
        self._inflater = (
            zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == ZIP_DEFLATED else None
        )
        try:
            self._go_to_data()
        except BaseException:
            self._stream.close()
            raise

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(origin + offset, 0)
        return self._position

    def read(self, count: int | None = -1) -> bytes:
        end = self.size if count is None or count < 0 else min(self._position + count, self.size)
        self._inflate_to(end)
        found = bytes(self._have[self._position : end])
        self._position += len(found)
        return found

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _go_to_data(self) -> None:
        self._stream.seek(self._entry.header_offset)
        head = self._stream.read(_LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != _LOCAL_START:
            raise UnreadableError(_DAMAGED, "no local header")
        *_, name_length, extra_length = _LOCAL.unpack(head)
        self._stream.seek(name_length + extra_length, io.SEEK_CUR)

    def _inflate_to(self, end: int) -> None:
        while len(self._have) < end:
            before = len(self._have)
            try:
                self._inflate_more()
            except zlib.error as error:
                raise UnreadableError(_DAMAGED, str(error)) from error
            if len(self._have) == before:
                raise UnreadableError(_DAMAGED, f"ends after {before} of {self.size} bytes")
        if end == self.size == len(self._have) and zlib.crc32(self._have) != self._entry.CRC:
            raise UnreadableError(_DAMAGED, "its checksum is wrong")

    def _inflate_more(self) -> None:
        if self._inflater is None:
            self._have += self._packed()
            return
        while not self._inflater.eof:
            waiting = self._inflater.unconsumed_tail or self._packed()
            part = self._inflater.decompress(waiting, self.size - len(self._have))
            if part or not waiting:
                self._have += part
                return

    def _packed(self) -> bytes:
        found = self._stream.read(min(_STEP, self._packed_left))
        self._packed_left -= len(found)
        return found
