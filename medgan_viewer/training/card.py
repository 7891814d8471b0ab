"""The model card: what a network is, from what, how well, and where not to trust it."""

from typing import Any

FIGURES_BEGIN = "<!-- figures -->"
FIGURES_END = "<!-- end of figures -->"
NOT_MEASURED = "Not measured yet: `medgan-viewer evaluate` writes them here."


def card_text(manifest: dict[str, Any], what: str, how: str, split: str) -> str:
    """Return the card of a package that was not evaluated yet.

    Parameters
    ----------
    what : the kind of network, in a sentence or two
    how : the training, in a sentence or two
    split : how data were held out
    """
    training = manifest["training"]
    sheet = ""
    if manifest["task"] != "translate":
        sheet = (
            "**Random samples**, seeds 0 to 7 of each label, not chosen. All are synthetic.\n\n"
            "![random synthetic samples](samples.png)\n\n"
        )
    return f"""# {manifest["name"]} {manifest["version"]}

{manifest["summary"]} {manifest["intended_use"]}

{sheet}**What it is.** {what}

**Data.** {training["data"]}. Licence {training["data_licence"]}. {training["images"]} images of
{training["patients"]} patients or groups for training. {split} No attempt to identify anyone.

**Training.** {how}

**Figures on held-out data**

{FIGURES_BEGIN}
{NOT_MEASURED}
{FIGURES_END}

**Limits.** {manifest["limits"]}

No promise of anonymity is made: a network can keep parts of what it was trained on.
"""


def with_figures(card: str, figures: str) -> str:
    """Return the card with the figures between its marks replaced."""
    before, begin, rest = card.partition(FIGURES_BEGIN)
    _, end, after = rest.partition(FIGURES_END)
    if not begin or not end:
        return f"{card.rstrip()}\n\n{FIGURES_BEGIN}\n{figures}\n{FIGURES_END}\n"
    return f"{before}{FIGURES_BEGIN}\n{figures}\n{FIGURES_END}{after}"
