"""generate --recipe: every file that the program writes makes its image again."""

import json
import os
import shutil

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.dicom_factory import make_ct
from tests.session.series import make_t1

OPTIONS = ("--seed", 5, "--label", "effusion=3", "--label", "normal=1", "--edit", "pc-02=-1.5")


@pytest.fixture
def image_of(run, models, tmp_path):
    """Return a function that makes one image of the tiny model as .npy and gives its values."""

    def make(folder, *options):
        asked = ("--out", tmp_path / folder, "--format", "npy", "--device", "cpu", "--json")
        ended = run("generate", "tiny", *asked, *options)
        assert ended.code == 0, ended.err
        [entry] = ended.json["images"]
        return np.load(entry["path"])

    return make


@pytest.fixture
def exported(run, models, tmp_path):
    """The same image in every format, in one folder."""
    for image_format in ("dicom", "png", "npy"):
        asked = ("--out", tmp_path / "in", "--format", image_format, "--device", "cpu")
        assert run("generate", "tiny", *asked, *OPTIONS).code == 0
    return tmp_path / "in"


@pytest.mark.parametrize("suffix", [".dcm", ".png", ".npy", ".npy.json"])
def test_an_exported_file_makes_its_image_again(image_of, exported, suffix):
    again = image_of("out", "--recipe", exported / f"tiny-000005{suffix}")

    assert (again == np.load(exported / "tiny-000005.npy")).all()


def test_the_content_counts_and_not_the_name(image_of, exported):
    for suffix in (".dcm", ".png", ".npy.json"):
        renamed = exported / "something.txt"
        shutil.copy(exported / f"tiny-000005{suffix}", renamed)

        again = image_of(f"out{suffix}", "--recipe", renamed)

        assert (again == np.load(exported / "tiny-000005.npy")).all()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_recipe_comes_through_a_pipe_too(image_of, exported, tmp_path):
    with Image.open(exported / "tiny-000005.png") as image:
        text = image.text["Recipe"]
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)

    again = image_of("out", "--recipe", f"/dev/fd/{reading}")

    os.close(reading)
    assert (again == np.load(exported / "tiny-000005.npy")).all()


@pytest.mark.parametrize(
    "agreeing",
    [
        OPTIONS,
        ("--label", "effusion=0.75", "--label", "normal=0.25"),  # the same parts of one
        ("--count", 1, "--truncation", 0.7),
    ],
)
def test_options_that_say_the_same_as_the_recipe_are_taken(image_of, exported, agreeing):
    again = image_of("out", "--recipe", exported / "tiny-000005.dcm", *agreeing)

    assert (again == np.load(exported / "tiny-000005.npy")).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--seed", "6"),
        ("--seed", "0"),
        ("--count", "2"),
        ("--label", "effusion=1"),
        ("--edit", "pc-02=1.5"),
        ("--edit", "pc-02=0"),
        ("--truncation", "0.5"),
        ("--no-noise", None),
    ],
)
def test_an_option_that_contradicts_the_recipe_is_wrong_usage(
    refused, exported, tmp_path, option, value
):
    given = [option] if value is None else [option, value]
    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe")

    refused(2, option, *asked, exported / "tiny-000005.png", *given)

    assert not (tmp_path / "out").exists()


def test_a_dicom_file_without_its_private_block_has_no_recipe(refused, exported, tmp_path):
    path = exported / "tiny-000005.dcm"
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    dataset.save_as(path)

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe", path)
    assert "de-identification" in refused(3, "no recipe", *asked)


def test_an_acquired_image_has_no_recipe(refused, models, tmp_path):
    path = make_ct(tmp_path / "ct.dcm")
    picture = tmp_path / "ct.png"

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe")
    refused(3, "acquired", *asked, path)
    Image.new("L", (4, 4)).save(picture)
    refused(3, "ct.png", *asked, picture)

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\nbroken", b"\x93NUMPY", bytes(128) + b"DICM", b"\xff\xfe", b"[" * 99_999],
)
def test_a_broken_file_is_named(refused, models, tmp_path, content):
    path = tmp_path / "broken.bin"
    path.write_bytes(content)

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe", path)
    refused(3, "broken.bin", *asked)


@pytest.mark.parametrize("image_format", ["dicom", "nifti"])
def test_the_recipe_of_a_translated_image_is_for_translate(
    run, refused, models, tmp_path, image_format
):
    make_t1(tmp_path / "t1")
    asked = ("--out", tmp_path / "t2", "--format", image_format, "--device", "cpu", "--json")
    [path, *_] = run("translate", "tiny-t1-to-t2", tmp_path / "t1", *asked).json["files"]

    message = refused(2, "translated", "generate", "tiny", "--out", tmp_path, "--recipe", path)

    assert "medgan-viewer translate" in message


@pytest.mark.parametrize(
    ("change", "code", "names"),
    [
        ({"model": {"directions_sha256": "0" * 64}}, 4, "other directions"),
        ({"point": {"offsets": {"pc-99": 1}}}, 2, "pc-99"),
    ],
)
def test_a_recipe_that_does_not_fit_the_package_is_refused(
    refused, exported, tmp_path, change, code, names
):
    with Image.open(exported / "tiny-000005.png") as image:
        recipe = json.loads(image.text["Recipe"])
    for part, fields in change.items():
        recipe[part] |= fields
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe", tmp_path / "recipe.json")
    refused(code, names, *asked)
