"""Configurations: what is read, and what is refused before hours are spent on it."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from medgan_viewer.errors import InputError
from medgan_viewer.training.config import (
    MAX_CONFIG_BYTES,
    CutModel,
    CycleGanModel,
    DcganModel,
    FullyConnectedModel,
    Pix2PixModel,
    StyleGan2Model,
    VaeGanModel,
    parse_config,
    read_config,
)
from tests.training.made_images import model_of

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "resources" / "training").glob("*.toml"))
KINDS = {
    "vae-gan": VaeGanModel,
    "stylegan2": StyleGan2Model,
    "dcgan": DcganModel,
    "fully-connected": FullyConnectedModel,
    "pix2pix": Pix2PixModel,
    "cyclegan": CycleGanModel,
    "cut": CutModel,
}
MODEL = '[model]\nfamily = "dcgan"\nid = "made"\nname = "Made"\n'
DATA = '[data]\nfolder = "x"\nkind = "images"\n'


def parse(text):
    return parse_config(text.encode(), Path("run.toml"))


@pytest.mark.parametrize("family", KINDS)
def test_the_family_decides_which_entries_a_model_has(family):
    config = parse(MODEL.replace("dcgan", family) + DATA)

    assert type(config.model) is KINDS[family]
    assert config.training.batch == 16
    assert config.training.images is config.training.max_minutes is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_configurations_that_come_with_the_program_are_sound(path):
    config = read_config(path)

    assert config.training.max_minutes or config.training.images


def test_a_whole_configuration_is_read(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(
        '[model]\nfamily = "vae-gan"\nid = "lungs"\nname = "Lungs"\nresolution = 64\npsi = 0.5\n'
        '[model.titles]\nsick = "Sick lung"\n'
        '[model.directions]\npc-01 = ["Breadth", "The chest grows wider."]\n'
        f"{DATA}"
        '[training]\nimages = 640\nbatch = 8\nseed = 3\nstart_from = "../before"\n'
        '[card]\nsummary = "Invented lungs."\n',
        encoding="utf-8",
    )

    config = read_config(path)

    assert config.model.titles == {"sick": "Sick lung"}
    assert config.model.directions == {"pc-01": ("Breadth", "The chest grows wider.")}
    assert (config.training.images, config.training.seed) == (640, 3)
    assert config.training.start_from == Path("../before")
    assert config.card.summary == "Invented lungs."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "model: Field required"),
        (MODEL, "data: Field required"),
        (DATA, "model: Field required"),
        ("[model", "no TOML file"),
        ("a = 1\na = 2", "no TOML file"),
        (MODEL + DATA + "[trainign]\nbatch = 2", "trainign: Extra inputs"),
        (MODEL + "bsae = 3\n" + DATA, "bsae: Extra inputs"),
        (MODEL + DATA + "[training]\nbathc = 2", "training.bathc: Extra inputs"),
        (MODEL.replace("dcgan", "diffusion") + DATA, "model: Input tag 'diffusion'"),
        ('[model]\nid = "a"\nname = "A"\n' + DATA, "model: Unable to extract tag"),
        (
            MODEL + DATA + '[training]\nbatch = "many"',
            "training.batch: Input should be a valid int",
        ),
        (MODEL + DATA + "[training]\nbatch = 1", "training.batch: .*greater than or equal to 2"),
        (MODEL + DATA + "[training]\nbatch = 4096", "training.batch: .*less than or equal"),
        (MODEL + DATA + "[training]\nmax_minutes = 0", "training.max_minutes: .*greater than 0"),
        (MODEL + DATA + "[training]\nmax_minutes = nan", "training.max_minutes"),
        (MODEL + DATA + "[training]\nmax_minutes = inf", "training.max_minutes"),
        (MODEL + DATA + "[training]\nimages = 0", "training.images"),
        (MODEL + DATA + "[training]\nseed = -1", "training.seed"),
        (MODEL + DATA + '[training]\ndevice = "tpu"', "training.device"),
        (MODEL + DATA + '[training]\nprecision = "fp8"', "training.precision"),
        (MODEL + DATA + "training = 3", "data.training: Extra inputs"),
        ("training = 3\n" + MODEL + DATA, "training: Input should be a valid dictionary"),
        (MODEL + "resolution = 100\n" + DATA, "model.dcgan.resolution"),
        (MODEL + "psi = 9.0\n" + DATA, "model.dcgan.psi"),
        (MODEL.replace("made", "../made") + DATA, "model.dcgan.id"),
        (MODEL.replace("Made", "Ma\\nde") + DATA, "model.dcgan.name"),
        (MODEL.replace('"Made"', '""') + DATA, "model.dcgan.name"),
        (MODEL + DATA + f'[card]\nsummary = "{"x" * 4001}"', "card.summary"),
        (MODEL + DATA + '[card]\nlimits = "a\\u001bb"', "card.limits"),
        (MODEL + DATA + '[card]\nversion = "one"', "card.version"),
        (MODEL + '[data]\nfolder = "x"\nkind = "films"', "data.kind"),
        (MODEL + '[data]\nkind = "images"', "data.folder: Field required"),
        (MODEL + DATA + "a = " + "[" * 50_000, "no TOML file"),
    ],
)
def test_an_unsound_configuration_is_refused_with_the_place(text, names):
    with pytest.raises(InputError, match=names) as caught:
        parse(text)

    assert "run.toml" in caught.value.problem
    assert "\n" not in caught.value.problem


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(InputError, match="no TOML file"):
        parse_config(b'name = "\xff"', Path("run.toml"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml cannot be read: No such file"):
        read_config(tmp_path / "absent.toml")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_config(tmp_path)


def test_a_huge_file_is_refused(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"#" * (MAX_CONFIG_BYTES + 1))

    with pytest.raises(InputError, match="larger than 1 MiB"):
        read_config(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "run.toml")

    with pytest.raises(InputError, match="no file"):
        read_config(tmp_path / "run.toml")


@pytest.mark.parametrize(
    ("family", "sizes", "names"),
    [
        ("vae-gan", {"resolution": 16}, "32 or more"),
        ("vae-gan", {"resolution": 32, "encoder_resolution": 64}, "must not be above"),
        ("vae-gan", {"resolution": 128, "channel_base": 64}, "channel_base"),
        ("stylegan2", {"resolution": 128, "channel_base": 64}, "channel_base"),
        ("stylegan2", {"resolution": 128, "channel_base": 128}, "discriminator_base"),
        ("fully-connected", {"resolution": 512}, "at most 256 pixels"),
        ("fully-connected", {"adversarial": False, "reconstruct": False}, "must be true"),
    ],
)
def test_sizes_that_make_no_network_are_refused(family, sizes, names):
    with pytest.raises(ValidationError, match=names):
        model_of(family, **sizes)


def test_a_rule_between_entries_is_told_in_plain_words():
    text = MODEL.replace("dcgan", "vae-gan") + "resolution = 16\n" + DATA

    with pytest.raises(InputError, match=r"model\.vae-gan: a vae-gan needs a resolution of 32"):
        parse(text)
