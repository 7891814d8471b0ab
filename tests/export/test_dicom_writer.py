"""What leaves as DICOM: marks, identity, files; read back with pydicom and SimpleITK."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread

from medgan_viewer.dicom.synthetic_marks import provenance_of
from medgan_viewer.errors import CancelledError, InputError
from medgan_viewer.export.context import ExportContext, JoinedStudy, PatientIdentity
from medgan_viewer.export.dicom_writer import write_secondary_capture, write_series
from medgan_viewer.imaging.frame import SyntheticKind
from tests.export.synthetic_frames import (
    GENERATED,
    PATIENT,
    PLANE,
    SOURCE,
    TRANSLATED,
    context,
    frame,
    written,
)


def test_all_marks_are_read_back(tmp_path):
    dataset = written(frame(), tmp_path)

    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert dataset.SyntheticData == "YES"
    assert dataset.ConversionType == "SYN"
    assert list(dataset.ImageType) == ["DERIVED", "SECONDARY", "OTHER", "SYNTHETIC"]
    equipment = dataset.ContributingEquipmentSequence[0]
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert dataset.Modality == "OT"
    assert dataset.BurnedInAnnotation == "YES"
    assert provenance_of(dataset) == GENERATED


@pytest.mark.parametrize(("shows_head", "expected"), [(True, "YES"), (False, None)])
def test_a_head_says_that_a_face_could_be_recognised(tmp_path, shows_head, expected):
    dataset = written(frame(), tmp_path, shows_head=shows_head)

    assert dataset.get("RecognizableVisualFeatures") == expected


def test_simpleitk_reads_the_marks_and_the_pixels(tmp_path):
    written(frame(), tmp_path, burn_in=False)

    image = SimpleITK.ReadImage(tmp_path / "image.dcm")

    assert image.GetMetaData("0008|001c").strip() == "YES"
    assert image.GetMetaData("0008|0064").strip() == "SYN"
    assert np.array_equal(SimpleITK.GetArrayFromImage(image)[0], frame().stored)


def test_an_acquired_frame_is_refused(tmp_path):
    with pytest.raises(InputError, match="acquired"):
        written(frame(provenance=None), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_frame_without_a_recipe_is_refused(tmp_path):
    with pytest.raises(InputError, match="its recipe"):
        written(frame(provenance=replace(GENERATED, recipe_json="")), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unconditional_sample_gets_a_new_study_and_an_invented_patient(tmp_path):
    dataset = written(frame(), tmp_path)

    assert dataset.StudyInstanceUID == "2.25.1"
    assert dataset.PatientID.startswith("SYN-")
    assert str(dataset.PatientName).startswith("SYN-")
    assert dataset.StudyDate == "20250506"


@pytest.mark.parametrize("kind", [SyntheticKind.GENERATED, SyntheticKind.DERIVED])
def test_an_image_made_from_nothing_never_carries_the_identity_of_a_patient(tmp_path, kind):
    sample = frame(provenance=replace(GENERATED, kind=kind))

    with pytest.raises(ValueError, match="identity"):
        written(sample, tmp_path, patient=PATIENT)
    with pytest.raises(ValueError, match="identity"):
        written(sample, tmp_path, patient=PATIENT, study=JoinedStudy("1.2.3"))
    assert list(tmp_path.iterdir()) == []


def test_a_translated_image_invents_a_patient_and_a_study_unless_told_otherwise(tmp_path):
    dataset = written(frame(provenance=TRANSLATED), tmp_path, sources=(SOURCE,))

    assert dataset.PatientID.startswith("SYN-")
    assert dataset.StudyInstanceUID == "2.25.1"
    [source] = dataset.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == "1.2.3.4"
    assert source.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_a_translated_image_joins_the_study_of_its_source_when_asked(tmp_path):
    study = JoinedStudy("1.2.3", study_id="7", date="20200102", description="MR head")
    dataset = written(
        frame(provenance=TRANSLATED), tmp_path, sources=(SOURCE,), patient=PATIENT, study=study
    )

    assert dataset.StudyInstanceUID == "1.2.3"
    assert dataset.StudyDate == "20200102"
    assert str(dataset.PatientName) == "Doe^Jane"
    assert dataset.SeriesInstanceUID == "2.25.1"


def test_a_study_cannot_be_joined_without_its_patient():
    with pytest.raises(ValueError, match="patient"):
        ExportContext(study=JoinedStudy("1.2.3"))


def test_an_identity_too_long_for_its_element_is_carried_over_whole(tmp_path):
    patient = PatientIdentity("1" * 70, "Doe^Jane", "1970")
    dataset = written(frame(provenance=TRANSLATED), tmp_path, sources=(SOURCE,), patient=patient)

    with pytest.warns(UserWarning, match="maximum length"):
        assert dataset.PatientID == "1" * 70


def test_two_exports_share_no_uid(tmp_path):
    uids = set()
    for name in ("a.dcm", "b.dcm"):
        write_secondary_capture(frame(), tmp_path / name, ExportContext())
        dataset = dcmread(tmp_path / name)
        uids |= {dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID}

    assert len(uids) == 6
    assert all(uid.is_valid for uid in uids)


def test_type_1_and_2_attributes_of_secondary_capture_are_there(tmp_path):
    """Lists of PS3.3 A.8.1.3: patient, study, series, equipment, image, pixels, SOP common."""
    dataset = written(frame(), tmp_path)

    for keyword in [
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "StudyTime",
        "ReferringPhysicianName",
        "StudyID",
        "AccessionNumber",
        "Modality",
        "SeriesInstanceUID",
        "SeriesNumber",
        "ConversionType",
        "InstanceNumber",
        "PatientOrientation",
        "SamplesPerPixel",
        "PixelData",
        "Rows",
        "Columns",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SOPClassUID",
        "SOPInstanceUID",
    ]:
        assert keyword in dataset, keyword


def test_the_preamble_is_empty_and_the_syntax_explicit_little_endian(tmp_path):
    dataset = written(frame(), tmp_path)

    assert dataset.preamble == b"\0" * 128
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (tmp_path / "image.dcm").read_bytes()[:132] == b"\0" * 128 + b"DICM"


def test_an_existing_file_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "image.dcm"
    path.write_bytes(b"mine")

    with pytest.raises(InputError, match="exists already"):
        write_secondary_capture(frame(), path, context())
    assert path.read_bytes() == b"mine"

    write_secondary_capture(frame(), path, context(), overwrite=True)
    assert dcmread(path).SyntheticData == "YES"


def test_nothing_is_written_among_the_source_images(tmp_path):
    source_folder = tmp_path / "study"
    source_folder.mkdir()
    (tmp_path / "link").symlink_to(source_folder)

    with pytest.raises(InputError, match="among the source images"):
        write_series([frame()], tmp_path / "link" / "new", context(source_paths=(source_folder,)))
    assert list(source_folder.iterdir()) == []


def test_a_source_file_is_never_replaced(tmp_path):
    source = tmp_path / "source.dcm"
    source.write_bytes(b"mine")

    with pytest.raises(InputError, match="among the source images"):
        write_secondary_capture(frame(), source, context(source_paths=(source,)), overwrite=True)
    assert source.read_bytes() == b"mine"


def slices(number):
    return [
        frame(
            np.float32,
            TRANSLATED,
            geometry=replace(PLANE, position_mm=(0.0, float(k), 0.0)),
        )
        for k in range(number)
    ]


def test_a_series_shares_its_uids_and_counts_its_instances(tmp_path):
    paths = write_series(slices(3), tmp_path / "new" / "series", context(sources=(SOURCE,)))

    datasets = [dcmread(path) for path in paths]
    assert [path.name for path in paths] == ["0001.dcm", "0002.dcm", "0003.dcm"]
    assert [dataset.InstanceNumber for dataset in datasets] == [1, 2, 3]
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 1
    assert len({dataset.StudyInstanceUID for dataset in datasets}) == 1
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == 3
    assert len({dataset.PatientID for dataset in datasets}) == 1


def test_float_slices_of_a_series_share_one_rescale(tmp_path):
    dark, bright = slices(2)
    bright = replace(bright, stored=bright.stored + 1000)

    paths = write_series([dark, bright], tmp_path, context(sources=(SOURCE,)))

    assert len({float(dcmread(path).RescaleSlope) for path in paths}) == 1
    assert len({float(dcmread(path).RescaleIntercept) for path in paths}) == 1


def test_no_file_appears_when_one_frame_of_a_series_is_refused(tmp_path):
    bad = replace(slices(1)[0], provenance=None)

    with pytest.raises(InputError, match="acquired"):
        write_series([*slices(2), bad], tmp_path, context(sources=(SOURCE,)))
    assert list(tmp_path.iterdir()) == []


def test_a_source_of_unknown_class_is_found_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"1\.2\.3\.4"):
        write_series(slices(1), tmp_path / "new", context())
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_packages_make_no_series(tmp_path):
    other = frame(provenance=replace(GENERATED, package_id="other"))

    with pytest.raises(ValueError, match="one package"):
        write_series([frame(), other], tmp_path, context())


def test_a_stopped_export_keeps_and_counts_what_was_written(tmp_path):
    progress = []

    with pytest.raises(CancelledError, match="after 2 of 3 images"):
        write_series(
            slices(3),
            tmp_path,
            context(sources=(SOURCE,)),
            on_progress=lambda done, total: progress.append((done, total)),
            should_stop=lambda: len(progress) == 2,
        )
    assert progress == [(1, 3), (2, 3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.dcm", "0002.dcm"]
