"""train: its results, its progress, and its refusals with their exit codes."""

import json
import math

import pytest

from medgan_viewer.training.loop import Loop
from medgan_viewer.training.run_folder import Wish
from tests.training.made_images import write_made_split

MODEL = """[model]
family = "dcgan"
id = "made"
name = "Made"
resolution = 16
z_dim = 4
base = 4
"""
DATA = '[data]\nfolder = "data.npz"\nkind = "prepared"\n'
TRAINING = '[training]\nbatch = 4\nimages = 12\ndevice = "cpu"\nprecision = "fp32"\n'


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return write_made_split(tmp_path_factory.mktemp("data") / "data.npz", 16)


@pytest.fixture
def config(tmp_path, prepared):
    """Return a configuration beside its data."""
    (tmp_path / "data.npz").write_bytes(prepared.read_bytes())
    path = tmp_path / "run.toml"
    path.write_text(MODEL + DATA + TRAINING, encoding="utf-8")
    return path


def test_a_run_ends_with_a_package_and_says_where_it_is(run, config, tmp_path):
    ended = run("train", config, "--out", tmp_path / "run")

    assert ended.code == 0
    assert ended.out.startswith("12 images in ")
    assert str(tmp_path / "run" / "package") in ended.out
    assert run("models", "verify", tmp_path / "run" / "package").code == 0
    assert (tmp_path / "run" / "config.toml").read_bytes() == config.read_bytes()


def test_progress_goes_to_stderr(run, config, tmp_path):
    ended = run("train", config, "--out", tmp_path / "run")

    assert "12 images  judge" in ended.err
    assert "judge" not in ended.out


def test_json_is_one_document(run, config, tmp_path):
    ended = run("train", config, "--out", tmp_path / "run", "--json")

    document = ended.json
    assert 0 <= document.pop("minutes") < 1
    assert document == {
        "finished": True,
        "images": 12,
        "folder": str(tmp_path / "run"),
        "package": str(tmp_path / "run" / "package"),
    }


def test_the_model_that_was_trained_generates(run, config, tmp_path):
    run("train", config, "--out", tmp_path / "run")

    ended = run(
        "generate", tmp_path / "run" / "package", "--out", tmp_path / "made", "--format", "png"
    )

    assert ended.code == 0
    assert list((tmp_path / "made").glob("*.png"))


