"""TileLook: how a tile dresses its image: color map, corner text, a remark of what plays."""

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal

# What may be left out around an image. Warnings, fidelity and the synthetic mark may not.
CORNER_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "identity": "Patient and study date",
        "title": "Origin and series",
        "zoom": "Enlargement",
        "window": "Window",
        "place": "Number of the image",
        "value": "Value under the mouse",
        "letters": "Patient sides",
        "scale": "Scale bar",
        "stack": "Place in the stack and what is loaded",
    }
)


class TileLook(QObject):
    """Belongs to one tile.

    Signals
    -------
    changed()
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._colormap = "gray"
        self._hidden: frozenset[str] = frozenset()
        self._has_overlays = True
        self._remark = ""

    @property
    def colormap(self) -> str:
        """A name of imaging.colormaps; images in color are never mapped."""
        return self._colormap

    @property
    def remark(self) -> str:
        """A line of the corner about what the tile does at the moment."""
        return self._remark

    @property
    def has_overlays(self) -> bool:
        return self._has_overlays

    def shows(self, part: str) -> bool:
        """Tell whether a part of the corner text is to be drawn."""
        return self._has_overlays and part not in self._hidden

    def set_colormap(self, name: str) -> None:
        if name != self._colormap:
            self._colormap = name
            self.changed.emit()

    def set_hidden_parts(self, hidden: frozenset[str]) -> None:
        if hidden != self._hidden:
            self._hidden = hidden
            self.changed.emit()

    def set_overlays(self, shown: bool) -> None:
        if shown != self._has_overlays:
            self._has_overlays = shown
            self.changed.emit()

    def set_remark(self, remark: str) -> None:
        if remark != self._remark:
            self._remark = remark
            self.changed.emit()
