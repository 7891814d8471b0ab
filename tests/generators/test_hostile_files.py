"""Packages whose files were tampered with: each is refused, and nothing in it is run."""

import contextlib
import io
import os
import pickle
import random
import struct

import numpy as np
import pytest
import torch

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import open_package
from tests.generators.refusals import load_all, refusal
from tests.package_factory import edit_manifest, replace_file

WEIGHTS = "weights.safetensors"


@pytest.mark.parametrize("name", ["manifest.json", WEIGHTS, "card.md", "directions.safetensors"])
def test_a_missing_file_is_named(package, name):
    (package.folder / name).unlink()

    assert name in refusal(package, "is missing").problem


@pytest.mark.parametrize("name", ["manifest.json", WEIGHTS, "card.md", "directions.safetensors"])
def test_a_folder_in_place_of_a_file_is_refused(package, name):
    (package.folder / name).unlink()
    (package.folder / name).mkdir()

    refusal(package, "is not a file")


@pytest.mark.parametrize("name", ["manifest.json", WEIGHTS, "card.md", "directions.safetensors"])
def test_a_link_is_refused_even_if_it_leads_to_the_right_bytes(package, name, tmp_path):
    (package.folder / name).rename(tmp_path / "elsewhere")
    (package.folder / name).symlink_to(tmp_path / "elsewhere")

    refusal(package, "may not hold links")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["manifest.json", WEIGHTS, "card.md", "directions.safetensors"])
def test_a_named_pipe_is_refused_instead_of_waited_for(package, name):
    (package.folder / name).unlink()
    os.mkfifo(package.folder / name)

    refusal(package, "is not a file")


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_that_were_cut_off_are_refused(package, kept):
    content = (package.folder / WEIGHTS).read_bytes()
    (package.folder / WEIGHTS).write_bytes(content[:kept])

    refusal(package, "differs from the file")


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_that_were_cut_off_before_hashing_are_refused(package, kept):
    replace_file(package, "weights", (package.folder / WEIGHTS).read_bytes()[:kept])

    refusal(package, "cannot be read")


@pytest.mark.parametrize("name", ["../stylegan2/weights.safetensors", "/etc/passwd", "..", "."])
@pytest.mark.parametrize("entry", ["weights", "card", "directions_file"])
def test_a_name_that_leads_out_of_the_folder_is_refused(package, entry, name):
    edit_manifest(package, lambda document: document[entry].update(file=name))

    refusal(package, "not a usable manifest")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_files_that_the_manifest_does_not_name_are_not_opened(package):
    for name in ("weights.pt", "code.py", "model.pkl", "README"):
        os.mkfifo(package.folder / name)  # opening one would wait for ever

    load_all(package)


def test_any_flipped_bit_in_the_weights_is_noticed(package):
    content = (package.folder / WEIGHTS).read_bytes()
    places = random.Random(0)

    for _ in range(100):
        spoilt = bytearray(content)
        spoilt[places.randrange(len(content))] ^= 1 << places.randrange(8)
        (package.folder / WEIGHTS).write_bytes(spoilt)
        refusal(package, "differs from the file")


@pytest.mark.parametrize("part", ["header", "everything"])
def test_flipped_bits_under_a_right_hash_end_in_a_network_or_a_refusal(package, part):
    content = (package.folder / WEIGHTS).read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0] if part == "header" else len(content)
    places = random.Random(part)

    refused = 0
    for _ in range(100):
        spoilt = bytearray(content)
        for _ in range(places.randint(1, 4)):
            spoilt[places.randrange(end)] ^= 1 << places.randrange(8)
        replace_file(package, "weights", bytes(spoilt))
        try:
            network = load_all(package)
        except PackageError:
            refused += 1
        else:
            assert all(torch.isfinite(t).all() for t in network.state_dict().values())
    assert refused > (50 if part == "header" else 0)


def test_any_flipped_bit_in_the_manifest_ends_in_a_package_or_a_refusal(package):
    content = (package.folder / "manifest.json").read_bytes()
    places = random.Random(1)

    for _ in range(300):
        spoilt = bytearray(content)
        spoilt[places.randrange(len(content))] ^= 1 << places.randrange(8)
        (package.folder / "manifest.json").write_bytes(spoilt)
        with contextlib.suppress(PackageError):
            open_package(package.folder)


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (open, (str(self.trace), "w"))


def pickled(trace):
    return pickle.dumps(Payload(trace))


def pickled_by_torch(trace):
    stream = io.BytesIO()
    torch.save({"weight": Payload(trace)}, stream)
    return stream.getvalue()


def pickled_by_numpy(trace):
    stream = io.BytesIO()
    np.save(stream, np.array([Payload(trace)], dtype=object), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize("dump", [pickled, pickled_by_torch, pickled_by_numpy])
@pytest.mark.parametrize("entry", ["weights", "directions_file"])
def test_a_pickle_under_the_name_of_safetensors_is_not_run(package, dump, entry, tmp_path):
    trace = tmp_path / "the payload ran"
    replace_file(package, entry, dump(trace))

    refusal(package, "cannot be read")

    assert not trace.exists()


def test_a_pickle_in_place_of_the_manifest_is_not_run(package, tmp_path):
    trace = tmp_path / "the payload ran"
    (package.folder / "manifest.json").write_bytes(pickled(trace))

    refusal(package, "not a JSON document")

    assert not trace.exists()
