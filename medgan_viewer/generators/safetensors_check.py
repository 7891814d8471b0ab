"""Checks on a .safetensors file before the library parses it.

The library (0.8.0) accepts repeated keys, zero-sized shapes with huge dimensions and headers of
100 MB; a package from a stranger may use all three.
"""

import json
import math
import struct
from typing import Any

MAX_HEADER_BYTES = 8 << 20
MAX_TENSORS = 20_000
MAX_RANK = 8
MAX_SIDE = 1 << 24
MAX_ELEMENTS = 1 << 31
ITEM_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8}


def check_safetensors(content: bytes) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor, or raise ValueError with the reason in plain words."""
    if len(content) < 8:
        raise ValueError("the file is empty or cut off")
    (length,) = struct.unpack("<Q", content[:8])
    if length > MAX_HEADER_BYTES:
        raise ValueError("the header is too large")
    if 8 + length > len(content):
        raise ValueError("the file is cut off within its header")
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the header cannot be read ({error})") from error
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    header.pop("__metadata__", None)
    if len(header) > MAX_TENSORS:
        raise ValueError("there are too many tensors")
    data_bytes = len(content) - 8 - length
    shapes = {name: _check_tensor(name, entry, data_bytes) for name, entry in header.items()}
    ends = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    position = 0
    for begin, end in ends:
        if begin != position:
            raise ValueError("the data have holes or overlap")
        position = end
    if position != data_bytes:
        raise ValueError("the file is cut off or holds bytes of no tensor")
    return shapes


def _check_tensor(name: str, entry: Any, data_bytes: int) -> tuple[int, ...]:
    tensor = f"tensor {name[:80]!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{tensor} is not described properly")
    item = ITEM_BYTES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if item is None:
        raise ValueError(f"{tensor} has a number type that is not allowed")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not (_are_counts(shape) and _are_counts(offsets) and len(offsets) == 2):
        raise ValueError(f"{tensor} is not described properly")
    if len(shape) > MAX_RANK or any(not 1 <= side <= MAX_SIDE for side in shape):
        raise ValueError(f"{tensor} has a shape out of limits")
    elements = math.prod(shape)
    begin, end = offsets
    if elements > MAX_ELEMENTS or end > data_bytes or end - begin != elements * item:
        raise ValueError(f"{tensor} does not fit its data")
    return tuple(shape)


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
