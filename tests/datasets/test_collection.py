"""ImageCollection: what a set says of spacing, modality and what was skipped."""

import numpy as np
import pytest

from medgan_viewer.datasets import collection as module
from medgan_viewer.datasets.collection import ImageCollection, require_folder
from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.errors import InputError

FULL = IntensityHandling("full", 0, 255)


def add(collection, **fields):
    own = {"label": "x", "patient": "P", "bits": 8, **fields}
    collection.add(np.zeros((4, 4), own.pop("dtype", np.uint8)), **own)


@pytest.mark.parametrize(
    ("spacings", "common"),
    [((1.0, 1.004), 1.002), ((1.0, 2.0), None), ((1.0, None), None), ((None, None), None)],
)
def test_a_spacing_is_told_only_when_all_images_have_it(tmp_path, spacings, common):
    collection = ImageCollection(tmp_path, 4)
    for spacing in spacings:
        add(collection, spacing_mm=spacing)

    assert collection.finish((), FULL, "").images.spacing_mm == pytest.approx(common)


def test_the_full_range_is_that_of_the_deepest_file(tmp_path):
    collection = ImageCollection(tmp_path, 4)
    add(collection, bits=10, dtype=np.uint16)
    add(collection, bits=12, dtype=np.uint16)

    images = collection.finish((), FULL, "").images

    assert images.trained_bits == 12
    assert images.intensity.high == 4095


def test_what_was_skipped_is_counted_by_reason(tmp_path):
    collection = ImageCollection(tmp_path, 4)
    add(collection)
    collection.skip("a.dcm", "a reason", 2)
    collection.skip("b.dcm", "a reason")
    collection.skip("c.dcm", "another")

    assert collection.finish((), FULL, "").notes == (
        "3 not read, such as a.dcm: a reason.",
        "1 not read, c.dcm: another.",
    )


def test_a_set_beyond_the_memory_is_refused_while_it_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_SET_BYTES", 40)
    collection = ImageCollection(tmp_path, 4)
    add(collection)
    add(collection)

    with pytest.raises(InputError, match="more than 0 GiB"):
        add(collection)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a.txt").touch()

    with pytest.raises(InputError, match="not a folder"):
        require_folder(tmp_path / "a.txt")
