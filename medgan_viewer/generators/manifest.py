"""Manifest of a model package: what the network makes, from what, and which files belong to it.

Read from untrusted folders, so every field has limits and unknown or repeated keys are refused.
"""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medgan_viewer.errors import PackageError

SCHEMA_VERSION = 1
MAX_MANIFEST_BYTES = 1 << 20

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
# Lists and terminals would obey control characters, and marks of the reading direction would let a
# name read as another.
_CONTROLS = r"\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
Text = Annotated[str, Field(max_length=4000, pattern=rf"^[^\x00-\x08{_CONTROLS}]*$")]
Title = Annotated[str, Field(max_length=60, pattern=rf"^[^\x00-\x0a{_CONTROLS}]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-100, le=100)]  # the limits that a recipe has, too


class Task(Enum):
    """What the network does, in the words of the command line."""

    GENERATE = "generate"
    TRANSLATE = "translate"
    RECONSTRUCT = "reconstruct"


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackageFile(_Document):
    """A file of the package, bound by size and hash."""

    file: FileName
    sha256: Sha256
    size_bytes: int = Field(ge=0, le=8 << 30)


class Architecture(_Document):
    """Name in the registry, and the sizes its builder takes."""

    name: Name
    parameters: dict[str, int | float | bool | str] = Field(default_factory=dict, max_length=40)


class Label(_Document):
    """A condition of the network; `title` is what people read."""

    name: Name
    title: Title


class DirectionEntry(_Document):
    """A direction in w; its vector lies in the directions file under `name`.

    Attributes
    ----------
    sd : length of one standard deviation along the unit vector
    range_sd : limits of the slider
    layers : first layer and the one after the last that the direction moves
    explained : part of the variance of w, 0 to 1; None for other kinds
    effect : what was seen to change, in plain words
    """

    name: Name
    title: Title
    kind: Literal["principal", "label-difference", "imported"] = "principal"
    sd: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    range_sd: tuple[Offset, Offset] = (-3.0, 3.0)
    layers: tuple[int, int]
    explained: Annotated[float, Field(ge=0, le=1)] | None = None
    effect: Text = ""

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if not self.range_sd[0] < self.range_sd[1]:
            raise ValueError("range_sd must rise")
        if not 0 <= self.layers[0] < self.layers[1]:
            raise ValueError("layers must be a first layer and a higher end")
        return self


class OutputSpec(_Document):
    """What the numbers of the output mean.

    Attributes
    ----------
    modality : DICOM code of the simulated modality
    channels : 1 gray, 3 RGB
    rows, columns : of a generated image; None for translators
    spacing_mm : distance of pixel centres; None when the training data had none
    value_low, value_high : values that stand for -1 and +1
    unit : of these values; empty when they have none
    inverted : small values are white
    trained_bits : depth of the training images; the picture has no finer steps than that
    """

    modality: Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
    channels: Literal[1, 3] = 1
    rows: int | None = Field(default=None, ge=8, le=4096)
    columns: int | None = Field(default=None, ge=8, le=4096)
    spacing_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    value_low: Finite = 0.0
    value_high: Finite = 4095.0
    unit: Annotated[Title, Field(max_length=16)] = ""
    inverted: bool = False
    trained_bits: int = Field(ge=1, le=32)

    @model_validator(mode="after")
    def _values_rise(self) -> Self:
        if not self.value_high > self.value_low:
            raise ValueError("value_high must be above value_low")
        return self


class IntensitySpec(_Document):
    """imaging.model_space.IntensityMapping as the manifest states it."""

    rule: Literal["fixed", "percentile", "foreground_median"]
    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _limits_fit_the_rule(self) -> Self:
        if not self.high > self.low:
            raise ValueError("high must be above low")
        if self.rule == "percentile" and not 0 <= self.low < self.high <= 100:
            raise ValueError("percentiles lie between 0 and 100")
        if self.rule == "foreground_median" and self.low != 0:
            raise ValueError("low is 0 for this rule")
        return self


class SourceSpec(_Document):
    """What an image must be before it may enter the network.

    Attributes
    ----------
    modality : DICOM code
    contrast : plain word for people ("T1-weighted")
    other_words : words that show that the series is something else
    body_part : plain word for people
    plane : plane in which the network was trained
    spacing_mm : pixel size that the network expects
    rows, columns : size of the grid that the network was trained on
    """

    modality: Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
    contrast: Title
    other_words: tuple[Annotated[str, Field(max_length=30)], ...] = ()
    body_part: Title
    plane: Literal["axial", "coronal", "sagittal", "any"]
    spacing_mm: Annotated[float, Field(gt=0, le=100)]
    rows: int = Field(ge=8, le=4096)
    columns: int = Field(ge=8, le=4096)
    intensity: IntensitySpec


class LatentSpec(_Document):
    """Defaults of the sliders, and where w lies.

    Attributes
    ----------
    statistics_file : safetensors with `mean` (labels, w_dim) and `covariance`
        (labels, w_dim, w_dim) of w, not truncated; one row without labels
    """

    truncation: Annotated[float, Field(ge=0, le=2)] = 0.7
    statistics_file: PackageFile | None = None


class DiscriminatorSpec(_Document):
    """What told real from made in training; it gives the realism score.

    Attributes
    ----------
    weights : safetensors with its tensors
    """

    architecture: Architecture
    weights: PackageFile


class ReferenceSpec(_Document):
    """What real images look like to the package's own classifier, without any of them.

    Attributes
    ----------
    file : safetensors: the classifier's weights, `mean` and `covariance` of its features over the
        training images, `nearest` and `nearest_pixels`: sorted distances of held-out images to the
        nearest training image, in features and in pixels
    """

    file: PackageFile


class SelfTest(_Document):
    """What the network gave for a fixed input when the package was written.

    A generator makes seed 0 with even labels; a translator takes a fixed ramp. `mean` and `sd` are
    of the output in [-1, 1], computed in float32.
    """

    mean: Finite
    sd: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    tolerance: Annotated[float, Field(gt=0, le=0.5)] = 0.02


class TrainingRecord(_Document):
    """Where the weights come from, in the words of the model card; `record` is the run as JSON."""

    data: Text
    data_licence: Text
    images: int = Field(ge=0)
    patients: int | None = Field(default=None, ge=0)
    hours: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    hardware: Text
    software: Text
    record: PackageFile | None = None


class Metric(_Document):
    """A figure on held-out data, with what it is compared with; `plain` is one sentence."""

    name: Annotated[str, Field(max_length=80)]
    value: Finite
    interval: tuple[Finite, Finite] | None = None
    n: int = Field(ge=1)
    compared_with: Text = ""
    plain: Text = ""


_WITH_A_FACE = frozenset(("head", "face", "skull", "brain"))


class Manifest(_Document):
    """The machine part of a model package; card.md is the human part."""

    schema_version: Literal[1]
    id: Name
    name: Annotated[Title, Field(min_length=1)]
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,3}$")]
    task: Task
    architecture: Architecture
    weights: PackageFile
    card: PackageFile
    samples: PackageFile | None = None
    discriminator: DiscriminatorSpec | None = None
    reference: ReferenceSpec | None = None
    directions_file: PackageFile | None = None
    directions: tuple[DirectionEntry, ...] = Field(default=(), max_length=400)
    labels: tuple[Label, ...] = Field(default=(), max_length=200)
    latent: LatentSpec = LatentSpec()
    source: SourceSpec | None = None
    output: OutputSpec
    summary: Text
    limits: Text
    intended_use: Text
    training: TrainingRecord
    metrics: tuple[Metric, ...] = Field(default=(), max_length=100)
    self_test: SelfTest
    converted: bool = False

    @property
    def shows_head(self) -> bool:
        """A face may be recognised in what it translates."""
        words = self.source.body_part.lower().split() if self.source is not None else ()
        return not _WITH_A_FACE.isdisjoint(words)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.task is Task.TRANSLATE) != (self.source is not None):
            raise ValueError("a translator, and only a translator, states its source")
        if self.task is Task.TRANSLATE and (self.labels or self.directions):
            raise ValueError("a translator has neither labels nor directions")
        if self.directions and self.directions_file is None:
            raise ValueError("directions need a directions_file")
        for kind, names in (
            ("label", [label.name for label in self.labels]),
            ("direction", [entry.name for entry in self.directions]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two {kind}s have the same name")
        return self


def parse_manifest(text: bytes, where: Path) -> Manifest:
    """Check and read the bytes of a manifest.

    Raises
    ------
    PackageError
        Too large, not JSON, repeated keys, another schema version, or a field out of its limits.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise _refused(where, "it is larger than 1 MiB")
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise _refused(where, "it is not a JSON document", str(error)) from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        raise PackageError(
            problem=f"{where} has the manifest version {version!r:.40}; "
            f"this program reads version {SCHEMA_VERSION}.",
            action="Use a program version that fits the package, or get the package anew.",
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:80] or "the document"
        place = place if place.isprintable() else ascii(place)  # a key may be anything
        raise _refused(where, f"{place}: {first['msg']}", str(error)) from error


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a manifest, for other tools; the rules between fields are extra."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Manifest.model_json_schema(),
    }


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refused(where: Path, why: str, details: str = "") -> PackageError:
    return PackageError(
        problem=f"{where} is not a usable manifest: {why}.",
        action="Get the model package anew from its source.",
        details=details,
    )
