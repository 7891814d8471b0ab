"""The demonstration: sample images that come installed with pydicom, and the hints beside them."""

import importlib.util
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from medgan_viewer.session.session import Mode
from medgan_viewer.ui.foreign_text import PlainLabel

MODE_HINTS = {
    Mode.BROWSE: "Click a series in the list on the left, or drag it into a tile.",
    Mode.GENERATE: "Drag the sliders on the right: the image marked SYNTHETIC follows.",
    Mode.TRANSLATE: "Click a series on the left: the model on the right makes another contrast "
    "of it, marked SYNTHETIC.",
    Mode.COMPARE: "Press Shift+W to swipe between the two images, Shift+D for their difference.",
}
HINTS = (
    "Drag in an image to change its window, turn the wheel to scroll, press ? for all keys.",
    "Drop a folder of your own DICOM images anywhere in this window.",
)


class HintStrip(QFrame):
    """Three things to try, the first of them in the mode; can be closed for good.

    Signals
    -------
    closed()
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(24)
        self.of_mode = PlainLabel()
        others = [PlainLabel(f"{number}.  {hint}") for number, hint in enumerate(HINTS, start=2)]
        for label in (self.of_mode, *others):
            label.setWordWrap(True)
            row.addWidget(label, 1)
        close = QToolButton()
        close.setObjectName("flat")
        close.setText("✕")
        close.setToolTip("Close these hints for good")
        close.setAccessibleName("Close the hints")
        close.clicked.connect(self.closed)
        row.addWidget(close)

    def show_mode(self, mode: Mode) -> None:
        self.of_mode.setText(f"1.  {MODE_HINTS[mode]}")


def demo_paths() -> list[Path]:
    """Return pydicom's samples of CT, MR, ultrasound and others that are on this machine.

    Found by their place in the installed package; nothing is downloaded.
    """
    spec = importlib.util.find_spec("pydicom")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / "data" / "test_files"
    return [folder / name for name in _SAMPLES if (folder / name).exists()]


# The first is shown first. The only radiograph that pydicom installs has 16 x 16 pixels.
_SAMPLES = (
    "examples_overlay.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "CT_small.dcm",
    "MR_small.dcm",
    "JPGExtended.dcm",
    "examples_ybr_color.dcm",
    "examples_rgb_color.dcm",
    "dicomdirtests/77654033/CR1/6154",
)
