"""load_frame: what of a file reaches the screen and the generators."""

import numpy as np
import pytest

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.frame import SyntheticKind
from medgan_viewer.imaging.geometry import SpacingSource
from medgan_viewer.imaging.voi import VoiWindow
from tests.dicom_factory import (
    ct_dataset,
    item,
    lut_item,
    make_ct,
    plain_dataset,
    write,
)


def load(path, number=1):
    return load_frame(FrameRef(path, "", number))


def load_ct(tmp_path, pixels=None, **attributes):
    return load(make_ct(tmp_path / "image.dcm", pixels, **attributes))


def shown(frame):
    return render_display(frame, default_voi(frame)).pixels.tolist()


def test_a_ct_image_has_hounsfield_units_and_a_place(tmp_path):
    frame = load_ct(
        tmp_path, PixelSpacing=[0.8, 0.5], ImagePositionPatient=[-10, -20, 30], SliceThickness=5
    )

    assert frame.stored.dtype == np.int16
    assert frame.modality_values()[0, :3].tolist() == [-1024, -1023, -1022]
    assert (frame.modality, frame.unit) == ("CT", "HU")
    assert (frame.spacing.row_mm, frame.spacing.column_mm) == (0.8, 0.5)
    assert frame.spacing.source is SpacingSource.PATIENT
    assert frame.aspect == pytest.approx(1.6)
    assert frame.geometry.to_patient(2, 1).tolist() == [-9, -19.2, 30]
    assert frame.geometry.thickness_mm == 5
    assert frame.notes == ()


def test_monochrome1_is_stored_as_it_is_and_shown_inverted(tmp_path):
    pixels = np.array([[0, 4095]], dtype=np.uint16)

    frame = load_ct(
        tmp_path,
        pixels,
        PhotometricInterpretation="MONOCHROME1",
        WindowCenter=-1024 + 2048,
        WindowWidth=4096,
    )

    assert frame.stored.tolist() == [[0, 4095]]
    assert frame.modality_values().tolist() == [[-1024, 3071]]
    assert shown(frame) == [[255, 0]]


def test_presentation_lut_shape_inverse_inverts_once_beside_monochrome1(tmp_path):
    attributes = {"PresentationLUTShape": "INVERSE"}

    assert load_ct(tmp_path, **attributes).inverted
    assert load_ct(tmp_path, PhotometricInterpretation="MONOCHROME1", **attributes).inverted


def test_padding_is_black_in_an_inverted_image(tmp_path):
    frame = load_ct(
        tmp_path,
        np.array([[-2000, 0, 100]], dtype=np.int16),
        PhotometricInterpretation="MONOCHROME1",
        PixelPaddingValue=-2000,
    )

    assert shown(frame) == [[0, 255, 0]]
    assert "padding" in frame.notes


def test_padding_that_is_named_but_not_there_makes_no_note(tmp_path):
    assert load_ct(tmp_path, PixelPaddingValue=-2000).notes == ()


@pytest.mark.parametrize(
    ("photometric", "value", "limit"), [("MONOCHROME2", 10, 20), ("MONOCHROME1", 20, 10)]
)
def test_a_padding_range_goes_up_in_monochrome2_and_down_in_monochrome1(
    tmp_path, photometric, value, limit
):
    # PS3.3 C.7.5.1.1.2
    frame = load_ct(
        tmp_path,
        np.array([[9, 10, 20, 21]], dtype=np.int16),
        PhotometricInterpretation=photometric,
        PixelPaddingValue=value,
        PixelPaddingRangeLimit=limit,
    )

    assert frame.padding_mask().tolist() == [[False, True, True, False]]


def test_a_padding_value_under_the_wrong_vr_is_read_with_the_sign_of_the_pixels(tmp_path):
    dataset = ct_dataset(np.array([[-2000, 5]], dtype=np.int16))
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.padding_mask().tolist() == [[True, False]]


def test_all_windows_of_the_file_are_offered_the_first_one_first(tmp_path):
    frame = load_ct(
        tmp_path,
        WindowCenter=[40, -600],
        WindowWidth=[400, 1500],
        WindowCenterWidthExplanation=["SOFT TISSUE", "LUNG"],
    )

    assert frame.vois == (
        VoiWindow(40, 400, explanation="SOFT TISSUE"),
        VoiWindow(-600, 1500, explanation="LUNG"),
    )


@pytest.mark.parametrize("width", ["0", "-5", "", "nan?"])
def test_a_window_without_a_usable_width_is_ignored_with_a_note(tmp_path, width):
    dataset = ct_dataset(WindowCenter=40)
    dataset.add_new("WindowWidth", "LO", width or " ")

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.vois == ()
    if width:
        assert frame.notes == (f"window width {width}, center 40.0 ignored",)


def test_a_window_width_between_0_and_1_is_kept(tmp_path):
    assert load_ct(tmp_path, WindowCenter=0.5, WindowWidth=0.5).vois == (VoiWindow(0.5, 0.5),)


