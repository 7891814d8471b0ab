"""SUV with every precondition checked; expected numbers by hand from the formula."""

import pytest
from pydicom.dataset import Dataset

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.dicom.suv import suv_of
from tests.dicom_factory import ct_dataset, item, set_attribute, write

PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
FDG_S = 6586.2  # half-life of fluorine-18
AT_INJECTION = 70_000 / 350e6  # 70 kg, 350 MBq


def pet(source=None, **attributes):
    """Return a PET dataset: 70 kg, 350 MBq at 10:00, series at 11:00, decay corrected to START."""
    injection = {
        "RadionuclideTotalDose": 350e6,
        "RadionuclideHalfLife": FDG_S,
        "RadiopharmaceuticalStartTime": "100000",
    }
    defaults = {
        "SOPClassUID": PET_IMAGE,
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["ATTN", "DECY", "SCAT"],
        "DecayCorrection": "START",
        "PatientWeight": 70,
        "SeriesDate": "20240102",
        "SeriesTime": "110000",
        "AcquisitionDate": "20240102",
        "AcquisitionTime": "110500",
        "RadiopharmaceuticalInformationSequence": [item(**{**injection, **(source or {})})],
        "RescaleIntercept": 0,
    }
    return ct_dataset(**{**defaults, **attributes})


def factor(dataset):
    scale, notes = suv_of(dataset)
    assert notes == ()
    return scale.factor


def reason(dataset):
    scale, notes = suv_of(dataset)
    assert scale is None
    return notes


def decayed(seconds):
    return pytest.approx(AT_INJECTION * 2 ** (seconds / FDG_S), rel=1e-9)


def test_the_dose_decays_from_injection_to_the_start_of_the_series():
    assert factor(pet()) == decayed(3600)


def test_corrected_to_injection_nothing_decays():
    assert factor(pet(DecayCorrection="ADMIN")) == pytest.approx(AT_INJECTION)


def test_an_injection_before_midnight_is_of_the_day_before():
    late = pet(
        {"RadiopharmaceuticalStartTime": "233000"}, SeriesTime="003000", AcquisitionTime="010000"
    )

    assert factor(late) == decayed(3600)


def test_the_full_date_of_the_injection_counts_more_than_its_time():
    source = {
        "RadiopharmaceuticalStartDateTime": "20240101110000.00+0100",
        "RadionuclideHalfLife": 230_400,  # yttrium-90, imaged the next day
    }

    expected = AT_INJECTION * 2 ** (86_400 / 230_400)
    assert factor(pet(source)) == pytest.approx(expected)


def test_a_series_time_set_by_later_processing_is_not_the_scan():
    # Frame of 180 s, referenced 300 s after the scan's start. The mean count rate lies just before
    # the middle of the frame, by ln 2 / half-life * 180^2 / 24 = 0.142 s: 89.858 s into it.
    processed = pet(
        SeriesTime="150000", AcquisitionTime="110500", FrameReferenceTime=300_000,
        ActualFrameDuration=180_000,
    )  # fmt: skip

    scan_s = 3600 + 300 - (300 - 89.858)
    assert factor(processed) == pytest.approx(AT_INJECTION * 2 ** (scan_s / FDG_S), rel=1e-7)


def test_a_series_time_set_later_without_frame_times_gives_no_number():
    assert reason(pet(SeriesTime="150000")) == ("no SUV: time of the scan missing",)


@pytest.mark.parametrize(
    ("attributes", "note"),
    [
        ({"PatientWeight": None}, "patient weight missing"),
        ({"PatientWeight": 0}, "patient weight missing"),
        ({"PatientWeight": 70_000}, "patient weight 70000 is implausible"),
        ({"CorrectedImage": ["DECY"]}, "not corrected for attenuation"),
        ({"CorrectedImage": ["ATTN"]}, "not corrected for decay"),
        ({"DecayCorrection": "NONE"}, "decay correction NONE"),
        ({"DecayCorrection": None}, "decay correction missing"),
        ({"Units": "CNTS"}, "the image is in counts"),
        ({"Units": "PROPCNTS"}, "the unit is PROPCNTS"),
        ({"RadiopharmaceuticalInformationSequence": None}, "no injection is described"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.130"}, "enhanced PET is not supported"),
    ],
)
def test_what_is_missing_is_named_and_no_number_is_made(attributes, note):
    assert reason(pet(**attributes)) == (f"no SUV: {note}",)


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ({"RadionuclideTotalDose": None}, "injected dose missing"),
        ({"RadionuclideTotalDose": 350}, "injected dose 350 is implausible"),  # MBq, not Bq
        ({"RadionuclideHalfLife": None}, "half-life missing"),
        ({"RadiopharmaceuticalStartTime": None}, "time of injection missing"),
        (
            {"RadiopharmaceuticalStartDateTime": "20240105100000"},
            "injection and scan times do not fit",
        ),
    ],
)
def test_an_injection_that_makes_no_sense_gives_no_number(source, note):
    assert reason(pet(source)) == (f"no SUV: {note}",)


def test_values_that_are_suv_already_stay_and_name_their_kind():
    scale, _ = suv_of(pet(Units="GML", SUVType="LBM", PatientWeight=None))

    assert (scale.factor, scale.label) == (1.0, "SUVlbm")


def philips(**private):
    dataset = pet(Units="CNTS")
    dataset.add_new(0x70530010, "LO", "Philips PET Private Group")
    for tag, value in private.items():
        dataset.add_new(int(tag, 16), "DS", value)
    return dataset


def test_counts_become_suv_with_the_factor_of_philips():
    assert factor(philips(**{"70531000": "0.00025"})) == pytest.approx(0.00025)


def test_counts_become_activity_first_where_philips_gives_that_factor():
    assert factor(philips(**{"70531000": "0", "70531009": "2.5"})) == pytest.approx(
        2.5 * AT_INJECTION * 2 ** (3600 / FDG_S)
    )


def test_the_same_private_elements_of_another_vendor_mean_nothing():
    dataset = pet(Units="CNTS")
    dataset.add_new(0x70530010, "LO", "SOMEBODY ELSE")
    dataset.add_new(0x70531000, "DS", "0.00025")

    assert reason(dataset) == ("no SUV: the image is in counts",)


def test_other_modalities_have_no_suv_and_no_note():
    assert suv_of(ct_dataset()) == (None, ())
    assert suv_of(Dataset()) == (None, ())


def test_each_slice_has_its_own_slope(tmp_path):
    frames = []
    for number, slope in enumerate((0.5, 2.0)):
        dataset = pet(RescaleSlope=slope)
        frames.append(load_frame(FrameRef(write(dataset, tmp_path / f"{number}.dcm"), "")))

    scale = frames[0].suv
    assert frames[1].suv == scale
    values = [float(scale.apply(frame.modality_values())[7, 7]) for frame in frames]
    assert values == pytest.approx([31.5 * scale.factor, 126 * scale.factor])  # stored 63


def test_a_note_on_screen_says_why_there_is_no_suv(tmp_path):
    dataset = pet()
    set_attribute(dataset, "PatientWeight", None)

    frame = load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), ""))

    assert frame.suv is None
    assert "no SUV: patient weight missing" in frame.notes
