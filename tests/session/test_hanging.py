import pytest

from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from tests.dicom_factory import MR_IMAGE, make_ct, make_series, uid
from tests.session.fixtures import display_sets, open_and_wait


def make_contrasts(folder, names=("T1", "T2", "FLAIR"), **attributes):
    for number, name in enumerate(names, start=1):
        own = {"SOPClassUID": MR_IMAGE, "Modality": "MR", "SeriesNumber": number}
        make_series(folder / name, range(4), name=name, **{**own, **attributes})


@pytest.fixture
def browsing(make_session):
    """Return a session that hangs studies, in Browse."""
    session = make_session(layouts={})
    session.set_mode(Mode.BROWSE)
    return session


def labels(session):
    return [
        None if feeder.display_set is None else feeder.display_set.label
        for feeder in session.feeders[: session.grid.layout.count]
    ]


def test_an_mr_study_comes_up_with_its_contrasts_beside_each_other(qtbot, browsing, tmp_path):
    make_contrasts(tmp_path)

    open_and_wait(qtbot, browsing, tmp_path)

    assert browsing.grid.layout == Layout(2, 2)
    assert labels(browsing) == ["T1", "T2", "FLAIR", None]
    assert browsing.grid.active is browsing.acquired[0]


def test_a_layout_the_user_chose_comes_back_for_the_same_kind_of_study(
    qtbot, browsing, make_session, tmp_path
):
    make_contrasts(tmp_path / "head", BodyPartExamined="HEAD")
    open_and_wait(qtbot, browsing, tmp_path / "head")
    browsing.set_layout(Layout(1, 3))

    again = make_session(layouts=browsing.hanging.remembered)
    again.set_mode(Mode.BROWSE)
    open_and_wait(qtbot, again, tmp_path / "head")

    assert browsing.hanging.remembered == {"MR HEAD": Layout(1, 3)}
    assert again.grid.layout == Layout(1, 3)
    assert labels(again) == ["T1", "T2", "FLAIR"]


def test_a_second_study_takes_one_tile_and_leaves_the_others(qtbot, browsing, tmp_path):
    make_contrasts(tmp_path / "first")
    open_and_wait(qtbot, browsing, tmp_path / "first")
    make_series(tmp_path / "second", range(4), name="CT", StudyInstanceUID=uid("second"))

    open_and_wait(qtbot, browsing, tmp_path / "second")

    assert browsing.grid.layout == Layout(2, 2)
    assert labels(browsing) == ["CT", "T2", "FLAIR", None]


def test_mammograms_hang_by_side_and_view(qtbot, browsing, tmp_path):
    for number, (side, view) in enumerate((s, v) for v in ("MLO", "CC") for s in ("L", "R")):
        make_ct(
            tmp_path / f"{number}.dcm",
            SOPInstanceUID=uid("mg", number),
            SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2",
            InstanceNumber=number + 1,
            Modality="MG",
            ImageLaterality=side,
            ViewPosition=view,
            ImagePositionPatient=None,
            ImageOrientationPatient=None,
        )

    open_and_wait(qtbot, browsing, tmp_path)

    [stack] = display_sets(browsing)
    shown = [stack.views[feeder.viewport.wanted] for feeder in browsing.feeders[:4]]
    assert browsing.grid.layout == Layout(2, 2)
    assert shown == ["R CC", "L CC", "R MLO", "L MLO"]


def test_outside_browse_a_study_waits_for_its_arrangement(qtbot, make_session, tmp_path):
    session = make_session(layouts={})
    session.set_mode(Mode.GENERATE)
    make_contrasts(tmp_path)

    open_and_wait(qtbot, session, tmp_path)

    assert session.grid.tiles == (session.acquired[0], session.synthetic)
    assert session.feeders[1].display_set is None

    session.set_mode(Mode.BROWSE)
    assert labels(session) == ["T1", "T2", "FLAIR", None]


def test_a_series_dragged_onto_a_tile_while_the_scan_runs_stays(qtbot, browsing, tmp_path):
    make_contrasts(tmp_path)
    browsing.studies.first_set_found.connect(
        lambda found: browsing.show_set(found, browsing.acquired[1])
    )

    open_and_wait(qtbot, browsing, tmp_path)
    qtbot.waitUntil(lambda: not browsing.studies.status.running)

    assert browsing.feeders[1].display_set is not None
    assert browsing.grid.layout == Layout(1, 2)
