"""generate: the same seed gives the same pixels, every file carries its recipe."""

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef

SUFFIXES = {"dicom": ".dcm", "png": ".png", "npy": ".npy"}


@pytest.fixture
def generate(run, models, module_pool, tmp_path):
    """Return a function that makes images of the tiny model and gives the pixels of each."""

    def make(folder, *options, image_format="npy", model="tiny"):
        asked = ("--out", tmp_path / folder, "--format", image_format, "--device", "cpu", "--json")
        ended = run("generate", model, *asked, *options)
        assert ended.code == 0, ended.err
        return [pixels_of(entry["path"], module_pool) for entry in ended.json["images"]]

    return make


def pixels_of(path, pool):
    if path.endswith(".npy"):
        return np.load(path)
    if path.endswith(".png"):
        with Image.open(path) as image:
            return np.asarray(image)
    return pool.run(ReadFrame(FrameRef(Path(path), ""))).stored


def recipe_in(path):
    """Return the recipe in the text of a PNG."""
    with Image.open(path) as image:
        return image.text["Recipe"]


@pytest.mark.parametrize("image_format", ["dicom", "png", "npy"])
def test_one_seed_gives_the_same_pixels_again_and_another_one_others(generate, image_format):
    [first] = generate("a", "--seed", 3, image_format=image_format)
    [again] = generate("b", "--seed", 3, image_format=image_format)
    [other] = generate("c", "--seed", 4, image_format=image_format)

    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("image_format", ["dicom", "png", "npy"])
def test_files_are_named_after_model_and_seed(run, models, tmp_path, image_format):
    asked = ("--seed", 8, "--count", 2, "--format", image_format)
    ended = run("generate", "tiny", "--out", tmp_path / "new" / "folder", *asked, "--json")

    suffix = SUFFIXES[image_format]
    assert ended.json == {
        "model": "tiny",
        "images": [
            {"path": str(tmp_path / "new" / "folder" / f"tiny-00000{seed}{suffix}"), "seed": seed}
            for seed in (8, 9)
        ],
    }
    assert all((tmp_path / "new" / "folder" / f"tiny-00000{s}{suffix}").is_file() for s in (8, 9))


def test_the_image_of_a_series_of_seeds_is_that_of_its_own_seed(generate):
    assert (generate("many", "--seed", 1, "--count", 3)[2] == generate("one", "--seed", 3)[0]).all()


def test_the_recipe_in_a_file_gives_the_same_pixels(generate, tmp_path):
    options = ("--label", "effusion=0.7", "--label", "normal=0.3", "--edit", "pc-02=-1.5")
    [made] = generate("a", "--seed", 5, "--truncation", 0.9, *options)
    generate("p", "--seed", 5, "--truncation", 0.9, *options, image_format="png")
    (tmp_path / "recipe.json").write_text(recipe_in(tmp_path / "p" / "tiny-000005.png"))

    [again] = generate("b", "--recipe", tmp_path / "recipe.json")

    assert (made == again).all()


@pytest.mark.parametrize(
    "options",
    [
        ("--label", "effusion=1"),
        ("--edit", "pc-01=2"),
        ("--truncation", "0.2"),
        ("--no-noise",),
    ],
)
def test_an_option_changes_the_image_and_stands_in_the_recipe(generate, tmp_path, options):
    [usual] = generate("a", "--seed", 2, image_format="png")
    [changed] = generate("b", "--seed", 2, *options, image_format="png")

    before, after = (json.loads(recipe_in(tmp_path / f / "tiny-000002.png"))["point"] for f in "ab")
    assert (usual != changed).any()
    assert before != after


def test_a_dicom_file_is_marked_synthetic_and_a_probe_says_so(run, generate, tmp_path):
    generate("a", image_format="dicom")

    probed = run("probe", tmp_path / "a" / "tiny-000000.dcm", "--at", "0,15", "--json")
    scanned = run("scan", tmp_path / "a")

    assert probed.json["synthetic"] is True
    assert "SYNTHETIC" in scanned.out


def test_pixels_without_the_label_are_those_of_the_network_and_all_marks_stay(generate, tmp_path):
    [labelled] = generate("a", image_format="dicom")
    [plain] = generate("b", "--no-burn-in", image_format="dicom")
    [values] = generate("c")

    dataset = pydicom.dcmread(tmp_path / "b" / "tiny-000000.dcm")
    assert (labelled != plain).any()
    assert (plain == values).all()  # this model needs no rescale
    assert dataset.BurnedInAnnotation == "NO"
    assert (dataset.SyntheticData, dataset.ConversionType) == ("YES", "SYN")
    assert dataset.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == (
        "109100"
    )
    assert "left out of the pixels by choice" in dataset.DerivationDescription


def test_a_png_without_the_bar_is_the_gray_image_with_its_marks(generate, tmp_path):
    [labelled] = generate("a", image_format="png")
    [plain] = generate("b", "--no-burn-in", image_format="png")

    assert (labelled.shape, plain.shape) == ((16, 16, 3), (16, 16))
    assert json.loads(recipe_in(tmp_path / "b" / "tiny-000000.png"))["kind"] == "generated"


def test_an_array_has_its_marks_beside_it(generate, tmp_path):
    [values] = generate("a")

    assert (values.shape, values.dtype) == ((16, 16), np.float32)
    assert "tiny" in (tmp_path / "a" / "tiny-000000.npy.json").read_text()


def test_existing_files_stay_without_force_and_none_is_added(run, models, tmp_path):
    asked = ("generate", "tiny", "--out", tmp_path, "--format", "png")
    run(*asked, "--seed", 1)
    before = (tmp_path / "tiny-000001.png").read_bytes()

    refused = run(*asked, "--seed", 0, "--count", 2)
    forced = run(*asked, "--seed", 0, "--count", 2, "--force")

    assert refused.code == 3
    assert "tiny-000001.png" in refused.err
    assert forced.code == 0
    assert (tmp_path / "tiny-000001.png").read_bytes() == before  # the same seed


def test_ctrl_c_keeps_what_was_finished_and_exits_with_5(run, models, tmp_path, monkeypatch):
    from medgan_viewer.inference.engine import Engine

    made = []
    run_engine = Engine.run

    def interrupted(self, request, should_stop):
        if made:
            raise KeyboardInterrupt
        made.append(request)
        return run_engine(self, request, should_stop)

    monkeypatch.setattr(Engine, "run", interrupted)
    ended = run("generate", "tiny", "--out", tmp_path / "a", "--count", 3, "--format", "npy")

    assert ended.code == 5
    assert str(tmp_path / "a") in ended.err
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"tiny-000000.npy", "tiny-000000.npy.json"}


def test_a_recipe_of_other_weights_exits_with_4(run, generate, models, tmp_path):
    generate("p", image_format="png")
    recipe = json.loads(recipe_in(tmp_path / "p" / "tiny-000000.png"))
    recipe["model"]["weights_sha256"] = "0" * 64
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))

    ended = run("generate", "tiny", "--out", tmp_path, "--recipe", tmp_path / "recipe.json")

    assert ended.code == 4
    assert "other weights" in ended.err
