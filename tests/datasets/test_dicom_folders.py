"""DICOM folders as training data: values, polarity, labels, and what is refused."""

import numpy as np
import pytest

from medgan_viewer.datasets.dicom_folders import read_dicom
from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.errors import InputError
from tests.datasets.conftest import config_of, write_table
from tests.dicom_factory import make_ct, make_series, plain_dataset, ramp, uid, write

LUNG = {"rule": "window", "low": -1024, "high": 1024, "unit": "HU"}


@pytest.fixture(scope="module")
def pool():
    with DecoderPool() as pool:
        pool.warm_up()
        yield pool


def noise(seed):
    return np.random.default_rng(seed).integers(0, 2048, (8, 8)).astype(np.int16)


def make_patient(folder, patient, slices=2, **attributes):
    """Write a CT series; HU is the stored value less 1024."""
    own = {"PatientID": patient, "StudyInstanceUID": uid("study", patient)}
    return make_series(
        folder / patient, range(0, 5 * slices, 5), name=patient, pixels=noise, **own, **attributes
    )


def read(folder, pool, **fields):
    return read_dicom(config_of(folder, "dicom", **fields), folder, 8, pool)


def test_a_window_works_on_hounsfield_units_and_keeps_sixteen_bits(tmp_path, pool):
    make_patient(tmp_path, "A")

    images = read(tmp_path, pool, intensity=LUNG).images

    expected = np.stack([noise(0), noise(1)]) / 2048 * 65535  # HU + 1024 over a width of 2048
    assert images.pixels.dtype == np.uint16
    np.testing.assert_allclose(images.pixels, expected, atol=1)
    assert (images.modality, images.spacing_mm) == ("CT", 1.0)
    assert images.intensity.unit == "HU"


def test_percentiles_are_those_of_a_series(tmp_path, pool):
    make_series(tmp_path, [0, 5], pixels=lambda index: ramp() * (index + 1))

    rule = {"rule": "percentile", "low": 0, "high": 100}
    images = read(tmp_path, pool, intensity=rule).images

    assert images.pixels[:, -1, -1].tolist() == [32768, 65535]


def test_the_full_rule_takes_the_bits_that_are_stored(tmp_path, pool):
    pixels = ramp(dtype=np.uint16) * 65
    make_ct(tmp_path / "a.dcm", pixels, BitsStored=12, HighBit=11)

    images = read(tmp_path, pool).images

    np.testing.assert_allclose(images.pixels[0], pixels / 4095 * 65535, atol=1)
    assert images.trained_bits == 12
    assert images.intensity.high == 4095


def test_a_radiograph_stored_inverted_comes_with_white_bones(tmp_path, pool):
    for name, photometric in (("a", "MONOCHROME2"), ("b", "MONOCHROME1")):
        pixels = ramp(dtype=np.uint8) if name == "a" else 255 - ramp(dtype=np.uint8)
        write(
            plain_dataset(
                pixels,
                PhotometricInterpretation=photometric,
                SeriesInstanceUID=uid(name),
                SOPInstanceUID=uid("instance", name),
            ),
            tmp_path / f"{name}.dcm",
        )

    images = read(tmp_path, pool).images

    assert images.pixels.dtype == np.uint8
    assert np.array_equal(images.pixels[0], images.pixels[1])


def test_padding_is_black_and_no_part_of_the_percentiles(tmp_path, pool):
    pixels = ramp() + 1000
    pixels[0, 0] = -2000
    make_ct(tmp_path / "a.dcm", pixels, PixelPaddingValue=-2000)

    rule = {"rule": "percentile", "low": 0, "high": 100}
    images = read(tmp_path, pool, intensity=rule).images

    assert images.pixels[0, 0, 1] < 1000  # the smallest value of the image is black
    assert images.pixels[0, 0, 0] == 0


