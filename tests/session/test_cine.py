"""CinePlayer: the file's rate, the clock, what is late."""

import pytest

from medgan_viewer.session.cine import MEASURED_S
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, gray_frame, open_and_wait


@pytest.fixture
def playing(qtbot, session, tmp_path):
    """Return a function that opens and plays a stack of 6 images."""

    def play(**attributes):
        make_series(tmp_path, range(6), **attributes)
        open_and_wait(qtbot, session, tmp_path)
        feeder = session.feeders[0]
        refs = feeder.display_set.frames
        qtbot.waitUntil(lambda: all(map(session.loader.has, refs)), timeout=PATIENCE_MS)
        session.cine.play(feeder)
        return session

    yield play
    session.cine.stop()


def test_a_stack_plays_at_the_rate_of_its_file(qtbot, playing):
    session = playing(RecommendedDisplayFrameRate="24")

    qtbot.waitUntil(lambda: session.cine.rate == 24, timeout=PATIENCE_MS)
    assert session.cine.source == "Recommended Display Frame Rate"
    assert "▶ 24 /s" in session.acquired[0].look.remark


def test_without_a_rate_the_usual_one_is_named_as_such(qtbot, playing):
    session = playing()
    session.display.set_cine_rate(10)
    session.cine.play(session.feeders[0])

    assert (session.cine.rate, session.cine.source) == (10, "usual rate")


def test_the_stack_goes_round(qtbot, playing):
    session = playing(CineRate="50")
    seen = set()
    session.acquired[0].content_changed.connect(lambda: seen.add(session.acquired[0].index))

    qtbot.waitUntil(lambda: seen >= set(range(6)), timeout=PATIENCE_MS)


def test_images_that_are_left_out_are_not_hidden(qtbot, playing):
    """Nothing paints here, so that none of the wanted images is shown."""
    session = playing(CineRate="60")

    qtbot.waitUntil(
        lambda: "· 0 shown" in session.acquired[0].look.remark,
        timeout=PATIENCE_MS + int(MEASURED_S * 1000),
    )


def test_stopping_leaves_no_remark_and_the_image_where_it_is(qtbot, playing):
    session = playing(CineRate="50")
    session.cine.toggle(session.feeders[0])

    assert not session.cine.is_playing
    assert session.acquired[0].look.remark == ""


def test_another_stack_in_the_tile_ends_the_play(qtbot, playing):
    session = playing()

    session.feeders[0].clear("gone")

    assert not session.cine.is_playing


def test_one_image_alone_is_not_played(session):
    session.acquired[0].show_frame(gray_frame())

    session.cine.play(session.feeders[0])

    assert not session.cine.is_playing


def test_the_rate_can_be_changed_while_it_plays(playing):
    session = playing()
    before = session.cine.rate

    session.cine.faster()

    assert session.cine.rate == pytest.approx(before * 1.25)
    assert session.cine.source == "set by hand"
    for _ in range(40):
        session.cine.slower()
    assert session.cine.rate == 1


def test_a_scroll_while_it_plays_goes_on_from_there(qtbot, playing):
    session = playing(CineRate="1")
    qtbot.waitUntil(lambda: session.cine.rate == 1, timeout=PATIENCE_MS)
    tile = session.acquired[0]

    tile.go_to(0)

    qtbot.waitUntil(lambda: tile.index == 1, timeout=PATIENCE_MS)  # not where the clock was
