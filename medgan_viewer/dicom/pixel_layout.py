"""PixelLayout: how the bits of a frame are arranged, held against our limits (PS3.3 C.7.6.3)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import integer, text
from medgan_viewer.dicom.dicom_file import PixelElement, UnreadableError

MAX_SIDE = 20_000
MAX_FRAMES = 20_000
_ALLOCATIONS = (1, 8, 12, 16, 32, 64)  # 12: packed, of ACR-NEMA
_COLOR_SPACES = frozenset(
    ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")
)


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """Shape and coding of a frame.

    Attributes
    ----------
    samples : 1 or 3
    bits_allocated : of one sample; 1, 8, 12, 16, 32 or 64
    high_bit : number of the highest stored bit, counted from 0
    float_bits : 0 for integers
    is_planar : color by plane (Planar Configuration 1); native pixels only
    """

    rows: int
    columns: int
    samples: int
    frame_count: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    float_bits: int
    photometric: str
    is_planar: bool

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame, without any padding."""
        per_pixel = self.samples * self.bits_allocated
        if self.is_subsampled:  # two luminance and two color samples for two pixels
            per_pixel = 2 * self.bits_allocated
        return self.rows * self.columns * per_pixel

    @property
    def is_subsampled(self) -> bool:
        """Color is given for every second pixel of a row; native pixels only."""
        return self.photometric.endswith("_422")


def layout_of(dataset: Dataset, pixels: PixelElement) -> PixelLayout:
    """Read the layout.

    Raises
    ------
    UnreadableError
        An attribute is missing, beyond our limits, or of a kind we do not show.
    """
    rows, columns = integer(dataset, "Rows") or 0, integer(dataset, "Columns") or 0
    if rows < 1 or columns < 1:
        raise UnreadableError("does not say how many rows and columns it has")
    if rows > MAX_SIDE or columns > MAX_SIDE:
        raise UnreadableError(
            f"gives {rows} rows and {columns} columns; up to {MAX_SIDE} can be shown"
        )
    frame_count = frame_count_of(dataset)
    if frame_count > MAX_FRAMES:
        raise UnreadableError(f"gives {frame_count} frames; up to {MAX_FRAMES} can be shown")
    allocated = pixels.float_bits or integer(dataset, "BitsAllocated") or 0
    if allocated not in _ALLOCATIONS:
        raise UnreadableError(f"gives {allocated} bits to a sample, which is not supported")
    samples, photometric = _color_of(dataset)
    if allocated == 12 and samples != 1:
        raise UnreadableError("packs color into 12 bits to a sample, which is not supported")
    stored = integer(dataset, "BitsStored") or allocated
    if not 1 <= stored <= allocated:
        stored = allocated
    high_bit = integer(dataset, "HighBit")
    if high_bit is None or not stored - 1 <= high_bit < allocated:
        high_bit = stored - 1
    return PixelLayout(
        rows=rows,
        columns=columns,
        samples=samples,
        frame_count=frame_count,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        is_signed=integer(dataset, "PixelRepresentation") == 1,
        float_bits=pixels.float_bits,
        photometric=photometric,
        is_planar=integer(dataset, "PlanarConfiguration") == 1,
    )


def frame_count_of(dataset: Dataset) -> int:
    """Return Number of Frames; 1 where it is missing or no number."""
    return max(integer(dataset, "NumberOfFrames") or 1, 1)


def _color_of(dataset: Dataset) -> tuple[int, str]:
    samples = integer(dataset, "SamplesPerPixel") or 1
    photometric = text(dataset, "PhotometricInterpretation").upper()
    if samples == 1:
        is_gray = photometric in ("MONOCHROME1", "PALETTE COLOR")
        return 1, photometric if is_gray else "MONOCHROME2"
    if samples == 3 and photometric in _COLOR_SPACES:
        return 3, photometric
    raise UnreadableError(
        f"holds {samples} samples per pixel in {photometric or 'an unnamed color space'}, "
        "which is not supported"
    )
