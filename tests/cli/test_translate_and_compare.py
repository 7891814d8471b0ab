"""translate and compare: a whole series, marked as synthetic, on the grid of its source."""

import json

import numpy as np
import pydicom
import pytest
import SimpleITK

from medgan_viewer.inference.series_job import SeriesJob
from tests.dicom_factory import make_series, uid
from tests.session.series import make_sagittal_t1, make_t1, t1_pixels

SLICES = 4
TOLERANCE = 10  # of 1000, for networks in 16-bit arithmetic
MODEL = "tiny-t1-to-t2"  # makes tanh(x), x = v / 500 - 1, and scales it back to 0 ... 1000


def translated(values):
    """Return what the tiny translator makes of MR intensities."""
    return (np.tanh(np.asarray(values) / 500 - 1) + 1) * 500


@pytest.fixture
def source(tmp_path):
    make_t1(tmp_path / "t1", SLICES)
    return tmp_path / "t1"


@pytest.fixture
def translate(run, models, source, tmp_path):
    """Return a function that translates the source series into a folder."""

    def make(folder="out", *options, path=source):
        asked = ("--out", tmp_path / folder, "--device", "cpu", "--json")
        return run("translate", MODEL, path, *asked, *options)

    return make


def test_a_series_becomes_files_with_marks_sources_and_frame_of_reference(translate, source):
    before = {path: path.read_bytes() for path in source.iterdir()}

    ended = translate()

    assert ended.code == 0, ended.err
    assert (ended.json["model"], ended.json["images"]) == (MODEL, SLICES)
    assert [path.rsplit("/", 1)[1] for path in ended.json["files"]] == [
        f"000{number}.dcm" for number in range(1, SLICES + 1)
    ]
    for number, path in enumerate(ended.json["files"], start=1):
        dataset = pydicom.dcmread(path)
        assert dataset.get((0x0008, 0x001C)).value == "YES"  # Synthetic Data
        assert dataset.ConversionType == "SYN"
        assert dataset.FrameOfReferenceUID == uid("frame of reference")
        assert dataset.SeriesInstanceUID != uid("series")
        # Off the middle, a slice is made with its neighbours; its own image is among the sources.
        sources = [item.ReferencedSOPInstanceUID for item in dataset.SourceImageSequence]
        assert uid("series", number) in sources
    assert {path: path.read_bytes() for path in source.iterdir()} == before


def test_a_slice_lies_where_its_source_lies_below_the_bar_that_marks_it(translate):
    for index, path in enumerate(translate().json["files"]):
        dataset = pydicom.dcmread(path)
        values = dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept

        assert list(dataset.ImagePositionPatient) == [0, 0, 5 * index]
        below = values[-4:]
        assert np.abs(below - translated(t1_pixels(index))[-4:]).max() < TOLERANCE
        assert dataset.BurnedInAnnotation == "YES"


def test_a_volume_has_the_values_of_the_formula_where_its_source_lies(translate, tmp_path):
    ended = translate("volume", "--format", "nifti")

    assert ended.code == 0, ended.err
    assert ended.json["files"] == [str(tmp_path / "volume" / "translated.nii.gz")]
    volume = SimpleITK.ReadImage(ended.json["files"][0])
    assert volume.GetSize() == (32, 32, SLICES)
    assert volume.GetSpacing() == pytest.approx((1, 1, 5))
    assert volume.GetOrigin() == pytest.approx((0, 0, 0))
    assert np.allclose(volume.GetDirection(), np.eye(3).ravel())
    expected = translated([t1_pixels(index) for index in range(SLICES)])
    assert np.abs(SimpleITK.GetArrayFromImage(volume) - expected).max() < TOLERANCE
    marks = json.loads((tmp_path / "volume" / "translated.nii.gz.json").read_text())
    assert marks["synthetic"] is True


def test_the_pixels_without_the_label_have_the_values_of_the_formula_everywhere(translate):
    for index, path in enumerate(translate("out", "--no-burn-in").json["files"]):
        dataset = pydicom.dcmread(path)
        values = dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept

        assert np.abs(values - translated(t1_pixels(index))).max() < TOLERANCE
        assert (dataset.BurnedInAnnotation, dataset.SyntheticData) == ("NO", "YES")


def test_the_scanner_of_the_source_stands_beside_the_software(translate, tmp_path):
    make_t1(tmp_path / "known", SLICES, Manufacturer="ACME", ManufacturerModelName="Magnum 3T")

    for path in translate("out", path=tmp_path / "known").json["files"]:
        dataset = pydicom.dcmread(path)
        ours, scanner = dataset.ContributingEquipmentSequence
        purposes = [entry.PurposeOfReferenceCodeSequence[0].CodeValue for entry in (ours, scanner)]
        assert purposes == ["109100", "109101"]  # CID 7005
        assert (scanner.Manufacturer, scanner.ManufacturerModelName) == ("ACME", "Magnum 3T")
        assert dataset.Manufacturer == "medgan-viewer"


def test_a_head_may_show_a_face_and_says_so(translate):
    for path in translate().json["files"]:
        assert pydicom.dcmread(path).RecognizableVisualFeatures == "YES"


