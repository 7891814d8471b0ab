import hashlib
import json
from pathlib import Path

import pytest

from medgan_viewer.datasets.config import parse_data_config
from medgan_viewer.datasets.parts import PairedSplit
from medgan_viewer.datasets.unpaired import from_pairs
from medgan_viewer.errors import InputError, PackageError
from medgan_viewer.evaluation.run_record import (
    RunRecord,
    located,
    pair_fingerprints,
    read_data_table,
    record_of,
)
from medgan_viewer.generators.package import open_package
from tests.evaluation.studies import study
from tests.package_factory import edit_manifest, write_tiny_package

TABLE = {"folder": "sets/discs", "kind": "images", "label_names": ["disc", "square"]}


def package_with_record(folder, content):
    package = write_tiny_package(folder)
    edit_manifest(
        package,
        lambda document: document["training"].update(
            record={"file": "training.json", "sha256": "0" * 64, "size_bytes": 0}
        ),
    )

    def bind(document):
        (folder / "training.json").write_bytes(content)
        document["training"]["record"] = {
            "file": "training.json",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
        }

    edit_manifest(package, bind)
    return open_package(folder)


def test_a_record_gives_the_data_table_and_the_fingerprints(tmp_path):
    record = {"config": {"data": TABLE}, "data_fingerprint": "abc", "held_out_fingerprint": "def"}

    found = record_of(package_with_record(tmp_path / "m", json.dumps(record).encode()))

    assert found.data.label_names == ("disc", "square")
    assert (found.fingerprint, found.held_out_fingerprint) == ("abc", "def")


def test_a_package_without_a_record_gives_none(tmp_path):
    assert record_of(write_tiny_package(tmp_path / "m")) is None


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2]", b'{"config": {}}', b'{"config": {"data": 3}}', b"{" * 5000]
)
def test_a_damaged_record_is_refused(tmp_path, content):
    with pytest.raises(PackageError, match=r"training\.json"):
        record_of(package_with_record(tmp_path / "m", content))


def test_a_record_with_an_unknown_field_is_refused_by_name(tmp_path):
    record = {"config": {"data": {**TABLE, "shell": "rm"}}}

    with pytest.raises(InputError, match="shell"):
        record_of(package_with_record(tmp_path / "m", json.dumps(record).encode()))


def test_a_configuration_is_read_and_bad_ones_are_refused(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[data]\nfolder = "discs"\nkind = "images"\n')
    assert read_data_table(path).folder == Path("discs")

    for content, reason in (("[model]\n", "no \\[data\\]"), ("[data\n", "TOML"), ("\x00", "TOML")):
        path.write_text(content)
        with pytest.raises(InputError, match=reason):
            read_data_table(path)
    with pytest.raises(InputError, match="not a file"):
        read_data_table(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    "folder", ["sets/discs", "discs", "/elsewhere/on/another/machine/sets/discs", "../sets/discs"]
)
def test_the_folder_is_found_below_the_root_wherever_it_was_before(tmp_path, folder):
    (tmp_path / "sets" / "discs").mkdir(parents=True)
    root = tmp_path if "sets" in folder else tmp_path / "sets"

    found = located(parse_data_config({**TABLE, "folder": folder}), root)

    assert found.folder == tmp_path / "sets" / "discs"


def test_nothing_outside_of_the_root_is_read(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()

    for folder in (str(outside), "../outside"):
        with pytest.raises(InputError, match="holds no"):
            located(parse_data_config({**TABLE, "folder": folder}), root)


def test_the_root_may_be_the_data_folder_or_a_prepared_file(tmp_path):
    (tmp_path / "labels.csv").write_text("file,label,patient\n")
    (tmp_path / "set.npz").write_bytes(b"")

    assert located(parse_data_config(TABLE), tmp_path).folder == tmp_path
    prepared = parse_data_config({"folder": "old.npz", "kind": "prepared"})
    assert located(prepared, tmp_path / "set.npz").folder == tmp_path / "set.npz"


def test_a_root_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        located(parse_data_config(TABLE), tmp_path / "nowhere")


def test_a_run_without_pairs_noted_a_fingerprint_of_each_contrast():
    split = PairedSplit([study("a", 0)], {"b": study("b", 1)})
    table = parse_data_config({"folder": "pairs", "kind": "paired"})

    paired = pair_fingerprints(split, RunRecord(table, "0" * 64))
    unpaired = pair_fingerprints(split, RunRecord(table, "0" * 128))

    sides = from_pairs(split.train, None)
    assert unpaired[0] == sides.source.fingerprint() + sides.target.fingerprint()
    assert [len(text) for text in (*paired, *unpaired)] == [64, 64, 128, 128]
