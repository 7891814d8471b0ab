"""The light parser against pydicom: the same header for every file, or no word from it."""

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from medgan_viewer.dicom import dicom_file
from medgan_viewer.dicom.header_elements import read_elements
from medgan_viewer.dicom.hierarchy import InstanceHeader
from medgan_viewer.dicom.instance_header import read_header
from tests.dicom_factory import ct_dataset, make_ct, make_enhanced, write

SAMPLES = Path(pydicom.__file__).parent / "data"
NAME = Tag("PatientName")


@pytest.fixture
def with_pydicom(monkeypatch):
    """Return read_header as it is without the light parser."""

    def read(path):
        with monkeypatch.context() as patch:
            patch.setattr(dicom_file, "read_elements", lambda *_: None)
            return read_header(path)

    return read


def elements(path, *tags):
    with path.open("rb") as stream:
        return read_elements(stream, path.stat().st_size, frozenset(tags or (NAME,)))


def test_every_sample_of_pydicom_has_the_same_header_by_both_ways(with_pydicom):
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]

    assert len(files) > 100
    for path in files:
        assert read_header(path) == with_pydicom(path), path.name


def test_every_file_of_the_conformance_set_has_the_same_header_by_both_ways(
    shared_data, with_pydicom
):
    files = [path for path in (shared_data / "dicom_conformance").rglob("*") if path.is_file()]

    assert len(files) > 300
    for path in files:
        assert read_header(path) == with_pydicom(path), path.name


@pytest.mark.parametrize("cut", range(100, 1400, 37))
def test_a_file_cut_anywhere_is_judged_the_same_by_both_ways(tmp_path, with_pydicom, cut):
    whole = make_enhanced(tmp_path / "whole.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[:cut])

    assert read_header(path) == with_pydicom(path)


@pytest.mark.parametrize("position", range(140, 1500, 41))
def test_a_file_with_one_wrong_byte_is_judged_the_same_by_both_ways(
    tmp_path, with_pydicom, position
):
    content = bytearray(make_enhanced(tmp_path / "whole.dcm").read_bytes())
    content[position] ^= 0xFF
    path = tmp_path / "wrong.dcm"
    path.write_bytes(content)

    assert read_header(path) == with_pydicom(path)


@pytest.mark.parametrize("syntax", [pydicom.uid.ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("is_undefined", [True, False])
def test_ordinary_files_are_read_without_pydicom(tmp_path, syntax, is_undefined):
    dataset = ct_dataset()
    dataset.ReferencedStudySequence = Sequence([Dataset(), Dataset()])
    dataset.ReferencedStudySequence[1].RequestAttributesSequence = [Dataset()]
    dataset["ReferencedStudySequence"].is_undefined_length = is_undefined
    path = write(dataset, tmp_path / "a.dcm", syntax)

    found = elements(path)

    assert found is not None
    assert found.dataset.raw[NAME].value == b"TEST^CASE "
    assert isinstance(read_header(path), InstanceHeader)


def test_long_values_that_are_not_wanted_are_passed_over(tmp_path):
    dataset = ct_dataset()
    dataset.add_new(0x00091010, "OB", b"\0" * 300_000)
    path = write(dataset, tmp_path / "a.dcm")

    found = elements(path)

    assert found is not None
    assert found.dataset.raw[NAME].value == b"TEST^CASE "
    assert found.pixels is not None


def test_big_endian_files_are_left_to_pydicom(tmp_path):
    assert elements(make_ct(tmp_path / "a.dcm", syntax=ExplicitVRBigEndian)) is None


def test_sequences_nested_beyond_reason_are_left_to_pydicom(tmp_path):
    inner = Dataset()
    for _ in range(60):
        outer = Dataset()
        outer.ReferencedStudySequence = Sequence([inner])
        outer["ReferencedStudySequence"].is_undefined_length = True
        inner.is_undefined_length_sequence_item = True
        inner = outer
    dataset = ct_dataset()
    dataset.ReferencedStudySequence = inner.ReferencedStudySequence
    dataset["ReferencedStudySequence"].is_undefined_length = True
    path = write(dataset, tmp_path / "a.dcm")

    assert elements(path) is None
    assert isinstance(read_header(path), InstanceHeader)


def test_names_in_other_alphabets_are_read_right(tmp_path):
    path = make_ct(tmp_path / "a.dcm", SpecificCharacterSet="ISO_IR 192", PatientName="Иванов^Пётр")

    assert read_header(path).study.patient_name == "Иванов^Пётр"
