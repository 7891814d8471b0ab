"""DisplayOptions: what holds for all tiles."""

from medgan_viewer.session.tile_look import CORNER_PARTS
from tests.session.fixtures import gray_frame


def test_a_part_that_is_left_out_is_left_out_in_every_tile(session):
    session.display.hide_parts(["identity", "no such part"])

    assert session.display.hidden_parts == {"identity"}
    for tile in (*session.acquired, session.synthetic):
        assert not tile.look.shows("identity")
        assert tile.look.shows("zoom")


def test_overlays_off_hides_every_part(session):
    session.display.show_overlays(False)

    assert not any(session.synthetic.look.shows(part) for part in CORNER_PARTS)


def test_a_rate_out_of_bounds_is_taken_to_the_nearest_that_is_not(session):
    session.display.set_cine_rate(1000)

    assert session.display.cine_rate == 60


def test_colors_go_with_the_stack_they_were_chosen_for(session):
    tile = session.acquired[0]
    tile.show_frame(gray_frame())
    tile.look.set_colormap("ice")

    tile.start_stack(tile.caption, 3, 0, "")

    assert tile.look.colormap == "gray"
