"""Hostile, damaged and foreign files: refused with a reason, before pydicom sees them."""

import zlib

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medgan_viewer.dicom.attributes import text
from medgan_viewer.dicom.dicom_file import DicomFile, UnreadableError, inflate
from tests.dicom_factory import ct_dataset, make_ct, write

MEGABYTE = 1 << 20


def refusal(path, **options):
    with pytest.raises(UnreadableError) as caught:
        DicomFile(path, **options)
    return caught.value.reason


def file_of(tmp_path, content):
    path = tmp_path / "image.dcm"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"Dear reader, this is no image.\n" * 9, "is a text file, not DICOM"),
        ("Grüße\n".encode() * 40, "is a text file, not DICOM"),
        (bytes(range(256)) * 4, "is not a DICOM file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "is a PNG picture, not DICOM"),
        (b"PK\x03\x04" + bytes(200), "is a ZIP archive; unpack it first"),
        (b"MZ" + bytes(200), "is a Windows program, not DICOM"),
    ],
)
def test_a_file_that_is_not_dicom_is_named_for_what_it_is(tmp_path, content, reason):
    assert refusal(file_of(tmp_path, content)) == reason


@pytest.mark.parametrize(
    ("magic", "kind"),
    [(b"MZ", "a Windows program"), (b"\x7fELF", "a Linux program"), (b"#!/bin/sh", "a script")],
)
def test_a_program_in_the_preamble_is_refused(tmp_path, magic, kind):
    # CVE-2019-11687: the preamble may hold a program that runs under the file's name.
    path = write(ct_dataset(), tmp_path / "a.dcm", preamble=magic.ljust(128, b"\0"))

    assert refusal(path) == f"is {kind} disguised as DICOM and is not opened"


def test_a_tiff_preamble_is_no_program(tmp_path):
    path = write(ct_dataset(), tmp_path / "a.dcm", preamble=b"II*\0".ljust(128, b"\0"))

    with DicomFile(path) as file:
        assert file.pixels is not None


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_the_header_ends_where_the_pixels_begin(tmp_path, syntax):
    path = make_ct(tmp_path / "a.dcm", syntax=syntax)

    with DicomFile(path) as file:
        assert file.transfer_syntax_uid == syntax
        assert text(file.dataset, "PatientID") == "T-1"
        assert file.pixels.length == 8 * 8 * 2
        file.stream.seek(file.pixels.offset)
        stored = np.frombuffer(file.stream.read(6), ">i2" if not syntax.is_little_endian else "<i2")
        assert stored.tolist() == [0, 1, 2]


@pytest.mark.parametrize("keeps_meta", [True, False])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_without_preamble_is_read_all_the_same(tmp_path, syntax, keeps_meta):
    content = make_ct(tmp_path / "a.dcm", syntax=syntax).read_bytes()[132:]
    if not keeps_meta:
        group_length = int.from_bytes(content[8:12], "little")
        content = content[12 + group_length :]

    with DicomFile(file_of(tmp_path, content)) as file:
        assert file.transfer_syntax_uid == syntax
        assert file.pixels is not None


def test_a_file_that_ends_inside_its_header_is_truncated(tmp_path):
    content = make_ct(tmp_path / "a.dcm").read_bytes()
    end = content.index(b"TEST^CASE") + 4

    assert refusal(file_of(tmp_path, content[:end])) == "is truncated: it ends inside its header"


def test_a_file_that_ends_inside_its_meta_information_is_truncated(tmp_path):
    content = make_ct(tmp_path / "a.dcm").read_bytes()

    assert "file meta information" in refusal(file_of(tmp_path, content[:160]))


def test_a_value_said_to_be_longer_than_the_file_is_a_truncation(tmp_path):
    # pydicom 3.0.2 reads what there is and says nothing.
    dataset = ct_dataset()
    del dataset.PixelData
    dataset.add_new("IconImageSequence", "OB", b"12")
    content = bytearray(write(dataset, tmp_path / "a.dcm").read_bytes())
    content[-6:-2] = (0xFFFFFFFE).to_bytes(4, "little")

    assert refusal(file_of(tmp_path, bytes(content))) == "is truncated: it ends inside its header"


def test_sequences_nested_a_thousand_deep_are_refused(tmp_path):
    start = make_ct(tmp_path / "a.dcm").read_bytes()
    start = start[: start.index(b"\x08\x00\x08\x00CS")]
    sequence = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"

    reason = refusal(file_of(tmp_path, start + sequence * 1000))

    assert reason == "holds sequences nested too deeply to be read"


def test_a_deflate_bomb_stops_at_the_cap(tmp_path):
    dataset = ct_dataset()
    dataset.PixelData = bytes(4 * MEGABYTE)
    path = write(dataset, tmp_path / "a.dcm", DeflatedExplicitVRLittleEndian)
    assert path.stat().st_size < MEGABYTE / 50

    assert "and is not opened" in refusal(path, inflate_limit=MEGABYTE)


def test_inflating_gives_back_what_was_deflated_whatever_its_size():
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = np.random.default_rng(0).integers(0, 4, 3 * MEGABYTE, dtype=np.uint8).tobytes()
    deflated = engine.compress(data) + engine.flush()

    assert inflate(deflated, 4 * MEGABYTE) == data


def test_a_damaged_deflate_stream_is_named(tmp_path):
    content = make_ct(tmp_path / "a.dcm", syntax=DeflatedExplicitVRLittleEndian).read_bytes()

    assert "cannot be inflated" in refusal(file_of(tmp_path, content[:-60] + b"\xff" * 60))


def test_only_the_elements_asked_for_are_read(tmp_path):
    tag = Dataset()
    tag.PatientID = ""

    with DicomFile(make_ct(tmp_path / "a.dcm"), tuple(tag.keys())) as file:
        assert [element.keyword for element in file.dataset] == ["PatientID"]
        assert file.pixels.length == 128


def test_a_refused_file_is_closed(tmp_path):
    path = file_of(tmp_path, b"text only\n" * 30)
    refusal(path)

    path.unlink()  # fails on Windows while the file is open
    assert not path.exists()
