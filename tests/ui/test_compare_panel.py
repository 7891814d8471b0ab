"""Figures of a comparison, and what they must not be taken for."""

from dataclasses import replace

import pytest

from medgan_viewer.imaging.frame import SyntheticKind
from medgan_viewer.session.comparison import ComparisonState
from medgan_viewer.session.tile_view import Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.compare.compare_panel import ComparePanel
from tests.session.fixtures import PATIENCE_MS, deliver_posted, gray_frame, provenance


@pytest.fixture
def state(qapp):
    state = ComparisonState(ViewportState(Role.ACQUIRED), ViewportState(Role.SYNTHETIC))
    state.activate()
    yield state
    state.close()
    deliver_posted()


@pytest.fixture
def panel(qtbot, state, theme):
    panel = ComparePanel(state)
    qtbot.addWidget(panel)
    return panel


def test_the_figures_of_a_translation_are_not_passed_off_as_its_quality(qtbot, state, panel):
    made = provenance(SyntheticKind.TRANSLATED, source_uids=("1.2",))
    state.reference.show_frame(gray_frame(100))
    state.candidate.show_frame(replace(gray_frame(300), provenance=made))

    qtbot.waitUntil(lambda: state.result is not None, timeout=PATIENCE_MS)

    assert "Acquired against synthetic, 256 pixels" in panel.note.text()
    assert "A translation differs from its source on purpose" in panel.note.text()


def test_without_a_pair_the_panel_says_what_to_do(panel):
    assert panel.note.text() == "Show an image on both sides to compare them."


def test_while_the_first_pair_is_compared_the_panel_does_not_ask_for_images(state, panel):
    state.reference.show_frame(gray_frame(100))
    state.candidate.show_frame(gray_frame(300))

    assert panel.note.text() == "Comparing …"
