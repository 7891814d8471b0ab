"""PixelFrame: one image as numbers, with what is needed to show, to measure and to trust it."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.bit_mask import BitMask
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, UltrasoundRegion
from medgan_viewer.imaging.modality import FloatArray, ModalityTransform, Rescale
from medgan_viewer.imaging.supplement import SupplementalPalette
from medgan_viewer.imaging.suv import SuvScale
from medgan_viewer.imaging.voi import Voi


class SyntheticKind(Enum):
    """How a synthetic image came to be."""

    GENERATED = "generated"
    TRANSLATED = "translated"
    RECONSTRUCTED = "reconstructed"
    DERIVED = "derived"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a synthetic image; its presence means the image must be shown as synthetic.

    Attributes
    ----------
    kind : generated from a latent point, translated from a source image, ...
    model_name : for people, with version
    package_id : folder name of the model package; empty when another program made the image
    weights_sha256 : hex digest of the weights file; empty when unknown
    recipe_json : the recipe that makes the image again; opaque here, empty when there is none
    summary : short text for the corner of the image ("seed 41 · psi 0.70")
    source_uids : SOP Instance UIDs of the images it was computed from, one for each plane
    source_frames : 1-based frame number of each; empty where every instance is one plane
    own_source : index of the plane that shows the same place; None when there is one source only,
        or no such plane
    """

    kind: SyntheticKind
    model_name: str
    package_id: str = ""
    weights_sha256: str = ""
    recipe_json: str = ""
    summary: str = ""
    source_uids: tuple[str, ...] = ()
    source_frames: tuple[int, ...] = ()
    own_source: int | None = None

    @property
    def source_planes(self) -> tuple[tuple[str, int | None], ...]:
        """SOP Instance UID and frame number of each source; None for an instance of one plane."""
        numbers = self.source_frames or (None,) * len(self.source_uids)
        return tuple(zip(self.source_uids, numbers, strict=True))


@dataclass(frozen=True, slots=True)
class ImageId:
    """Which image it is, across sessions.

    Attributes
    ----------
    uid : SOP Instance UID; for an image that no file holds, a text that begins with its kind
    frame_number : from 1
    """

    uid: str
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class PaddingRange:
    """Stored values that mean "no image here", both ends included (PS3.3 C.7.5.1.1.2)."""

    low: float
    high: float

    def mask(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return True where a stored value is padding."""
        inside: npt.NDArray[np.bool_] = (stored >= self.low) & (stored <= self.high)
        return inside


_IDENTITY = Rescale()


@dataclass(frozen=True, slots=True, eq=False)
class PixelFrame:
    """One image plane as stored, before the modality transform and any windowing.

    Attributes
    ----------
    stored : (rows, columns) gray in the file's integer type (float32 or float64 for computed maps),
        or (rows, columns, 3) uint8 RGB; made read-only
    modality : DICOM's modality code ("CT", "MR", ...); empty when unknown
    transform : turns stored values into modality values; color images skip it
    inverted : smallest value is white (MONOCHROME1, Presentation LUT Shape INVERSE)
    vois : the VOI views that the file offers, first is the default
    padding : stored values outside the image, if the file names them
    supplement : colors for the highest stored values of a gray image, if the file has some
    overlay : graphics that the file lays over the image (60xx), not part of any value
    hidden : what a display shutter covers; no image is there
    hidden_gray : gray to show there, 0 to 255
    suv : from modality values to standardized uptake; None for all but PET that allows it
    geometry : place in the patient; None when the file does not tell
    spacing : distance of pixel centres where a length may be measured; None: lengths are in px
    aspect : height of a pixel divided by its width, for display
    bits_stored : how many bits of a stored value carry the image
    provenance : None for an acquired image
    notes : short remarks on fidelity for the corner of the image ("LOSSY 10:1")
    image_id : which frame of which file; None for an image that no file holds
    regions : calibrations of the parts of an ultrasound image
    """

    stored: npt.NDArray[Any]
    modality: str = ""
    transform: ModalityTransform = _IDENTITY
    inverted: bool = False
    vois: tuple[Voi, ...] = ()
    padding: PaddingRange | None = None
    supplement: SupplementalPalette | None = None
    overlay: BitMask | None = None
    hidden: BitMask | None = None
    hidden_gray: int = 0
    suv: SuvScale | None = None
    geometry: PlaneGeometry | None = None
    spacing: PixelSpacing | None = None
    aspect: float = 1.0
    bits_stored: int = 16
    provenance: Provenance | None = None
    notes: tuple[str, ...] = ()
    image_id: ImageId | None = None
    regions: tuple[UltrasoundRegion, ...] = ()

    def __post_init__(self) -> None:
        is_gray = self.stored.ndim == 2 and self.stored.dtype.kind in "iuf"
        is_rgb = self.stored.ndim == 3 and self.stored.shape[2] == 3
        if not is_gray and not (is_rgb and self.stored.dtype == np.uint8):
            found = f"{self.stored.shape} {self.stored.dtype}"
            raise ValueError(f"stored must be gray (rows, columns) or uint8 RGB, got {found}")
        if 0 in self.stored.shape:
            raise ValueError("stored has no pixels")
        self.stored.setflags(write=False)

    @property
    def rows(self) -> int:
        return int(self.stored.shape[0])

    @property
    def columns(self) -> int:
        return int(self.stored.shape[1])

    @property
    def is_color(self) -> bool:
        return self.stored.ndim == 3

    @property
    def is_synthetic(self) -> bool:
        return self.provenance is not None

    @property
    def unit(self) -> str:
        """Unit of the modality values; a simulated one says so."""
        unit = "" if self.is_color else self.transform.unit
        return f"{unit} (simulated)" if unit and self.is_synthetic else unit

    def modality_values(self) -> FloatArray:
        """Return a new float32 array in `unit`; color frames have none and raise ValueError."""
        if self.is_color:
            raise ValueError("a color image has no modality values")
        return self.transform.apply(self.stored)

    def padding_mask(self) -> npt.NDArray[np.bool_] | None:
        """Return True where there is no image (padding, shutter); None where image is all over."""
        hidden = None if self.hidden is None else self.hidden.mask()
        if self.padding is None or self.is_color:
            return hidden
        padding = self.padding.mask(self.stored)
        return padding if hidden is None else padding | hidden
