"""Window presets by modality; MR has none, because its intensities have no unit.

Those of PET are ranges of SUV, so that an image without a trusted SUV has none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from medgan_viewer import paths
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.suv import SuvScale
from medgan_viewer.imaging.voi import VoiFunction, VoiWindow

_SUV_RANGES = (5, 7, 10, 15, 20)  # from 0, on the keys from 2 on


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A named window.

    Attributes
    ----------
    digit : the key that chooses it; None when it is only in the menu
    """

    name: str
    window: VoiWindow
    digit: int | None


@cache
def all_presets() -> Mapping[str, tuple[WindowPreset, ...]]:
    """Return the presets of each DICOM modality code that has some, in the order of the menu."""
    document = json.loads(paths.resource("window_presets.json").read_text(encoding="utf-8"))
    presets = {
        modality: tuple(
            WindowPreset(
                entry["name"],
                VoiWindow(entry["center"], entry["width"], explanation=entry["name"]),
                entry["digit"],
            )
            for entry in entries
        )
        for modality, entries in document.items()
    }
    return MappingProxyType(presets)


def presets_for(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets of a DICOM modality code; most have none."""
    return all_presets().get(modality, ())


def presets_of(frame: PixelFrame) -> tuple[WindowPreset, ...]:
    """Return the presets of a frame: of its modality, and in SUV where it has that."""
    presets = presets_for(frame.modality)
    return presets if frame.suv is None else presets + _suv_presets(frame.suv)


def _suv_presets(suv: SuvScale) -> tuple[WindowPreset, ...]:
    presets = []
    for digit, high in enumerate(_SUV_RANGES, start=2):
        name = f"{suv.label} 0 to {high}"
        width = high / suv.factor
        window = VoiWindow(width / 2, width, VoiFunction.LINEAR_EXACT, name)
        presets.append(WindowPreset(name, window, digit))
    return tuple(presets)


def find_preset(name: str, modality: str) -> WindowPreset | None:
    """Return the preset of a modality with this name; case, spaces and hyphens do not matter."""
    wanted = _key(name)
    return next((one for one in presets_for(modality) if _key(one.name) == wanted), None)


def _key(name: str) -> str:
    return name.lower().replace(" ", "").replace("-", "")
