"""Window presets by modality; MR has none, because its intensities have no unit."""

import json
from dataclasses import dataclass
from functools import cache

from medgan_viewer import paths
from medgan_viewer.imaging.voi import VoiWindow


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
def presets_for(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets of a DICOM modality code, in the order of the menu; most have none."""
    document = json.loads(paths.resource("window_presets.json").read_text(encoding="utf-8"))
    return tuple(
        WindowPreset(
            entry["name"],
            VoiWindow(entry["center"], entry["width"], explanation=entry["name"]),
            entry["digit"],
        )
        for entry in document.get(modality, [])
    )


def find_preset(name: str) -> WindowPreset | None:
    """Return the preset with this name in any modality; case and spaces do not matter."""
    wanted = name.lower().replace(" ", "").replace("-", "")
    for preset in presets_for("CT"):
        if preset.name.lower().replace(" ", "") == wanted:
            return preset
    return None
