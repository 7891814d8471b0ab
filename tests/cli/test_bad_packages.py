"""Broken and hostile model packages: named in a message with a remedy, exit code 4."""

import json

import pytest

from tests.package_factory import edit_manifest, replace_file, write_tiny_package
from tests.session.series import make_t1

PACKAGE = 4


def flipped_byte(package):
    path = package.folder / package.manifest.weights.file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncated_weights(package):
    path = package.folder / package.manifest.weights.file
    path.write_bytes(path.read_bytes()[:-1])


def missing_weights(package):
    (package.folder / package.manifest.weights.file).unlink()


def no_tensors(package):
    replace_file(package, "weights", b"these are no tensors")


def next_schema_version(package):
    edit_manifest(package, lambda document: document.update(schema_version=99))


def manifest_without_json(package):
    (package.folder / "manifest.json").write_text("no JSON")


def unknown_architecture(package):
    other = {"name": "diffusion", "parameters": {}}
    edit_manifest(package, lambda document: document.update(architecture=other))


BROKEN_PACKAGES = {
    flipped_byte: "tiny",
    truncated_weights: "tiny",
    missing_weights: "tiny",
    no_tensors: "tiny",
    next_schema_version: "tiny",
    manifest_without_json: "tiny",
    unknown_architecture: "diffusion",
}


@pytest.mark.parametrize(("break_it", "named"), BROKEN_PACKAGES.items())
def test_a_broken_package_makes_no_image(refused, tmp_path, break_it, named):
    package = write_tiny_package(tmp_path / "tiny")
    break_it(package)

    refused(PACKAGE, named, "generate", package.folder, "--out", tmp_path / "out")
    refused(PACKAGE, named, "models", "verify", package.folder)

    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("break_it", [flipped_byte, next_schema_version])
def test_a_broken_translator_leaves_nothing_behind(refused, models, tmp_path, break_it):
    package = write_tiny_package(tmp_path / "t", "unet-translator", labels=(), directions=())
    break_it(package)
    make_t1(tmp_path / "t1")

    asked = ("translate", package.folder, tmp_path / "t1", "--out", tmp_path / "out")
    refused(PACKAGE, str(package.folder), *asked)

    assert not list(tmp_path.glob("out/*"))


def test_the_message_of_a_wrong_version_says_which(refused, tmp_path):
    package = write_tiny_package(tmp_path / "tiny")
    next_schema_version(package)

    message = refused(PACKAGE, "manifest.json", "models", "show", package.folder)

    assert "99" in message or "version" in message
    assert json.loads((package.folder / "manifest.json").read_text())["schema_version"] == 99
