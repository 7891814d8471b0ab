"""From a [data] table to a split: made data of every kind, and the data of the shipped models."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.datasets.config import parse_data_config
from medgan_viewer.datasets.label_table import read_rows
from medgan_viewer.datasets.prepared import write_prepared, write_prepared_pairs
from medgan_viewer.datasets.read import read_paired_split, read_split, read_unpaired_split
from medgan_viewer.datasets.splits import is_held_out
from medgan_viewer.errors import InputError
from tests.datasets.conftest import config_of, write_picture, write_table
from tests.datasets.test_paired import write_study

CONFIGS = Path(__file__).resolve().parents[2] / "resources" / "training"


def shipped(name):
    return parse_data_config(tomllib.loads((CONFIGS / f"{name}.toml").read_text())["data"])


def make_pictures(folder, count=40, images_each=2, column="patient"):
    rows = []
    for number in range(count):
        write_picture(folder / f"{number}.png", number)
        patient = number if column == "index" else f"P{number // images_each}"
        rows.append((f"{number}.png", "well" if number % 2 else "sick", patient))
    write_table(folder / "labels.csv", rows, ("file", "label", column))


def test_pictures_are_split_by_patient_relative_to_the_data_folder(tmp_path):
    make_pictures(tmp_path / "chest")

    split = read_split(config_of("chest"), 8, tmp_path)

    assert set(split.held_out.patients) == {f"P{n}" for n in range(20) if is_held_out(f"P{n}", 15)}
    assert len(split.train) + len(split.held_out) == 40
    assert not set(split.train.patients) & set(split.held_out.patients)


def test_pictures_in_an_order_are_split_by_blocks_that_stand_for_patients(tmp_path):
    make_pictures(tmp_path, column="index")
    blocks = {"order_column": "index", "block": 5, "gap": 2, "every": 4, "first": 1}

    split = read_split(config_of(tmp_path, blocks=blocks), 8, tmp_path)

    held_out = split.held_out.pixels[:, 0, 0]  # whose value is the place in the order
    assert held_out.tolist() == [*range(5, 10), *range(25, 30)]
    train = split.train.pixels[:, 0, 0].astype(int)
    assert np.abs(train[:, None] - held_out[None]).min() == 3
    assert set(split.held_out.patients) == {"block 1", "block 5"}
    assert "8 images beside them" in split.notes[-1]


def test_a_label_that_only_one_part_has_is_told(tmp_path):
    for patient in ("A", "B"):
        write_picture(tmp_path / f"{patient}.png")
    write_table(tmp_path / "labels.csv", [("A.png", "well", "A"), ("B.png", "sick", "B")])

    split = read_split(config_of(tmp_path, held_out=("B",)), 8, tmp_path)

    assert "No image is to train on for the label sick." in split.notes
    assert "No image is held out for the label well." in split.notes


def test_one_patient_alone_is_refused(tmp_path):
    make_pictures(tmp_path, images_each=100)

    with pytest.raises(InputError, match="1 patient,"):
        read_split(config_of(tmp_path), 8, tmp_path)


@pytest.mark.parametrize("side", [0, 4, 100_000])
def test_a_side_beyond_its_limits_is_refused(tmp_path, side):
    with pytest.raises(InputError, match=f"of {side} pixels"):
        read_split(config_of(tmp_path), side, tmp_path)


def test_a_prepared_file_is_read_like_what_it_was_made_of(tmp_path):
    make_pictures(tmp_path / "chest")
    split = read_split(config_of("chest"), 8, tmp_path)
    write_prepared(tmp_path / "chest.npz", split)

    found = read_split(config_of("chest.npz", "prepared"), 8, tmp_path)

    assert found.train.fingerprint() == split.train.fingerprint()
    assert found.held_out.fingerprint() == split.held_out.fingerprint()


def test_pairs_are_split_by_person_and_named_ones_are_held_out(tmp_path):
    for name in ("a_s1", "a_s2", "b_s1"):
        write_study(tmp_path / "pairs" / f"{name}.npz")
    write_study(tmp_path / "pairs" / "c_s1.npz", t2=None)
    config = config_of("pairs", "paired", held_out=("a", "c"))

    split = read_paired_split(config, tmp_path)

    assert list(split.held_out) == ["a_s1", "a_s2"]
    assert [study.subject for study in split.train] == ["b"]
    write_prepared_pairs(tmp_path / "pairs.npz", split)
    found = read_paired_split(config_of("pairs.npz", "prepared"), tmp_path)
    assert list(found.held_out) == ["a_s1", "a_s2"]


def test_labels_or_pairs_become_two_contrasts(tmp_path):
    make_pictures(tmp_path / "pictures")
    for name in ("a_s1", "b_s1"):
        write_study(tmp_path / "pairs" / f"{name}.npz")

    labels = read_unpaired_split(
        config_of("pictures", source="sick", target="well", side=8), tmp_path
    )
    pairs = read_unpaired_split(config_of("pairs", "paired", held_out=("a",)), tmp_path)

    assert (labels.train.source.pixels[:, 0, 0] % 2 == 0).all()
    assert (labels.train.target.pixels[:, 0, 0] % 2 == 1).all()
    assert set(pairs.held_out.source.patients) == {"a"}
    assert set(pairs.train.target.patients) == {"b"}


def test_data_of_the_wrong_kind_for_a_family_is_refused(tmp_path):
    with pytest.raises(InputError, match="translator, not a generator"):
        read_split(config_of(tmp_path, "paired"), 8, tmp_path)
    with pytest.raises(InputError, match='of the kind "images"'):
        read_paired_split(config_of(tmp_path), tmp_path)


def test_the_shipped_chest_split_holds_out_the_patients_it_always_did(shared_data):
    split = read_split(shipped("chest-xray"), 64, shared_data)

    rows = [row for _, row in read_rows(shared_data / "chest_xray/labels.csv", ["file", "patient"])]
    held_out = [row for row in rows if is_held_out(row["patient"], 15)]
    assert (len(split.train), len(split.held_out)) == (1179, 198)
    assert split.held_out.patients.tolist() == [row["patient"] for row in held_out]
    assert split.train.label_names == ("normal", "bacteria", "virus")
    with Image.open(shared_data / "chest_xray" / held_out[0]["file"]) as picture:
        expected = picture.convert("L").resize((64, 64), Image.Resampling.LANCZOS)
    assert np.array_equal(split.held_out.pixels[0], expected)


def test_the_shipped_brain_split_has_all_labels_and_no_neighbours(shared_data):
    config = shipped("brain-t1ce")
    split = read_split(config, 8, shared_data)

    train, held_out = split.train.images_per_label(), split.held_out.images_per_label()
    parts = [held_out[name] / (train[name] + held_out[name]) for name in held_out]
    assert len(held_out) == 9
    assert min(parts) > 0.09
    assert max(parts) < 0.17
    assert sum(held_out.values()) / 2626 == pytest.approx(0.12, abs=0.01)
    assert not any(note.startswith("No image") for note in split.notes)
    blocks = {int(name.split()[1]) for name in split.held_out.patients}
    assert not blocks & {int(name.split()[1]) for name in split.train.patients}


@pytest.mark.parametrize(
    ("name", "held_out"),
    [("brain-t1-to-t2", {"fnndsc_adi", "oms_l03"}), ("brain-t1-to-flair", {"oms_l03"})],
)
def test_the_shipped_pairs_hold_out_two_persons(shared_data, name, held_out):
    split = read_paired_split(shipped(name), shared_data)

    assert {study.subject for study in split.held_out.values()} == held_out
    persons = {study.subject for study in split.train}
    assert len(persons) == 6
    assert not persons & {"fnndsc_adi", "oms_l03", "oms_l19", "oms_l20"}
    assert {study.source.shape[1:] for study in split.train} == {(192, 192)}
