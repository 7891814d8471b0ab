"""Linked views: by position, by hand, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.compare.linking import (
    AlignedPair,
    LinkRule,
    SliceLinkKind,
    ViewArea,
    ViewGrid,
    link_rule,
    link_view,
    partner_index,
    window_link_obstacle,
)
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.modality import Rescale

AXIAL = PlaneGeometry((0, 0, 0), (1, 0, 0), (0, 1, 0), PixelSpacing(1, 1), "1.2.3")
SAGITTAL = replace(AXIAL, row_direction=(0, 1, 0), column_direction=(0, 0, -1))
SYNTHETIC = Provenance(SyntheticKind.TRANSLATED, "MR to CT 1.0")


def axial(*heights_mm, **changes):
    return tuple(replace(AXIAL, position_mm=(0.0, 0.0, z), **changes) for z in heights_mm)


def partners(source, target, aligned=None):
    rule = link_rule(source, target, aligned)
    return [partner_index(rule, source, target, k) for k in range(len(source))]


# --- slices --------------------------------------------------------------------------------------


def test_equal_frames_of_reference_link_by_position():
    source, target = axial(0.0, 5.0, 10.0), axial(10.0, 0.0, 5.0)

    assert link_rule(source, target).kind is SliceLinkKind.POSITION
    assert partners(source, target) == [1, 2, 0]


def test_the_nearest_slice_counts_within_half_a_slice_distance():
    """Target slices every 5 mm from 0 to 10: 2 mm go to 0, 3 mm to 5, 12.4 to 10, 12.6 to none."""
    assert partners(axial(2.0, 3.0, 12.4, 12.6, -3.0), axial(0.0, 5.0, 10.0)) == [
        0,
        1,
        2,
        None,
        None,
    ]


def test_a_missing_target_slice_leaves_its_partner_alone():
    assert partners(axial(0.0, 5.0, 10.0, 15.0, 20.0), axial(0.0, 5.0, 10.0, 20.0)) == [
        0,
        1,
        2,
        None,
        3,
    ]


def test_a_single_target_slice_reaches_as_far_as_it_is_thick():
    assert partners(axial(0.0, 1.9, 2.1), axial(0.0, thickness_mm=4.0)) == [0, 0, None]


def test_a_single_slice_without_thickness_uses_the_distance_of_the_other_stack():
    assert partners(axial(0.0, 4.0, 8.0), axial(5.0)) == [None, 0, None]


def test_two_single_slices_without_thickness_link_only_at_the_same_place():
    assert partners(axial(0.0), axial(0.0)) == [0]
    assert partners(axial(0.0), axial(0.5)) == [None]


def test_planes_seen_from_the_other_side_are_parallel():
    flipped = tuple(replace(plane, row_direction=(-1, 0, 0)) for plane in axial(0.0, 5.0))

    assert partners(axial(0.0, 5.0), flipped) == [0, 1]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (axial(0.0, 5.0, frame_of_reference_uid="9.9"), "different frames of reference"),
        ((None, None), "does not say where its slices lie"),
        ((axial(0.0)[0], None), "does not say where its slices lie"),
        ((AXIAL, SAGITTAL), "not parallel"),
        ((SAGITTAL, SAGITTAL), "not parallel"),
    ],
)
def test_without_a_shared_place_nothing_is_linked_by_number(target, reason):
    source = axial(0.0, 5.0)

    rule = link_rule(source, target)

    assert rule.kind is SliceLinkKind.NONE
    assert reason in rule.reason
    assert partners(source, target) == [None, None]


def test_an_unknown_frame_of_reference_is_not_equal_to_another_unknown_one():
    unknown = axial(0.0, 5.0, frame_of_reference_uid="")

    assert link_rule(unknown, unknown).kind is SliceLinkKind.NONE


def test_a_pair_aligned_by_hand_links_by_distance():
    """Slice 1 at 5 mm was set on slice 2 at 106 mm; one slice further is 5 mm further."""
    source = axial(0.0, 5.0, 10.0)
    target = axial(100.0, 103.0, 106.0, 109.0, 112.0, frame_of_reference_uid="9.9")

    assert partners(source, target, AlignedPair(1, 2)) == [0, 2, 4]


def test_a_pair_aligned_by_hand_follows_a_stack_that_runs_the_other_way():
    source = axial(0.0, 5.0, 10.0)
    target = axial(110.0, 105.0, 100.0, frame_of_reference_uid="9.9")

    assert partners(source, target, AlignedPair(0, 2)) == [2, 1, 0]


def test_a_pair_aligned_by_hand_follows_a_stack_seen_from_the_other_side():
    source = axial(0.0, 5.0, 10.0)
    target = axial(100.0, 105.0, 110.0, frame_of_reference_uid="9.9", row_direction=(-1, 0, 0))

    assert partners(source, target, AlignedPair(0, 0)) == [0, 1, 2]


def test_a_stack_without_places_is_linked_slice_by_slice_from_the_pair():
    source, target = axial(0.0, 5.0, 10.0), (None, None, None)

    rule = link_rule(source, target, AlignedPair(0, 1))

    assert rule.kind is SliceLinkKind.OFFSET_SLICES
    assert partners(source, target, AlignedPair(0, 1)) == [1, 2, None]


def test_crossing_stacks_are_not_linked_even_by_hand():
    target = (replace(SAGITTAL, frame_of_reference_uid="9.9"),)

    assert link_rule(axial(0.0), target, AlignedPair(0, 0)).kind is SliceLinkKind.NONE


def test_positions_win_over_a_pair_aligned_by_hand():
    assert partners(axial(0.0, 5.0), axial(0.0, 5.0), AlignedPair(0, 1)) == [0, 1]


def test_a_pair_outside_the_stacks_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="outside"):
        link_rule(axial(0.0), axial(0.0), AlignedPair(0, 1))


def test_an_empty_stack_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="without slices"):
        link_rule((), axial(0.0))


def test_a_rule_for_other_planes_is_a_mistake_of_the_caller():
    rule = LinkRule(SliceLinkKind.POSITION, "same frame of reference")

    with pytest.raises(ValueError, match="other planes"):
        partner_index(rule, axial(0.0), (None,), 0)


# --- zoom and pan --------------------------------------------------------------------------------


def test_an_equal_frame_of_reference_shows_the_same_place_and_millimetres():
    source = ViewGrid(100, 100, PixelSpacing(1, 1), AXIAL)
    shifted = replace(AXIAL, position_mm=(10, 20, 0), spacing=PixelSpacing(2, 2))
    target = ViewGrid(100, 100, PixelSpacing(2, 2), shifted)

    linked = link_view(ViewArea(30, 40, 100), source, target)

    assert linked == ViewArea(column=10, row=10, rows_shown=50)


def test_without_a_common_frame_of_reference_no_millimetres_are_carried():
    elsewhere = replace(AXIAL, frame_of_reference_uid="9.9")
    target = ViewGrid(100, 100, PixelSpacing(1, 1), elsewhere)

    for source in (ViewGrid(100, 100, PixelSpacing(1, 1), AXIAL), ViewGrid(9, 9, None, None)):
        assert link_view(ViewArea(1, 1, 9), source, target) is None


@pytest.mark.parametrize("source", [None, SpacingSource.DETECTOR, SpacingSource.ESTIMATED])
def test_an_untrusted_spacing_is_carried_nowhere(source):
    spacing = PixelSpacing(0.1, 0.1, source) if source else None

    linked = link_view(
        ViewArea(24.5, 49.5, 50),
        ViewGrid(100, 100, PixelSpacing(1, 1), AXIAL),
        ViewGrid(200, 400, spacing, AXIAL),
    )

    assert linked is None


# --- window --------------------------------------------------------------------------------------


def ct(unit="HU", modality="CT", **options):
    return PixelFrame(
        np.zeros((1, 1), np.int16), modality=modality, transform=Rescale(unit=unit), **options
    )


def test_real_and_simulated_values_of_one_unit_share_a_window():
    assert window_link_obstacle(ct(), ct(provenance=SYNTHETIC)) == ""


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (ct(unit=""), "different units: HU and no unit"),
        (ct(modality="MR"), "different modalities: CT and MR"),
        (ct(modality=""), "different modalities: CT and unknown"),
        (PixelFrame(np.zeros((1, 1, 3), np.uint8), modality="CT"), "color"),
    ],
)
def test_windows_are_not_shared_across_units_or_modalities(other, reason):
    assert reason in window_link_obstacle(ct(), other)


def test_two_images_of_unknown_modality_share_no_window():
    assert window_link_obstacle(ct(modality=""), ct(modality="")) != ""
