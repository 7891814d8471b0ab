"""All figures of a pair, and the shape of their JSON document."""

import json

import numpy as np
import pytest

from medgan_viewer.compare.comparison import compare, shared_data_range, summarise
from medgan_viewer.compare.metrics import DataRange
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing
from medgan_viewer.imaging.modality import Rescale

SYNTHETIC = Provenance(SyntheticKind.TRANSLATED, "MR to CT 1.0")
PROMISED_KEYS = ("n", "unit", "data_range", "mask", "mae", "rmse", "psnr_db", "ssim", "ms_ssim")


def ct(values, **options):
    options.setdefault("transform", Rescale(unit="HU"))
    return PixelFrame(np.asarray(values, np.int16), **options)


def ramp(size=32, step=1):
    return np.arange(size * size).reshape(size, size) * step


def test_a_constant_error_of_10_hu():
    result = compare(ct(ramp()), ct(ramp() + 10, provenance=SYNTHETIC))

    assert result.unit == "HU (simulated)"
    assert result.mae == result.rmse == result.mean_error == 10
    assert result.earth_mover == pytest.approx(10)
    assert result.data_range.width == 1023
    assert result.psnr_db == pytest.approx(20 * np.log10(1023 / 10))
    assert result.spectrum_db == pytest.approx(0, abs=1e-6)
    assert result.pixels == 1024


def test_the_document_has_the_promised_keys_and_is_strict_json():
    result = compare(ct(ramp()), ct(ramp()))

    document = json.loads(json.dumps(result.to_json(), allow_nan=False))

    assert set(PROMISED_KEYS) <= set(document)
    assert document["n"] == 1
    assert document["psnr_db"] is None
    assert document["ssim"] == pytest.approx(1)
    assert document["data_range_rule"] == "minimum to maximum of the reference"
    assert document["mask"] == "none"


def test_tiny_images_have_errors_but_no_similarity():
    result = compare(ct([[0, 10]]), ct([[1, 10]]))

    assert result.mae == 0.5
    assert result.ssim is None
    assert result.ms_ssim is None
    assert result.spectrum_db is None
    json.dumps(result.to_json(), allow_nan=False)


def test_a_constant_reference_has_no_range_to_be_relative_to():
    result = compare(ct(np.zeros((32, 32))), ct(np.ones((32, 32))))

    assert result.mae == 1
    assert result.psnr_db is None
    assert result.ssim is None
    json.dumps(result.to_json(), allow_nan=False)


def test_padding_changes_no_figure():
    inside = ramp()
    reference, candidate = inside.copy(), inside + 10
    reference[:4], candidate[:4] = -2000, 17
    padded = ct(reference, padding=PaddingRange(-2000, -2000))

    result = compare(padded, ct(candidate))

    assert result.mae == 10
    assert result.pixels == 28 * 32
    assert result.mask == "padding excluded"
    assert result.data_range.low == inside[4].min()


def test_the_data_range_can_be_named():
    clinical = DataRange(-1024, 3071, "12-bit CT")

    result = compare(ct(ramp()), ct(ramp() + 10), data_range=clinical)

    assert result.psnr_db == pytest.approx(20 * np.log10(4095 / 10))
    assert result.to_json()["data_range"] == 4095


def test_color_images_are_compared_over_the_range_of_8_bits():
    dark = np.zeros((16, 16, 3), np.uint8)
    bright = np.full((16, 16, 3), 255, np.uint8)

    result = compare(PixelFrame(dark), PixelFrame(bright))

    assert result.mae == pytest.approx(255)
    assert result.psnr_db == pytest.approx(0, abs=1e-6)


def test_the_spectrum_is_in_line_pairs_where_the_spacing_is_trusted():
    spacing = PixelSpacing(0.5, 0.5)

    assert compare(ct(ramp(), spacing=spacing), ct(ramp())).spectrum_unit == "lp/mm"
    assert compare(ct(ramp()), ct(ramp())).spectrum_unit == "cycles/px"


def test_one_range_serves_all_slices_of_a_series():
    padded = ct([[-2000, 50]], padding=PaddingRange(-2000, -2000))

    found = shared_data_range([ct([[-1000, 0]]), padded])

    assert (found.low, found.high) == (-1000, 50)


def test_references_without_values_are_refused():
    with pytest.raises(InputError, match="no values"):
        shared_data_range([ct([[-2000]], padding=PaddingRange(-2000, -2000))])


def test_a_summary_averages_over_patients():
    pairs = [compare(ct(ramp()), ct(ramp() + error)) for error in (0, 0, 8)]

    summary = summarise(pairs, subjects=["a", "a", "b"])

    assert summary.n == 3
    assert summary.subjects == 2
    assert summary.figures["mae"].mean == 4
    assert summary.figures["mae"].low <= 4 <= summary.figures["mae"].high


def test_the_document_of_a_summary_has_the_promised_keys_and_intervals():
    pairs = [compare(ct(ramp()), ct(ramp() + error)) for error in (1, 3)]

    document = json.loads(json.dumps(summarise(pairs).to_json(), allow_nan=False))

    assert set(PROMISED_KEYS) <= set(document)
    assert document["n"] == 2
    assert document["mae"] == 2
    assert document["data_range"] == 1023
    assert document["interval_95"]["mae"] == [1, 3]


def test_a_figure_that_one_pair_lacks_is_missing_for_all():
    pairs = [compare(ct(ramp()), ct(ramp() + error)) for error in (0, 3)]

    document = summarise(pairs).to_json()

    assert document["psnr_db"] is None
    assert "psnr_db" not in document["interval_95"]


def test_pairs_with_their_own_ranges_share_none():
    pairs = [compare(ct(ramp(step=step)), ct(ramp(step=step) + 1)) for step in (1, 2)]

    document = summarise(pairs).to_json()

    assert document["data_range"] is None
    assert document["data_range_rule"] == "of each pair"


def test_pairs_of_different_units_are_refused():
    without = ct(ramp(), transform=Rescale())

    with pytest.raises(InputError, match="no unit, HU"):
        summarise([compare(without, without), compare(ct(ramp()), ct(ramp()))])
