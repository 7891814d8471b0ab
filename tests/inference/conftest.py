"""What all tests of inference share."""

import pytest
import torch

from medgan_viewer.inference.worker import InferenceWorker
from tests.inference.gated import LIMIT_S, GatedEngine, Inbox


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Networks this small gain nothing from a second thread and wait for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def engine():
    return GatedEngine()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def worker(engine, inbox):
    worker = InferenceWorker(lambda: engine, inbox)
    yield worker
    assert worker.close(LIMIT_S)
