"""load_frame: the one way from a file to a PixelFrame, for screen and generators alike.

Runs in a decoder process; header facts that the list needs come from instance_header.
"""

import warnings
from dataclasses import replace

from medgan_viewer.dicom import codecs
from medgan_viewer.dicom.archives import source_stamp
from medgan_viewer.dicom.attributes import numbers, text
from medgan_viewer.dicom.dicom_file import DicomFile, UnreadableError
from medgan_viewer.dicom.functional_groups import FrameView, frame_view, presentation_of
from medgan_viewer.dicom.grayscale import computable, is_inverted, padding_of, transform_of, vois_of
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.icc import in_srgb
from medgan_viewer.dicom.instance_header import provenance_in
from medgan_viewer.dicom.lookup_tables import palette_colors, supplement_of
from medgan_viewer.dicom.overlays import overlays_of, shutter_of
from medgan_viewer.dicom.pixel_data import checked_layout, read_samples
from medgan_viewer.dicom.pixel_layout import PixelLayout, frame_count_of
from medgan_viewer.dicom.planes import plane_of
from medgan_viewer.dicom.spacing import aspect_of, has_negative_spacing, regions_of, spacing_of
from medgan_viewer.dicom.stored_values import gray_values, rgb_values
from medgan_viewer.dicom.suv import suv_of
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.color import RgbArray
from medgan_viewer.imaging.frame import ImageId, PixelFrame
from medgan_viewer.imaging.supplement import SupplementalPalette

_PALETTE = "PALETTE COLOR"


def load_frame(ref: FrameRef) -> PixelFrame:
    """Read, decode and describe one frame.

    Raises
    ------
    InputError
        The file is missing, damaged or of a kind we cannot show; the text says which.
    """
    reader = FrameReader()
    try:
        return reader.load(ref)
    finally:
        reader.close()


