"""Measurements to a DICOM Softcopy Presentation State: the drawings, for other viewers to show."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from highdicom import ModalityLUTTransformation, PresentationLUTTransformation, pr

from medgan_viewer import __version__
from medgan_viewer.dicom.synthetic_marks import SOFTWARE_NAME
from medgan_viewer.export.annotated_image import (
    AnnotatedImage,
    Measured,
    file_points,
    save_object,
)
from medgan_viewer.export.context import new_uid
from medgan_viewer.imaging.annotation import AnnotationKind
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow

_SERIES_NUMBER = 9003
_LAYER = pr.GraphicLayer("MEASUREMENTS", 1, "Measurements and remarks")
_PIXEL = pr.AnnotationUnitsValues.PIXEL
_MAX_TEXT = 1024  # ST
_PROFILE_CLASS = slice(12, 16)  # bytes of an ICC profile


def presentation_key(image: AnnotatedImage) -> tuple[object, ...]:
    """Return what has to be equal for images to share one presentation state."""
    header, transform = image.header, image.transform
    own = transform if isinstance(transform, Rescale) else header.SOPInstanceUID
    voi = image.vois[0] if image.vois else None
    return (
        header.SeriesInstanceUID,
        header.Rows,
        header.Columns,
        header.PhotometricInterpretation,
        header.ICCProfile,
        image.is_inverted,
        image.aspect,
        own,
        voi if isinstance(voi, VoiWindow) else None,
    )


def has_presentation(image: AnnotatedImage) -> bool:
    """Return whether a presentation state can be written: not for palettes and tables."""
    is_gray = image.header.PhotometricInterpretation in ("MONOCHROME1", "MONOCHROME2")
    if is_gray:
        return isinstance(image.transform, Rescale)
    return bool(image.header.SamplesPerPixel == 3)


def write_presentation(images: Sequence[AnnotatedImage], path: Path) -> None:
    """Write the drawings on images of one key.

    Parameters
    ----------
    path : checked by the caller; its folder must exist
    """
    headers = list({image.image.uid: image.header for image in images}.values())
    drawn = [each for image in images for each in image.measured]
    groups = {
        each.annotation.uid: pr.GraphicGroup(
            number, each.annotation.kind.value, each.annotation.text[:_MAX_TEXT] or None
        )
        for number, each in enumerate(drawn, start=1)
    }
    is_made = images[0].provenance is not None
    common: dict[str, Any] = {
        "referenced_images": headers,
        "series_instance_uid": new_uid(),
        "series_number": _SERIES_NUMBER,
        "sop_instance_uid": new_uid(),
        "instance_number": 1,
        "manufacturer": SOFTWARE_NAME,
        "manufacturer_model_name": SOFTWARE_NAME,
        "software_versions": __version__,
        "device_serial_number": "1",
        "content_label": "SYNTHETIC" if is_made else "MEASUREMENTS",
        "content_description": "Measurements on synthetic images" if is_made else "Measurements",
        "graphic_layers": [_LAYER],
        "graphic_groups": list(groups.values()),
        "graphic_annotations": [_annotation(image, groups) for image in images],
    }
    state: pr.ColorSoftcopyPresentationState | pr.GrayscaleSoftcopyPresentationState
    if images[0].header.SamplesPerPixel == 3:
        profile = _color_profile(images[0])
        state = pr.ColorSoftcopyPresentationState(**common, icc_profile=profile)
    else:
        state = pr.GrayscaleSoftcopyPresentationState(**common, **_gray_pipeline(images[0]))
    # highdicom always says 1:1.
    ratio = Fraction(images[0].aspect).limit_denominator(1000)
    for area in state.DisplayedAreaSelectionSequence:
        area.PresentationPixelAspectRatio = [ratio.numerator, ratio.denominator]
    state.Laterality = images[0].header.Laterality
    save_object(state, images, path)


def _color_profile(image: AnnotatedImage) -> bytes:
    """Return the image's ICC profile, or sRGB, as an input device's (PS3.3 C.11.15).

    A display's profile made of a matrix and curves has all that an input device's needs.
    """
    from PIL import ImageCms

    own: bytes = image.header.ICCProfile
    if own[_PROFILE_CLASS] in (b"scnr", b"spac"):
        return own
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_CLASS] = b"scnr"
    return bytes(profile)


def _gray_pipeline(image: AnnotatedImage) -> dict[str, Any]:
    shape = "INVERSE" if image.is_inverted else "IDENTITY"
    steps: dict[str, Any] = {
        "presentation_lut_transformation": PresentationLUTTransformation(
            presentation_lut_shape=shape
        )
    }
    transform = image.transform
    if isinstance(transform, Rescale) and (transform.unit or not transform.is_identity):
        steps["modality_lut_transformation"] = ModalityLUTTransformation(
            rescale_intercept=transform.intercept,
            rescale_slope=transform.slope,
            rescale_type="HU" if transform.unit == "HU" else "US",
        )
    voi = image.vois[0] if image.vois else None
    if isinstance(voi, VoiWindow):
        steps["voi_lut_transformations"] = [
            pr.SoftcopyVOILUTTransformation(window_center=voi.center, window_width=voi.width)
        ]
    return steps


def _annotation(image: AnnotatedImage, groups: dict[str, pr.GraphicGroup]) -> pr.GraphicAnnotation:
    graphics: list[pr.GraphicObject] = []
    texts: list[pr.TextObject] = []
    for each in image.measured:
        group = groups[each.annotation.uid]
        graphics += _graphics(each, group)
        lines = each.text or (each.annotation.kind.value,)
        anchor = file_points(each.annotation)[0]
        texts.append(
            pr.TextObject(
                text_value="\r\n".join(lines)[:_MAX_TEXT],
                units=_PIXEL,
                anchor_point=(float(anchor[0]), float(anchor[1])),
                anchor_point_visible=each.annotation.kind is not AnnotationKind.TEXT,
                tracking_id=each.annotation.kind.value,
                tracking_uid=each.annotation.uid,
                graphic_group=group,
            )
        )
    return pr.GraphicAnnotation(
        referenced_images=[image.header],
        graphic_layer=_LAYER,
        referenced_frame_number=image.frame_numbers,
        graphic_objects=graphics or None,
        text_objects=texts,
    )


def _graphics(measured: Measured, group: pr.GraphicGroup) -> list[pr.GraphicObject]:
    annotation = measured.annotation
    points = file_points(annotation)
    match annotation.kind:
        case AnnotationKind.TEXT:
            return []
        case AnnotationKind.PROBE:
            parts, kind = [points], pr.GraphicTypeValues.POINT
        case AnnotationKind.ELLIPSE:
            parts, kind = [points], pr.GraphicTypeValues.ELLIPSE
        case AnnotationKind.COBB | AnnotationKind.BIDIRECTIONAL:
            parts, kind = [points[:2], points[2:]], pr.GraphicTypeValues.POLYLINE
        case _:
            parts, kind = [points], pr.GraphicTypeValues.POLYLINE
    return [
        pr.GraphicObject(
            graphic_type=kind,
            graphic_data=part,
            units=_PIXEL,
            tracking_id=annotation.kind.value,
            tracking_uid=annotation.uid,
            graphic_group=group,
        )
        for part in parts
    ]
