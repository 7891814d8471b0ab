import tomllib
from pathlib import Path

import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.session.training_order import (
    MAX_NAME,
    DataKind,
    ModelFamily,
    TrainingOrder,
    config_bytes,
    kinds_for,
    plain_name,
    slug,
)


def document(threads=2, **changes):
    fields = {
        "name": "Chest",
        "folder": Path("/data"),
        "kind": DataKind.IMAGES,
        "family": ModelFamily.VAE_GAN,
    }
    content = config_bytes(TrainingOrder(**(fields | changes)), "chest-1", threads)
    return tomllib.loads(content.decode("utf-8"))


def test_an_order_becomes_the_tables_of_a_configuration():
    assert document(resolution=64, max_minutes=45.0, seed=3) == {
        "model": {"family": "vae-gan", "id": "chest-1", "name": "Chest", "resolution": 64},
        "data": {"folder": "/data", "kind": "images"},
        "training": {
            "max_minutes": 45.0,
            "seed": 3,
            "save_minutes": 5.0,
            "threads": 2,
            "device": "auto",
        },
    }


@pytest.mark.parametrize(
    ("family", "kind"), [(family, kind) for family in ModelFamily for kind in kinds_for(family)]
)
def test_training_takes_every_order_that_can_be_given(family, kind):
    from medgan_viewer.training.config import parse_config

    order = TrainingOrder("Chest", Path("/data"), kind, family, resolution=64, seed=5)

    config = parse_config(config_bytes(order, "chest-1", threads=2), Path("config.toml"))

    assert (config.model.family, config.model.id) == (family.value, "chest-1")
    assert (config.data.kind, config.data.folder) == (kind.value, Path("/data"))
    assert (config.training.seed, config.training.max_minutes) == (5, 30)


@pytest.mark.parametrize("family", [f for f in ModelFamily if f.is_translator])
def test_a_translator_has_contrasts_in_place_of_a_size(family):
    made = document(family=family, kind=DataKind.PAIRED, source="t1", target="flair")

    assert "resolution" not in made["model"]
    assert (made["data"]["source"], made["data"]["target"]) == ("t1", "flair")
    assert kinds_for(family)[0] is DataKind.PAIRED
    assert (DataKind.IMAGES in kinds_for(family)) == (family is not ModelFamily.PIX2PIX)


def test_a_short_run_is_saved_several_times():
    assert document(max_minutes=2.0)["training"]["save_minutes"] == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize(
    "name", ['a "b" \\ c', "tab\tnew\nline", "\x01\x1f\x7f", "Übung 😀", "ends with \\", "# = ["]
)
def test_any_text_comes_back_from_the_configuration(name):
    folder = Path("/data") / name

    made = document(name=name, folder=folder)

    assert made["data"]["folder"] == str(folder)
    assert made["model"]["name"] == (plain_name(name) or "chest-1")


def test_a_folder_whose_name_is_no_text_is_refused_by_name():
    with pytest.raises(InputError, match="no readable text"):
        document(folder=Path("/data/\udcff"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Chest X-ray 128", "chest-x-ray-128"),
        ("Röntgen/../..", "rontgen"),
        ("胸", "model"),
        ("x" * 200, "x" * 60),
        (".-_ ", "model"),
    ],
)
def test_a_name_becomes_one_that_folders_and_packages_may_have(name, expected):
    assert slug(name) == expected


def test_a_plain_name_is_one_line_of_limited_length():
    assert plain_name(" a\n b\u202e\u200f\tc ") == "a b c"
    assert len(plain_name("x" * 100)) == MAX_NAME
