"""What a file is that is not DICOM, in plain words, from its first bytes."""

_PROGRAMS = {
    b"MZ": "a Windows program",
    b"\x7fELF": "a Linux program",
    b"\xfe\xed\xfa\xce": "a macOS program",
    b"\xfe\xed\xfa\xcf": "a macOS program",
    b"\xce\xfa\xed\xfe": "a macOS program",
    b"\xcf\xfa\xed\xfe": "a macOS program",
    b"\xca\xfe\xba\xbe": "a macOS program",
    b"#!": "a script",
}
_KINDS = {
    b"PK\x03\x04": "is a ZIP archive; unpack it first",
    b"\x1f\x8b": "is a gzip archive; unpack it first",
    b"\x89PNG": "is a PNG picture, not DICOM",
    b"\xff\xd8\xff": "is a JPEG picture, not DICOM",
    b"GIF8": "is a GIF picture, not DICOM",
    b"BM": "is a BMP picture, not DICOM",
    b"II*\0": "is a TIFF picture, not DICOM",
    b"MM\0*": "is a TIFF picture, not DICOM",
    b"%PDF": "is a PDF document, not DICOM",
    b"\x5c\x01\0\0": "is a NIfTI volume, not DICOM",
    b"\x93NUMPY": "is a NumPy array, not DICOM",
}


def program_kind(start: bytes) -> str:
    """Name the program that begins like this; empty when none does (CVE-2019-11687)."""
    return next((kind for magic, kind in _PROGRAMS.items() if start.startswith(magic)), "")


def foreign_kind(start: bytes) -> str:
    """Complete "This file ..." for bytes that do not begin like DICOM."""
    if program := program_kind(start):
        return f"is {program}, not DICOM"
    for magic, kind in _KINDS.items():
        if start.startswith(magic):
            return kind
    try:
        is_text = all(c.isprintable() or c in "\t\r\n\f" for c in start.decode("utf-8"))
    except UnicodeDecodeError as error:
        # The sample may end inside a character.
        is_text = error.start >= len(start) - 3 and start[: error.start].isascii()
    return "is a text file, not DICOM" if is_text else "is not a DICOM file"
