"""An index in a temporary folder, and scans that use it."""

import pytest

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.scan import scan_incrementally
from medgan_viewer.index.database import prepare_database
from medgan_viewer.index.memory import IndexMemory


@pytest.fixture(scope="module")
def pool():
    """Return a pool that the tests of a module share."""
    with DecoderPool(1) as pool:
        pool.warm_up()
        yield pool


@pytest.fixture
def index_path(tmp_path):
    path = tmp_path / "home" / "study_index.db"
    prepare_database(path)
    return path


@pytest.fixture
def scan_with_index(pool, index_path):
    """Return a function that scans with the index and gives the headers, skips, gone and counts."""

    def run(*paths, memory=None):
        batches = []
        own = memory or IndexMemory(index_path)
        scan_incrementally(paths, pool, batches.append, memory=own)
        if memory is None:
            own.close()
        return Result(batches)

    return run


class Result:
    """What all batches of a scan held."""

    def __init__(self, batches):
        self.headers = [header for batch in batches for header in batch.headers]
        self.skipped = [skipped for batch in batches for skipped in batch.skipped]
        self.gone = [path for batch in batches for path in batch.gone]
        self.read = batches[-1].files_read
        self.known = batches[-1].files_known
