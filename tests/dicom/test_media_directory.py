"""DICOMDIR: a hint of what to read; no name in it leads outside of its folder."""

import os

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from medgan_viewer.dicom.media_directory import referenced_files
from medgan_viewer.dicom.scan import scan
from tests.dicom_factory import make_ct, uid


def make_directory(folder, *file_ids):
    """Write a DICOMDIR that names these files, each a list of path components."""
    directory = Dataset()
    directory.SOPClassUID = "1.2.840.10008.1.3.10"
    directory.SOPInstanceUID = uid("directory")
    records = []
    for file_id in file_ids:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        if file_id:
            record.add_new(0x00041500, "LO", list(file_id))  # LO: CS would forbid the hostile ones
        records.append(record)
    directory.DirectoryRecordSequence = Sequence(records)
    return write_meta(directory, folder / "DICOMDIR")


def write_meta(dataset, path):
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_opening_a_dicomdir_opens_the_files_it_names(pool, tmp_path):
    for name in ("A1", "A2"):
        make_ct(tmp_path / "IMAGES" / name, SOPInstanceUID=uid(name))
    make_ct(tmp_path / "IMAGES" / "OTHER", SOPInstanceUID=uid("other"))
    path = make_directory(tmp_path, ("IMAGES", "A1"), ("IMAGES", "A2"), ())

    result = scan([path], pool)

    assert result.studies[0].series[0].frame_count == 2
    assert result.files == 3


def test_a_folder_with_a_dicomdir_shows_all_its_files_once(pool, tmp_path):
    for name in ("A1", "A2", "A3"):
        make_ct(tmp_path / "IMAGES" / name, SOPInstanceUID=uid(name))
    make_directory(tmp_path, ("IMAGES", "A1"), ("IMAGES", "A2"))

    result = scan([tmp_path], pool)

    assert result.studies[0].series[0].frame_count == 3  # the third is not in the DICOMDIR
    assert result.files == 4
    assert [s.reason for s in result.skipped] == [
        "is a directory of other files, which are read by themselves"
    ]


def test_names_in_the_other_case_are_found(tmp_path):
    path = make_ct(tmp_path / "images" / "a1")

    found, refused = referenced_files(make_directory(tmp_path, ("IMAGES", "A1")))

    assert (found, refused) == ((path,), ())


HOSTILE = [
    ("..", "secret.dcm"),
    ("IMAGES", "..", "..", "secret.dcm"),
    ("/etc", "passwd"),
    ("C:", "secret.dcm"),
    ("IMAGES/../../secret.dcm",),
    (".", "secret.dcm"),
    ("", "secret.dcm"),
]


@pytest.mark.parametrize("file_id", HOSTILE)
def test_a_name_that_leads_outside_is_refused(pool, tmp_path, file_id):
    make_ct(tmp_path / "secret.dcm")
    make_ct(tmp_path / "medium" / "IMAGES" / "A1", SOPInstanceUID=uid("inside"))
    path = make_directory(tmp_path / "medium", file_id)

    found, refused = referenced_files(path)

    assert found == ()
    assert "outside of its folder" in refused[0].reason
    assert scan([path], pool).studies == ()


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_that_leads_outside_is_refused(tmp_path):
    make_ct(tmp_path / "secret" / "A1")
    (tmp_path / "medium").mkdir()
    (tmp_path / "medium" / "IMAGES").symlink_to(tmp_path / "secret")

    found, refused = referenced_files(make_directory(tmp_path / "medium", ("IMAGES", "A1")))

    assert found == ()
    assert refused[0].reason == "is named by the DICOMDIR and lies outside of its folder"


def test_a_file_that_is_not_there_is_told(pool, tmp_path):
    path = make_directory(tmp_path, ("IMAGES", "A1"))

    reasons = {s.path.name: s.reason for s in scan([path], pool).skipped}

    assert reasons["A1"] == "is named by the DICOMDIR and is not there"


def test_a_dicomdir_that_names_itself_ends(pool, tmp_path):
    path = make_directory(tmp_path, ("DICOMDIR",))

    assert scan([path], pool).files == 1


def test_a_broken_dicomdir_is_skipped_with_a_reason(pool, tmp_path):
    path = make_directory(tmp_path, ("IMAGES", "A1"))
    path.write_bytes(path.read_bytes()[:-20])

    result = scan([path], pool)

    assert result.studies == ()
    assert len(result.skipped) == 1
