"""--recipe: an image made again is the same pixel for pixel, and what differs is said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.dicom_factory import MR_IMAGE, make_enhanced, make_series
from tests.package_factory import tiny_manifest, write_tanh_translator
from tests.session.series import make_sagittal_t1, make_t1, t1_pixels

MODEL = "tiny-t1-to-t2"
LABELS = ("normal", "effusion")
BY_SERIES = {"rule": "percentile", "low": 1, "high": 99}  # another slice, another mapping


def pixels_of(path):
    return pydicom.dcmread(path).pixel_array


def recipe_of(path):
    return json.loads(pydicom.dcmread(path).private_block(0x0099, "MEDGAN VIEWER 1")[1].value)


@pytest.fixture
def translator(models):
    """Replace the tiny translator by one whose intensities depend on the whole series."""
    source = tiny_manifest(MODEL, "unet-translator")["source"] | {"intensity": BY_SERIES}
    shutil.rmtree(models / MODEL)
    return write_tanh_translator(models / MODEL, source=source)


@pytest.fixture
def translate(run, translator, tmp_path):
    """Return a function that translates a path into a folder and gives the files."""

    def make(source, folder, *options):
        asked = ("--out", tmp_path / folder, "--device", "cpu", "--json", *options)
        ended = run("translate", MODEL, source, *asked)
        assert ended.code == 0, ended.err
        return ended.json["files"], ended.err

    return make


@pytest.fixture
def refused_recipe(refused, translator, tmp_path):
    """Return a function that translates again and checks how that was refused."""

    def check(code, names, source, recipe, *options):
        asked = ("--out", tmp_path / "no", "--device", "cpu", "--recipe", recipe, *options)
        message = refused(code, names, "translate", MODEL, source, *asked)
        assert not (tmp_path / "no").exists()
        return message

    return check


# ---- generated ----


def test_a_label_mix_survives_its_own_recipe(run, models, tmp_path):
    random = np.random.RandomState(3)
    for number, parts in enumerate(random.randint(1, 101, (12, 2)) / 100):
        mix = [f"--label={n}={part:.2f}" for n, part in zip(LABELS, parts, strict=True)]
        asked = ("generate", "tiny", "--format", "npy", "--device", "cpu", "--seed", number)
        name = f"tiny-{number:06d}.npy"

        run(*asked, "--out", tmp_path / "in", "--truncation", 1, *mix)
        run(*asked, "--out", tmp_path / "out", "--recipe", tmp_path / "in" / name, *mix)

        first, again = (np.load(tmp_path / folder / name) for folder in ("in", "out"))
        np.testing.assert_array_equal(first, again)


@pytest.fixture
def changed_recipe(run, models, tmp_path):
    """Return a function that writes a recipe of the tiny model with other software."""
    asked = ("--out", tmp_path / "in", "--device", "cpu", "--seed", 5)
    assert run("generate", "tiny", *asked).code == 0
    recipe = recipe_of(tmp_path / "in" / "tiny-000005.dcm")

    def write(**software):
        path = tmp_path / "recipe.json"
        path.write_text(json.dumps(recipe | {"software": recipe["software"] | software}))
        return path

    return write


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_recorded_precision_is_used(run, changed_recipe, tmp_path, precision):
    path = changed_recipe(precision=precision)

    ended = run("generate", "tiny", "--out", tmp_path / "out", "--recipe", path)

    assert (ended.code, ended.err) == (0, "")
    made = recipe_of(tmp_path / "out" / "tiny-000005.dcm")
    assert made["software"]["precision"] == precision


@pytest.mark.parametrize(
    ("software", "said"),
    [
        ({"torch": "1.0"}, "torch 2"),
        ({"program": "medgan-viewer 0.0"}, "then medgan-viewer 0.0"),
        ({"device": "quantum"}, "device cpu, then quantum"),
        ({"precision": "float16"}, "precision float32, then float16"),
    ],
)
def test_what_differs_from_the_recipe_is_said(run, changed_recipe, tmp_path, software, said):
    path = changed_recipe(**software)
    asked = ("--out", tmp_path / "out", "--device", "cpu", "--recipe", path)

    ended = run("generate", "tiny", *asked)

    assert ended.code == 0
    assert ended.err.startswith("Pixels may differ by a rounding: ")
    assert said in ended.err


def test_an_unknown_precision_is_an_unsuitable_input(refused, changed_recipe, tmp_path):
    path = changed_recipe(precision="float7")

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--device", "cpu", "--recipe", path)
    refused(3, "'float7'", *asked)


@pytest.mark.parametrize("sigma", ["101", "-1e30"])
def test_no_image_is_made_whose_recipe_could_not_be_read_again(refused, models, tmp_path, sigma):
    asked = ("generate", "tiny", "--out", tmp_path / "out", "--edit", f"pc-01={sigma}")
    refused(2, sigma, *asked)


# ---- translated plane by plane ----


@pytest.mark.parametrize("alone", [True, False], ids=["the slice alone", "the series"])
def test_a_translated_slice_is_made_again(translate, tmp_path, alone):
    paths = make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")
    source = paths[2] if alone else tmp_path / "t1"

    [again], said = translate(source, "again", "--recipe", files[2])

    assert said == ""
    np.testing.assert_array_equal(pixels_of(again), pixels_of(files[2]))
    assert recipe_of(again) == recipe_of(files[2])


def test_without_its_recipe_the_slice_alone_gives_other_pixels(translate, tmp_path):
    paths = make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")

    [other], _ = translate(paths[2], "other")

    assert (pixels_of(other) != pixels_of(files[2])).any()


def test_the_series_of_the_recipe_is_found_among_others(translate, tmp_path):
    make_sagittal_t1(tmp_path / "both" / "a")
    make_t1(tmp_path / "both" / "b")
    make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")

    [again], _ = translate(tmp_path / "both", "again", "--recipe", files[0])

    np.testing.assert_array_equal(pixels_of(again), pixels_of(files[0]))


def test_a_source_without_the_image_of_the_recipe_is_refused(translate, refused_recipe, tmp_path):
    paths = make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")

    make_series(tmp_path / "ct", name="ct")

    for other in (paths[0], tmp_path / "ct"):
        refused_recipe(3, "does not hold the source image", other, files[2])


def test_a_recipe_of_other_weights_or_of_a_generated_image_is_refused(
    run, translate, refused_recipe, tmp_path
):
    make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")
    recipe = recipe_of(files[0])
    recipe["model"]["weights_sha256"] = "0" * 64
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    run("generate", "tiny", "--out", tmp_path / "made")

    refused_recipe(4, "other weights", tmp_path / "t1", tmp_path / "recipe.json")
    refused_recipe(2, "generated image", tmp_path / "t1", tmp_path / "made" / "tiny-000000.dcm")


# ---- through the volume ----


@pytest.fixture
def sagittal(translate, tmp_path):
    """Sagittal slices, and what the axial translator made of them."""
    paths = make_sagittal_t1(tmp_path / "sagittal")
    return paths, translate(tmp_path / "sagittal", "first")[0]


def test_what_went_through_the_volume_is_made_again_from_the_series(translate, sagittal, tmp_path):
    _, files = sagittal

    [again], _ = translate(tmp_path / "sagittal", "again", "--recipe", files[3])

    np.testing.assert_array_equal(pixels_of(again), pixels_of(files[3]))
    assert recipe_of(again)["source"]["own_index"] == 3


def test_what_went_through_the_volume_needs_the_whole_series(refused_recipe, sagittal):
    paths, files = sagittal

    message = refused_recipe(3, "through the volume of 8 planes", paths[3], files[3])

    assert "Give the whole series" in message


def test_a_plane_through_the_volume_says_which_of_its_sources_lies_there(sagittal):
    _, files = sagittal
    for index, path in enumerate(files):
        sources = pydicom.dcmread(path).SourceImageSequence

        preserved = [item.get("SpatialLocationsPreserved") for item in sources]

        assert [n for n, said in enumerate(preserved) if said] == [index]


# ---- multi-frame sources ----


def make_enhanced_t1(path):
    stack = np.stack([t1_pixels(index) for index in range(4)])
    identity = {"PixelValueTransformationSequence": {"RescaleSlope": 1, "RescaleIntercept": 0}}
    return make_enhanced(
        path,
        (0, 5, 10, 15),
        pixels=stack,
        Modality="MR",
        SeriesDescription="T1 head",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1",
        frame_items=lambda _: identity,
    )


def test_each_plane_of_a_multi_frame_source_names_its_own_frame(translate, tmp_path):
    path = make_enhanced_t1(tmp_path / "enhanced.dcm")

    files, _ = translate(path, "first")

    for number, made in enumerate(files, start=1):
        [source] = pydicom.dcmread(made).SourceImageSequence
        assert source.ReferencedFrameNumber == number
        assert source.SpatialLocationsPreserved == "YES"
        assert recipe_of(made)["source"]["frame_numbers"] == [number]


def test_a_frame_of_a_multi_frame_source_is_made_again(translate, tmp_path):
    path = make_enhanced_t1(tmp_path / "enhanced.dcm")
    files, _ = translate(path, "first")

    [again], _ = translate(path, "again", "--recipe", files[2])

    np.testing.assert_array_equal(pixels_of(again), pixels_of(files[2]))


def test_a_recipe_without_the_number_of_its_frame_is_refused(translate, refused_recipe, tmp_path):
    path = make_enhanced_t1(tmp_path / "enhanced.dcm")
    recipe = recipe_of(translate(path, "first")[0][0])
    del recipe["source"]["frame_numbers"]
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))

    refused_recipe(3, "which frame", path, tmp_path / "recipe.json")


# ---- volumes ----


def make_gappy_t1(folder):
    """Write 24 of 25 slices; the 13th is missing."""
    return make_series(
        folder,
        [z for z in range(25) if z != 12],
        pixels=lambda index: t1_pixels(index % 8),
        SOPClassUID=MR_IMAGE,
        Modality="MR",
        SeriesDescription="T1 head",
        RescaleSlope=None,
        RescaleIntercept=None,
    )


def test_a_volume_with_a_gap_tells_all_its_sources_and_what_was_interpolated(translate, tmp_path):
    make_gappy_t1(tmp_path / "t1")

    [path], said = translate(tmp_path / "t1", "first", "--format", "nifti")

    assert said == "translated.nii.gz: interpolated: slice 13\n"
    document = json.loads(Path(f"{path}.json").read_text())
    assert document["notes"] == ["interpolated: slice 13"]
    recipe = json.loads(document["provenance"]["recipe_json"])
    assert len(document["provenance"]["source_uids"]) == 24
    assert recipe["source"]["sop_instance_uids"] == document["provenance"]["source_uids"]


def test_a_volume_is_made_again(translate, tmp_path):
    make_gappy_t1(tmp_path / "t1")
    [path], _ = translate(tmp_path / "t1", "first", "--format", "nifti")

    options = ("--recipe", path, "--format", "nifti")
    [again], _ = translate(tmp_path / "t1", "again", *options)

    assert Path(again).read_bytes() == Path(path).read_bytes()


def test_one_plane_makes_no_volume(translate, refused_recipe, tmp_path):
    make_t1(tmp_path / "t1")
    files, _ = translate(tmp_path / "t1", "first")

    refused_recipe(2, "1 of the 4 planes", tmp_path / "t1", files[0], "--format", "nifti")