def test_without_a_folder_the_run_lies_in_runs(run, config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert run("train", config).code == 0
    assert (tmp_path / "runs" / "made" / "package" / "manifest.json").exists()


def test_data_may_lie_elsewhere(run, config, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data.npz").rename(tmp_path / "elsewhere" / "data.npz")

    ended = run("train", config, "--out", tmp_path / "run", "--data", tmp_path / "elsewhere")

    assert ended.code == 0


def test_a_stopped_run_exits_with_5_and_names_what_is_kept(run, config, tmp_path, monkeypatch):
    report = Loop.report
    monkeypatch.setattr(
        Loop,
        "report",
        lambda loop, *words, **more: (loop._folder.ask(Wish.STOP), report(loop, *words, **more)),
    )

    ended = run("train", config, "--out", tmp_path / "run", "--json")

    assert ended.code == 5
    assert ended.json["finished"] is False
    assert ended.json["package"] is None
    last = ended.err.strip().splitlines()[-1]
    assert str(tmp_path / "run") in last
    assert "--resume" in last


def test_a_run_may_be_done_in_pieces(run, config, tmp_path):
    command = ("train", config, "--out", tmp_path / "run", "--json")

    first = run(*command, "--piece", "1e-9")
    rest = run(*command, "--resume")

    assert (first.code, first.json["finished"]) == (5, False)
    assert first.json["images"] < 12
    assert (rest.code, rest.json["finished"], rest.json["images"]) == (0, True, 12)


def test_a_finished_run_goes_on_when_it_is_given_more_images(run, config, tmp_path):
    run("train", config, "--out", tmp_path / "run")
    config.write_text(config.read_text("utf-8").replace("images = 12", "images = 20"))

    ended = run("train", config, "--out", tmp_path / "run", "--resume", "--json")

    assert (ended.code, ended.json["images"]) == (0, 20)


def test_limits_and_seed_may_be_given_on_the_command_line(run, config, tmp_path):
    config.write_text(MODEL + DATA + TRAINING.replace("images = 12\n", ""))

    ended = run("train", config, "--out", tmp_path / "run", "--max-minutes", "0.002", "--seed", "7")

    assert ended.code == 0
    record = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert record["seed"] == 7
    assert math.isclose(record["config"]["training"]["max_minutes"], 0.002)


def test_a_second_run_in_the_same_folder_exits_with_3(run, refused, config, tmp_path):
    run("train", config, "--out", tmp_path / "run")
    kept = (tmp_path / "run" / "config.toml").read_bytes()
    config.write_text(config.read_text("utf-8") + "seed = 9\n")

    error = refused(3, "holds a run already", "train", config, "--out", tmp_path / "run")

    assert "--resume" in error
    assert (tmp_path / "run" / "config.toml").read_bytes() == kept


@pytest.mark.parametrize(
    ("content", "code", "names"),
    [
        ("", 3, "model: Field required"),
        ("[model", 3, "no TOML file"),
        (MODEL + DATA + TRAINING + "bacth = 3\n", 3, "training.bacth: Extra inputs"),
        (MODEL + DATA + TRAINING.replace("4", '"four"'), 3, "training.batch: Input should be"),
        (MODEL.replace("dcgan", "gan") + DATA + TRAINING, 3, "Input tag 'gan'"),
        (MODEL + DATA + TRAINING.replace("images = 12\n", ""), 2, "neither how many images nor"),
        (MODEL + DATA.replace("data.npz", "absent.npz") + TRAINING, 3, "absent.npz"),
        (MODEL + DATA.replace("prepared", "paired") + TRAINING, 3, "translator"),
        (MODEL + DATA + TRAINING + 'start_from = "absent"\n', 3, "neither a model package nor"),
        (MODEL.replace("16", "64") + DATA + TRAINING, 3, "data.npz"),
        ("#" * (1 << 20) + MODEL, 3, "larger than 1 MiB"),
    ],
)
def test_a_configuration_of_no_use_is_refused_with_its_reason(
    refused, config, tmp_path, content, code, names
):
    config.write_text(content)

    refused(code, names, "train", config, "--out", tmp_path / "run")


def test_a_missing_configuration_is_named(refused, tmp_path):
    refused(3, "absent.toml cannot be read", "train", tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--max-minutes", "0"), "--max-minutes must be above 0"),
        (("--max-minutes", "nan"), "--max-minutes must be above 0"),
        (("--max-minutes", "inf"), "--max-minutes must be above 0"),
        (("--piece", "-1"), "--piece must be above 0"),
        (("--device", "tpu"), "There is no device 'tpu'"),
    ],
)
def test_an_option_out_of_its_limits_is_wrong_usage(refused, config, tmp_path, options, names):
    refused(2, names, "train", config, "--out", tmp_path / "run", *options)


@pytest.mark.parametrize("seed", ["-1", str(1 << 31), "one"])
def test_a_seed_that_is_none_is_wrong_usage(run, config, tmp_path, seed):
    assert run("train", config, "--out", tmp_path / "run", "--seed", seed).code == 2


def test_a_folder_that_is_a_file_exits_with_3(refused, config, tmp_path):
    (tmp_path / "run").write_text("a file")

    refused(3, "cannot be written", "train", config, "--out", tmp_path / "run")


def test_a_damaged_checkpoint_exits_with_3(run, config, tmp_path):
    run("train", config, "--out", tmp_path / "run")
    path = tmp_path / "run" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1])

    ended = run("train", config, "--out", tmp_path / "run", "--resume")

    assert ended.code == 3
    assert "checkpoint.safetensors cannot be read" in ended.err.strip().splitlines()[-1]


def test_a_run_that_diverges_exits_with_5_and_names_its_checkpoint(
    run, config, tmp_path, monkeypatch
):
    monkeypatch.setattr("medgan_viewer.training.machine._are_finite", lambda gradients: False)
    config.write_text(MODEL + DATA + TRAINING.replace("12", "1200"))

    ended = run("train", config, "--out", tmp_path / "run")

    assert ended.code == 5
    assert "diverged" in ended.err
    assert json.loads((tmp_path / "run" / "status.json").read_text("utf-8"))["state"] == "failed"


def test_the_progress_of_one_command_is_not_shown_twice_by_the_next(run, config, tmp_path):
    run("train", config, "--out", tmp_path / "one")

    ended = run("train", config, "--out", tmp_path / "two")

    assert ended.err.count("12 images  judge") == 1
