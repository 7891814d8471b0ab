"""Whatever a file says in an attribute, reading it ends in a value or in nothing."""

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from medgan_viewer.dicom.attributes import (
    MAX_TEXT,
    integer,
    items,
    number,
    numbers,
    text,
    texts,
    words,
)


def raw(keyword, vr, value, *, is_little_endian=True):
    """Return a dataset with one element as a file would give it."""
    tag = Tag(keyword)
    element = RawDataElement(tag, vr, len(value), value, 0, vr is None, is_little_endian)
    return Dataset({tag: element})


def test_an_absent_element_is_nothing():
    empty = Dataset()

    assert text(empty, "PatientName") == ""
    assert texts(empty, "ImageType") == ()
    assert number(empty, "RescaleSlope") is None
    assert numbers(empty, "PixelSpacing") is None
    assert items(empty, "ReferencedImageSequence") == ()


@pytest.mark.parametrize("value", [b"", b" ", b"\0\0"])
def test_an_empty_element_is_nothing(value):
    assert number(raw("RescaleSlope", "DS", value), "RescaleSlope") is None
    assert text(raw("Modality", "CS", value), "Modality") == ""


def test_padding_is_stripped():
    assert text(raw("Modality", "CS", b"CT "), "Modality") == "CT"
    assert text(raw("SOPInstanceUID", "UI", b"1.2.3\0"), "SOPInstanceUID") == "1.2.3"


def test_a_list_with_backslashes_is_several_values():
    dataset = raw("ImagePositionPatient", "DS", b"-1.5\\2\\ 3e1")

    assert numbers(dataset, "ImagePositionPatient", 3) == (-1.5, 2, 30)


def test_numbers_of_another_count_than_asked_for_are_nothing():
    assert numbers(raw("PixelSpacing", "DS", b"0.5"), "PixelSpacing", 2) is None


@pytest.mark.parametrize("value", [b"abc", b"1,5", b"nan", b"1e999", b"1\\x"])
def test_numbers_that_are_not_finite_numbers_are_nothing(value):
    assert numbers(raw("PixelSpacing", "DS", value), "PixelSpacing") is None


def test_the_first_of_several_numbers_is_taken_alone():
    assert number(raw("EchoTime", "DS", b"30\\60"), "EchoTime") == 30


def test_a_number_under_the_wrong_vr_is_still_a_number():
    assert integer(raw("Rows", "DS", b"512"), "Rows") == 512
    assert integer(raw("Rows", "LO", b"512 "), "Rows") == 512


def test_a_fraction_is_no_whole_number():
    assert integer(raw("InstanceNumber", "IS", b"1.5"), "InstanceNumber") is None
    assert integer(raw("InstanceNumber", "IS", b"2.0"), "InstanceNumber") == 2


def test_letters_in_an_integer_are_nothing():
    assert integer(raw("NumberOfFrames", "IS", b"1A"), "NumberOfFrames") is None


def test_binary_numbers_follow_the_byte_order_of_the_file():
    assert integer(raw("Rows", "US", b"\x01\x02"), "Rows") == 0x0201
    assert integer(raw("Rows", "US", b"\x01\x02", is_little_endian=False), "Rows") == 0x0102
    assert number(raw("PhysicalDeltaX", "FD", b"\0" * 7 + b"\x40"), "PhysicalDeltaX") == 2


def test_a_vr_that_the_file_leaves_out_is_that_of_the_standard():
    assert integer(raw("Rows", None, b"\x10\x00"), "Rows") == 16
    assert text(raw("Modality", None, b"MR"), "Modality") == "MR"


def test_a_value_of_the_wrong_length_is_nothing():
    assert integer(raw("Rows", "US", b"\x10"), "Rows") is None


def test_names_beyond_ascii_are_decoded_by_their_character_set():
    dataset = raw("PatientName", "PN", "Müller^Jürgen".encode("latin-1"))
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.set_original_encoding(False, True, ["latin-1"])

    assert text(dataset, "PatientName") == "Müller^Jürgen"


def test_lut_data_come_as_words_or_as_bytes():
    dataset = Dataset()
    dataset.add_new("LUTData", "US", [1, 65535])
    assert words(dataset, "LUTData") == (1, 65535)
    dataset.add_new("LUTData", "OW", b"\x01\x00")
    assert words(dataset, "LUTData") == b"\x01\x00"


def test_a_text_where_a_sequence_should_be_has_no_items():
    assert items(raw("ReferencedImageSequence", "LO", b"none"), "ReferencedImageSequence") == ()


def test_a_text_of_millions_of_characters_is_cut():
    found = text(raw("SeriesDescription", "LO", b"x" * 5_000_000), "SeriesDescription")
    assert found == "x" * MAX_TEXT + "…"
