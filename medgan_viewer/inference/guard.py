"""Guard before a translator: refuses a source that the network was not made for."""

import re
from dataclasses import dataclass

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.manifest import SourceSpec
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a source series before its pixels are read."""

    modality: str
    description: str
    is_synthetic: bool = False


class UncertainContrastError(PackageError):
    """The description of the series names another contrast; the user may know better."""


def check_source(package: ModelPackage, facts: SourceFacts, *, trust_user: bool = False) -> None:
    """Raise PackageError when the series is not what the translator was trained on.

    Parameters
    ----------
    trust_user : the user said that the series is right although its description says otherwise;
        the modality is checked all the same
    """
    spec = package.manifest.source
    if spec is None:
        raise PackageError(
            problem=f"{package.title} makes images from sliders, not from a source image.",
            action="Choose a translator.",
        )
    wanted = f"{spec.contrast} {spec.modality} of the {spec.body_part}"
    if facts.modality != spec.modality:
        raise PackageError(
            problem=f"{package.title} was trained on {wanted}; this series is "
            f"{facts.modality or 'of unknown modality'}.",
            action=f"Choose a {spec.modality} series.",
        )
    foreign = _foreign_word(spec, facts.description)
    if foreign and not trust_user:
        raise UncertainContrastError(
            problem=f"{package.title} was trained on {wanted}; the description of this series "
            f"says {foreign!r}.",
            action=f"Choose a {spec.contrast} series, or confirm that this is one.",
        )


def check_frame(package: ModelPackage, frame: PixelFrame) -> None:
    """Raise PackageError when a plane has color or inverted polarity."""
    spec = package.manifest.source
    if spec is None or not (frame.is_color or frame.inverted):
        return
    what = "a color image" if frame.is_color else "an image with inverted grays"
    raise PackageError(
        problem=f"{package.title} takes {spec.contrast} {spec.modality}; this is {what}.",
        action=f"Choose a {spec.modality} series.",
    )


def _foreign_word(spec: SourceSpec, description: str) -> str:
    """Return a word of another contrast that begins within the description; empty if none does.

    A word counts also where the wanted contrast is named beside it: "T1 FLAIR" is for the user to
    decide.
    """
    text = description.lower()
    return next(
        (
            word
            for word in spec.other_words
            if re.search(rf"(?<![a-z0-9]){re.escape(word.lower())}", text)
        ),
        "",
    )
