"""Text from files is shown as text: no HTML, no pictures, no links."""

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from medgan_viewer.session.session import Mode
from medgan_viewer.ui.foreign_text import (
    MAX_MARKDOWN_CELLS,
    MAX_PLAIN_CHARACTERS,
    CardView,
    PlainLabel,
    plain_tooltip,
)
from tests.dicom_factory import make_series
from tests.session.fixtures import open_and_wait, real_engine
from tests.ui.marks import grab

RED = (255, 0, 0)


@pytest.fixture
def red_picture(tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (200, 200), RED).save(path)
    return path


def has_red(widget):
    return bool((grab(widget) == RED).all(axis=-1).any())


def show(qtbot, widget):
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    return widget


def test_a_label_loads_no_picture_that_its_text_names(qtbot, theme, red_picture):
    text = f"<img src='{red_picture}'>"
    label = show(qtbot, PlainLabel(text))

    assert label.textFormat() is Qt.TextFormat.PlainText
    assert not has_red(label)


@pytest.mark.parametrize("text", ["![x]({})", "<img src='{}'>"])
def test_a_model_card_loads_no_picture(qtbot, theme, red_picture, text):
    assert not has_red(show(qtbot, CardView(text.format(red_picture))))


def test_a_model_card_shows_its_headings_and_follows_no_link(qtbot, theme):
    view = show(qtbot, CardView("# Limits\n\n[more](file:///etc/passwd) <b>bold</b>"))

    assert view.toPlainText().split("\n") == ["Limits", "more <b>bold</b>"]
    assert not view.openLinks()


def test_a_card_that_would_take_long_to_lay_out_is_shown_as_it_is(qtbot, theme):
    table = "|a" * (MAX_MARKDOWN_CELLS + 1)
    assert show(qtbot, CardView(table)).toPlainText() == table

    long = show(qtbot, CardView("x" * (MAX_PLAIN_CHARACTERS + 1))).toPlainText()
    assert long.endswith("The rest stands in card.md.")


def test_a_tooltip_shows_markup_and_keeps_its_lines():
    assert plain_tooltip("T1 & T2\naxial") == "T1 & T2\naxial"
    assert plain_tooltip("a <b>\nc") == "<qt>a &lt;b&gt;<br>c</qt>"


def test_a_series_description_with_markup_is_read_as_it_is(
    qtbot, make_window, make_session, tmp_path, red_picture, monkeypatch
):
    monkeypatch.chdir(red_picture.parent)
    window = make_window(Mode.TRANSLATE, session=make_session(real_engine))
    text = f"T1 <img src='{red_picture.name}'>"
    make_series(tmp_path / "series", range(3), SeriesDescription=text, Modality="MR")

    open_and_wait(qtbot, window.session, tmp_path / "series")

    qtbot.waitUntil(lambda: bool(window.status.scan.text()))
    assert not has_red(window)
