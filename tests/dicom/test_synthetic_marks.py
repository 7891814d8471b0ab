"""Marks of synthetic instances: what is read as synthetic, and what survives de-identification."""

import hashlib
import io
from dataclasses import replace

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medgan_viewer.dicom.source_images import SourceImage
from medgan_viewer.dicom.synthetic_marks import (
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    UNKNOWN_MODEL,
    IncompleteProvenanceError,
    Scanner,
    apply_marks,
    provenance_of,
)
from medgan_viewer.imaging.frame import Provenance, SyntheticKind

WEIGHTS = "0123456789abcdef" * 4
SOURCE = SourceImage("1.2.3.4", "1.2.840.10008.5.1.4.1.1.4")
TRANSLATED = Provenance(
    kind=SyntheticKind.TRANSLATED,
    model_name="T1 to T2 1.0",
    package_id="t1-to-t2",
    weights_sha256=WEIGHTS,
    recipe_json='{"note": "a\\\\b, ä · 1"}',
    summary="gain 0.70",
    source_uids=("1.2.3.4",),
)


def instance():
    """A dataset with everything but the marks that these tests look at."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = "1.2.3"
    dataset.BitsAllocated = 8
    dataset.PixelData = b"\1\2"
    return dataset


def marked_instance(provenance=TRANSLATED, **options):
    dataset = instance()
    apply_marks(dataset, provenance, has_label=True, sources=[SOURCE], **options)
    return dataset


def through_file(dataset, syntax=ExplicitVRLittleEndian):
    stream = io.BytesIO()
    implicit = syntax == ImplicitVRLittleEndian
    dcmwrite(stream, dataset, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    stream.seek(0)
    return dcmread(stream, force=True)


def code_item(value, scheme="DCM"):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, "meaning"
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [code]
    return item


def basic_profile(dataset):
    """Do what PS3.15 Table E.1-1 (January 2025) asks for the attributes that we write."""
    for keyword in ("DerivationDescription", "SeriesDescription", "ImageComments"):
        if keyword in dataset:
            del dataset[keyword]
    if "SourceImageSequence" in dataset:
        del dataset.SourceImageSequence
    dataset.remove_private_tags()
    dataset.SOPInstanceUID = "2.25.1"
    return dataset


# --- reading ---------------------------------------------------------------------------------


def test_an_unmarked_instance_has_no_provenance():
    dataset = instance()
    dataset.SyntheticData = "NO"
    dataset.ConversionType = "WSD"
    dataset.ContributingEquipmentSequence = [code_item("109101"), code_item("109100", "99XYZ")]

    assert provenance_of(dataset) is None


def test_synthetic_data_yes_alone_is_enough():
    dataset = instance()
    dataset.SyntheticData = "YES"

    assert provenance_of(dataset) == Provenance(SyntheticKind.UNKNOWN, UNKNOWN_MODEL)


@pytest.mark.parametrize("kind", ["1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.2"])
def test_conversion_type_syn_alone_marks_a_secondary_capture(kind):
    dataset = instance()
    dataset.SOPClassUID = kind
    dataset.ConversionType = "SYN"

    assert provenance_of(dataset) is not None


@pytest.mark.parametrize("kind", ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.77.1.4"])
def test_conversion_type_syn_left_in_a_scan_by_a_toolkit_is_no_mark(kind):
    dataset = instance()
    dataset.SOPClassUID = kind
    dataset.ConversionType = "SYN"

    assert provenance_of(dataset) is None


def test_synthesizing_equipment_alone_is_enough_and_names_the_generator():
    dataset = instance()
    item = code_item("109100")
    item.ManufacturerModelName = "Other GAN"
    item.SoftwareVersions = ["2.1", WEIGHTS.upper()]
    dataset.ContributingEquipmentSequence = [code_item("109101"), item]

    provenance = provenance_of(dataset)

    assert provenance.model_name == "Other GAN"
    assert provenance.weights_sha256 == WEIGHTS


def test_the_private_creator_alone_is_enough():
    dataset = instance()
    dataset.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)

    assert provenance_of(dataset) is not None


def test_a_foreign_private_block_in_our_group_is_no_mark():
    dataset = instance()
    dataset.private_block(PRIVATE_GROUP, "SOMEBODY ELSE", create=True).add_new(1, "LO", "{}")

    assert provenance_of(dataset) is None


@pytest.mark.parametrize(
    ("keyword", "vr", "content"),
    [
        ("ContributingEquipmentSequence", "SQ", b"\xfe\xff\x00\xe0\xff\xff\x0f\x00garbage"),
        ("ContributingEquipmentSequence", "UN", b"garbage."),
        ("SourceImageSequence", "FD", b"123"),
        ("ConversionType", "US", b"1"),
        ("ConversionType", "??", b"SY"),
    ],
)
def test_broken_values_beside_a_mark_do_not_hide_it(keyword, vr, content):
    dataset = Dataset()
    dataset.SyntheticData = "YES"
    tag = Tag(tag_for_keyword(keyword))
    dataset[tag] = RawDataElement(tag, vr, len(content), content, 0, False, True)

    assert provenance_of(dataset) is not None


def test_a_mark_among_several_values_and_in_small_letters_counts():
    dataset = Dataset()
    dataset.add_new("ConversionType", "LO", ["WSD", "SYN "])
    assert provenance_of(dataset) is not None


# --- writing ---------------------------------------------------------------------------------


def test_every_mark_of_the_tag_table_is_set():
    dataset = marked_instance(scanner=Scanner("ACME", "Scan 3T"), keeps_place=True)

    assert dataset.SyntheticData == "YES"
    assert dataset.ImageType == ["DERIVED", "SECONDARY", "OTHER", "SYNTHETIC"]
    assert dataset.ConversionType == "SYN"
    assert dataset.BurnedInAnnotation == "YES"
    assert dataset.Manufacturer == "medgan-viewer"
    assert dataset.SeriesDescription.startswith("SYNTHETIC")
    assert dataset.ImageComments.startswith("SYNTHETIC")
    assert WEIGHTS in dataset.DerivationDescription
    ours, scanner = dataset.ContributingEquipmentSequence
    assert ours.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert ours.ManufacturerModelName == "T1 to T2 1.0"
    assert ours.SoftwareVersions[-1] == WEIGHTS
    assert scanner.PurposeOfReferenceCodeSequence[0].CodeValue == "109101"
    assert scanner.Manufacturer == "ACME"
    [source] = dataset.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == "1.2.3.4"
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert source.SpatialLocationsPreserved == "YES"


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_provenance_comes_back_from_a_file_as_it_went_in(syntax):
    assert provenance_of(through_file(marked_instance(), syntax)) == TRANSLATED


def test_the_private_block_holds_the_hash_of_the_pixels():
    block = marked_instance().private_block(PRIVATE_GROUP, PRIVATE_CREATOR)

    assert block[0x07].value == hashlib.sha256(b"\1\2").hexdigest()


def test_a_lossy_source_makes_a_lossy_result():
    dataset = instance()
    apply_marks(dataset, TRANSLATED, has_label=True, sources=[replace(SOURCE, is_lossy=True)])

    assert dataset.LossyImageCompression == "01"


def test_a_label_left_out_is_recorded():
    dataset = instance()
    apply_marks(dataset, TRANSLATED, has_label=False, sources=[SOURCE])

    assert dataset.BurnedInAnnotation == "NO"
    assert "left out of the pixels by choice" in dataset.DerivationDescription


def test_after_the_basic_profile_the_file_is_still_synthetic_and_names_its_weights():
    dataset = through_file(basic_profile(marked_instance()))

    provenance = provenance_of(dataset)

    assert provenance.kind is SyntheticKind.UNKNOWN
    assert provenance.model_name == "T1 to T2 1.0"
    assert provenance.weights_sha256 == WEIGHTS
    assert provenance.recipe_json == ""


@pytest.mark.parametrize("keyword", ["SyntheticData", "ConversionType"])
def test_a_profile_that_also_drops_a_surviving_mark_does_not_hide_the_rest(keyword):
    dataset = basic_profile(marked_instance())
    del dataset[keyword]

    assert provenance_of(dataset) is not None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": SyntheticKind.UNKNOWN}, "the way it was made"),
        ({"model_name": ""}, "the name of its generator"),
        ({"package_id": ""}, "its model package"),
        ({"weights_sha256": "abc"}, "the hash of the weights"),
        ({"recipe_json": ""}, "its recipe"),
        ({"recipe_json": "[1]"}, "its recipe"),
        ({"source_uids": ()}, "its source images"),
    ],
)
def test_incomplete_provenance_is_refused_and_names_what_is_missing(change, named):
    dataset = instance()

    with pytest.raises(IncompleteProvenanceError, match=named):
        apply_marks(dataset, replace(TRANSLATED, **change), has_label=True, sources=[SOURCE])
    assert "SyntheticData" not in dataset


def test_a_source_without_a_known_class_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match=r"1\.2\.3\.4"):
        apply_marks(instance(), TRANSLATED, has_label=True, sources=[])


def test_marks_before_pixels_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="pixels"):
        apply_marks(Dataset(), TRANSLATED, has_label=True, sources=[SOURCE])


def test_a_name_that_fits_no_text_element_is_shortened_there_and_whole_in_the_private_block():
    name = "back\\slash\n" + "x" * 90
    dataset = through_file(marked_instance(replace(TRANSLATED, model_name=name)))

    assert len(dataset.SeriesDescription) == 64
    assert provenance_of(dataset).model_name == name


# --- sources ---------------------------------------------------------------------------------


def of_frames(*numbers, **fields):
    return replace(
        TRANSLATED, source_uids=("1.2.3.4",) * len(numbers), source_frames=numbers, **fields
    )


FRAMES = tuple(replace(SOURCE, frame_number=number) for number in (1, 2, 3))


def marked_from_frames(provenance):
    dataset = instance()
    apply_marks(dataset, provenance, has_label=True, sources=FRAMES, keeps_place=True)
    return dataset


def test_a_plane_of_a_multi_frame_image_refers_to_its_own_frame_alone():
    [source] = marked_from_frames(of_frames(2)).SourceImageSequence

    assert (source.ReferencedSOPInstanceUID, source.ReferencedFrameNumber) == ("1.2.3.4", 2)
    assert source.SpatialLocationsPreserved == "YES"


def test_of_all_planes_of_a_volume_only_the_own_one_lies_at_the_same_place():
    sources = marked_from_frames(of_frames(1, 2, 3, own_source=1)).SourceImageSequence

    assert [source.ReferencedFrameNumber for source in sources] == [1, 2, 3]
    assert [source.get("SpatialLocationsPreserved") for source in sources] == [None, "YES", None]


def test_where_the_own_plane_is_unknown_none_lies_at_the_same_place():
    for source in marked_from_frames(of_frames(1, 2)).SourceImageSequence:
        assert "SpatialLocationsPreserved" not in source


@pytest.mark.parametrize(
    "provenance", [of_frames(2), of_frames(1, 2, 3, own_source=1), of_frames(3, 1)]
)
def test_frames_come_back_from_a_file_as_they_went_in(provenance):
    assert provenance_of(through_file(marked_from_frames(provenance))) == provenance


def test_a_frame_that_is_not_among_the_sources_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match=r"1\.2\.3\.4"):
        marked_from_frames(of_frames(4))
