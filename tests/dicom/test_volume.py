"""build_volume: a stack as an array, or a refusal with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.hierarchy import group_into_studies
from medgan_viewer.dicom.instance_header import read_header
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.dicom.volume import build_volume
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from tests.dicom_factory import make_ct, make_series, ramp, uid


def stack_of(paths):
    (study,), _ = group_into_studies([read_header(path) for path in paths])
    (display_set,) = split_into_display_sets(study.series[0])
    return display_set, [load_frame(ref) for ref in display_set.frames]


def volume_of(paths, **options):
    return build_volume(*stack_of(paths), **options)


def flat(value):
    return np.full((2, 3), value, dtype=np.int16)


def test_slices_that_share_a_rescale_keep_their_stored_values(tmp_path):
    paths = make_series(tmp_path, (0, 5, 10), pixels=lambda index: flat(index))

    volume = volume_of(paths)

    assert volume.values.dtype == np.int16
    assert volume.values[:, 0, 0].tolist() == [0, 1, 2]
    assert volume.modality_values()[:, 0, 0].tolist() == [-1024, -1023, -1022]
    assert (volume.modality, volume.unit) == ("CT", "HU")
    assert volume.frame_of_reference_uid == uid("frame of reference")
    assert volume.notes == ()


def test_slices_with_different_rescales_become_modality_values(tmp_path):
    # PET: every slice has its own slope.
    paths = [
        make_ct(
            tmp_path / f"{index}.dcm",
            flat(10),
            Modality="PT",
            Units="BQML",
            RescaleSlope=index + 1,
            RescaleIntercept=0,
            ImagePositionPatient=[0, 0, 5 * index],
            SOPInstanceUID=uid(index),
        )
        for index in range(3)
    ]

    volume = volume_of(paths)

    assert volume.values.dtype == np.float32
    assert volume.values[:, 0, 0].tolist() == [10, 20, 30]
    assert volume.rescale.is_identity
    assert volume.unit == "Bq/mL"


def test_the_affine_takes_column_row_slice_to_the_patient(tmp_path):
    paths = make_series(
        tmp_path, (30, 33, 36), PixelSpacing=[0.8, 0.5], ImageOrientationPatient=[1, 0, 0, 0, 1, 0]
    )

    volume = volume_of(paths)

    assert volume.to_patient(column=2, row=1, slice_index=2).tolist() == pytest.approx([1, 0.8, 36])
    assert volume.spacing_mm == pytest.approx((3, 0.8, 0.5))


@pytest.mark.parametrize(
    ("positions", "shift", "reason"),
    [
        ((0, 5, 15, 20), 0, "One slice is missing between slices 2 and 3"),
        ((0, 5, 5, 10), 0, "Several images lie at one position"),
        ((0, 5, 10), 0.3, "The stack is tilted"),
        ((0, 5, 12), 0, "The distance of slices is not even"),
        ((0,), 0, "One image makes no volume"),
    ],
)
def test_a_stack_that_is_no_volume_is_refused_with_the_reason(tmp_path, positions, shift, reason):
    paths = make_series(tmp_path, positions, shift_per_mm=shift)

    with pytest.raises(InputError, match=reason):
        volume_of(paths)


def test_a_missing_slice_is_interpolated_if_wished_and_named(tmp_path):
    positions = [z for z in range(0, 100, 2) if z != 40]  # 49 of 50 slices
    paths = make_series(tmp_path, positions, pixels=lambda index: flat(positions[index]))

    volume = volume_of(paths, fill_gaps=True)

    assert volume.values.shape[0] == 50
    assert volume.values.dtype == np.int16
    assert volume.values[:, 0, 0].tolist() == list(range(0, 100, 2))
    assert volume.notes == ("interpolated: slice 21",)
    assert volume.spacing_mm[0] == pytest.approx(2)


def test_two_missing_slices_in_a_row_are_interpolated_by_thirds(tmp_path):
    positions = [z for z in range(60) if z not in (30, 31)]
    paths = make_series(tmp_path, positions, pixels=lambda index: flat(10 * positions[index]))

    volume = volume_of(paths, fill_gaps=True)

    assert volume.values[29:33, 0, 0].tolist() == [290, 300, 310, 320]
    assert volume.notes == ("interpolated: slices 31, 32",)


@pytest.mark.parametrize(
    "missing", [(30, 31, 32), (10, 20, 30, 40)], ids=["three in a row", "more than 5 %"]
)
def test_too_many_missing_slices_are_not_invented(tmp_path, missing):
    paths = make_series(tmp_path, [z for z in range(60) if z not in missing])

    with pytest.raises(InputError, match="Too many slices"):
        volume_of(paths, fill_gaps=True)


def test_a_synthetic_slice_makes_the_volume_synthetic(tmp_path):
    volume = volume_of(make_series(tmp_path, SyntheticData="YES"))

    assert volume.is_synthetic
    assert volume.unit == "HU (simulated)"


def test_color_is_no_volume(tmp_path):
    rgb = np.zeros((2, 2, 3), dtype=np.uint8)

    with pytest.raises(InputError, match="in color"):
        volume_of(make_series(tmp_path, pixels=rgb))


def test_padding_stays_with_stored_values(tmp_path):
    volume = volume_of(make_series(tmp_path, pixels=ramp(), PixelPaddingValue=-2000))

    assert volume.padding.low == -2000


def test_frames_of_another_number_are_a_mistake_of_the_caller(tmp_path):
    display_set, frames = stack_of(make_series(tmp_path))

    with pytest.raises(ValueError, match="2 frames for 3 slices"):
        build_volume(display_set, frames[:2])


def test_a_synthetic_volume_names_the_sources_of_all_its_slices(tmp_path):
    display_set, frames = stack_of(make_series(tmp_path))
    made = [
        replace(
            frame,
            provenance=Provenance(
                SyntheticKind.TRANSLATED,
                "T1 to T2 1.0",
                recipe_json=f'{{"slice": {number}}}',
                source_uids=("1.2",),
                source_frames=(number,),
            ),
        )
        for number, frame in enumerate(frames, start=1)
    ]

    provenance = build_volume(display_set, made).provenance

    assert provenance.source_planes == (("1.2", 1), ("1.2", 2), ("1.2", 3))
    assert provenance.recipe_json == ""  # that of one slice would not make the volume
