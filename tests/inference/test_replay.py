"""Terms on which an image is made again: precision, device, model, and the planes of its source."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_viewer.errors import InputError, UsageError
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.output import PROGRAM
from medgan_viewer.inference.replay import (
    differences,
    recorded_device,
    recorded_precision,
    replay_translation,
)
from medgan_viewer.latent.recipe import RecipeSoftware, RecipeSource
from tests.inference.made_series import SAGITTAL, make_series
from tests.package_factory import write_tanh_translator

CPU = choose_device(Preference.CPU)
GPU = replace(CPU, kind="cuda")
SOFTWARE = RecipeSoftware(
    program=PROGRAM, torch=str(torch.__version__), device="cpu", precision="bfloat16"
)
THROUGH = "axial, through the volume"


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    return write_tanh_translator(tmp_path_factory.mktemp("replay") / "tanh")


def bright(positions):
    return np.full(positions.shape[:-1], 900.0)


def software(**fields):
    return SOFTWARE.model_copy(update=fields)


def source(*indices, plane="axial", **fields):
    uids = tuple(f"1.2.3.{index}" for index in indices)
    return RecipeSource(sop_instance_uids=uids, low=0, high=1000, plane=plane, **fields)


def test_the_same_software_on_the_same_device_differs_in_nothing():
    assert differences(SOFTWARE, CPU, torch.bfloat16) == ()


@pytest.mark.parametrize(
    ("precision", "choice", "expected"),
    [
        ("float32", CPU, torch.float32),
        ("bfloat16", CPU, torch.bfloat16),
        ("float16", GPU, torch.float16),
        ("float16", CPU, torch.float32),
    ],
)
def test_the_precision_is_the_recorded_one_where_the_device_has_it(precision, choice, expected):
    assert recorded_precision(software(precision=precision), choice, "x") is expected


def test_a_volume_computed_in_several_precisions_cannot_be_made_again():
    with pytest.raises(InputError, match="'mixed'"):
        recorded_precision(software(precision="mixed"), CPU, "x")


def test_the_recorded_device_is_used_unless_another_is_asked_for():
    assert recorded_device(SOFTWARE, Preference.AUTO).kind == "cpu"
    assert recorded_device(software(device="quantum"), Preference.CPU).kind == "cpu"
    assert recorded_device(software(device="quantum"), Preference.AUTO) == choose_device()


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device is there")
def test_a_device_that_was_asked_for_and_is_missing_is_an_error():
    with pytest.raises(UsageError, match="cuda"):
        recorded_device(SOFTWARE, Preference.CUDA)


def test_planes_by_themselves_are_read_alone_and_in_the_order_of_the_series(translator):
    read = []
    series = make_series(bright)
    watched = replace(series, read=lambda index: read.append(index) or series.read(index))

    replay = replay_translation(translator, watched, source(6, 2))

    assert replay.wanted == (0, 1)
    assert replay.job.total == 2  # no plane is looked at to learn the intensities
    assert read == []


@pytest.mark.parametrize(("fields", "wanted"), [({"own_index": 2}, (2,)), ({}, (0, 1, 2, 3))])
def test_of_a_volume_the_planes_of_the_recipe_are_wanted(translator, fields, wanted):
    series = make_series(bright, SAGITTAL, count=4)

    replay = replay_translation(translator, series, source(0, 1, 2, 3, plane=THROUGH, **fields))

    assert replay.wanted == wanted


@pytest.mark.parametrize(
    ("recipe", "directions", "reason"),
    [
        (source(9), None, "does not hold the source image 1.2.3.9"),
        (source(2, 9), None, "does not hold the source image 1.2.3.9"),
        (source(0, 1, 2, plane=THROUGH), SAGITTAL, "volume of 3 planes, and .* has 4, 3 of them"),
        (source(0, 1, 2, 3, 4, plane=THROUGH), SAGITTAL, "has 4, 4 of them"),
        (source(8, 9, plane=THROUGH), SAGITTAL, "does not hold"),
        (source(2), SAGITTAL, "would not be translated axial"),
        (source(0, 1, 2, 3, plane=THROUGH), None, "would not be translated axial, through"),
    ],
)
def test_another_series_than_that_of_the_recipe_is_refused(translator, recipe, directions, reason):
    options = {} if directions is None else {"directions": directions}

    with pytest.raises(InputError, match=reason):
        replay_translation(translator, make_series(bright, count=4, **options), recipe)
