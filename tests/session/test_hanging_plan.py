from dataclasses import replace
from pathlib import Path

import pytest

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import FrameRef, SeriesFacts, StudyFacts
from medgan_viewer.dicom.slice_geometry import GeometryVerdict
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.hanging_plan import Place, hanging_key, plan_hanging


def made_set(modality, uid, frames=20, body_part="", views=()):
    refs = tuple(FrameRef(Path(f"{uid}-{n}.dcm"), f"{uid}.{n}") for n in range(frames))
    return DisplaySet(
        uid=uid,
        label=uid,
        study=StudyFacts(study_uid="1"),
        series=SeriesFacts(series_uid=uid, modality=modality, body_part=body_part),
        frames=refs,
        order_rule="",
        geometry=GeometryVerdict("none"),
        rows=8,
        columns=8,
        spacing_mm=(None, None, None),
        planes=(None,) * frames,
        is_synthetic=False,
        sop_class_uid="",
        is_lossy=False,
        views=views,
    )


def uids(plan):
    return [None if p is None else (p.display_set.uid, p.index) for p in plan.places]


def test_a_ct_fills_the_window():
    plan = plan_hanging([made_set("CT", "scout", frames=2), made_set("CT", "chest")], {})

    assert plan.layout == Layout(1, 1)
    assert uids(plan) == [("chest", None)]


def test_two_ct_stacks_stand_beside_each_other():
    plan = plan_hanging([made_set("CT", name) for name in ("a", "b", "c")], {})

    assert (plan.layout, uids(plan)) == (Layout(1, 2), [("a", None), ("b", None)])


def test_an_mr_with_several_contrasts_shows_four_without_the_localizer():
    sets = [made_set("MR", "loc", frames=1)]
    sets += [made_set("MR", name) for name in ("T1", "T2", "FLAIR", "DWI", "SWI")]

    plan = plan_hanging(sets, {})

    assert plan.layout == Layout(2, 2)
    assert [name for name, _ in uids(plan)] == ["T1", "T2", "FLAIR", "DWI"]


def test_an_mr_of_three_contrasts_leaves_one_tile_free():
    plan = plan_hanging([made_set("MR", name) for name in ("T1", "T2", "FLAIR")], {})

    assert plan.layout == Layout(2, 2)
    assert plan.places[3] is None


def test_a_stack_of_few_images_is_shown_where_there_is_nothing_else():
    plan = plan_hanging([made_set("MR", "loc", frames=1)], {})

    assert (plan.layout, uids(plan)) == (Layout(1, 1), [("loc", None)])


def test_a_mammogram_hangs_right_on_the_left_with_both_views():
    one = made_set("MG", "one", 2, views=("L MLO", "R CC"))
    two = made_set("MG", "two", 2, views=("R MLO", "L CC"))

    plan = plan_hanging([one, two], {})

    assert plan.layout == Layout(2, 2)
    assert uids(plan) == [("one", 1), ("two", 1), ("two", 0), ("one", 0)]


def test_a_mammogram_of_one_view_hangs_in_one_row():
    plan = plan_hanging([made_set("MG", "x", 2, views=("L MLO", "R MLO"))], {})

    assert (plan.layout, uids(plan)) == (Layout(1, 2), [("x", 1), ("x", 0)])


def test_a_missing_breast_leaves_its_place_free():
    plan = plan_hanging([made_set("MG", "x", 2, views=("L CC", "L MLO"))], {})

    assert uids(plan) == [None, ("x", 0), None, ("x", 1)]


def test_a_mammogram_that_does_not_say_its_views_stands_image_by_image():
    plan = plan_hanging([made_set("MG", "x", 3)], {})

    assert (plan.layout, uids(plan)) == (Layout(1, 2), [("x", 0), ("x", 1)])


@pytest.mark.parametrize(("images", "layout"), [(1, Layout(1, 1)), (2, Layout(1, 2))])
def test_each_radiograph_has_its_tile(images, layout):
    plan = plan_hanging([made_set("DX", "x", images)], {})

    assert (plan.layout, uids(plan)) == (layout, [("x", n) for n in range(images)])


def test_the_layout_used_last_for_this_kind_wins():
    sets = [made_set("CT", name, body_part="CHEST") for name in ("a", "b", "c")]

    plan = plan_hanging(sets, {"CT CHEST": Layout(1, 3), "CT HEAD": Layout(3, 3)})

    assert (plan.layout, len(plan.places)) == (Layout(1, 3), 3)


def test_other_modalities_have_a_layout_only_once_one_was_used():
    sets = [made_set("US", "a"), made_set("US", "b")]

    assert plan_hanging(sets, {}) is None
    assert plan_hanging(sets, {"US": Layout(1, 2)}).places == (Place(sets[0]), Place(sets[1]))


def test_no_images_need_no_layout():
    assert plan_hanging([], {}) is None


def test_the_kind_is_what_most_series_say():
    sets = [made_set("CT", "a", body_part="Chest"), made_set("CT", "b", body_part="Chest")]
    sets.append(made_set("SC", "report"))

    assert hanging_key(sets) == "CT CHEST"
    assert hanging_key([replace(sets[0], series=SeriesFacts())]) == ""
