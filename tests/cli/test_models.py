"""models: what is installed, what it says of itself, and whether it is what it says."""

import pytest

from tests.package_factory import CARD, replace_file, write_tiny_package


def entry(document, model):
    return next(e for e in document["models"] if e["id"] == model)


def test_the_list_names_task_architecture_and_trust(run, models):
    ended = run("models", "list", "--json")

    assert ended.code == 0
    assert set(ended.json) == {"models"}
    assert entry(ended.json, "tiny") == {
        "id": "tiny",
        "name": "Tiny autoencoder",
        "version": "1.0",
        "task": "generate",
        "architecture": "autoencoder",
        "trust": "unsigned",
    }
    assert entry(ended.json, "tiny-t1-to-t2")["task"] == "translate"


def test_the_list_for_people_says_which_folder_is_not_usable(run, models):
    write_tiny_package(models / "broken")
    (models / "broken" / "manifest.json").write_text("{}")

    ended = run("models", "list")

    assert ended.code == 0
    assert "tiny  Tiny autoencoder 1.0  generate  unsigned" in ended.out.splitlines()
    assert "Not usable" in ended.err
    assert "broken" in ended.err


def test_the_users_package_comes_before_a_shipped_one_of_the_same_id(run, models):
    write_tiny_package(models / "chest-xray", version="99.0")

    assert entry(run("models", "list", "--json").json, "chest-xray")["version"] == "99.0"


def test_the_manifest_is_shown_with_names_of_labels_and_directions(run, models):
    ended = run("models", "show", "tiny", "--json")

    assert ended.code == 0
    assert ended.json["id"] == "tiny"
    assert ended.json["labels"] == ["normal", "effusion"]
    assert [d["name"] for d in ended.json["directions"]] == ["pc-01", "pc-02"]
    assert set(ended.json["directions"][0]) == {"name", "kind", "range_sd"}
    low, high = ended.json["directions"][0]["range_sd"]
    assert low < 0 < high


def test_the_card_is_shown_to_people(run, models):
    assert run("models", "show", "tiny").out == CARD + "\n"


def test_a_package_is_found_by_its_folder_and_its_manifest_too(run, tmp_path):
    package = write_tiny_package(tmp_path / "elsewhere")

    for place in (package.folder, package.folder / "manifest.json"):
        assert run("models", "show", place, "--json").json["id"] == "elsewhere"


def test_a_sound_package_is_verified_with_its_numbers(run, models):
    report = run("models", "verify", "tiny", "--json").json
    text = run("models", "verify", "tiny")

    assert (report["id"], report["trust"]) == ("tiny", "unsigned")
    assert report["parameters"] > 1000
    seen = report["self_test"]
    assert seen["mean"] == pytest.approx(seen["expected_mean"], abs=1e-3)
    assert seen["sd"] == pytest.approx(seen["expected_sd"], abs=1e-3)
    assert text.code == 0
    assert "hashes" in text.out


@pytest.mark.parametrize("entry_name", ["weights", "card", "directions_file"])
def test_a_file_with_one_changed_byte_is_not_verified(run, models, entry_name):
    document = run("models", "show", "tiny", "--json").json
    path = models / "tiny" / document[entry_name]["file"]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    ended = run("models", "verify", "tiny")

    assert (ended.code, ended.out) == (4, "")
    assert path.name in ended.err


def test_weights_of_another_network_are_not_verified(run, models, tmp_path):
    other = write_tiny_package(tmp_path / "other", seed=1)
    tiny = write_tiny_package(tmp_path / "tiny")
    replace_file(tiny, "weights", (other.folder / other.manifest.weights.file).read_bytes())

    ended = run("models", "verify", tiny.folder)

    assert ended.code == 4
    assert "does not make the image" in ended.err


def test_an_unknown_model_is_named_with_those_that_are_there(run, models):
    for command in ("show", "verify"):
        ended = run("models", command, "no-such-model")
        assert (ended.code, ended.out) == (4, "")
        assert "'no-such-model'" in ended.err
        assert "tiny" in ended.err