def test_patients_are_the_files_own_and_a_study_stands_for_one_without_id(tmp_path, pool):
    make_patient(tmp_path, "A")
    make_series(tmp_path / "none", [0, 5], name="none", PatientID="")

    images = read(tmp_path, pool, intensity=LUNG).images

    assert set(images.patients) == {"A", f"study {uid('study')}"}


def test_labels_come_from_a_table_of_patients(tmp_path, pool):
    for patient in "ABC":
        make_patient(tmp_path, patient, slices=1)
    write_table(tmp_path / "labels.csv", [("A", "sick"), ("B", "well")], ("PatientID", "label"))

    whole = read(tmp_path, pool, intensity=LUNG)

    assert whole.images.label_names == ("sick", "well")
    labels = dict(zip(whole.images.patients, whole.images.labels.tolist(), strict=True))
    assert labels == {"A": 0, "B": 1}
    assert "no row in the label table" in " ".join(whole.notes)
    assert "labels.csv" not in " ".join(whole.notes)


def test_labels_come_from_a_table_of_series(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    rows = [(uid("A"), "sick")]
    write_table(tmp_path / "labels.csv", rows, ("SeriesInstanceUID", "label"))

    images = read(tmp_path, pool, intensity=LUNG, series_key="SeriesInstanceUID").images

    assert images.label_names == ("sick",)


def test_two_labels_for_one_patient_are_refused(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    write_table(tmp_path / "labels.csv", [("A", "sick"), ("A", "well")], ("PatientID", "label"))

    with pytest.raises(InputError, match="line 3 gives a second label"):
        read(tmp_path, pool)


def test_sub_folders_are_labels_only_when_that_is_asked_for(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    make_patient(tmp_path, "B", slices=1)

    assert read(tmp_path, pool).images.label_names == ()
    assert read(tmp_path, pool, labels="folders").images.label_names == ("A", "B")


def test_synthetic_and_color_images_and_other_kinds_are_refused_with_the_reason(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    make_patient(tmp_path, "made", slices=3, SyntheticData="YES")
    make_patient(tmp_path, "mr", slices=1, Modality="MR")
    write(
        plain_dataset(np.zeros((8, 8, 3), np.uint8), SeriesInstanceUID=uid("color"), Modality="CT"),
        tmp_path / "color.dcm",
    )
    (tmp_path / "notes.txt").write_text("not an image")

    whole = read(tmp_path, pool, intensity=LUNG, modality="CT")

    assert set(whole.images.patients) == {"A"}
    notes = " ".join(whole.notes)
    assert "3 not read, such as 0001.dcm: a synthetic image" in notes
    assert "color.dcm: an image in color" in notes
    assert "of modality MR, not CT" in notes
    assert "notes.txt: is a text file" in notes


def test_values_in_another_unit_do_not_fit_a_window(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    make_patient(tmp_path, "US", slices=1, RescaleType="US")

    whole = read(tmp_path, pool, intensity=LUNG)

    assert set(whole.images.patients) == {"A"}
    assert "not in HU" in " ".join(whole.notes)


def test_several_modalities_are_not_mixed_silently(tmp_path, pool):
    make_patient(tmp_path, "A", slices=1)
    make_patient(tmp_path, "mr", slices=1, Modality="MR")

    with pytest.raises(InputError, match="mixes the modalities CT, MR"):
        read(tmp_path, pool)


def test_patients_can_be_left_out_and_slices_chosen(tmp_path, pool):
    make_patient(tmp_path, "A", slices=6)
    make_patient(tmp_path, "B")

    images = read(tmp_path, pool, left_out=("B",), slice_from=0.5, slice_step=2).images

    assert images.patients.tolist() == ["A", "A"]


def test_a_folder_without_usable_images_says_why(tmp_path):
    (tmp_path / "a.txt").write_text("nothing")

    with pytest.raises(InputError, match="holds no image") as caught:
        read_dicom(config_of(tmp_path, "dicom"), tmp_path, 8)  # with decoder processes of its own

    assert "a.txt" in caught.value.details
