"""ICC profile of a color image to sRGB (PS3.3 C.11.15), which screens take for granted.

LittleCMS does it, with the perceptual intent that the standard recommends. A profile is data with
tables; nothing of it is run.
"""

import struct

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import items, text, words
from medgan_viewer.imaging.color import RgbArray

APPLIED = "ICC profile applied"
ASSUMED = "sRGB assumed"
UNUSABLE = "ICC profile unusable, sRGB assumed"
_SRGB = "sRGB"
_TAG_TABLE = 128  # bytes of the header before it (ICC.1:2022, 7.2)
_MOST_TAGS = 100


def in_srgb(dataset: Dataset, rgb: RgbArray) -> tuple[RgbArray, str]:
    """Return the colors in sRGB, and a note on how they came about; none where the file says sRGB.

    Notes
    -----
    The ICC's own sRGB v4 profile renders for another medium and would shift colors by 60 of 256
    levels; an image that is in sRGB by name is left alone.
    """
    profile = _profile(dataset)
    if text(dataset, "ColorSpace").upper() == "SRGB" or _is_srgb(profile):
        return rgb, ""
    if not profile:
        return rgb, ASSUMED
    import imagecodecs

    try:
        screen = imagecodecs.cms_profile("srgb")
        shown: RgbArray = imagecodecs.cms_transform(
            rgb, profile, screen, colorspace="rgb", outcolorspace="rgb", intent=0
        )
    except (RuntimeError, ValueError, TypeError):
        return rgb, UNUSABLE
    return (shown, APPLIED) if shown.shape == rgb.shape else (rgb, UNUSABLE)


def _profile(dataset: Dataset) -> bytes:
    """Return the profile of the image, or of its optical paths where they share one."""
    holders = (dataset, *items(dataset, "OpticalPathSequence"))
    found = {found for holder in holders if isinstance(found := words(holder, "ICCProfile"), bytes)}
    found.discard(b"")
    return found.pop() if len(found) == 1 else b""


def _is_srgb(profile: bytes) -> bool:
    """Tell whether a profile calls itself sRGB in its description."""
    if len(profile) < _TAG_TABLE + 4:
        return False
    (count,) = struct.unpack_from(">L", profile, _TAG_TABLE)
    for index in range(min(count, _MOST_TAGS)):
        start = _TAG_TABLE + 4 + 12 * index
        if start + 12 > len(profile):
            return False
        name, offset, size = struct.unpack_from(">4sLL", profile, start)
        if name == b"desc":
            description = profile[offset : offset + size]
            return any(_SRGB.encode(code) in description for code in ("ascii", "utf-16-be"))
    return False
