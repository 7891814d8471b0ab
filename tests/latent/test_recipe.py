"""Recipes: the text that makes an image again, from our own files and from strangers'."""

import json

import pytest

from medgan_viewer.errors import EXIT_INPUT, InputError
from medgan_viewer.latent.point import LatentPoint
from medgan_viewer.latent.recipe import (
    Recipe,
    RecipeModel,
    RecipeSoftware,
    RecipeSource,
    joined_recipe,
    parse_recipe,
    point_of,
    recipe_point,
)

MODEL = RecipeModel(id="tiny", version="1.0", weights_sha256="0" * 64)
SOFTWARE = RecipeSoftware(program="p 1", torch="2", device="cpu", precision="float32")
POINT = LatentPoint(7, {"normal": 0.25, "effusion": 0.75}, 0.65, False, {"pc-01": -1.25})


def generated():
    return Recipe(kind="generated", model=MODEL, point=recipe_point(POINT), software=SOFTWARE)


def test_a_point_comes_back_from_the_text_of_its_recipe():
    recipe = parse_recipe(generated().to_json(), "image.dcm")

    assert recipe == generated()
    assert point_of(recipe.point) == POINT


def test_numbers_keep_all_their_digits():
    point = LatentPoint(offsets={"pc-01": 0.1 + 0.2}, truncation=1 / 3)
    recipe = Recipe(kind="generated", model=MODEL, point=recipe_point(point), software=SOFTWARE)

    assert point_of(parse_recipe(recipe.to_json(), "x").point) == point


def test_a_translation_names_its_sources_and_limits():
    source = RecipeSource(sop_instance_uids=("1.2", "1.3"), low=0, high=900, plane="axial")
    recipe = Recipe(kind="translated", model=MODEL, source=source, software=SOFTWARE)

    document = json.loads(recipe.to_json())

    assert document["source"]["sop_instance_uids"] == ["1.2", "1.3"]
    assert "point" not in document
    assert parse_recipe(recipe.to_json(), "x") == recipe


def test_fields_of_a_later_version_are_passed_over():
    document = json.loads(generated().to_json()) | {"mood": "good"}

    assert parse_recipe(json.dumps(document), "x") == generated()


def changed(**fields):
    return json.dumps(json.loads(generated().to_json()) | fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "\ud800",
        "\x00",
        changed(schema_version=2),
        changed(kind="dreamt"),
        changed(point={**json.loads(generated().to_json())["point"], "seed": -1}),
        changed(point={**json.loads(generated().to_json())["point"], "seed": 2**32}),
        changed(point={**json.loads(generated().to_json())["point"], "seed": 1.5}),
        changed(point={**json.loads(generated().to_json())["point"], "truncation": float("nan")}),
        changed(point={**json.loads(generated().to_json())["point"], "offsets": {"a": 1e999}}),
        changed(point={**json.loads(generated().to_json())["point"], "offsets": [1]}),
        changed(model={"id": "tiny"}),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_no_recipe_is_refused_by_the_name_of_its_file(text):
    with pytest.raises(InputError, match=r"image\.dcm holds no recipe") as caught:
        parse_recipe(text, "image.dcm")

    assert caught.value.exit_code == EXIT_INPUT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("truncation", 1e6),
        ("truncation", -0.1),
        ("offsets", {"pc-01": 101}),
        ("offsets", {"pc-01": -1e30}),
    ],
)
def test_a_point_beyond_the_limits_of_the_options_is_no_recipe(field, value):
    point = json.loads(generated().to_json())["point"] | {field: value}

    with pytest.raises(InputError, match="holds no recipe"):
        parse_recipe(changed(point=point), "image.dcm")


@pytest.mark.parametrize(
    "fields",
    [
        {"sop_instance_uids": []},
        {"frame_numbers": [1]},
        {"frame_numbers": [0, 1]},
        {"own_index": 2},
        {"low": 900},
    ],
)
def test_a_source_that_contradicts_itself_is_no_recipe(fields):
    source = {"sop_instance_uids": ["1.2", "1.3"], "low": 0, "high": 900, "plane": "axial"}
    text = changed(kind="translated", point=None, source=source | fields)

    with pytest.raises(InputError, match="holds no recipe"):
        parse_recipe(text, "image.dcm")


def translated(frame_number=None, **software):
    numbers = () if frame_number is None else (frame_number,)
    source = RecipeSource(
        sop_instance_uids=("1.2",), frame_numbers=numbers, low=0, high=9, plane="axial"
    )
    used = SOFTWARE.model_copy(update=software)
    return Recipe(kind="translated", model=MODEL, source=source, software=used)


def test_the_recipe_of_a_volume_names_every_plane_once():
    joined = joined_recipe([translated(number) for number in (1, 2, 2, 3)])

    assert joined.source.planes == (("1.2", 1), ("1.2", 2), ("1.2", 3))
    assert joined_recipe([translated(), translated()]) == translated()
    assert parse_recipe(joined.to_json(), "x") == joined


def test_a_volume_whose_planes_were_computed_differently_says_so():
    joined = joined_recipe([translated(1, device="cuda"), translated(2)])

    assert (joined.software.device, joined.software.precision) == ("mixed", "float32")
