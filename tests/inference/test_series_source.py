"""A display set of DICOM files as a translation sees it."""

import numpy as np
import pytest
import torch

from medgan_viewer.dicom.decoder import INFERENCE
from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.hierarchy import group_into_studies
from medgan_viewer.dicom.instance_header import read_header
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.errors import InputError
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.series_job import SeriesJob
from medgan_viewer.inference.series_source import source_series
from tests.dicom_factory import make_series
from tests.package_factory import tiny_manifest, write_tanh_translator


class FakePool:
    """Reads in this process; remembers what was asked for."""

    def __init__(self):
        self.asked = []

    def run(self, task, priority):
        self.asked.append((task.ref, priority))
        return load_frame(task.ref)


def display_set_of(folder, positions_mm):
    pixels = np.full((16, 16), 1924, np.int16)  # 900 HU
    paths = make_series(folder, positions_mm, pixels=pixels, name="CT head")
    (study,), _ = group_into_studies([read_header(path) for path in paths])
    (display_set,) = split_into_display_sets(study.series[0])
    return display_set


@pytest.fixture(scope="module")
def sagittal_translator(tmp_path_factory):
    source = tiny_manifest("x", "unet-translator")["source"] | {"plane": "sagittal"}
    return write_tanh_translator(tmp_path_factory.mktemp("source") / "tanh", source=source)


def translated(package, source):
    job = SeriesJob(package, source)
    engine = Engine(choose_device(Preference.CPU), dtype=torch.float32)
    made, index = [], 0
    while index < job.total:
        made.append(job.step(engine, index, lambda: False))
        index += 1
    return [plane for plane in made if plane is not None]


def test_planes_are_read_by_index_behind_the_pictures_on_screen(tmp_path):
    display_set, pool = display_set_of(tmp_path, (0, 1, 2)), FakePool()

    source = source_series(display_set, pool)
    assert not pool.asked
    frame = source.read(1)

    assert pool.asked == [(display_set.frames[1], INFERENCE)]
    assert frame.geometry == source.planes[1]
    assert source.uids[1] == display_set.frames[1].sop_instance_uid
    assert source.title == display_set.label


def test_one_missing_slice_is_filled_in(tmp_path, sagittal_translator):
    positions = [z for z in range(25) if z != 12]
    source = source_series(display_set_of(tmp_path, positions), FakePool())

    planes = translated(sagittal_translator, source)

    assert [plane.index for plane in planes] == list(range(24))
    expected = (np.tanh(0.8) + 1) * 500  # 900 of 0 to 1000 is 0.8 of -1 to 1
    for plane in planes:
        assert plane.frame.modality_values() == pytest.approx(expected, abs=1)


def test_too_many_missing_slices_are_an_error_with_advice(tmp_path, sagittal_translator):
    positions = [z for z in range(25) if z not in (5, 6, 7)]
    source = source_series(display_set_of(tmp_path, positions), FakePool())

    with pytest.raises(InputError, match=r"Too many slices .* are missing") as caught:
        translated(sagittal_translator, source)

    assert caught.value.action == "Ask for the complete series."
