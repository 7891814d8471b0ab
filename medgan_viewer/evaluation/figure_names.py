"""Names and plain words of a generator's figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from medgan_viewer.evaluation.report import Better, Figure, FigureRow


@dataclass(frozen=True, slots=True)
class FigureName:
    """What a figure is called, and how it reads.

    Attributes
    ----------
    name : with {0} where the feature space, the label or the scale stands
    plain : a sentence with {value}, {floor} and, for parts, {percent} and {floor_percent}; {0} too
    """

    name: str
    better: Better
    plain: str


FRECHET = FigureName(
    "Fréchet distance, {0}",
    "lower",
    "Samples as a whole lie {value} away from held-out real images; other real images lie {floor} "
    "away (0 would be no difference).",
)
KERNEL = FigureName(
    "KID x 1000, {0}",
    "lower",
    "A second measure of the difference to held-out real images gives {value}; for other real "
    "images it gives {floor} (0 would be no difference).",
)
PRECISION = FigureName(
    "Precision, {0}",
    "higher",
    "{percent} of the samples look like some held-out real image; of other real images "
    "{floor_percent} do.",
)
RECALL = FigureName(
    "Recall, {0}",
    "higher",
    "{percent} of the held-out real images look like something that the model makes; with other "
    "real images it is {floor_percent}.",
)
DENSITY = FigureName(
    "Density, {0}",
    "near floor",
    "Samples lie {value} times as close-packed among real images as evenly spread ones would; "
    "other real images {floor} times.",
)
COVERAGE = FigureName(
    "Coverage, {0}",
    "higher",
    "{percent} of the held-out real images have a sample close by; with other real images it is "
    "{floor_percent}.",
)
LABEL_RECALL = FigureName(
    "Recall of {0}",
    "higher",
    "Of the real images labelled {0}, {percent} look like something that the model makes for this "
    "label; with other real images it is {floor_percent}.",
)
LABEL_COVERAGE = FigureName(
    "Coverage of {0}",
    "higher",
    "Of the real images labelled {0}, {percent} have a sample of this label close by; with other "
    "real images it is {floor_percent}.",
)
PATCHES = FigureName(
    "Sliced Wasserstein distance x 1000, {0}",
    "lower",
    "Small patches of the samples ({0}) differ from real ones by {value}; those of other real "
    "images by {floor}.",
)
DIVERSITY = FigureName(
    "MS-SSIM of pairs within a label",
    "near floor",
    "Two samples of one label are alike by {value} on a scale up to 1, two real images by {floor}; "
    "a higher number means less variety.",
)
SPECTRUM = FigureName(
    "Spectrum distance [dB]",
    "lower",
    "The strength of coarse and fine detail is off by {value} dB on average; between sets of real "
    "images it is {floor} dB.",
)
SHOWN_LABEL = FigureName(
    "Class faithfulness: trained on real, tested on synthetic",
    "higher",
    "A classifier trained on real images recognises the wanted label in {percent} of the samples, "
    "and in {floor_percent} of held-out real images.",
)
LEARNT_LABEL = FigureName(
    "Class faithfulness: trained on synthetic, tested on real",
    "higher",
    "A classifier that saw samples alone recognises the label of {percent} of held-out real "
    "images; one that saw real images, of {floor_percent}.",
)
NEAREST = FigureName(
    "Distance to the nearest training image, median, {0}",
    "near floor",
    "A typical sample lies {value} from the nearest training image, a held-out real image {floor}; "
    "much less would mean copies or blur.",
)
SUSPICIOUS = FigureName(
    "Share suspiciously near to a training image, {0}",
    "lower",
    "{percent} of the samples lie nearer to a training image than 99 % of real images lie to "
    "those of other patients; of held-out real images {floor_percent} do. Blurred images lie "
    "nearer, too.",
)
REBUILT_ERROR = FigureName(
    "Reconstruction of held-out images, mean absolute difference",
    "lower",
    "A real image taken in and given out again is off by {percent} of the gray range on average.",
)
REBUILT_SIMILARITY = FigureName(
    "Reconstruction of held-out images, SSIM",
    "higher",
    "A real image taken in and given out again keeps {value} of its structure on a scale up to 1.",
)


def figure_row(
    kind: FigureName,
    what: str,
    figure: Figure,
    floor: float | None,
    baselines: Mapping[str, float],
) -> FigureRow:
    """Return a row with its name and sentence filled in; `what` stands where {0} is."""
    plain = kind.plain.format(
        what,
        value=short(figure.value),
        percent=percent(figure.value),
        floor="(not known)" if floor is None else short(floor),
        floor_percent="(not known)" if floor is None else percent(floor),
    )
    return FigureRow(
        name=kind.name.format(what)[:80],
        value=figure.value,
        interval=figure.interval,
        n=figure.n,
        floor=floor,
        baselines=dict(baselines),
        better=kind.better,
        plain=plain,
    )


def short(value: float) -> str:
    """Return a number with three figures that count, without exponent where it can be."""
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    digits = f"{value:.3g}"
    return f"{value:.0f}" if "e" in digits else digits


def percent(part: float) -> str:
    """Return a part of 1 as a percentage."""
    return f"{100 * part:.1f} %" if 0 < part < 0.1 else f"{100 * part:.0f} %"
