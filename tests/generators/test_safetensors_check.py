"""What is refused of a .safetensors file before the library sees it."""

import json
import struct

import pytest
import torch
from safetensors.torch import save

from medgan_viewer.generators.safetensors_check import MAX_HEADER_BYTES, check_safetensors


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_a_file_of_the_library_passes_with_its_shapes():
    content = save(
        {
            "weight": torch.zeros(2, 3),
            "half": torch.zeros(4, dtype=torch.float16),
            "counter": torch.tensor(7),
        }
    )

    assert check_safetensors(content) == {"weight": (2, 3), "half": (4,), "counter": ()}


def test_metadata_are_no_tensor():
    content = save({"a": torch.zeros(1)}, metadata={"format": "pt"})

    assert check_safetensors(content) == {"a": (1,)}


TWICE = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' * 2
TWICE = TWICE[:-1].replace(b"},{", b"},") + b"}"
NESTED = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
CROWD = {f"t{i}": entry([1], 4 * i, 4 * i + 4) for i in range(20_001)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty or cut off", id="empty"),
        pytest.param(b"\x08\x00\x00", "empty or cut off", id="shorter than the length"),
        pytest.param(struct.pack("<Q", 1 << 63) + b"{}", "header is too large", id="2^63"),
        pytest.param(
            struct.pack("<Q", MAX_HEADER_BYTES + 1) + b" " * 16, "header is too large", id="8 MiB"
        ),
        pytest.param(struct.pack("<Q", 100) + b"{}", "cut off within its header", id="cut header"),
        pytest.param(file_of(b"not json"), "header cannot be read", id="not JSON"),
        pytest.param(file_of(b"\x80\x04."), "header cannot be read", id="pickle"),
        pytest.param(file_of(NESTED), "header cannot be read", id="nested"),
        pytest.param(file_of([1, 2]), "not an object", id="list"),
        pytest.param(file_of(TWICE, b"0000"), "stands twice", id="twice"),
        pytest.param(file_of(CROWD, bytes(4 * 20_001)), "too many tensors", id="crowd"),
        pytest.param(file_of({"a": 3}), "'a' is not described", id="number"),
        pytest.param(
            file_of({"a": {"dtype": "F32", "shape": [1]}}), "not described", id="no offsets"
        ),
        pytest.param(
            file_of({"a": entry([1], 0, 8, "F64")}, bytes(8)), "number type", id="float64"
        ),
        pytest.param(file_of({"a": entry([1], 0, 1, "U8")}, b"0"), "number type", id="uint8"),
        pytest.param(file_of({"a": entry([1], 0, 4, ["F32"])}, b"0000"), "number type", id="list"),
        pytest.param(file_of({"a": entry([-1], 0, 4)}, b"0000"), "not described", id="negative"),
        pytest.param(file_of({"a": entry([1.0], 0, 4)}, b"0000"), "not described", id="float"),
        pytest.param(file_of({"a": entry([True], 0, 4)}, b"0000"), "not described", id="bool"),
        pytest.param(file_of({"a": entry("1", 0, 4)}, b"0000"), "not described", id="text"),
        pytest.param(file_of({"a": entry([1], 4, 0)}, b"0000"), "does not fit", id="backwards"),
        pytest.param(file_of({"a": entry([0, 1 << 60], 0, 0)}), "out of limits", id="zero side"),
        pytest.param(
            file_of({"a": entry([1 << 40, 1 << 40], 0, 4)}, b"0000"), "out of limits", id="huge"
        ),
        pytest.param(
            file_of({"a": entry([1 << 20, 1 << 20], 0, 4)}, b"0000"), "does not fit", id="product"
        ),
        pytest.param(file_of({"a": entry([1] * 9, 0, 4)}, b"0000"), "out of limits", id="rank 9"),
        pytest.param(file_of({"a": entry([2], 0, 8)}, b"0000"), "does not fit", id="cut data"),
        pytest.param(file_of({"a": entry([1], 0, 4)}, bytes(5)), "no tensor", id="trailing"),
        pytest.param(file_of({"a": entry([1], 4, 8)}, bytes(8)), "holes or overlap", id="hole"),
        pytest.param(
            file_of({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"0000"),
            "holes or overlap",
            id="overlap",
        ),
    ],
)
def test_a_crafted_file_is_refused_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        check_safetensors(content)


def test_a_tensor_name_cannot_write_to_the_terminal_or_fill_the_message():
    with pytest.raises(ValueError, match="is not described") as caught:
        check_safetensors(file_of({"\x1b[2J" + "n" * 100_000: 3}))

    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200
