"""Palette, style sheet and font of the window; the one home of amber."""

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from medgan_viewer import paths

# Amber means SYNTHETIC, everywhere and nowhere else.
AMBER = QColor(255, 176, 0)
ON_AMBER = QColor(20, 14, 0)
AMBER_HATCH = QColor(150, 98, 0)

IMAGE_BLACK = QColor(0, 0, 0)
PANEL = QColor(27, 27, 27)
TEXT = QColor(228, 228, 228)
SECONDARY = QColor(180, 180, 180)
ACCENT = QColor(91, 155, 255)
ERROR = QColor(255, 138, 128)
TRACK = QColor(64, 64, 64)
LOADED = QColor(150, 150, 150)

OVERLAY_PX = 12


def apply_theme(app: QApplication) -> None:
    """Give the application its dark palette and style sheet."""
    app.setStyle("Fusion")
    palette = QPalette()
    for role, color in (
        (QPalette.ColorRole.Window, PANEL),
        (QPalette.ColorRole.Base, QColor(22, 22, 22)),
        (QPalette.ColorRole.AlternateBase, QColor(32, 32, 32)),
        (QPalette.ColorRole.Button, QColor(43, 43, 43)),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.ToolTipBase, QColor(48, 48, 48)),
        (QPalette.ColorRole.ToolTipText, TEXT),
        (QPalette.ColorRole.PlaceholderText, SECONDARY),
        (QPalette.ColorRole.Highlight, QColor(45, 95, 179)),
        (QPalette.ColorRole.HighlightedText, QColor(255, 255, 255)),
        (QPalette.ColorRole.Link, ACCENT),
    ):
        palette.setColor(role, color)
    app.setPalette(palette)
    app.setStyleSheet(paths.resource("theme.qss").read_text(encoding="utf-8"))


def overlay_font(pixels: int = OVERLAY_PX) -> QFont:
    """Return the font of corner text: the system's, with figures of equal width if it has them."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
