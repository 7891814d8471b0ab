from dataclasses import replace

import pytest

from medgan_viewer.latent.point import MAX_SEED
from medgan_viewer.session.latent import LatentState
from tests.package_factory import write_tiny_package


@pytest.fixture
def state(qapp, packages):
    state = LatentState()
    state.set_package(packages.generator)
    return state


def test_a_generator_starts_with_seed_0_its_first_label_and_its_usual_truncation(state, packages):
    assert state.point.seed == 0
    assert dict(state.point.label_weights) == {"normal": 1.0, "effusion": 0.0}
    assert state.point.truncation == packages.generator.manifest.latent.truncation


def test_labels_share_what_one_leaves_in_the_proportion_they_had(qapp, tmp_path):
    state = LatentState()
    state.set_package(write_tiny_package(tmp_path / "three", labels=("a", "b", "c")))
    state.set_label_weights({"a": 0.0, "b": 0.75, "c": 0.25})

    state.set_label_weight("a", 0.6)

    weights = dict(state.point.label_weights)
    assert weights == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
    assert sum(weights.values()) == pytest.approx(1)


def test_a_label_that_is_taken_away_gives_its_part_to_the_others(state):
    state.set_label_weight("normal", 0.0)

    assert dict(state.point.label_weights) == {"normal": 0.0, "effusion": 1.0}


def test_a_drag_is_one_step_for_undo(state):
    state.begin_edit()
    for sigma in (0.5, 1.0, 1.5):
        state.set_offset("pc-01", sigma)
    state.end_edit()

    state.undo()

    assert dict(state.point.offsets) == {}
    assert not state.can_undo


def test_redo_brings_back_what_undo_took(state):
    state.set_offset("pc-01", 1.0)
    state.set_seed(7)
    state.undo()
    state.undo()

    state.redo()
    state.redo()

    assert (state.point.seed, dict(state.point.offsets)) == (7, {"pc-01": 1.0})
    assert not state.can_redo


def test_an_edit_after_undo_drops_what_was_undone(state):
    state.set_seed(7)
    state.undo()

    state.set_seed(8)

    assert not state.can_redo


def test_an_offset_stays_inside_the_range_of_its_direction(state):
    state.set_offset("pc-01", 99.0)

    assert dict(state.point.offsets) == {"pc-01": 3.0}  # range of the manifest: -3 to 3 SD


def test_a_direction_that_the_generator_does_not_have_changes_nothing(state):
    before = state.point

    state.set_offset("pc-99", 1.0)

    assert state.point == before


@pytest.mark.parametrize(("asked", "taken"), [(-1, 0), (2**40, MAX_SEED)])
def test_a_seed_stays_inside_its_range(state, asked, taken):
    state.set_seed(asked)

    assert state.point.seed == taken


def test_the_dice_choose_the_seed_that_was_drawn(state):
    state.roll_dice(draw=lambda limit: limit - 1)

    assert state.point.seed == 9999


CHANGES = (
    lambda state: state.set_offset("pc-02", -1.0),
    lambda state: state.set_truncation(1.2),
    lambda state: state.set_label_weight("effusion", 0.4),
    lambda state: state.set_noise(False),
)


def test_reset_brings_back_everything_but_the_seed_in_one_step(state):
    state.set_seed(7)
    for change in CHANGES:
        change(state)
    before = state.point

    state.reset()

    assert state.point == replace(state.default_point(), seed=7)
    state.undo()
    assert state.point == before


@pytest.mark.parametrize("change", CHANGES)
def test_reset_is_offered_when_anything_but_the_seed_differs(state, change):
    state.set_seed(7)
    assert not state.can_reset

    change(state)
    assert state.can_reset

    state.undo()
    assert not state.can_reset


def test_another_generator_starts_with_an_empty_history(state, packages):
    state.set_seed(7)

    state.set_package(packages.other)

    assert state.point.seed == 0
    assert not state.can_undo


def test_a_value_that_is_set_twice_is_told_once(state, qtbot):
    told = []
    state.point_changed.connect(told.append)

    state.set_seed(7)
    state.set_seed(7)

    assert [point.seed for point in told] == [7]
