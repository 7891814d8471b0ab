"""Packages on disk: finding them, choosing one, reading their files by hash."""

import hashlib
from pathlib import Path

import pytest

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.generators.package import (
    MAX_CARD_BYTES,
    Trust,
    find_packages,
    open_package,
    read_card,
    read_checked,
    resolve_package,
)
from tests.package_factory import CARD, edit_manifest, replace_file, write_tiny_package


def write(folder, **fields):
    return write_tiny_package(folder, "fully-connected", labels=(), directions=(), **fields)


def test_a_package_is_known_by_id_hash_and_title(tmp_path):
    written = write(tmp_path / "tiny", name="Tiny faces", version="2.1")

    package = open_package(tmp_path / "tiny")

    weights = (tmp_path / "tiny" / "weights.safetensors").read_bytes()
    assert package == written
    assert (package.id, package.title) == ("tiny", "Tiny faces 2.1")
    assert package.weights_sha256 == hashlib.sha256(weights).hexdigest()


def test_a_converted_package_says_so(tmp_path):
    assert write(tmp_path / "own").trust is Trust.UNSIGNED
    assert write(tmp_path / "foreign", converted=True).trust is Trust.CONVERTED


def test_packages_are_found_in_order_of_their_folders(tmp_path):
    for name in ("b", "a"):
        write(tmp_path / name)
    (tmp_path / "no-package").mkdir()
    (tmp_path / "file.txt").write_text("text")

    packages, unusable = find_packages([tmp_path, tmp_path / "missing"])

    assert [package.id for package in packages] == ["a", "b"]
    assert not unusable


def test_of_one_id_the_first_root_wins(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write(first / "tiny", name="First")
    write(second / "tiny", name="Second")

    packages, _ = find_packages([second, first])

    assert [package.manifest.name for package in packages] == ["Second"]


def test_a_broken_package_is_listed_with_its_reason(tmp_path):
    write(tmp_path / "good")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")

    packages, (unusable,) = find_packages([tmp_path])

    assert [package.id for package in packages] == ["good"]
    assert unusable.folder.name == "broken"
    assert "not a JSON document" in unusable.error.problem


def test_a_folder_that_may_not_be_entered_hides_no_others(tmp_path, monkeypatch):
    write(tmp_path / "good")
    (tmp_path / "locked").mkdir()
    is_file = Path.is_file

    def is_file_unless_locked(path):
        if path.parent.name == "locked":
            raise PermissionError(13, "Permission denied")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", is_file_unless_locked)

    packages, _ = find_packages([tmp_path])

    assert [package.id for package in packages] == ["good"]


def test_a_package_is_chosen_by_id_by_folder_and_by_manifest(tmp_path):
    package = write(tmp_path / "tiny")

    assert resolve_package("tiny", [tmp_path]) == package
    assert resolve_package(str(tmp_path / "tiny"), []) == package
    assert resolve_package(str(tmp_path / "tiny" / "manifest.json"), []) == package


def test_a_folder_of_the_working_directory_comes_before_an_installed_id(tmp_path, monkeypatch):
    write(tmp_path / "installed" / "tiny", name="Installed")
    write(tmp_path / "here" / "tiny", name="Here")
    monkeypatch.chdir(tmp_path / "here")

    assert resolve_package("tiny", [tmp_path / "installed"]).manifest.name == "Here"


def test_a_sound_package_comes_before_a_broken_one_of_the_same_name(tmp_path):
    (tmp_path / "first" / "tiny").mkdir(parents=True)
    (tmp_path / "first" / "tiny" / "manifest.json").write_text("{")
    write(tmp_path / "second" / "tiny")

    chosen = resolve_package("tiny", [tmp_path / "first", tmp_path / "second"])

    assert chosen.folder == tmp_path / "second" / "tiny"


def test_a_broken_package_asked_for_by_name_says_why(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{}")

    with pytest.raises(PackageError, match="manifest version None"):
        resolve_package("broken", [tmp_path])


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", "x" * 5000, "../tiny"])
def test_an_unknown_name_lists_those_that_are_there(tmp_path, name):
    write(tmp_path / "tiny")

    with pytest.raises(PackageError, match=r"There is no model package") as caught:
        resolve_package(name, [tmp_path])

    assert "tiny" in caught.value.action
    assert caught.value.exit_code == EXIT_PACKAGE


def test_the_card_is_read_by_hash(tmp_path):
    package = write(tmp_path / "tiny")
    assert read_card(package) == CARD

    (package.folder / "card.md").write_text(CARD.upper())

    with pytest.raises(PackageError, match=r"card\.md differs from the file"):
        read_card(package)


def test_a_card_may_hold_bytes_that_are_no_text(tmp_path):
    package = write(tmp_path / "tiny")
    replace_file(package, "card", b"caf\xe9")

    assert read_card(open_package(package.folder)) == "caf\N{REPLACEMENT CHARACTER}"


def test_a_card_cannot_steer_the_terminal(tmp_path):
    package = write(tmp_path / "tiny")
    replace_file(package, "card", "# Größe\r\n\x1b[2J\x07\t5\xa0mm\u202e\n".encode())

    assert read_card(open_package(package.folder)) == "# Größe\n[2J\t5\xa0mm\n"


def test_a_card_too_large_to_show_is_refused(tmp_path):
    package = write(tmp_path / "tiny")
    replace_file(package, "card", b"x" * (MAX_CARD_BYTES + 1))

    with pytest.raises(PackageError, match="larger than 1 MiB"):
        read_card(open_package(package.folder))


def test_a_file_longer_than_its_manifest_says_is_not_read_whole(tmp_path):
    package = write(tmp_path / "tiny")
    with (package.folder / "card.md").open("ab") as card:
        card.write(b"more")

    with pytest.raises(PackageError, match="larger than its manifest says"):
        read_checked(package, package.manifest.card)


def test_a_size_that_no_memory_holds_is_not_reserved(tmp_path):
    package = write(tmp_path / "tiny")
    edit_manifest(package, lambda document: document["card"].update(size_bytes=8 << 30))
    claimed = open_package(package.folder)

    content = read_checked(claimed, claimed.manifest.card)

    assert content == CARD.encode()
