"""Loss curves as pixels: where a line runs, what is left out, and what stands beside it."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from medgan_viewer.session.training_curves import LossCurve
from medgan_viewer.ui.training.curve_panel import LEFT_OUT, CurvePanel
from medgan_viewer.ui.training.curve_plot import CurvePlot, line_pen
from tests.ui.marks import grab, has_amber

SIZE = (500, 300)


def curve(name, means, step=100):
    means = np.array(means, np.float64)
    images = step * np.arange(1, means.size + 1, dtype=np.float64)
    return LossCurve(name, images, images / 600, means)


@pytest.fixture
def plot(qtbot, theme):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    plot.resize(*SIZE)
    plot.show()
    return plot


@pytest.fixture
def panel(qtbot, theme):
    panel = CurvePanel()
    qtbot.addWidget(panel)
    panel.resize(600, 500)
    panel.show()
    return panel


def line_places(plot, index):
    """Return (row, column) of the pixels that have the color of a curve."""
    color = line_pen(index).color()
    wanted = np.array([color.red(), color.green(), color.blue()])
    return np.argwhere(np.abs(grab(plot).astype(int) - wanted).sum(axis=-1) < 60)


def entries(panel):
    return panel._entries


def test_a_falling_loss_falls_from_left_to_right(plot):
    plot.show_curves([curve("g", np.linspace(10, 0, 50))])

    places = line_places(plot, 0)

    left = places[places[:, 1] < 150][:, 0].mean()
    right = places[places[:, 1] > 400][:, 0].mean()
    assert right - left > 0.5 * SIZE[1]


def test_on_a_logarithmic_axis_equal_factors_are_equal_steps(plot):
    plot.set_logarithmic(True)
    plot.show_curves([curve("g", 10.0 ** -np.linspace(0, 3, 200))])

    places = line_places(plot, 0)

    line = np.polyfit(places[:, 1], places[:, 0], 1)
    assert np.abs(np.polyval(line, places[:, 1]) - places[:, 0]).max() < 4


def test_a_hidden_curve_is_not_painted_and_gives_its_room(plot):
    plot.show_curves([curve("small", [1, 2, 1, 2]), curve("large", [900, 1000, 900, 1000])])
    before = np.ptp(line_places(plot, 0)[:, 0])

    plot.hide_curves(frozenset({"large"}))

    assert not line_places(plot, 1).size
    assert np.ptp(line_places(plot, 0)[:, 0]) > before + 100


@pytest.mark.parametrize("is_logarithmic", [False, True])
@pytest.mark.parametrize(
    "curves",
    [
        [],
        [curve("one", [3])],
        [curve("zero", [0, 0, 0])],
        [curve("below", [-1, -2, -3])],
        [curve("mixed", [1, -1, 0, 1e-30, 1e30])],
        [curve("same", [5, 5]), curve("short", [1])],
        [curve("long", np.sin(np.arange(20_000)))],
        [curve("tiny steps", [1, 2, 3], step=1e-9)],
    ],
    ids=lambda curves: curves[0].name if curves else "none",
)
def test_anything_can_be_painted_at_any_size(plot, curves, is_logarithmic):
    plot.set_logarithmic(is_logarithmic)
    plot.show_curves(curves)

    for size in (SIZE, (60, 40), (1, 1)):
        plot.resize(*size)
        grab(plot)


def test_every_style_is_another_and_none_is_amber_or_red(plot):
    pens = [line_pen(index) for index in range(8)]

    assert len({(pen.color().name(), pen.style()) for pen in pens}) == 8
    for first, second in pairwise(pens):
        assert first.style() != second.style()
    plot.show_curves([curve(str(index), [index, index + 1]) for index in range(8)])
    assert not has_amber(grab(plot))
    assert all(pen.color().hsvHue() not in range(350, 360) for pen in pens)
    assert QColor(pens[0].color()).isValid()


def test_the_legend_says_the_last_values_and_those_under_the_mouse(panel):
    panel.show_curves([curve("g", [4, 3, 2]), curve("d", [1, 1.5, 2.5])])
    assert [box.text() for box in entries(panel).values()] == ["g  2", "d  2.5"]

    plot = panel.plot
    QTest.mouseMove(plot, QPoint(plot.width() // 2, plot.height() // 2))
    plot._set_cursor(100.0)

    assert [box.text() for box in entries(panel).values()] == ["g  4", "d  1"]
    assert panel.place.text() == "at 100 images, 0.2 min"
    plot._set_cursor(None)
    assert panel.place.text() == ""


def test_a_line_is_hidden_by_its_box_and_stays_so_when_more_comes(panel):
    panel.show_curves([curve("g", [4, 3])])
    QTest.keyClick(entries(panel)["g"], Qt.Key.Key_Space)

    panel.show_curves([curve("g", [4, 3, 2]), curve("d", [1, 1, 1])])

    assert not entries(panel)["g"].isChecked()
    assert not line_places(panel.plot, 0).size
    assert line_places(panel.plot, 1).size


def test_what_a_logarithmic_axis_cannot_show_is_said(panel):
    panel.show_curves([curve("g", [4, -3])])
    assert panel.logarithmic.isChecked()
    assert panel.place.text() == LEFT_OUT

    panel.linear.click()

    assert panel.place.text() == ""


def test_a_name_is_shown_letter_by_letter(panel):
    panel.show_curves([curve("<b>a&b", [1])])

    [box] = entries(panel).values()
    assert box.text() == "<b>a&&b  1"  # Qt shows two as one
    assert box.toolTip().startswith("<qt>Show or hide &lt;b&gt;")


def test_the_legend_takes_as_many_columns_as_fit(qtbot, panel):
    panel.show_curves([curve(f"loss {index}", [1]) for index in range(4)])

    for width, rows in ((800, 1), (400, 2), (200, 4)):
        panel.resize(width, 500)
        qtbot.waitUntil(lambda rows=rows: len({b.y() for b in entries(panel).values()}) == rows)
