"""Reads torch's libraries from the disk before they are imported; itself without torch.

The import links them while it holds Python's lock. Where they still have to come from the disk, a
window would stand still for as long as that takes; reading a file lets the other threads run.
"""

import logging
from importlib.util import find_spec
from pathlib import Path

log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 20


def preload_torch() -> int:
    """Bring the libraries into the system's file cache; return how many bytes were read."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return 0
    chunk = bytearray(_CHUNK_BYTES)
    total = 0
    try:
        for path in (Path(spec.origin).parent / "lib").glob("*torch*"):
            with path.open("rb", buffering=0) as stream:
                while count := stream.readinto(chunk):
                    total += count
    except OSError as error:  # the import will say what is wrong
        log.info("torch was not read in advance: %s", error)
    return total