class FrameReader:
    """Loads frames and keeps the last multi-frame file open, so that its header is parsed once."""

    def __init__(self) -> None:
        self._file: DicomFile | None = None
        self._key: object = None

    def load(self, ref: FrameRef) -> PixelFrame:
        """Load like `load_frame`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pydicom's, on values that break their VR
                file = self._opened(ref)
                frame = _frame(file, ref.frame_number - 1)
        except UnreadableError as error:
            self.close()
            raise InputError(
                problem=f"{ref.path.name} {error.reason}.",
                action="Ask for the file again, or open another image.",
                details=f"{ref.path}, frame {ref.frame_number}. {error.details}".strip(),
            ) from error
        except OSError as error:
            self.close()
            raise InputError(
                problem=f"{ref.path.name} cannot be opened.",
                action="Check that the file is still there and that you may read it.",
                details=f"{ref.path}: {error}",
            ) from error
        except MemoryError as error:
            self.close()
            raise InputError(
                problem=f"{ref.path.name} needs more memory than one image may take.",
                action="Open another image, or one of lower resolution.",
                details=f"{ref.path}, frame {ref.frame_number}",
            ) from error
        if frame_count_of(file.dataset) == 1:
            self.close()
        return frame

    def close(self) -> None:
        """Close the file that is kept; a later `load` opens it again."""
        if self._file is not None:
            self._file.close()
        self._file, self._key = None, None

    def _opened(self, ref: FrameRef) -> DicomFile:
        key = (ref.path, *source_stamp(ref.path))
        if self._file is None or key != self._key:
            self.close()
            self._file, self._key = DicomFile(ref.path), key
        return self._file


def _frame(file: DicomFile, frame_index: int) -> PixelFrame:
    if file.pixels is None:
        raise UnreadableError("holds no image")
    layout = checked_layout(file, file.pixels)
    samples, photometric = read_samples(file, file.pixels, layout, frame_index)
    is_as_in_file = codecs.keeps_words(file.transfer_syntax_uid)
    has_words = is_as_in_file and layout.samples == 1 and samples.dtype.kind == "u"
    frame = _image(file, layout, samples, photometric, frame_index)
    return _with_layers(frame, file, frame_index, samples if has_words else None)


def _image(
    file: DicomFile, layout: PixelLayout, samples: codecs.Array, photometric: str, frame_index: int
) -> PixelFrame:
    """Return the frame without what lies over it."""
    if layout.samples == 3:
        return _color(file, rgb_values(samples, layout, photometric), frame_index)
    # Only what comes as the words of the file may hold its bits elsewhere than at the low end.
    is_as_in_file = codecs.keeps_words(file.transfer_syntax_uid)
    high_bit = layout.high_bit if is_as_in_file else layout.bits_stored - 1
    stored = gray_values(samples, layout, high_bit)
    if photometric == _PALETTE:
        rgb = palette_colors(
            file.dataset,
            stored,
            is_signed=layout.is_signed,
            is_little_endian=file.is_little_endian,
        )
        return _color(file, rgb, frame_index)
    frame = _placed(file, stored, frame_index, bits_stored=layout.bits_stored)
    return _with_gray_pipeline(frame, file, layout, frame_index)


def _color(file: DicomFile, rgb: RgbArray, frame_index: int) -> PixelFrame:
    shown, note = in_srgb(file.dataset, rgb)
    frame = _placed(file, shown, frame_index, bits_stored=8)
    return replace(frame, notes=(*frame.notes, note)) if note else frame


def _with_layers(
    frame: PixelFrame, file: DicomFile, frame_index: int, pixel_words: codecs.Array | None
) -> PixelFrame:
    """Return the frame with the overlays and shutters of the file."""
    shape = (frame.rows, frame.columns)
    is_little_endian = file.is_little_endian
    overlay, notes = overlays_of(
        file.dataset,
        frame_index,
        shape,
        is_little_endian=is_little_endian,
        pixel_words=pixel_words,
    )
    hidden, gray = shutter_of(file.dataset, frame_index, shape, is_little_endian=is_little_endian)
    if hidden is not None:
        notes += ("display shutter",)
    return replace(
        frame, overlay=overlay, hidden=hidden, hidden_gray=gray, notes=frame.notes + notes
    )


def _placed(
    file: DicomFile, stored: codecs.Array, frame_index: int, *, bits_stored: int
) -> PixelFrame:
    """Return the frame with all that gray and color have in common."""
    view = frame_view(file.dataset, frame_index)
    spacing = spacing_of(view)
    return PixelFrame(
        stored=stored,
        modality=text(file.dataset, "Modality"),
        geometry=plane_of(view, spacing),
        spacing=spacing,
        aspect=aspect_of(view, spacing),
        bits_stored=bits_stored,
        provenance=provenance_in(file.dataset),
        notes=_notes(file, view),
        image_id=_image_id(file, frame_index),
        regions=regions_of(view),
    )


def _image_id(file: DicomFile, frame_index: int) -> ImageId | None:
    uid = text(file.dataset, "SOPInstanceUID")
    return ImageId(uid, frame_index + 1) if uid else None


def _with_gray_pipeline(
    frame: PixelFrame, file: DicomFile, layout: PixelLayout, frame_index: int
) -> PixelFrame:
    view = frame_view(file.dataset, frame_index)
    is_little_endian = file.is_little_endian
    transform, transform_notes = transform_of(view, layout, is_little_endian=is_little_endian)
    transform, range_notes = computable(transform, frame.stored)
    vois, voi_notes = vois_of(view, layout, transform, is_little_endian=is_little_endian)
    padding = padding_of(file.dataset, layout)
    supplement, supplement_notes = _supplement(file, view, layout)
    suv, suv_notes = suv_of(file.dataset) if frame.provenance is None else (None, ())
    is_padded = padding is not None and bool(padding.mask(frame.stored).any())
    return replace(
        frame,
        transform=transform,
        inverted=is_inverted(file.dataset),
        vois=vois,
        padding=padding,
        supplement=supplement,
        suv=suv,
        notes=frame.notes
        + transform_notes
        + range_notes
        + voi_notes
        + suv_notes
        + supplement_notes
        + (("padding",) if is_padded else ()),
    )


def _supplement(
    file: DicomFile, view: FrameView, layout: PixelLayout
) -> tuple[SupplementalPalette | None, tuple[str, ...]]:
    """Return the colors of the highest values of a gray frame, and notes."""
    if presentation_of(view) != "COLOR":
        return None, ()
    try:
        return supplement_of(
            file.dataset, is_signed=layout.is_signed, is_little_endian=file.is_little_endian
        ), ()
    except UnreadableError:
        return None, ("color palette unreadable",)


def _notes(file: DicomFile, view: FrameView) -> tuple[str, ...]:
    notes = []
    is_lossy = text(file.dataset, "LossyImageCompression") == "01"
    if is_lossy or codecs.is_always_lossy(file.transfer_syntax_uid):
        ratios = numbers(file.dataset, "LossyImageCompressionRatio")
        notes.append(f"LOSSY {ratios[-1]:g}:1" if ratios else "LOSSY")  # the last step comes last
    if file.has_wrong_syntax:
        notes.append("compressed, though the file says it is not")
    if has_negative_spacing(view):
        notes.append("negative pixel spacing in the file")
    return tuple(notes)
