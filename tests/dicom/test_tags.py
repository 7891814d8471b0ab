"""read_tags: names, values as text, limits, hostile files."""

import hashlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from medgan_viewer.dicom import tags as module
from medgan_viewer.dicom.decoder_messages import ReadTags
from medgan_viewer.dicom.tags import MAX_DEPTH, read_tags
from medgan_viewer.errors import InputError
from tests.dicom_factory import ct_dataset, make_compressed, make_ct, ramp, write


def rows_of(dataset, folder, **options):
    return read_tags(write(dataset, folder / "a.dcm", **options))


def by_tag(rows):
    return {row.tag: row for row in rows if row.depth == 0}


def test_every_element_of_a_file_is_listed_as_pydicom_reads_it():
    path = Path(get_testdata_file("CT_small.dcm", download=False))
    expected = pydicom.dcmread(path)
    wanted = sorted([*expected.file_meta.keys(), *expected.keys()])

    rows = [row for row in read_tags(path) if row.depth == 0]

    assert [row.tag for row in rows] == [f"({t.group:04X},{t.element:04X})" for t in wanted]
    by = by_tag(rows)
    assert by["(0010,0010)"].value == str(expected.PatientName)
    assert by["(0028,0030)"].value == "0.661468\\0.661468"
    assert by["(0028,0030)"].vr == "DS"


def test_a_private_element_is_named_with_its_creator_from_the_dictionary():
    by = by_tag(read_tags(Path(get_testdata_file("CT_small.dcm", download=False))))

    assert by["(0009,0010)"].name == "Private creator"
    assert by["(0043,1010)"].name == "[GEMS_PARM_01] Window value"
    assert by["(0043,1010)"].key == "0043[GEMS_PARM_01]10"


def test_a_private_element_that_nobody_reserved_is_shown_all_the_same(tmp_path):
    dataset = ct_dataset()
    dataset.add_new(0x00991001, "LO", "left over")

    row = by_tag(rows_of(dataset, tmp_path))["(0099,1001)"]

    assert (row.name, row.value) == ("Private element, creator unknown", "left over")


def test_items_stand_below_their_sequence_and_elements_below_their_item(tmp_path):
    inner = Dataset()
    inner.PatientID = "T-9"
    rows = rows_of(ct_dataset(OtherPatientIDsSequence=Sequence([inner, Dataset()])), tmp_path)

    start = next(i for i, row in enumerate(rows) if row.tag == "(0010,1002)")
    found = [(row.depth, row.tag or row.name, row.value) for row in rows[start : start + 4]]
    assert found == [
        (0, "(0010,1002)", "2 items"),
        (1, "Item 1", ""),
        (2, "(0010,0020)", "T-9"),
        (1, "Item 2", ""),
    ]


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_encodings_give_the_same_values(tmp_path, syntax):
    plain = by_tag(rows_of(ct_dataset(), tmp_path))
    other = by_tag(rows_of(ct_dataset(), tmp_path, syntax=syntax))

    assert other["(0028,0010)"].value == plain["(0028,0010)"].value == "8"
    assert other["(0010,0010)"].value == "TEST^CASE"
    assert other["(0028,0010)"].vr == "US"


def test_pixels_are_measured_and_their_digest_tells_them_apart(tmp_path):
    pixels = ramp()
    row = by_tag(read_tags(make_ct(tmp_path / "a.dcm", pixels)))["(7FE0,0010)"]

    assert row.value == "128 bytes, not compressed"
    assert row.digest == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_elements_after_compressed_pixels_are_found(tmp_path):
    path = make_compressed(
        tmp_path / "a.dcm", [ramp(16, 16, np.uint8)], "1.2.840.10008.1.2.5", bits=8
    )
    dataset = pydicom.dcmread(path)
    dataset.DataSetTrailingPadding = b"\0" * 8
    dataset.save_as(path)

    by = by_tag(read_tags(path))

    assert by["(7FE0,0010)"].value.endswith("compressed")
    assert by["(FFFC,FFFC)"].name == "Data Set Trailing Padding"


def test_a_long_value_is_cut_and_says_how_long_it_is(tmp_path):
    long_text = by_tag(rows_of(ct_dataset(ImageComments="x" * 5000), tmp_path))["(0020,4000)"]
    many = by_tag(rows_of(ct_dataset(ImageType=["A"] * 200), tmp_path))["(0008,0008)"]

    assert long_text.value == "x" * 1024 + " … (5000 characters)"
    assert many.value == "\\".join("A" * 64) + " … (200 values)"
    assert long_text.digest
    assert many.digest


def test_control_and_direction_characters_are_made_visible(tmp_path):
    dataset = ct_dataset(SpecificCharacterSet="ISO_IR 192", ImageComments="a\tb\n\u202e<b>c</b>")

    value = by_tag(rows_of(dataset, tmp_path))["(0020,4000)"].value

    assert value == "a␉b␊<U+202E><b>c</b>"


def test_a_value_that_breaks_its_vr_is_shown_as_it_stands(tmp_path):
    path = make_ct(tmp_path / "a.dcm", SliceThickness="2.5")
    path.write_bytes(path.read_bytes().replace(b"2.5 ", b"thin"))

    row = by_tag(read_tags(path))["(0018,0050)"]

    assert "thin" in row.value or row.value == "not valid for DS: 74 68 69 6e"


def test_a_uid_of_the_standard_is_named(tmp_path):
    by = by_tag(rows_of(ct_dataset(), tmp_path))

    assert by["(0008,0016)"].value == "1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)"


def test_a_deeply_nested_file_ends_with_a_word_and_not_with_a_crash(tmp_path):
    dataset = Dataset()
    for _ in range(100):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([dataset])
        dataset = outer

    rows = rows_of(ct_dataset(ReferencedImageSequence=Sequence([dataset])), tmp_path)

    assert max(row.depth for row in rows) <= MAX_DEPTH
    assert any("nested deeper" in row.name for row in rows)


def test_a_file_with_too_many_elements_says_that_it_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 10)

    rows = rows_of(ct_dataset(), tmp_path)

    assert len(rows) == 11
    assert "the rest is not shown" in rows[-1].name


@pytest.mark.parametrize(
    "content", [b"", b"MZ" + b"\0" * 126 + b"DICM" + b"\0" * 64, b"text " * 80]
)
def test_what_is_not_dicom_is_refused_with_its_reason(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"a\.dcm"):
        read_tags(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_tags(tmp_path / "gone.dcm")


def test_a_decoder_process_reads_them_in_several_messages(tmp_path, pool, monkeypatch):
    items = [Dataset() for _ in range(3000)]
    path = write(ct_dataset(ReferencedImageSequence=Sequence(items)), tmp_path / "a.dcm")

    assert pool.run(ReadTags(path)) == read_tags(path)
    with pytest.raises(InputError, match="gone"):
        pool.run(ReadTags(tmp_path / "gone.dcm"))
