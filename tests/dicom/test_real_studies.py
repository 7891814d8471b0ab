"""Real studies with known faults: display sets, order, and what may become a volume."""

import csv
from collections import defaultdict

import pytest

from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.scan import scan
from medgan_viewer.dicom.volume import build_volume
from medgan_viewer.errors import InputError

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def results(shared_data, pool):
    """Return the scan of each study folder by its two first characters."""
    folders = [path for path in (shared_data / "dicom_studies").iterdir() if path.is_dir()]
    return {folder.name[:2]: scan([folder], pool) for folder in folders}


@pytest.fixture(scope="module")
def display_sets(results):
    """Return all display sets of each study folder."""
    return {
        name: [
            display_set
            for study in result.studies
            for series in study.series
            for display_set in split_into_display_sets(series)
        ]
        for name, result in results.items()
    }


def set_named(display_sets, label):
    return next(s for s in display_sets if s.label.startswith(label))


def frames_of(pool, display_set):
    return [pool.run(ReadFrame(ref)) for ref in display_set.frames]


def test_every_file_of_the_table_is_in_a_display_set_or_named_as_skipped(
    shared_data, results, display_sets
):
    expected = defaultdict(int)
    table = shared_data / "dicom_studies" / "series.csv"
    with table.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            expected[row["study_folder"][:2]] += int(row["n_files"])

    for name, result in results.items():
        shown = {ref.path for s in display_sets[name] for ref in s.frames}
        assert len(shown) + len(result.skipped) == result.files, name
        assert result.files == expected.get(name, result.files), name


def test_no_frame_of_a_series_is_lost(results, display_sets):
    for name, result in results.items():
        frames = sum(series.frame_count for study in result.studies for series in study.series)
        assert sum(len(s.frames) for s in display_sets[name]) == frames


@pytest.mark.parametrize(
    ("name", "count"),
    [("01", 4), ("02", 1), ("04", 1), ("05", 2), ("06", 3), ("07", 1), ("09", 1), ("12", 2)],
)
def test_series_fall_into_as_many_stacks_as_a_reader_would_make(display_sets, name, count):
    assert len(display_sets[name]) == count


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("mocoMEMPRAGE", "One slice is missing between slices 114 and 115"),
        ("AX FSE T2", "One slice is missing between slices 34 and 35"),
    ],
)
def test_the_missing_slices_of_the_brain_are_named(display_sets, label, reason):
    geometry = set_named(display_sets["01"], label).geometry

    assert geometry.verdict == "gap"
    assert geometry.reasons[0].startswith(reason)


def test_a_brain_with_a_missing_slice_becomes_a_volume_only_when_it_is_filled(display_sets, pool):
    display_set = set_named(display_sets["01"], "mocoMEMPRAGE")
    frames = frames_of(pool, display_set)

    with pytest.raises(InputError, match="One slice is missing"):
        build_volume(display_set, frames)
    volume = build_volume(display_set, frames, fill_gaps=True)

    assert volume.values.shape == (176, 192, 192)
    assert volume.spacing_mm == pytest.approx((1, 1.1458, 1.1458), abs=1e-3)
    assert volume.notes == ("interpolated: slice 115",)


def test_slices_with_frames_of_reference_of_their_own_are_no_volume(display_sets):
    (stack,) = display_sets["02"]

    assert len(stack.frames) == 17
    assert "one frame of reference" in stack.geometry.reasons[0]


def test_a_whole_body_pet_stays_one_stack_over_its_beds(display_sets, pool):
    pet = set_named(display_sets["03"], "PET")

    volume = build_volume(pet, frames_of(pool, pet))

    assert volume.values.shape == (59, 128, 128)
    assert volume.unit == "Bq/mL"


def test_a_file_that_lies_there_twice_is_named_and_does_not_spoil_the_volume(results, display_sets):
    assert [skipped.path.name for skipped in results["09"].skipped] == ["pm-example-slice.dcm"]
    assert "is a copy of 000000.dcm" in results["09"].skipped[0].reason
    assert display_sets["09"][0].geometry.is_regular


def test_diffusion_weighted_images_are_divided_by_the_vendors_b_value(display_sets):
    stacks = [(s.label.partition(" · ")[2], len(s.frames)) for s in display_sets["05"]]

    assert stacks == [("b 1", 1), ("b 928", 16)]


def test_the_frames_of_an_enhanced_field_map_are_divided_by_their_kind(display_sets):
    kinds = [(s.label, len(s.frames), s.geometry.verdict) for s in display_sets["10"]]

    assert kinds == [
        ("B0 NS · T1 M", 32, "regular"),
        ("B0 NS · T1 FIELD_MAP", 32, "regular"),
    ]


def test_a_tilted_gantry_is_no_volume(display_sets):
    assert {s.geometry.verdict for s in display_sets["12"]} == {"tilt"}
