"""The chooser of models, and what it says of the chosen one."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from medgan_viewer.generators.weights import update_package
from medgan_viewer.ui.generators.model_panel import ModelPanel
from tests.package_factory import write_tiny_package


def test_a_long_description_ends_in_dots_and_stands_whole_in_the_tooltip(qtbot, tmp_path):
    package = write_tiny_package(tmp_path / "tiny")
    limits = "Do not trust the upper left corner. " * 20
    package = update_package(package, {"summary": "Makes discs.", "limits": limits})
    panel = ModelPanel("none")
    qtbot.addWidget(panel)

    panel.show_packages([package], package)

    assert panel.summary.text().startswith("Makes discs. Do not trust")
    assert panel.summary.text().endswith(" …")
    assert len(panel.summary.text()) <= 230
    assert limits in panel.summary.toolTip()


def test_a_crowded_column_does_not_cut_the_description(qtbot, tmp_path):
    package = write_tiny_package(tmp_path / "tiny")
    limits = "Do not trust the upper left corner. " * 20
    package = update_package(package, {"summary": "Makes discs.", "limits": limits})
    crowded = QWidget()
    qtbot.addWidget(crowded)
    column = QVBoxLayout(crowded)
    panel = ModelPanel("none")
    column.addWidget(panel)
    others = QWidget()
    others.setMinimumHeight(220)
    column.addWidget(others)
    panel.show_packages([package], package)

    crowded.resize(268, 300)
    crowded.grab()  # lays it out

    summary = panel.summary
    assert summary.height() >= summary.heightForWidth(summary.width())
