"""read_header: facts for the list, or the reason why a file shows no image."""

import os

import numpy as np
import pytest

from medgan_viewer.dicom.hierarchy import InstanceHeader, SkippedFile
from medgan_viewer.dicom.instance_header import read_header
from tests.dicom_factory import (
    CT_IMAGE,
    SECONDARY_CAPTURE,
    ct_dataset,
    groups,
    item,
    make_compressed,
    make_ct,
    make_enhanced,
    ramp,
    uid,
    write,
)


def header_of(path):
    header = read_header(path)
    assert isinstance(header, InstanceHeader), header
    return header


def reason_of(path):
    skipped = read_header(path)
    assert isinstance(skipped, SkippedFile), skipped
    assert skipped.path == path
    return skipped.reason


def test_the_facts_of_a_ct_image_are_read(tmp_path):
    path = make_ct(
        tmp_path / "a.dcm",
        PatientBirthDate="19700203",
        StudyDescription="Thorax",
        SeriesDescription="1 mm lung",
        AcquisitionNumber=2,
        ConvolutionKernel="B70",
        GantryDetectorTilt=-5.5,
        ContrastBolusAgent="agent",
        Manufacturer="ACME",
        ManufacturerModelName="Magnum",
    )

    header = header_of(path)

    assert header.path == path
    assert header.study.patient_name == "TEST^CASE"
    assert header.study.patient_birth_date == "19700203"
    assert header.study.study_description == "Thorax"
    assert header.series.series_uid == uid("series")
    assert (header.series.series_number, header.series.modality) == (1, "CT")
    assert (header.series.manufacturer, header.series.manufacturer_model) == ("ACME", "Magnum")
    assert (header.rows, header.columns, header.frame_count) == (8, 8, 1)
    assert (header.instance_number, header.acquisition_number) == (1, 2)
    assert (header.convolution_kernel, header.gantry_tilt_deg) == ("B70", -5.5)
    assert header.contrast_agent == "agent"
    assert header.transfer_syntax == "Explicit VR Little Endian"
    assert header.image_type == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert header.frames[0].plane.position_mm == (0, 0, 0)
    assert not header.is_synthetic


def test_the_facts_of_an_mr_image_are_read(tmp_path):
    path = make_ct(
        tmp_path / "a.dcm",
        Modality="MR",
        ScanningSequence=["SE", "IR"],
        SequenceVariant="SK",
        RepetitionTime=500,
        EchoTime=12.5,
        FlipAngle=90,
        DiffusionBValue=1000.0,
        TemporalPositionIdentifier=3,
        TriggerTime=40,
    )

    header = header_of(path)

    assert header.mr_sequence == "SE\\IR/SK"
    assert (header.repetition_time_ms, header.flip_angle_deg) == (500, 90)
    facts = header.frames[0]
    assert (facts.echo_time_ms, facts.b_value) == (12.5, 1000)
    assert (facts.temporal_position, facts.trigger_time_ms) == (3, 40)


@pytest.mark.parametrize(
    ("creator", "tag", "vr", "value"),
    [
        ("SIEMENS MR HEADER", 0x0019100C, "IS", 800),
        ("Philips Imaging DD 001", 0x20011003, "FL", 800.0),
        ("GEMS_PARM_01", 0x00431039, "IS", [1_000_000_800, 8, 0, 0]),
        ("Image Private Header", 0x00651009, "FD", 800.0),
    ],
)
def test_b_values_are_found_where_vendors_put_them(tmp_path, creator, tag, vr, value):
    dataset = ct_dataset(Modality="MR")
    dataset.add_new((tag >> 16, 0x10), "LO", creator)
    dataset.add_new(tag, vr, value)

    assert header_of(write(dataset, tmp_path / "a.dcm")).frames[0].b_value == 800


def test_an_enhanced_image_has_the_facts_of_every_frame(tmp_path):
    path = make_enhanced(
        tmp_path / "a.dcm",
        positions_mm=(0, 5),
        frame_items=lambda index: {
            "FrameContentSequence": {"StackID": "7", "TemporalPositionIndex": index + 1},
            "CTImageFrameTypeSequence": {"FrameType": ["ORIGINAL", "PRIMARY", "AXIAL"]},
        },
    )

    header = header_of(path)

    assert header.frame_count == 2
    assert [facts.plane.position_mm[2] for facts in header.frames] == [0, 5]
    assert [facts.temporal_position for facts in header.frames] == [1, 2]
    assert header.frame_facts(2).stack == "stack 7"
    assert header.frame_facts(2).frame_type == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert [ref.frame_number for ref in header.frame_refs()] == [1, 2]


