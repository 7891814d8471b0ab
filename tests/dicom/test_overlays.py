"""Overlays 60xx and display shutters, as masks beside the values."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.display import default_voi, reduce_frame, render_display
from medgan_viewer.imaging.voi import VoiWindow
from tests.dicom_factory import ct_dataset, make_compressed, ramp, write


def add_overlay(dataset, plane, *, group=0x6000, origin=(1, 1), frames=None, first_frame=None):
    """Add an overlay whose (rows, columns) or (frames, rows, columns) are given as 0 and 1."""
    plane = np.asarray(plane, np.uint8)
    dataset.add_new((group, 0x0010), "US", plane.shape[-2])
    dataset.add_new((group, 0x0011), "US", plane.shape[-1])
    dataset.add_new((group, 0x0040), "CS", "G")
    dataset.add_new((group, 0x0050), "SS", list(origin))
    dataset.add_new((group, 0x0100), "US", 1)
    dataset.add_new((group, 0x0102), "US", 0)
    if frames is not None:
        dataset.add_new((group, 0x0015), "IS", frames)
        dataset.add_new((group, 0x0051), "US", first_frame or 1)
    data = np.packbits(plane.ravel(), bitorder="little").tobytes()
    dataset.add_new((group, 0x3000), "OW", data + b"\0" * (len(data) % 2))
    return dataset


def loaded(dataset, tmp_path, number=1, syntax=ExplicitVRLittleEndian):
    path = write(dataset, tmp_path / "a.dcm", syntax)
    return load_frame(FrameRef(path, "", number))


def covered(frame):
    """Return row and column of every overlay pixel."""
    assert frame.overlay is not None
    return np.argwhere(frame.overlay.mask()).tolist()


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_an_overlay_lies_where_its_origin_says(tmp_path, syntax):
    plane = [[1, 0, 0], [0, 0, 1]]
    dataset = add_overlay(ct_dataset(), plane, origin=(3, 5))
    if syntax == ExplicitVRBigEndian:
        swapped = np.frombuffer(dataset[0x60003000].value, np.uint16).byteswap().tobytes()
        dataset[0x60003000].value = swapped

    frame = loaded(dataset, tmp_path, syntax=syntax)

    assert covered(frame) == [[2, 4], [3, 6]]
    np.testing.assert_array_equal(frame.stored, ramp())  # no value is touched


def test_what_of_an_overlay_lies_outside_the_image_is_left_out(tmp_path):
    frame = loaded(add_overlay(ct_dataset(), np.ones((4, 4)), origin=(-1, 7)), tmp_path)

    assert covered(frame) == [[0, 6], [0, 7], [1, 6], [1, 7]]


def test_all_sixteen_groups_are_joined(tmp_path):
    dataset = add_overlay(ct_dataset(), [[1]], group=0x6000, origin=(1, 1))
    add_overlay(dataset, [[1]], group=0x601E, origin=(8, 8))

    assert covered(loaded(dataset, tmp_path)) == [[0, 0], [7, 7]]


def test_an_overlay_of_many_frames_begins_at_the_frame_it_names(tmp_path):
    stack = np.stack([ramp(dtype=np.int16)] * 4)
    planes = np.zeros((2, 1, 3), np.uint8)
    planes[0, 0, 0] = planes[1, 0, 2] = 1  # the second begins inside a byte
    dataset = add_overlay(ct_dataset(stack), planes, frames=2, first_frame=2)

    assert loaded(dataset, tmp_path, 1).overlay is None
    assert covered(loaded(dataset, tmp_path, 2)) == [[0, 0]]
    assert covered(loaded(dataset, tmp_path, 3)) == [[0, 2]]
    assert loaded(dataset, tmp_path, 4).overlay is None


def test_an_overlay_in_the_unused_bits_of_the_pixels_is_found(tmp_path):
    pixels = ramp(dtype=np.uint16)
    pixels[2, 3] |= 1 << 12
    dataset = ct_dataset(pixels, BitsStored=12, HighBit=11)
    dataset.add_new((0x6000, 0x0100), "US", 16)
    dataset.add_new((0x6000, 0x0102), "US", 12)

    frame = loaded(dataset, tmp_path)

    assert covered(frame) == [[2, 3]]
    assert frame.stored[2, 3] == 19  # the bit is no part of the value


def test_bit_0_without_overlay_data_is_no_overlay(tmp_path):
    dataset = ct_dataset(ramp(dtype=np.uint16))
    dataset.add_new((0x6000, 0x0010), "US", 8)
    dataset.add_new((0x6000, 0x0011), "US", 8)
    dataset.add_new((0x6000, 0x0100), "US", 16)
    dataset.add_new((0x6000, 0x0102), "US", 0)

    assert loaded(dataset, tmp_path).overlay is None


def test_an_overlay_that_is_too_short_costs_a_note_and_not_the_image(tmp_path):
    dataset = add_overlay(ct_dataset(), np.ones((8, 8)))
    dataset[0x60003000].value = b"\xff\xff"

    frame = loaded(dataset, tmp_path)

    assert frame.overlay is None
    assert frame.notes == ("overlay unreadable",)


def test_graphics_are_white_on_dark_and_black_on_bright_pixels_and_can_be_left_out(tmp_path):
    dataset = add_overlay(ct_dataset(RescaleIntercept=0), np.eye(8))
    frame = loaded(dataset, tmp_path)
    window = VoiWindow(32, 64)

    shown = render_display(frame, window, overlays=True).pixels

    assert np.diag(shown).tolist() == [255] * 4 + [0] * 4
    assert np.diag(render_display(frame, window).pixels).tolist()[:2] == [0, 36]


def test_graphics_survive_when_a_large_image_is_reduced(tmp_path):
    frame = loaded(add_overlay(ct_dataset(), [[1]], origin=(7, 8)), tmp_path)

    assert covered(reduce_frame(frame, 4)) == [[1, 1]]


def test_a_rectangular_shutter_hides_what_lies_outside_its_edges(tmp_path):
    frame = loaded(
        ct_dataset(
            ShutterShape="RECTANGULAR",
            ShutterLeftVerticalEdge=3,
            ShutterRightVerticalEdge=6,
            ShutterUpperHorizontalEdge=2,
            ShutterLowerHorizontalEdge=7,
        ),
        tmp_path,
    )

    open_part = np.argwhere(~frame.hidden.mask())
    assert open_part.min(axis=0).tolist() == [1, 2]  # edges count from 1 and are open
    assert open_part.max(axis=0).tolist() == [6, 5]
    assert len(open_part) == 24
    assert "display shutter" in frame.notes


def test_a_circular_shutter_leaves_its_radius_open(tmp_path):
    frame = loaded(
        ct_dataset(
            ShutterShape="CIRCULAR", CenterOfCircularShutter=[4, 5], RadiusOfCircularShutter=2
        ),
        tmp_path,
    )

    assert (~frame.hidden.mask()).sum() == 13  # lattice points within 2 of a lattice point
    assert not frame.hidden.mask()[3, 4]
    assert not frame.hidden.mask()[5, 4]
    assert frame.hidden.mask()[5, 5]


def test_of_several_shutters_only_what_all_leave_open_is_shown(tmp_path):
    frame = loaded(
        ct_dataset(
            ShutterShape=["CIRCULAR", "POLYGONAL"],
            CenterOfCircularShutter=[4, 4],
            RadiusOfCircularShutter=2,
            VerticesOfThePolygonalShutter=[1, 1, 1, 5, 9, 5, 9, 1],  # columns 1 to 4
        ),
        tmp_path,
    )

    # of the circle the half with its middle column: 1 + 3 + 5
    assert (~frame.hidden.mask()).sum() == 9


def test_a_bitmap_shutter_is_no_graphics(tmp_path):
    dataset = add_overlay(ct_dataset(), [[1, 1]], group=0x6002)
    dataset.ShutterShape = "BITMAP"
    dataset.ShutterOverlayGroup = 0x6002

    frame = loaded(dataset, tmp_path)

    assert frame.overlay is None
    assert np.argwhere(frame.hidden.mask()).tolist() == [[0, 0], [0, 1]]


def test_what_a_shutter_hides_has_its_gray_and_does_not_count_for_the_window(tmp_path):
    pixels = ramp()
    pixels[:, 0] = 30000
    dataset = ct_dataset(
        pixels,
        RescaleIntercept=0,
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=2,
        ShutterPresentationValue=0x8000,
    )
    frame = loaded(dataset, tmp_path)

    window = default_voi(frame)
    shown = render_display(frame, window, inverted=True).pixels

    assert window.center + window.width / 2 < 64
    assert shown[:, 0].tolist() == [128] * 8


def test_a_shutter_over_the_whole_image_is_taken_for_a_mistake(tmp_path):
    dataset = ct_dataset(ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=100)

    assert loaded(dataset, tmp_path).hidden is None


def test_a_compressed_image_keeps_its_overlay(tmp_path):
    pixels = ramp(dtype=np.uint8)
    path = make_compressed(tmp_path / "a.dcm", [pixels], "1.2.840.10008.1.2.4.80")
    from pydicom import dcmread

    dataset = add_overlay(dcmread(path), np.eye(8))
    dataset.save_as(path)

    assert len(covered(load_frame(FrameRef(path, "")))) == 8