def test_a_synthetic_source_was_acquired_by_no_scanner(translate, run, tmp_path):
    own = {"SyntheticData": "YES", "Manufacturer": "Dream Works"}
    make_t1(tmp_path / "dreamt", SLICES, **own)

    [path, *_] = translate("out", path=tmp_path / "dreamt").json["files"]

    assert len(pydicom.dcmread(path).ContributingEquipmentSequence) == 1


def test_twice_the_same_series_gives_the_same_pixels(translate):
    first, again = translate("a").json["files"], translate("b").json["files"]

    for one, other in zip(first, again, strict=True):
        assert pydicom.dcmread(one).PixelData == pydicom.dcmread(other).PixelData


def test_existing_files_stay_without_force(translate, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0003.dcm").write_bytes(b"kept")

    ended = translate()

    assert ended.code == 3
    assert "0003.dcm" in ended.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0003.dcm"]
    assert translate("out", "--force").code == 0


def test_the_folder_of_the_source_is_never_written(translate, source):
    before = sorted(source.iterdir())

    for options in ((), ("--force",), ("--format", "nifti")):
        assert translate("t1", *options).code == 3

    assert sorted(source.iterdir()) == before


def test_another_contrast_is_refused_until_the_user_vouches_for_it(translate, tmp_path):
    make_t1(tmp_path / "t2", SLICES, SeriesDescription="T2 head")

    refused = translate("no", path=tmp_path / "t2")
    accepted = translate("yes", "--accept-source", path=tmp_path / "t2")

    assert (refused.code, refused.out) == (4, "")
    assert "T1-weighted" in refused.err
    assert not (tmp_path / "no").exists()
    assert accepted.code == 0


def test_several_series_are_listed_and_one_can_be_chosen(translate, source, tmp_path):
    make_sagittal_t1(tmp_path / "both" / "sagittal")
    make_t1(tmp_path / "both" / "axial", SLICES)

    asked = translate("no", path=tmp_path / "both")
    chosen = translate("yes", "--series", 1, path=tmp_path / "both")
    too_high = translate("no", "--series", 3, path=tmp_path / "both")

    assert (asked.code, too_high.code) == (2, 2)
    assert "--series N" in asked.err
    assert chosen.code == 0


def test_a_ct_series_and_a_generator_exit_with_4(run, translate, models, source, tmp_path):
    make_series(tmp_path / "ct")

    assert translate(path=tmp_path / "ct").code == 4
    assert run("translate", "tiny", source, "--out", tmp_path / "out").code == 4
    assert not (tmp_path / "out").exists()


def test_ctrl_c_writes_nothing_and_exits_with_5(translate, tmp_path, monkeypatch):
    def interrupted(self, engine, index, should_stop):
        raise KeyboardInterrupt

    monkeypatch.setattr(SeriesJob, "step", interrupted)
    ended = translate()

    assert (ended.code, ended.out, ended.err) == (5, "", "Stopped. Nothing was written.\n")
    assert not list((tmp_path / "out").iterdir())


def test_equal_images_have_no_difference(run, source):
    ended = run("compare", source, source, "--json")

    assert ended.code == 0
    assert ended.json["n"] == SLICES
    assert (ended.json["mae"], ended.json["rmse"]) == (0, 0)
    assert ended.json["ssim"] == pytest.approx(1)


def test_a_shift_of_all_values_is_the_mean_absolute_error(run, tmp_path):
    make_series(tmp_path / "a", pixels=lambda i: t1_pixels(i).astype(np.int16))
    make_series(tmp_path / "b", pixels=lambda i: (t1_pixels(i) + 7).astype(np.int16), name="b")

    ended = run("compare", tmp_path / "a" / "0001.dcm", tmp_path / "b" / "0001.dcm", "--json")
    text = run("compare", tmp_path / "a", tmp_path / "b")

    assert {"n", "unit", "data_range", "mask", "mae", "rmse", "psnr_db", "ssim", "ms_ssim"} <= set(
        ended.json
    )
    assert (ended.json["mae"], ended.json["rmse"], ended.json["unit"]) == (7, 7, "HU")
    # 20 log10(range / RMSE)
    expected_db = 20 * np.log10(ended.json["data_range"] / 7)
    assert ended.json["psnr_db"] == pytest.approx(expected_db)
    assert "3 image pairs" in text.out
    assert "MAE: 7" in text.out


def test_series_of_different_length_are_an_unsuitable_input(run, tmp_path):
    make_series(tmp_path / "a", (0, 5, 10))
    make_series(tmp_path / "b", (0, 5), name="b")

    ended = run("compare", tmp_path / "a", tmp_path / "b")

    assert (ended.code, ended.out) == (3, "")
    assert "3 images" in ended.err


def test_a_translated_series_is_compared_with_its_source(run, translate, source, tmp_path):
    translate()

    ended = run("compare", source, tmp_path / "out", "--json")

    assert ended.code == 0, ended.err
    assert ended.json["n"] == SLICES
    assert ended.json["mae"] > 0
