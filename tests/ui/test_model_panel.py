"""The chooser of models, and what it says of the chosen one."""

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
