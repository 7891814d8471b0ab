import threading

import pytest

from medgan_viewer.session.comparison import CompareMode
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from tests.dicom_factory import make_series
from tests.session.fixtures import PATIENCE_MS, GatedEngine, deliver_posted, open_and_wait


@pytest.mark.parametrize("mode", [Mode.GENERATE, Mode.TRANSLATE, Mode.COMPARE])
def test_every_mode_but_browse_shows_the_acquired_beside_the_synthetic_tile(session, mode):
    session.set_mode(mode)

    assert session.grid.tiles == (session.acquired[0], session.synthetic)


def test_browse_shows_acquired_tiles_alone(session):
    session.set_mode(Mode.BROWSE)
    session.set_layout(Layout(2, 2))

    assert session.grid.tiles == session.acquired[:4]


def test_the_difference_stands_as_a_third_tile(session):
    session.comparison.set_mode(CompareMode.DIFFERENCE)

    session.set_mode(Mode.COMPARE)

    assert session.grid.tiles[2] is session.comparison.difference


def test_compare_keeps_the_source_of_the_synthetic_image(session):
    session.set_mode(Mode.TRANSLATE)

    session.set_mode(Mode.COMPARE)

    assert session.source_mode is Mode.TRANSLATE
    assert session.synthetic.message == "Show a series on the left; its translation appears here."


def test_choosing_a_package_uses_it_where_it_fits(session, packages):
    session.choose_package(packages.other)
    session.choose_package(packages.translator)

    assert session.latent.package.id == "other"
    assert session.translation.package.id == "tiny-t1-to-t2"


def test_what_is_opened_goes_to_the_active_tile(qtbot, session, tmp_path):
    session.set_mode(Mode.BROWSE)
    session.grid.activate(session.acquired[1])
    make_series(tmp_path, range(2))

    session.studies.open_paths([tmp_path])

    qtbot.waitUntil(lambda: session.acquired[1].frame is not None, timeout=PATIENCE_MS)
    assert session.acquired[0].frame is None


def test_what_is_opened_beside_an_active_synthetic_tile_goes_to_the_left(qtbot, session, tmp_path):
    session.set_mode(Mode.GENERATE)
    session.grid.activate(session.synthetic)
    make_series(tmp_path, range(2))

    open_and_wait(qtbot, session, tmp_path)

    assert session.acquired[0].frame is not None


def test_hiding_identifiers_is_told_once(session, qtbot):
    told = []
    session.identity_changed.connect(lambda: told.append(session.identity_hidden))

    session.hide_identity(True)
    session.hide_identity(True)

    assert told == [True]


def test_closing_twice_does_nothing_more(session):
    session.close()
    session.close()


def test_closing_ends_every_thread_while_all_of_them_work(qtbot, make_session, tmp_path):
    engine = GatedEngine()
    session = make_session(lambda: engine)
    make_series(tmp_path, range(60))
    session.set_mode(Mode.COMPARE)
    session.studies.open_paths([tmp_path])
    qtbot.waitUntil(engine.started.is_set, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.studies.status.files > 0, timeout=PATIENCE_MS)

    session.close()
    deliver_posted()

    alive = [t.name for t in threading.enumerate() if t.name.startswith("medgan-")]
    assert alive == []
    assert not session.notices.notices


def test_what_is_asked_of_a_closed_session_starts_nothing(qtbot, session, packages, tmp_path):
    """Keys, wheel and drops that waited when the window closed are still handed out."""
    make_series(tmp_path, range(30))
    open_and_wait(qtbot, session, tmp_path)
    session.set_mode(Mode.TRANSLATE)

    session.close()
    session.acquired[0].go_to(0)
    session.set_mode(Mode.GENERATE)
    session.latent.set_seed(5)
    session.set_mode(Mode.COMPARE)
    session.choose_package(packages.translator)
    session.translation.start(trust_user=True)
    session.studies.open_paths([tmp_path])
    deliver_posted()

    alive = [t.name for t in threading.enumerate() if t.name.startswith("medgan-")]
    assert alive == []
    assert not session.notices.notices
    assert not session.studies.status.running
