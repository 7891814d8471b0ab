"""The model card: a place for figures that an evaluation fills in later."""

from medgan_viewer.training.card import FIGURES_BEGIN, FIGURES_END, card_text, with_figures
from tests.package_factory import tiny_manifest


def card_of(architecture="stylegan2"):
    manifest = tiny_manifest("tiny", architecture)
    manifest["training"]["patients"] = 3
    return card_text(manifest, "A network.", "Trained.", "Nobody is held out.")


def test_a_card_of_a_generator_shows_random_samples_and_says_that_they_are_synthetic():
    card = card_of()

    assert "![random synthetic samples](samples.png)" in card
    assert "not chosen" in card
    assert "synthetic" in card


def test_a_card_of_a_translator_shows_no_random_samples():
    assert "samples.png" not in card_of("unet-translator")


def test_figures_take_the_place_between_their_marks_and_can_be_replaced():
    card = card_of()

    first = with_figures(card, "| figure | 1 |")
    second = with_figures(first, "| figure | 2 |")

    assert "Not measured yet" in card
    assert "Not measured yet" not in first
    assert f"{FIGURES_BEGIN}\n| figure | 2 |\n{FIGURES_END}" in second
    assert "| figure | 1 |" not in second
    assert second.replace("2 |\n", "1 |\n") == first


def test_a_card_without_marks_gets_them_at_its_end():
    card = with_figures("# An older card\n", "| figure |")

    assert card == f"# An older card\n\n{FIGURES_BEGIN}\n| figure |\n{FIGURES_END}\n"
    assert with_figures(card, "new").count(FIGURES_BEGIN) == 1
