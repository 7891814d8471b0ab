"""Undo and redo."""

from medgan_viewer.latent.history import MAX_STEPS, EditHistory


def test_undo_and_redo_walk_along_the_states():
    history = EditHistory("a")
    history.record("b")
    history.record("c")

    assert [history.undo(), history.undo()] == ["b", "a"]
    assert [history.redo(), history.redo()] == ["b", "c"]


def test_at_the_ends_the_state_stays():
    history = EditHistory("a")

    assert (history.undo(), history.redo()) == ("a", "a")
    assert (history.can_undo, history.can_redo) == (False, False)


def test_a_new_edit_drops_what_was_undone():
    history = EditHistory("a")
    history.record("b")
    history.undo()
    history.record("c")

    assert not history.can_redo
    assert history.undo() == "a"


def test_a_state_equal_to_the_current_one_is_no_step():
    history = EditHistory("a")

    assert history.record("b")
    assert not history.record("b")
    assert history.undo() == "a"


def test_recording_the_current_state_after_an_undo_keeps_the_redo():
    history = EditHistory("a")
    history.record("b")
    history.undo()

    assert not history.record("a")
    assert history.can_redo


def test_the_oldest_states_are_forgotten():
    history = EditHistory(0)
    for state in range(1, MAX_STEPS + 10):
        history.record(state)

    for _ in range(2 * MAX_STEPS):
        history.undo()

    assert history.current == 10
    assert not history.can_undo
