"""The figures of a model, in plain words."""

import pytest

from medgan_viewer.generators.manifest import Metric
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.weights import update_package
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.generators.figures_dialog import NOTHING, FiguresDialog, number_words
from medgan_viewer.ui.generators.model_panel import ModelPanel
from tests.package_factory import write_tiny_package

RECALL = {
    "name": "Recall, patches",
    "value": 0.71234,
    "interval": [0.65, 0.77],
    "n": 198,
    "compared_with": "real images: 0.95; DCGAN: 0.4",
    "plain": "71 % of the held-out real images look like something that the model makes.",
}


def texts(dialog):
    return [label.text() for label in dialog.findChildren(PlainLabel)]


def test_a_figure_is_said_in_words_before_its_number(qtbot, tmp_path):
    package = update_package(write_tiny_package(tmp_path / "tiny"), {"metrics": [RECALL]})

    dialog = FiguresDialog(package.manifest)
    qtbot.addWidget(dialog)

    assert texts(dialog) == [
        RECALL["plain"],
        "Recall, patches: 0.712 (0.65 to 0.77), n = 198; real images: 0.95; DCGAN: 0.4",
    ]


def test_a_figure_without_interval_and_company_is_just_a_number():
    metric = Metric(name="Distance", value=2.0, n=8)

    assert number_words(metric) == "Distance: 2, n = 8"


def test_a_model_nobody_measured_says_so(qtbot, tmp_path):
    package = write_tiny_package(tmp_path / "tiny")
    package = update_package(package, {"metrics": []})

    dialog = FiguresDialog(package.manifest)
    qtbot.addWidget(dialog)

    assert texts(dialog) == [NOTHING]


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_the_model_panel_opens_the_figures_of_the_model_it_shows(qtbot, tmp_path):
    package = open_package(write_tiny_package(tmp_path / "tiny").folder)
    panel = ModelPanel("none")
    qtbot.addWidget(panel)
    assert not panel.figures.isEnabled()

    panel.show_packages([package], package)
    panel.figures.click()

    dialog = panel.findChild(FiguresDialog)
    assert dialog is not None
    assert dialog.windowTitle() == f"Figures · {package.manifest.name}"
    dialog.reject()
