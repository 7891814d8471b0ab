"""DataConfig: the [data] table of a training configuration, checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.errors import InputError

Name = Annotated[str, Field(min_length=1, max_length=200)]
Column = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], Field(max_length=10_000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
_BITS_OF_FULL = 8


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntensityConfig(_Table):
    """Which values become black and white; the table [data.intensity]."""

    rule: Annotated[
        Literal["full", "window", "percentile"],
        Field(
            title="Rule",
            description="full: the whole range of the stored integers; window: low to high in "
            "the unit; percentile: of each picture, series or volume",
        ),
    ] = "full"
    low: Annotated[Finite, Field(title="Black", description="not used by full")] = 0.0
    high: Annotated[Finite, Field(title="White", description="not used by full")] = 255.0
    unit: Annotated[
        str, Field(max_length=16, title="Unit of a window", description='"HU", or empty')
    ] = ""

    @model_validator(mode="after")
    def _limits_fit_the_rule(self) -> Self:
        if not self.high > self.low:
            raise ValueError("high must be above low")
        if self.rule == "percentile" and not 0 <= self.low < self.high <= 100:
            raise ValueError("percentiles lie between 0 and 100")
        if self.unit and self.rule != "window":
            raise ValueError("only a window has a unit")
        return self

    def handling(self) -> IntensityHandling:
        """Return the same for the code inside; "full" gets its numbers from the files."""
        if self.rule == "full":
            return IntensityHandling("full", 0.0, float((1 << _BITS_OF_FULL) - 1))
        return IntensityHandling(self.rule, self.low, self.high, self.unit)


class BlockSplit(_Table):
    """Splits data without patients by runs of neighbours; the table [data.blocks].

    Neighbours in the order are mostly one patient, so whole blocks are held out and the images
    beside a block are used in neither part.
    """

    order_column: Annotated[
        Column, Field(title="Column of the order", description="whole numbers in the label table")
    ]
    block: Annotated[
        int, Field(ge=1, le=100_000, title="Length of a block", description="numbers of the order")
    ]
    gap: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            title="Gap beside a held-out block",
            description="numbers of the order on each side, used in neither part",
        ),
    ]
    every: Annotated[
        int, Field(ge=2, le=1000, title="Of so many blocks, one is held out", description="blocks")
    ]
    first: Annotated[
        int, Field(ge=0, title="First held-out block", description="counted from 0, below every")
    ] = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.first >= self.every:
            raise ValueError("first must be below every")
        if 2 * self.gap >= self.block * (self.every - 1):
            raise ValueError("the gaps leave nothing to train on")
        return self


class DataConfig(_Table):
    """Where training data lie, how they are read, and who is held out of training."""

    folder: Annotated[
        Path,
        Field(title="Folder", description="or the prepared file; relative to the data folder"),
    ]
    kind: Annotated[
        Literal["images", "nifti", "dicom", "prepared", "paired"],
        Field(
            title="Kind of data",
            description="images: PNG, JPEG, TIFF; nifti: volumes; dicom: folders of studies; "
            "prepared: one file of `write_prepared`; paired: registered contrasts in .npz",
        ),
    ]
    modality: Annotated[
        str,
        Field(
            pattern=r"^([A-Z]{2,16})?$",
            title="Modality",
            description="DICOM's code; for DICOM only these series are read; empty: from the files",
        ),
    ] = ""

    labels: Annotated[
        Literal["auto", "csv", "folders", "none"],
        Field(
            title="Where labels come from",
            description="auto: the label table when there is one, otherwise for pictures the "
            "sub-folders",
        ),
    ] = "auto"
    labels_csv: Annotated[Name, Field(title="Label table", description="file in the folder")] = (
        "labels.csv"
    )
    file_column: Annotated[Column, Field(title="Column of the file, relative to the folder")] = (
        "file"
    )
    label_columns: Annotated[
        tuple[Column, ...],
        Field(max_length=4, title="Columns of the label", description='joined by "-"'),
    ] = ("label",)
    patient_column: Annotated[
        Column, Field(title="Column of the patient", description="not used with blocks")
    ] = "patient"
    one_patient_per_file: Annotated[
        bool,
        Field(
            title="Each file is of another patient",
            description="without a label table, a statement about pictures and volumes whose "
            "names do not tell persons; patients are then named by their paths",
        ),
    ] = False
    series_key: Annotated[
        Literal["PatientID", "SeriesInstanceUID"],
        Field(title="Column that names a patient or a series in the label table of DICOM data"),
    ] = "PatientID"
    label_names: Annotated[
        tuple[Name, ...],
        Field(max_length=1000, title="Labels in their order", description="empty: by the alphabet"),
    ] = ()
    left_out_labels: Annotated[Names, Field(title="Labels that are not read")] = ()
    left_out: Annotated[
        Names,
        Field(
            title="Patients or files that are not read",
            description="beginnings of their names or, with a slash, of paths in the folder",
        ),
    ] = ()

    intensity: Annotated[IntensityConfig, Field(title="Intensities")] = IntensityConfig()
    spacing_mm: Annotated[
        float | None,
        Field(gt=0, le=100, title="Distance of pixels in the files", description="mm; pictures"),
    ] = None
    plane: Annotated[
        Literal["axial", "coronal", "sagittal"], Field(title="Plane in which volumes are cut")
    ] = "axial"
    slice_from: Annotated[
        float, Field(ge=0, lt=1, title="First slice", description="part of the volume or series")
    ] = 0.0
    slice_to: Annotated[
        float, Field(gt=0, le=1, title="Last slice", description="part of the volume or series")
    ] = 1.0
    slice_step: Annotated[int, Field(ge=1, le=1000, title="Every how many slices")] = 1

    held_out_percent: Annotated[
        int, Field(ge=1, le=50, title="Held-out patients", description="percent, chosen by hash")
    ] = 15
    held_out: Annotated[
        Names,
        Field(
            title="Held-out patients by name",
            description="beginnings of names; in place of the percentage",
        ),
    ] = ()
    blocks: Annotated[
        BlockSplit | None, Field(title="Split by blocks, for data without patients")
    ] = None

    source: Annotated[
        Name, Field(title="Source of a translator", description="contrast of pairs, or a label")
    ] = "t1"
    target: Annotated[
        Name, Field(title="Target of a translator", description="contrast of pairs, or a label")
    ] = "t2"
    side: Annotated[
        int,
        Field(
            title="Side of unpaired images [pixels]",
            description="for translators that learn without pairs; pairs keep their own size",
            ge=8,
            le=1024,
        ),
    ] = 192
    subfolders: Annotated[
        Names, Field(title="Sub-folders of pairs, in order", description="empty: all of them")
    ] = ()
    pixel_mm: Annotated[
        float | None,
        Field(gt=0, le=100, title="Pixel size of pairs", description="mm; others are rescaled"),
    ] = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.label_names)) != len(self.label_names):
            raise ValueError("label_names repeats a name")
        if not self.slice_to > self.slice_from:
            raise ValueError("slice_to must be above slice_from")
        if self.source == self.target:
            raise ValueError("source and target are the same")
        if self.blocks is not None and (self.kind != "images" or self.held_out):
            raise ValueError("blocks split pictures with a label table, without held_out")
        return self

    def path(self, relative_to: Path) -> Path:
        """Return the folder or file; a relative one lies in `relative_to`."""
        return relative_to / self.folder.expanduser()


def parse_data_config(table: Mapping[str, Any], where: str = "[data]") -> DataConfig:
    """Check a table as TOML gives it.

    Raises
    ------
    InputError
        A field is unknown, missing or beyond its limits; the text names it.
    """
    try:
        return DataConfig.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{where} cannot be used: {f'{field}: ' if field else ''}{reason}.",
            "Correct this line of the configuration.",
            str(error),
        ) from error
