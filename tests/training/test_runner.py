"""Whole runs: from a configuration and data to a package that the program opens and runs."""

import dataclasses
import io
import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load as parse_safetensors

from medgan_viewer.errors import InputError, UsageError
from medgan_viewer.generators.discriminators import (
    MultiScalePatchDiscriminator,
    ResidualDiscriminator,
)
from medgan_viewer.generators.package import open_package, read_card, read_checked
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisSize
from medgan_viewer.inference.device import DeviceChoice
from medgan_viewer.training import machine
from medgan_viewer.training.card import FIGURES_BEGIN
from medgan_viewer.training.checkpoint import read_tensors
from medgan_viewer.training.family import Sheet
from medgan_viewer.training.loop import Loop
from medgan_viewer.training.packaging import sample_images
from medgan_viewer.training.run_folder import MARK_ROWS, RunFolder, marked_sheet
from medgan_viewer.training.run_lock import locked
from medgan_viewer.training.run_states import Wish
from medgan_viewer.training.runner import RunOptions, run_training, without_places
from tests.training.made_images import (
    BATCH,
    FAMILIES,
    curve_points,
    model_table,
    run_config,
    write_made_split,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a function that gives prepared images of a side."""
    folder = tmp_path_factory.mktemp("data")

    def of_side(side=16, **changes):
        path = folder / f"{side}{len(changes)}.npz"
        return path if path.exists() else write_made_split(path, side, **changes)

    return of_side


def options_for(out, **changes):
    return RunOptions(out, Path(), Path(), **changes)


def train(family, data, out, model=None, resume=False, **training):
    config = run_config(family, data, model, **training)
    return run_training(config, options_for(out, resume=resume))


def status_in(folder):
    return json.loads((folder / "status.json").read_text("utf-8"))


# ---- packages ----


@pytest.fixture(scope="module", params=FAMILIES)
def trained(request, data, tmp_path_factory):
    """Return the family and the result of a short run."""
    family = request.param
    out = tmp_path_factory.mktemp("run") / family
    side = model_table(family)["resolution"]
    return family, train(family, data(side), out, {"titles": {"dark": "Dark ones"}, "psi": 0.6})


def test_a_finished_run_leaves_a_package_that_opens_and_generates(trained):
    _, result = trained
    assert result.is_over
    assert result.images == 3 * BATCH

    package = open_package(result.folder / "package")
    network = load_network(package)

    assert package.manifest == result.package.manifest
    labels = torch.eye(2)
    w = network.map_latent(torch.randn(2, network.z_dim), labels)
    image = network.synthesize(
        w.unsqueeze(1).expand(-1, network.num_ws, -1), NoiseMode.CONST, torch.float32
    )
    assert image.shape[2] == package.manifest.output.rows
    assert torch.isfinite(image).all()


def test_the_package_holds_the_averaged_weights(trained):
    _, result = trained
    kept = read_tensors(result.folder / "checkpoint.safetensors")

    network = load_network(result.package)

    for name, value in network.state_dict().items():
        expected = kept[f"model.average/{name}"]
        torch.testing.assert_close(value, expected, rtol=1e-3, atol=1e-4)  # float16


def test_the_package_says_what_it_was_trained_on(trained):
    family, result = trained
    manifest = result.package.manifest

    assert (manifest.training.images, manifest.training.patients) == (12, 12)
    assert [label.title for label in manifest.labels] == ["Dark ones", "bright"]
    assert manifest.latent.truncation == 0.6
    assert manifest.output.modality == "CR"
    record = json.loads(read_checked(result.package, manifest.training.record))
    assert record["config"]["model"]["family"] == family
    assert record["data_fingerprint"] != record["held_out_fingerprint"]
    assert (record["images_seen"], record["n_held_out"]) == (3 * BATCH, 4)
    assert record["curves"].startswith("images,minutes,loss,mean\n")
    assert {"code_version", "seed", "patients_train", "started"} <= set(record)


def test_the_package_says_where_w_lies(trained):
    _, result = trained
    entry = result.package.manifest.latent.statistics_file
    w_dim = load_network(result.package).w_dim

    found = parse_safetensors(read_checked(result.package, entry))

    assert found["mean"].shape == (2, w_dim)
    assert found["covariance"].shape == (2, w_dim, w_dim)
    assert result.package.manifest.directions


def test_the_samples_of_the_package_are_marked_and_those_of_its_seeds(trained):
    _, result = trained
    content = read_checked(result.package, result.package.manifest.samples)

    with Image.open(io.BytesIO(content)) as picture:
        pixels = np.asarray(picture)

    side = result.package.manifest.output.rows
    assert pixels.shape == (MARK_ROWS + 2 * side, 8 * side)
    strip = marked_sheet(_sheet_of_nothing(side))[:MARK_ROWS]
    np.testing.assert_array_equal(pixels[:MARK_ROWS], strip)
    first = sample_images(load_network(result.package), 0, 1, 0.6)[0]
    shown = pixels[MARK_ROWS : MARK_ROWS + side, :side]
    np.testing.assert_allclose(shown, np.clip(first * 127.5 + 127.5, 0, 255), atol=2)


def _sheet_of_nothing(side):
    return Sheet(np.zeros((8, side, side), np.float32), 8)


def test_the_card_has_a_place_for_figures(trained):
    _, result = trained

    card = read_card(result.package)

    assert FIGURES_BEGIN in card
    assert "4 images of 4 patients or groups are held out" in card
    assert "12 images of\n12 patients" in card


def test_a_discriminator_comes_along_where_it_can_tell_how_real_an_image_looks(trained):
    family, result = trained
    spec = result.package.manifest.discriminator
    if family in ("dcgan", "fully-connected"):
        assert spec is None
        return
    sizes = spec.architecture.parameters
    if spec.architecture.name == "patches":
        network = MultiScalePatchDiscriminator(
            1, sizes["base"], sizes["scales"], detail_gain=sizes["detail_gain"]
        )
    else:
        size = SynthesisSize(
            sizes["resolution"], 1, sizes["w_dim"], sizes["channel_base"], sizes["channel_max"]
        )
        network = ResidualDiscriminator(size, 2)

    tensors = parse_safetensors(read_checked(result.package, spec.weights))
    network.load_state_dict({name: value.float() for name, value in tensors.items()})

    expected = read_tensors(result.folder / "checkpoint.safetensors")
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, expected[f"judge/{name}"], rtol=1e-3, atol=1e-4)


def test_a_finished_run_says_so_in_its_folder(trained):
    _, result = trained

    status = status_in(result.folder)

    assert (status["state"], status["images"]) == ("finished", 3 * BATCH)
    assert status["message"] == str(result.folder / "package")
    record = json.loads((result.folder / "run.json").read_text("utf-8"))
    assert record["label_names"] == ["dark", "bright"]
    assert (record["n_train"], record["n_held_out"], record["patients_train"]) == (12, 4, 12)
    assert (record["schema_version"], record["processes"], record["device"]) == (1, 1, "cpu")


def test_the_same_configuration_gives_the_same_package_and_another_seed_another(data, tmp_path):
    runs = {
        name: train("dcgan", data(), tmp_path / name, seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    }
    first, second, other = (run.package.weights_sha256 for run in runs.values())

    assert first == second
    assert first != other


# ---- folders ----


def test_a_second_run_in_the_same_folder_is_refused_and_changes_nothing(data, tmp_path):
    train("dcgan", data(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    config = run_config("dcgan", data(), seed=7)

    with pytest.raises(InputError, match="holds a run already"):
        run_training(config, options_for(tmp_path, config_text=b"seed = 7"))

    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_in_which_another_process_trains_is_refused(data, tmp_path, resume):
    RunFolder(tmp_path)

    with locked(tmp_path), pytest.raises(InputError, match="Another process trains"):
        train("dcgan", data(), tmp_path, resume=resume)

    assert not (tmp_path / "status.json").exists()


def test_a_resumed_run_takes_other_limits_and_remembers_when_it_began(data, tmp_path):
    train("dcgan", data(), tmp_path, images=2 * BATCH)
    record = json.loads((tmp_path / "run.json").read_text("utf-8"))
    (tmp_path / "run.json").write_text(json.dumps(record | {"started": "long ago"}))

    result = train("dcgan", data(), tmp_path, images=4 * BATCH, resume=True)

    assert (result.is_over, result.images) == (True, 4 * BATCH)
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["started"] == "long ago"


def test_resuming_with_other_data_is_refused(data, tmp_path):
    train("dcgan", data(), tmp_path)

    with pytest.raises(InputError, match="The data changed since the run"):
        train("dcgan", data(16, count=14), tmp_path, resume=True)

    assert status_in(tmp_path)["state"] == "failed"
    assert "data changed" in status_in(tmp_path)["message"]


def test_resuming_with_networks_of_other_sizes_is_refused(data, tmp_path):
    train("dcgan", data(), tmp_path)

    with pytest.raises(InputError, match="does not belong to this run"):
        train("dcgan", data(), tmp_path, {"base": 8}, resume=True)


def test_a_damaged_checkpoint_is_refused_with_its_name(data, tmp_path):
    train("dcgan", data(), tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(InputError, match=r"checkpoint\.safetensors cannot be read"):
        train("dcgan", data(), tmp_path, resume=True)


def test_a_start_without_a_checkpoint_begins_with_empty_curves(data, tmp_path):
    """An earlier process may have died before its first checkpoint."""
    folder = RunFolder(tmp_path)
    folder.append_curves(8, 0.1, {"judge": 9.0})

    train("dcgan", data(), tmp_path, resume=True)

    assert [images for images, _, _ in curve_points(tmp_path)] == ["12"] * 3


def test_the_configuration_is_kept_as_it_was_given(data, tmp_path):
    text = b"# with a comment\n"

    run_training(run_config("dcgan", data()), options_for(tmp_path, config_text=text))

    assert (tmp_path / "config.toml").read_bytes() == text


def test_a_wish_of_an_earlier_start_is_forgotten_and_a_new_one_is_not(data, tmp_path):
    RunFolder(tmp_path).ask(Wish.STOP)
    config = run_config("dcgan", data())
    options = options_for(tmp_path, resume=True)

    stopped = run_training(config, dataclasses.replace(options, began=time.time() - 60))
    again = run_training(config, dataclasses.replace(options, began=time.time() + 60))

    assert (stopped.is_over, stopped.images, stopped.package) == (False, 0, None)
    assert again.is_over
    assert status_in(tmp_path)["state"] == "finished"


def test_earlier_weights_are_found_beside_the_configuration(data, tmp_path):
    first = train("dcgan", data(), tmp_path / "first", images=10 * BATCH)
    config = run_config("dcgan", data(), start_from="first", seed=5, images=BATCH)

    run_training(config, RunOptions(tmp_path / "second", Path(), tmp_path))

    before = read_tensors(first.folder / "checkpoint.safetensors")
    after = read_tensors(tmp_path / "second" / "checkpoint.safetensors")
    name = "model.average/body.0.weight"
    assert (before[name] - after[name]).abs().max() < 0.01


# ---- interruptions ----


@pytest.fixture(autouse=True)
def heeds_ctrl_c():
    """Undo what a shell does to commands that it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_at(monkeypatch, step, take):
    """Do something at the start of a step."""
    advance = Loop._advance

    def interrupted(loop):
        if loop._step == step:
            take()
        advance(loop)

    monkeypatch.setattr(Loop, "_advance", interrupted)


def test_ctrl_c_stops_at_the_next_step_with_a_checkpoint(data, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    interrupt_at(monkeypatch, 2, lambda: signal.raise_signal(signal.SIGINT))

    result = train("dcgan", data(), tmp_path, images=50 * BATCH)

    assert (result.is_over, result.images, result.package) == (False, 3 * BATCH, None)
    assert (tmp_path / "checkpoint.safetensors").exists()
    assert status_in(tmp_path)["state"] == "stopped"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_the_run_at_once(data, tmp_path, monkeypatch):
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    interrupt_at(monkeypatch, 2, twice)

    with pytest.raises(KeyboardInterrupt):
        train("dcgan", data(), tmp_path, images=50 * BATCH)


def test_a_bug_is_noted_in_the_folder_and_raised(data, tmp_path, monkeypatch):
    def bug():
        raise ZeroDivisionError

    interrupt_at(monkeypatch, 1, bug)

    with pytest.raises(ZeroDivisionError):
        train("dcgan", data(), tmp_path)

    status = status_in(tmp_path)
    assert (status["state"], status["images"]) == ("failed", BATCH)
    assert "ZeroDivisionError" in status["message"]


def test_data_that_cannot_be_read_are_told_in_the_status(tmp_path):
    with pytest.raises(InputError):
        train("dcgan", tmp_path / "absent.npz", tmp_path / "run")

    assert status_in(tmp_path / "run")["state"] == "failed"
    assert "absent.npz" in status_in(tmp_path / "run")["message"]


def test_a_label_without_training_images_is_refused_before_the_first_step(tmp_path):
    path = write_made_split(tmp_path / "data.npz", 16, count=1)  # one dark image, no bright one

    with pytest.raises(InputError, match="no image to train on for the label 'bright'"):
        train("dcgan", path, tmp_path / "run")

    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_a_device_that_cannot_train_is_refused(data, tmp_path, monkeypatch):
    choice = DeviceChoice("xpu", "An Intel GPU", "It was asked for.", None)
    monkeypatch.setattr(machine, "choose_device", lambda preference: choice)

    with pytest.raises(UsageError, match="xpu"):
        train("dcgan", data(), tmp_path)


def test_a_package_does_not_say_where_on_a_machine_the_data_lay():
    record = {
        "seed": 1,
        "notes": ["80 patients for 80 files, such as Doe_John.png."],
        "config": {
            "data": {"folder": "/clinic/pictures/chest_xray", "kind": "images"},
            "training": {"start_from": "../runs/first", "batch": 8},
        },
    }

    shown = without_places(record)

    assert shown["config"]["data"] == {"folder": "chest_xray", "kind": "images"}
    assert shown["config"]["training"] == {"start_from": "first", "batch": 8}
    assert "Doe" not in str(shown)
    assert record["config"]["data"]["folder"] == "/clinic/pictures/chest_xray"


def test_a_folder_below_the_data_root_stays_where_evaluate_finds_it():
    record = {"config": {"data": {"folder": "clinic/chest"}, "training": {"start_from": None}}}

    assert without_places(record)["config"]["data"]["folder"] == "clinic/chest"
