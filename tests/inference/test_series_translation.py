"""Whole series through a translator whose output is known: tanh of its input, pixel by pixel.

Values 0 to 1000 become -1 to 1 on the way in, and -1 to 1 become 0 to 1000 on the way out.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_viewer.errors import InputError, PackageError
from medgan_viewer.imaging.frame import PaddingRange, SyntheticKind
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.model_space import IntensityLimits
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.series_job import Focus, SeriesJob
from medgan_viewer.inference.series_translation import (
    lies_in_plane,
    plan_translation,
    series_limits,
)
from medgan_viewer.latent.recipe import parse_recipe
from tests.inference.made_series import AXIAL, CORONAL, SAGITTAL, make_series, positions_of
from tests.package_factory import tiny_manifest, write_tanh_translator, write_tiny_package

ONE_STEP = 1000 / 4095


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    return write_tanh_translator(tmp_path_factory.mktemp("translator") / "tanh")


@pytest.fixture(scope="module")
def engine():
    return Engine(choose_device(Preference.CPU), dtype=torch.float32)


def never():
    return False


def translated(engine, package, source):
    """Run a whole job; return its planes by index."""
    job = SeriesJob(package, source)
    planes, index = {}, 0
    while index < job.total:
        made = job.step(engine, index, never)
        index += 1
        if made is not None:
            assert made.index not in planes
            planes[made.index] = made.frame
    return planes


def tanh_of(values):
    return (np.tanh(np.asarray(values) / 500 - 1) + 1) * 500


def ramp(positions):
    """Rise slowly along all three axes, 150 to 850 within 40 mm of the origin."""
    return np.clip(500 + positions @ (5.0, 3.0, -4.0), 0, 1000)


def bright(positions):
    return np.full(positions.shape[:-1], 900.0)


# ---- plane by plane ----


def test_an_axial_series_goes_plane_by_plane_exactly(engine, translator):
    source = make_series(ramp)

    planes = translated(engine, translator, source)

    assert sorted(planes) == list(range(8))
    for index, frame in planes.items():
        expected = tanh_of(source.read(index).stored)
        assert np.abs(frame.modality_values() - expected).max() <= 0.51 * ONE_STEP + 0.01


def test_a_translated_plane_lies_where_its_source_lies(engine, translator):
    source = make_series(ramp)

    frame = translated(engine, translator, source)[5]

    assert frame.geometry == source.planes[5]
    assert frame.spacing == source.planes[5].spacing
    assert frame.stored.shape == (40, 40)
    assert frame.provenance.kind is SyntheticKind.TRANSLATED
    assert frame.provenance.source_uids == ("1.2.3.5",)
    recipe = parse_recipe(frame.provenance.recipe_json, "x")
    assert (recipe.source.low, recipe.source.high) == (0, 1000)
    assert recipe.source.plane == "axial"


def eight_axial_ways():
    x, y = np.eye(3)[:2]
    return [
        (tuple(first * a), tuple(second * b))
        for first, second in ((x, y), (y, x))
        for a in (1, -1)
        for b in (1, -1)
    ]


@pytest.mark.parametrize("directions", eight_axial_ways())
def test_however_a_plane_is_turned_the_pixels_stay_in_place(engine, translator, directions):
    source = make_series(ramp, directions, rows=24, columns=40, count=1, position=(0, 0, 0))

    frame = translated(engine, translator, source)[0]

    expected = tanh_of(source.read(0).stored)
    assert np.abs(frame.modality_values() - expected).max() <= 0.51 * ONE_STEP + 0.01


@pytest.mark.parametrize("directions", [AXIAL, AXIAL[::-1]], ids=["upright", "transposed"])
def test_other_pixel_sizes_come_back_within_interpolation_error(engine, translator, directions):
    source = make_series(ramp, directions, rows=60, columns=33, count=2, spacing=(0.6, 1.2))

    frame = translated(engine, translator, source)[0]

    expected = tanh_of(ramp(positions_of(source.planes[0], 60, 33)))
    error = np.abs(frame.modality_values() - expected)[2:-2, 2:-2]
    assert error.max() < 3  # of 1000


def test_padding_is_background_whatever_value_stands_for_it(engine, translator):
    def with_padding(positions):
        values = ramp(positions)
        values[:8] = 4000
        return values

    source = make_series(with_padding, count=2, padding=PaddingRange(4000, 4000))

    frame = translated(engine, translator, source)[0]

    assert frame.modality_values()[:8] == pytest.approx(tanh_of(0), abs=0.2)


def test_an_empty_plane_stays_background(engine, translator):
    def dark(positions):
        values = np.full(positions.shape[:-1], 60.0)  # -0.88: below what counts as content
        values[0, :15] = 900  # 15 of 1600 pixels
        return values

    frame = translated(engine, translator, make_series(dark, count=2))[0]

    assert not frame.stored.any()


def test_the_plane_in_view_and_its_neighbours_come_first(engine, translator):
    job = SeriesJob(translator, make_series(ramp))
    for index in range(8):  # as many are looked at to learn the intensities
        assert job.step(engine, index, never) is None

    job.focus.index = 5
    first = [job.step(engine, index, never).index for index in range(8, 11)]
    job.focus.index = 0
    then = [job.step(engine, index, never).index for index in range(11, 16)]

    assert first == [5, 4, 6]
    assert then == [0, 1, 2, 3, 7]


def test_a_frame_of_inverted_grays_in_the_middle_ends_the_job(engine, translator):
    source = make_series(ramp, count=40)
    read = source.read
    spoilt = replace(source, read=lambda i: replace(read(i), inverted=True) if i == 3 else read(i))

    with pytest.raises(PackageError, match="inverted grays"):
        translated(engine, translator, spoilt)


def test_frames_without_pixel_spacing_are_refused(engine, translator, tmp_path):
    anywhere = write_tanh_translator(
        tmp_path / "any", source=tiny_manifest("x", "unet-translator")["source"] | {"plane": "any"}
    )
    source = make_series(ramp, count=2)
    read = source.read
    unknown = replace(
        source,
        planes=[None, None],
        read=lambda i: replace(read(i), geometry=None, spacing=None),
    )

    with pytest.raises(InputError, match="does not say how large its pixels are"):
        translated(engine, anywhere, unknown)


# ---- through the volume ----

TILTED = ((0.0, 0.8, -0.6), (0.6, -0.48, -0.64))


@pytest.mark.parametrize(
    ("directions", "position"),
    [
        (SAGITTAL, (-15.0, -20.0, 20.0)),
        (CORONAL, (-20.0, 15.0, 20.0)),
        (((0.0, 0.0, -1.0), (0.0, 1.0, 0.0)), (-15.0, -20.0, 20.0)),
        (TILTED, (-20.0, 5.0, 20.0)),
    ],
    ids=["sagittal", "coronal", "sagittal turned", "oblique"],
)
def test_other_planes_go_through_the_volume_and_come_back_in_place(
    engine, translator, directions, position
):
    source = make_series(ramp, directions, count=16, position=position)

    planes = translated(engine, translator, source)

    assert sorted(planes) == list(range(16))
    for index in (2, 8, 13):
        expected = tanh_of(ramp(positions_of(source.planes[index], 40, 40)))
        error = np.abs(planes[index].modality_values() - expected)[2:-2, 2:-2]
        assert error.max() < 3  # of 1000
        assert planes[index].geometry == source.planes[index]


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.7, 0.7), (0.4, 0.45)])
@pytest.mark.parametrize("step_mm", [1.0, 1.3, 0.3])
def test_a_flat_series_keeps_its_value_up_to_the_edge(engine, translator, spacing, step_mm):
    source = make_series(
        bright, SAGITTAL, rows=45, columns=43, count=11, spacing=spacing, step_mm=step_mm
    )

    planes = translated(engine, translator, source)

    for frame in planes.values():
        assert frame.modality_values() == pytest.approx(tanh_of(900), abs=1.0)


def test_the_recipe_of_a_volume_names_all_its_sources(engine, translator):
    source = make_series(ramp, SAGITTAL, count=4)

    frame = translated(engine, translator, source)[1]

    recipe = parse_recipe(frame.provenance.recipe_json, "x")
    assert recipe.source.sop_instance_uids == ("1.2.3.0", "1.2.3.1", "1.2.3.2", "1.2.3.3")
    assert recipe.source.plane == "axial, through the volume"
    assert recipe.source.own_index == frame.provenance.own_source == 1


@pytest.mark.parametrize(
    ("directions", "numbers", "own"), [(AXIAL, (3,), None), (SAGITTAL, (1, 2, 3, 4), 2)]
)
def test_the_recipe_of_a_multi_frame_plane_numbers_its_frames(
    engine, translator, directions, numbers, own
):
    one_file = {"uids": ["1.2.3"] * 4, "frame_numbers": [1, 2, 3, 4]}
    source = replace(make_series(ramp, directions, count=4), **one_file)

    frame = translated(engine, translator, source)[2]

    assert frame.provenance.source_frames == numbers
    assert frame.provenance.own_source == own
    recipe = parse_recipe(frame.provenance.recipe_json, "x")
    assert recipe.source.planes == tuple(("1.2.3", number) for number in numbers)


def test_the_steps_of_a_volume_are_counted_as_soon_as_its_grid_is_known(engine, translator):
    source = make_series(ramp, SAGITTAL, rows=40, count=4)
    job = SeriesJob(translator, source)

    totals = []
    index = 0
    while index < job.total:
        job.step(engine, index, never)
        totals.append(job.total)
        index += 1

    # 4 looked at, 4 read, 1 to prepare, 40 rows become axial planes, 4 brought back
    assert totals[0] == 4 + 4
    assert totals[-1] == index == 4 + 4 + 1 + 40 + 4


def test_a_stack_that_is_no_volume_is_refused_with_its_reason(engine, translator):
    def refuse(_frames):
        raise InputError("made series is no regular volume. A slice is missing.", "Choose another.")

    source = replace(make_series(ramp, SAGITTAL), build_volume=refuse)

    with pytest.raises(InputError, match="A slice is missing"):
        translated(engine, translator, source)


def test_a_network_that_gives_color_refuses_what_needs_a_volume(engine, tmp_path):
    output = tiny_manifest("x", "resnet-translator")["output"] | {"channels": 3}
    package = write_tiny_package(tmp_path / "color", "resnet-translator", output=output)

    assert translated(engine, package, make_series(ramp, count=2))[0].is_color
    with pytest.raises(PackageError, match="color images"):
        translated(engine, package, make_series(ramp, SAGITTAL))


# ---- planning ----


def test_intensities_are_those_of_the_series_without_padding(translator):
    spec = translator.manifest.source.model_copy(
        update={
            "intensity": translator.manifest.source.intensity.model_copy(
                update={"rule": "percentile", "low": 0, "high": 100}
            )
        }
    )
    source = make_series(ramp, count=2, padding=PaddingRange(0, 600))

    limits = series_limits(spec, [source.read(0), source.read(1)])

    values = np.concatenate([source.read(0).stored, source.read(1).stored])
    assert limits == IntensityLimits(601, values.max())


def test_a_series_without_contrast_cannot_be_mapped(translator):
    spec = translator.manifest.source.model_copy(
        update={
            "intensity": translator.manifest.source.intensity.model_copy(
                update={"rule": "percentile", "low": 1, "high": 99}
            )
        }
    )

    with pytest.raises(InputError, match="the series has no contrast"):
        series_limits(spec, [make_series(bright, count=1).read(0)])


def test_a_rescale_of_the_file_counts(engine, translator):
    """Stored values from 0 to 100 with slope 10 are the same image as 0 to 1000."""
    coarse = make_series(lambda p: ramp(p) / 10, count=2, transform=Rescale(10, 0))
    fine = make_series(lambda p: np.rint(ramp(p) / 10) * 10, count=2)

    one, other = (translated(engine, translator, series)[0] for series in (coarse, fine))

    np.testing.assert_array_equal(one.stored, other.stored)


def test_only_a_stack_in_the_wanted_plane_goes_plane_by_plane(translator):
    spec = translator.manifest.source
    axial, sagittal = make_series(ramp, AXIAL).planes, make_series(ramp, SAGITTAL).planes

    assert lies_in_plane(axial, spec)
    assert not lies_in_plane(sagittal, spec)
    assert not lies_in_plane([*axial, sagittal[0]], spec)
    assert not lies_in_plane([*axial, None], spec)
    assert lies_in_plane([None], spec.model_copy(update={"plane": "any"}))


def test_the_plan_says_how_many_steps_it_takes(translator):
    limits = IntensityLimits(0, 1000)

    assert plan_translation(translator, make_series(ramp), limits, Focus()).total == 8
    through = plan_translation(translator, make_series(ramp, SAGITTAL), limits, Focus())
    assert through.total == 17  # 8 read, 1 to prepare, 8 brought back; the network's come later
