"""Arrays and the JSON file beside them."""

import json

import numpy as np
import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.export.array_writer import spacing_text, write_array
from medgan_viewer.export.marks import read_marks
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, SpacingSource
from medgan_viewer.imaging.modality import Rescale

GENERATED = Provenance(
    SyntheticKind.GENERATED, "CT 1.0", "ct", "ab" * 32, '{"seed": 1}', "seed 1", ("1.2.3",)
)


def frame(provenance=GENERATED):
    stored = np.array([[0, 1000], [2000, 3000]], dtype=np.int16)
    return PixelFrame(
        stored,
        transform=Rescale(1, -1024, "HU"),
        spacing=PixelSpacing(0.5, 0.8),
        provenance=provenance,
    )


def test_the_array_holds_modality_values_and_its_neighbour_the_marks(tmp_path):
    path = tmp_path / "image.npy"

    write_array(frame(), path)

    values = np.load(path, allow_pickle=False)
    assert values.dtype == np.float32
    assert np.array_equal(values, [[-1024, -24], [976, 1976]])
    document = json.loads((tmp_path / "image.npy.json").read_text())
    assert document["synthetic"] is True
    assert document["unit"] == "HU (simulated)"
    assert document["shape"] == [2, 2]
    assert document["spacing"] == "0.5 x 0.8 mm"
    assert read_marks(path) == GENERATED


def test_an_acquired_array_says_that_it_is_not_synthetic(tmp_path):
    path = tmp_path / "image.npy"

    write_array(frame(provenance=None), path)

    document = json.loads((tmp_path / "image.npy.json").read_text())
    assert document["synthetic"] is False
    assert document["unit"] == "HU"
    assert read_marks(path) is None


def test_color_arrays_are_written_as_they_are(tmp_path):
    rgb = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)

    write_array(PixelFrame(rgb, provenance=GENERATED), tmp_path / "image.npy")

    assert np.array_equal(np.load(tmp_path / "image.npy"), rgb)


@pytest.mark.parametrize("name", ["image.npy", "image.npy.json"])
def test_neither_file_is_replaced_unless_asked(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")

    with pytest.raises(InputError, match="exists already"):
        write_array(frame(), tmp_path / "image.npy")
    assert [path.name for path in tmp_path.iterdir()] == [name]

    write_array(frame(), tmp_path / "image.npy", overwrite=True)
    assert read_marks(tmp_path / "image.npy") == GENERATED


def test_an_array_without_its_neighbour_does_not_say_whether_it_is_synthetic(tmp_path):
    write_array(frame(), tmp_path / "image.npy")
    (tmp_path / "image.npy.json").unlink()

    with pytest.raises(InputError, match=r"Keep image\.npy\.json beside it"):
        read_marks(tmp_path / "image.npy")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"synthetic": "no"}', "[" * 100_000, "\ud800"])
def test_a_broken_neighbour_is_refused(tmp_path, text):
    write_array(frame(), tmp_path / "image.npy")
    (tmp_path / "image.npy.json").write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(InputError, match="does not say"):
        read_marks(tmp_path / "image.npy")


def test_broken_provenance_leaves_the_image_synthetic(tmp_path):
    write_array(frame(), tmp_path / "image.npy")
    (tmp_path / "image.npy.json").write_text(
        '{"synthetic": true, "provenance": {"kind": 7, "source_uids": [1]}}'
    )

    assert read_marks(tmp_path / "image.npy") == Provenance(SyntheticKind.UNKNOWN, "")


@pytest.mark.parametrize(
    ("spacing", "text"),
    [
        (None, "px"),
        (PixelSpacing(0.5, 0.5), "0.5 x 0.5 mm"),
        (PixelSpacing(0.1, 0.1, SpacingSource.DETECTOR), "0.1 x 0.1 mm (at detector)"),
    ],
)
def test_spacing_is_told_with_its_source(spacing, text):
    assert spacing_text(spacing) == text
