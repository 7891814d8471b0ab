"""evaluate: figures of tiny models against made images on disk."""

import csv
import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.read import read_split
from medgan_viewer.evaluation import yardstick
from medgan_viewer.evaluation.classifier import train_classifier
from medgan_viewer.imaging.label import AMBER
from tests.evaluation.pictures import disc_or_square
from tests.package_factory import edit_manifest, write_tiny_package

SIDE = 16
LABELS = ("normal", "effusion")
CONFIG = 'label_names = ["normal", "effusion"]\n'


@pytest.fixture(autouse=True)
def quick_classifier(monkeypatch):
    def train(*images_and_labels, images_seen, seed):
        return train_classifier(*images_and_labels, images_seen=64, seed=seed)

    monkeypatch.setattr(yardstick, "train_classifier", train)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a root with the folder xrays: 2 labels, 40 images each of 20 patients."""
    root = tmp_path_factory.mktemp("data")
    folder = root / "xrays"
    folder.mkdir()
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label", "patient"))
        for label, name in enumerate(LABELS):
            for index, image in enumerate(disc_or_square(label, 40, 0, SIDE)):
                file = f"{name}{index}.png"
                gray = np.rint((image + 1) * 127.5).astype(np.uint8)
                Image.fromarray(gray).save(folder / file)
                writer.writerow((file, name, f"patient-{name}-{index // 2}"))
    return root


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text(f'[data]\nfolder = "xrays"\nkind = "images"\nheld_out_percent = 40\n{CONFIG}')
    return path


def add_record(package, fingerprint, held_out_fingerprint="", held_out_percent=40):
    record = {
        "config": {
            "data": {
                "folder": "xrays",
                "kind": "images",
                "held_out_percent": held_out_percent,
                "label_names": LABELS,
            }
        },
        "data_fingerprint": fingerprint,
        "held_out_fingerprint": held_out_fingerprint,
    }
    content = json.dumps(record).encode()
    entry = {
        "file": "training.json",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
    }
    (package.folder / "training.json").write_bytes(content)
    edit_manifest(package, lambda document: document["training"].update(record=entry))


def evaluate_tiny(data, config):
    return "evaluate", "tiny", "--data", data, "--config", config, "--samples", 8


def test_the_json_document_holds_every_figure_with_floor_and_baseline(run, models, data, config):
    ended = run(
        *evaluate_tiny(data, config), "--json", "--against", models / "tiny", "--threads", 2
    )

    assert ended.code == 0
    document = ended.json
    assert document["model"] == "tiny"
    assert document["n_synthetic"] == 16
    assert document["n_real"] + document["n_train"] == 80
    metrics = {metric["name"]: metric for metric in document["metrics"]}
    distance = metrics["Fréchet distance, random features"]
    low, high = distance["interval"]
    assert low < distance["value"] < high
    assert distance["floor"] < distance["value"]
    assert distance["baselines"] == {"tiny": distance["baseline"]}
    assert "Recall of effusion" in metrics
    assert "Reconstruction of held-out images, SSIM" in metrics


def test_without_json_there_is_a_table_for_people(run, models, data, config, tmp_path):
    sheet = tmp_path / "sheet.png"

    ended = run(*evaluate_tiny(data, config), "--sheet", sheet)

    assert ended.code == 0
    assert "tiny: 16 synthetic against" in ended.out
    assert "Spectrum distance [dB]" in ended.out
    assert "nobody can tell" in ended.err  # no fingerprint in a package without a record
    with Image.open(sheet) as picture:
        assert (np.asarray(picture) == np.array(AMBER)).all(axis=2).mean() > 0.05
        assert picture.info["Synthetic"] == "YES"


def test_the_record_in_the_package_says_which_data_and_whether_they_are_the_same(
    run, data, temporary_home
):
    folder = temporary_home / "data" / "models" / "known"
    package = write_tiny_package(folder)
    table = DataConfig(folder="xrays", kind="images", held_out_percent=40, label_names=LABELS)
    split = read_split(table, SIDE, data)

    def evaluate():
        return run("evaluate", "known", "--data", data, "--samples", 8, "--json")

    add_record(package, split.train.fingerprint(), split.held_out.fingerprint())
    same = evaluate()
    add_record(package, "0" * 64)
    other = evaluate()

    assert (same.code, other.code) == (0, 0)
    assert same.err == ""
    assert "not the ones that the model was trained on" in other.err
    assert any("not the ones" in note for note in other.json["notes"])


def test_a_translator_stands_beside_simple_ways(run, models, tmp_path):
    folder = tmp_path / "pairs"
    folder.mkdir()
    rows, columns = np.mgrid[:64, :64]
    brain = np.broadcast_to(np.hypot(rows - 32, columns - 32) < 24, (3, 64, 64))
    for seed, person in enumerate(("ann", "bob", "cid")):
        t1 = (disc_or_square(0, 3, seed, 64) * 60 + 130) * brain
        t2 = (200 - 0.8 * t1) * brain
        np.savez(
            folder / f"{person}.npz",
            t1=t1.astype(np.uint8),
            t2=t2.astype(np.uint8),
            brainmask=np.packbits(brain),
            spacing_mm=np.array([5.0, 1.0, 1.0]),
        )
    config = tmp_path / "train.toml"
    config.write_text('[data]\nfolder = "pairs"\nkind = "paired"\nheld_out = ["bob"]\n')
    sheet = tmp_path / "sheet.png"

    ended = run(
        *("evaluate", "tiny-t1-to-t2", "--data", tmp_path, "--config", config, "--json"),
        *("--l1-steps", 2, "--sheet", sheet),
    )

    assert ended.code == 0
    assert (ended.json["unit"], ended.json["n_real"]) == ("slices", 3)
    psnr = ended.json["metrics"][0]
    assert psnr["name"] == "PSNR [dB] inside the brain"
    assert "L1-only network, 2 steps" in psnr["baselines"]
    assert psnr["baselines"]["linear filter"] > psnr["value"]  # tanh knows nothing of T2
    assert sheet.is_file()


def test_without_pairs_translations_are_compared_with_targets_as_a_set(
    run, models, data, config, tmp_path
):
    config.write_text(config.read_text() + 'source = "normal"\ntarget = "effusion"\nside = 16\n')
    sheet = tmp_path / "sheet.png"

    ended = run(
        *("evaluate", "tiny-t1-to-t2", "--data", data, "--config", config, "--json"),
        *("--sheet", sheet),
    )

    assert ended.code == 0
    distance = next(row for row in ended.json["metrics"] if row["name"].startswith("Fréchet"))
    assert set(distance["baselines"]) == {"source shown as target", "histogram match"}
    assert any("no pairs" in note for note in ended.json["notes"])
    assert sheet.is_file()


def test_a_baseline_of_another_split_is_named(run, data, temporary_home):
    models = temporary_home / "data" / "models"
    table = DataConfig(folder="xrays", kind="images", held_out_percent=40, label_names=LABELS)
    split = read_split(table, SIDE, data)
    prints = split.train.fingerprint(), split.held_out.fingerprint()
    for name in ("known", "same", "other", "silent"):
        package = write_tiny_package(models / name)
        if name != "silent":
            add_record(package, *prints, held_out_percent=20 if name == "other" else 40)
    others = [word for name in ("same", "other", "silent") for word in ("--against", name)]

    ended = run("evaluate", "known", "--data", data, "--samples", 8, "--json", *others)

    assert ended.code == 0
    said = ended.err.splitlines()
    assert len(said) == 2
    assert "other was trained on another split" in said[0]
    assert "silent may have been trained on the held-out images" in said[1]


@pytest.mark.parametrize(
    ("code", "names", "arguments"),
    [
        (2, "does not say which data", ("tiny", "--data", "{data}")),
        (3, "does not exist", ("tiny", "--data", "{data}/no", "--config", "{config}")),
        (3, "holds no xrays", ("tiny", "--data", "{empty}", "--config", "{config}")),
        (3, "not a file", ("tiny", "--data", "{data}", "--config", "{data}/no.toml")),
        (4, "no model package", ("nothing", "--data", "{data}", "--config", "{config}")),
        (3, "not a file", ("tiny", "--data", "{data}", "--config", "{config}", "--features", "no")),
        (3, "exists", ("tiny", "--data", "{data}", "--config", "{config}", "--sheet", "{config}")),
        (
            3,
            'No image has the label "t1"',
            ("tiny-t1-to-t2", "--data", "{data}", "--config", "{config}"),
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_reason(
    refused, models, data, config, tmp_path, code, names, arguments
):
    empty = tmp_path / "empty"
    empty.mkdir()
    filled = [word.format(data=data, config=config, empty=empty) for word in arguments]

    refused(code, names, "evaluate", *filled)


def test_a_model_of_other_labels_is_refused(refused, models, data, config):
    changed = 'labels = "none"\none_patient_per_file = true\n'
    config.write_text(config.read_text().replace(CONFIG, changed))

    refused(4, "the data have no labels", *evaluate_tiny(data, config))


def test_a_model_without_labels_is_measured_without_them(run, data, config, temporary_home):
    write_tiny_package(temporary_home / "data" / "models" / "tiny", labels=())

    ended = run(*evaluate_tiny(data, config), "--json")

    assert ended.code == 0
    assert ended.json["n_synthetic"] == 8
    assert not any("faithfulness" in metric["name"] for metric in ended.json["metrics"])