def test_a_voi_lut_is_offered_after_the_windows(tmp_path):
    lut = lut_item(0, [0, 100, 255], 8, LUTExplanation="BONE")

    frame = load_ct(tmp_path, WindowCenter=40, WindowWidth=400, VOILUTSequence=[lut])

    window, table = frame.vois
    assert window == VoiWindow(40, 400)
    assert table.entries.tolist() == [0, 100, 255]
    assert (table.first_mapped, table.bits, table.explanation) == (0, 8, "BONE")


def test_the_first_input_of_a_voi_lut_may_be_negative_after_the_rescale(tmp_path):
    pixels = np.array([[0, 1024]], dtype=np.uint16)
    lut = lut_item(-1024, list(range(1025)), 16)

    frame = load_ct(tmp_path, pixels, VOILUTSequence=[lut])

    assert frame.vois[0].first_mapped == -1024


def test_a_modality_lut_replaces_the_rescale(tmp_path):
    lut = lut_item(0, [10, 20, 30], 16, ModalityLUTType="OD")
    pixels = np.array([[0, 1, 2, 9]], dtype=np.uint8)

    frame = load_ct(tmp_path, pixels, ModalityLUTSequence=[lut])

    assert frame.modality_values().tolist() == [[10, 20, 30, 30]]
    assert frame.unit == "10⁻³ OD"


def test_a_negative_slope_is_kept(tmp_path):
    frame = load_ct(tmp_path, RescaleSlope=-10, RescaleIntercept=3000)

    assert frame.modality_values()[0, :2].tolist() == [3000, 2990]


def test_a_slope_of_zero_is_ignored_with_a_note(tmp_path):
    frame = load_ct(tmp_path, RescaleSlope=0)

    assert frame.modality_values()[0, 1] == 1
    assert frame.notes == ("rescale slope 0 ignored",)


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({"Modality": "CT", "RescaleType": "HU"}, "HU"),
        ({"Modality": "CT", "RescaleType": "US"}, ""),
        ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ""),
        ({"Modality": "MR", "RescaleType": "HU"}, ""),
        ({"Modality": "MR"}, ""),
        ({"Modality": "DX", "RescaleType": "OD"}, "OD"),
        ({"Modality": "PT", "Units": "BQML"}, "Bq/mL"),
        ({"Modality": "PT", "Units": "GML"}, "g/mL"),
    ],
)
def test_the_unit_is_that_of_the_modality_and_never_guessed(tmp_path, attributes, unit):
    assert load_ct(tmp_path, **attributes).unit == unit


def test_angiography_is_displayed_without_its_modality_transform(tmp_path):
    # PS3.3 C.8.7.1.1: the transform leads back to X-ray intensity, not to what is displayed.
    frame = load_ct(tmp_path, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA")

    assert frame.transform.is_identity


def test_non_square_pixels_without_a_spacing_have_an_aspect(tmp_path):
    frame = load(write(plain_dataset(PixelAspectRatio=[2, 1]), tmp_path / "a.dcm"))

    assert frame.spacing is None
    assert frame.aspect == 2


def test_a_negative_spacing_is_used_without_its_sign_and_noted(tmp_path):
    frame = load_ct(tmp_path, PixelSpacing=[-0.5, 0.5])

    assert frame.spacing.row_mm == 0.5
    assert frame.notes == ("negative pixel spacing in the file",)


def test_a_marked_file_comes_with_its_provenance(tmp_path):
    equipment = item(
        ManufacturerModelName="other generator",
        PurposeOfReferenceCodeSequence=[
            item(CodeValue="109100", CodingSchemeDesignator="DCM", CodeMeaning="Synthesizing")
        ],
    )

    frame = load_ct(tmp_path, ContributingEquipmentSequence=[equipment])

    assert frame.is_synthetic
    assert frame.provenance.kind is SyntheticKind.UNKNOWN
    assert frame.provenance.model_name == "other generator"
    assert frame.unit == "HU (simulated)"


@pytest.mark.parametrize("slope", ["1e-50", "1e38", "1e300"])
def test_a_rescale_that_float32_cannot_hold_leaves_stored_values_with_a_note(tmp_path, slope):
    pixels = np.array([[1, 100]], dtype=np.int16)

    frame = load_frame(FrameRef(make_ct(tmp_path / "a.dcm", pixels, RescaleSlope=slope), ""))

    assert frame.modality_values().tolist() == [[1, 100]]
    assert frame.unit == ""
    assert "the rescale of this file cannot be computed: stored values are shown" in frame.notes


def test_values_of_more_than_24_bits_are_rounded_with_a_note(tmp_path):
    pixels = np.array([[0, 2**32 - 1]], dtype=np.uint32)
    path = make_ct(tmp_path / "a.dcm", pixels, RescaleSlope=1, RescaleIntercept=0)

    frame = load_frame(FrameRef(path, ""))

    assert frame.modality_values().tolist() == [[0, 2**32]]
    assert "values are rounded to 24 bits" in frame.notes