def test_the_frames_of_a_segmentation_are_told_apart_by_segment(tmp_path):
    path = make_enhanced(
        tmp_path / "a.dcm",
        positions_mm=(0, 0),
        frame_items=lambda index: {
            "SegmentIdentificationSequence": {"ReferencedSegmentNumber": index + 1}
        },
    )

    assert [facts.stack for facts in header_of(path).frames] == ["segment 1", "segment 2"]


def test_one_position_for_many_frames_is_the_position_of_none(tmp_path):
    path = make_ct(tmp_path / "a.dcm", np.stack([ramp(), ramp()]))

    header = header_of(path)

    assert (header.frame_count, len(header.frames)) == (2, 1)
    assert header.frame_facts(2).plane is None


@pytest.mark.parametrize(
    "mark",
    [
        {"SyntheticData": "YES"},
        {"ConversionType": "SYN", "SOPClassUID": SECONDARY_CAPTURE},
        {
            "ContributingEquipmentSequence": [
                groups(
                    PurposeOfReferenceCodeSequence={
                        "CodeValue": "109100",
                        "CodingSchemeDesignator": "DCM",
                        "CodeMeaning": "Synthesizing Equipment",
                    }
                )
            ]
        },
    ],
)
def test_any_mark_makes_an_image_synthetic_in_the_list(tmp_path, mark):
    assert header_of(make_ct(tmp_path / "a.dcm", **mark)).is_synthetic


def test_our_private_block_makes_an_image_synthetic_in_the_list(tmp_path):
    dataset = ct_dataset()
    dataset.private_block(0x0099, "MEDGAN VIEWER 1", create=True).add_new(2, "UT", "package")

    assert header_of(write(dataset, tmp_path / "a.dcm")).is_synthetic


def test_a_missing_number_of_frames_or_bits_is_filled_with_the_usual(tmp_path):
    header = header_of(make_ct(tmp_path / "a.dcm", BitsStored=None, HighBit=None))

    assert (header.frame_count, header.bits_stored) == (1, 16)


@pytest.mark.parametrize(
    ("sop_class", "reason"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.22", "is a structured report, not an image"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "is a waveform (ECG), not an image"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "is an encapsulated PDF document, not an image"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "is a radiotherapy structure set, not an image"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "is a presentation state, not an image"),
        ("1.2.840.10008.1.3.10", "is a directory of other files, which are read by themselves"),
        ("1.2.3.4", "is a DICOM object without an image"),
        (CT_IMAGE, "calls itself CT Image but holds no pixels"),
    ],
)
def test_an_object_without_pixels_is_named_in_plain_words(tmp_path, sop_class, reason):
    dataset = item(SOPClassUID=sop_class, SOPInstanceUID=uid("x"), PatientID="T-1")

    assert reason_of(write(dataset, tmp_path / "a.dcm")) == reason


def test_an_image_whose_pixels_are_cut_off_is_truncated(tmp_path):
    path = make_ct(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:-20])
    assert reason_of(path) == "is truncated: it holds 108 of 128 bytes of pixel data"

    path.write_bytes(path.read_bytes()[: -108 - 12])
    assert reason_of(path) == "is truncated: it ends before its pixels"


def test_a_video_is_skipped_by_name(tmp_path):
    path = make_compressed(
        tmp_path / "a.dcm", [ramp(dtype=np.uint8)], "1.2.840.10008.1.2.4.102", data=[bytes(50)]
    )

    assert reason_of(path).startswith("is a video (MPEG-4 AVC/H.264")


def test_a_text_file_named_dcm_is_skipped(tmp_path):
    path = tmp_path / "notes.dcm"
    path.write_text("not an image\n" * 20)

    assert reason_of(path) == "is a text file, not DICOM"


def test_a_missing_file_is_skipped_with_the_systems_word(tmp_path):
    assert reason_of(tmp_path / "gone.dcm") == "cannot be opened (No such file or directory)"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_skipped(tmp_path):
    path = make_ct(tmp_path / "a.dcm")
    path.chmod(0)

    assert reason_of(path) == "cannot be opened (Permission denied)"


def test_an_image_is_found_by_content_whatever_its_name(tmp_path):
    assert header_of(make_ct(tmp_path / "IM_0001.txt")).rows == 8
