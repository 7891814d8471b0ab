"""Data as they lie in a folder can be trained on with what the window asks for."""

from pathlib import Path

import numpy as np
import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.session.training_order import DataKind, ModelFamily, TrainingOrder, config_bytes
from medgan_viewer.training.config import parse_config
from medgan_viewer.training.translator_material import PairedMaterial, UnpairedMaterial
from tests.datasets.test_paired import write_study

MATERIALS = [
    (ModelFamily.PIX2PIX, PairedMaterial),
    (ModelFamily.CYCLEGAN, UnpairedMaterial),
    (ModelFamily.CUT, UnpairedMaterial),
]


def ordered(folder, family):
    order = TrainingOrder("Made", folder, DataKind.PAIRED, family)
    return parse_config(config_bytes(order, "made", threads=1), Path("config.toml"))


@pytest.mark.parametrize(("family", "material"), MATERIALS)
def test_pairs_of_one_pixel_size_can_be_ordered_from_the_window(tmp_path, family, material):
    for name in ("a_s1", "b_s1"):
        write_study(tmp_path / f"{name}.npz", side=32, spacing=1.25, **pixels())

    facts = material(ordered(tmp_path, family), tmp_path).facts

    assert (facts.patients_train, facts.patients_held_out) == (1, 1)


@pytest.mark.parametrize(("family", "material"), MATERIALS)
def test_pairs_that_do_not_say_their_pixel_size_are_refused(tmp_path, family, material):
    for name in ("a_s1", "b_s1"):
        write_study(tmp_path / f"{name}.npz", side=32, **pixels())

    with pytest.raises(InputError, match="size of a pixel"):
        material(ordered(tmp_path, family), tmp_path)


def pixels():
    values = np.random.default_rng(0).integers(1, 200, (2, 32, 32)).astype(np.uint8)
    return {"t1": values, "t2": 200 - values}
