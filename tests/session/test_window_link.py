import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.grid import Layout, ViewportGrid
from medgan_viewer.session.tile_view import Caption, Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.session.window_link import WindowLink
from tests.session.fixtures import provenance

CHOSEN = VoiWindow(60, 160)
HU = Rescale(1, -1024, "HU")


def tile_with(modality="CT", rescale=HU, series="1", patient="A", is_synthetic=False):
    tile = ViewportState(Role.ACQUIRED)
    tile.start_stack(Caption(title=series, patient=patient), 1, 0, "")
    made = provenance() if is_synthetic else None
    stored = np.arange(64, dtype=np.int16).reshape(8, 8)
    tile.show_frame(PixelFrame(stored, modality, rescale, provenance=made))
    return tile


@pytest.fixture
def link(qapp):
    """Return a function that links two tiles; it returns the grid."""
    kept = []

    def make(*tiles, reformatted=()):
        grid = ViewportGrid()
        grid.set_tiles((*tiles, *reformatted), Layout(1, len(tiles) + len(reformatted)))
        kept.append(WindowLink(grid, tiles, reformatted, lambda tile: tile.caption.title))
        return grid

    return make


@pytest.mark.parametrize(
    ("second", "goes_along"),
    [
        pytest.param({}, True, id="the same unit"),
        pytest.param({"series": "2"}, True, id="another series in HU"),
        pytest.param({"rescale": Rescale(1, 0, "")}, False, id="no unit"),
        pytest.param({"modality": "PT", "rescale": Rescale(1, 0, "SUV")}, False, id="PET"),
        pytest.param({"modality": "MR", "rescale": Rescale()}, False, id="another modality"),
        pytest.param({"is_synthetic": True}, False, id="synthetic"),
        pytest.param({"patient": "B"}, False, id="another patient"),
    ],
)
def test_a_window_goes_along_only_where_values_mean_the_same(link, second, goes_along):
    first, other = tile_with(), tile_with(**second)
    link(first, other)

    first.set_voi(CHOSEN)

    assert (other.voi == CHOSEN) is goes_along


@pytest.mark.parametrize(("series", "goes_along"), [("1", True), ("2", False)])
def test_mr_values_mean_the_same_within_one_series_only(link, series, goes_along):
    first, other = (tile_with("MR", Rescale(), name) for name in ("1", series))
    link(first, other)

    first.set_voi(CHOSEN)

    assert (other.voi == CHOSEN) is goes_along


def test_windows_that_are_not_linked_stay(link):
    first, other = tile_with(), tile_with()
    link(first, other).set_links(view=True, scroll=True, window=False)

    first.set_voi(CHOSEN)

    assert other.voi != CHOSEN


def test_a_window_that_comes_with_the_file_is_carried_nowhere(link):
    first, other = tile_with(), tile_with()
    link(first, other)
    stored = np.ones((4, 4), np.int16)

    first.show_frame(PixelFrame(stored, "CT", HU, vois=(CHOSEN,)))

    assert first.voi == CHOSEN
    assert other.voi != CHOSEN


def test_planes_of_one_series_share_their_window_whatever_the_link(link):
    planes = tuple(tile_with("MR", Rescale()) for _ in range(2))
    link(reformatted=planes).set_links(view=False, scroll=False, window=False)

    planes[1].set_voi(CHOSEN)

    assert planes[0].voi == CHOSEN
