"""Decoder pools, files on which a decoder process hangs, and files to display sets.

A named pipe stands for such a file: opening it waits until the test opens the other end.
"""

import os

import pytest

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.hierarchy import FrameRef, group_into_studies
from medgan_viewer.dicom.instance_header import read_header


@pytest.fixture(scope="module")
def pool():
    """Return a pool that the tests of a module share."""
    with DecoderPool() as pool:
        pool.warm_up()
        yield pool


@pytest.fixture
def single():
    """Return pools of one process."""
    pools = []

    def start(**options):
        pools.append(DecoderPool(1, **{"header_timeout_s": 2, "frame_timeout_s": 20, **options}))
        return pools[-1]

    yield start
    for pool in pools:
        pool.close()


class HungFile:
    """A file on which a process hangs until `release`, or until it is killed."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self._stream = None
        self.frame = ReadFrame(FrameRef(path, ""))

    def wait_until_read(self):
        self._stream = self.path.open("wb", buffering=0)

    def release(self):
        """End the reading; what was read is no DICOM."""
        self._stream.write(b"text\n" * 40)
        self.close()

    def close(self):
        if self._stream is not None:
            self._stream.close()


@pytest.fixture
def hung_file(tmp_path):
    """Return files that hang, by name."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    files = []

    def make(name):
        files.append(HungFile(tmp_path / name))
        return files[-1]

    yield make
    for file in files:
        file.close()


@pytest.fixture
def display_sets():
    """Return a function from the files of one series to its display sets, none of them lost."""

    def divide(*paths):
        (study,), copies = group_into_studies([read_header(path) for path in paths])
        (series,) = study.series
        sets = split_into_display_sets(series)
        shown = [ref for display_set in sets for ref in display_set.frames]
        assert len(shown) == len(set(shown)) == series.frame_count
        assert copies == ()
        return sets

    return divide
