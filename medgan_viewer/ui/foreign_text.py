"""Text from DICOM files and model packages, shown as text.

Qt takes any text that looks like HTML for HTML, and loads the pictures that it names.
"""

import html

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QLabel, QTextBrowser, QWidget

# Above these, laying out Markdown takes seconds on the window's thread.
MAX_MARKDOWN_CHARACTERS = 32_768
MAX_MARKDOWN_CELLS = 1_000
MAX_PLAIN_CHARACTERS = 65_536


class PlainLabel(QLabel):
    """A label that shows every character as it is."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class WrappedLabel(PlainLabel):
    """Plain text over as many lines as it needs; a crowded column does not cut them off."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_height()

    def _keep_height(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


def plain_tooltip(text: str) -> str:
    """Return what has to be set as a tooltip so that `text` is read."""
    if "<" not in text:
        return text
    return f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>")


class CardView(QTextBrowser):
    """Shows the Markdown of a model card: without HTML, pictures, and links that lead anywhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setOpenLinks(False)
        if len(text) <= MAX_MARKDOWN_CHARACTERS and text.count("|") <= MAX_MARKDOWN_CELLS:
            feature = QTextDocument.MarkdownFeature
            features = feature.MarkdownDialectGitHub | feature.MarkdownNoHTML
            self.document().setMarkdown(text, features)
        elif len(text) <= MAX_PLAIN_CHARACTERS:
            self.setPlainText(text)
        else:
            self.setPlainText(text[:MAX_PLAIN_CHARACTERS] + "\n…\nThe rest stands in card.md.")

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return an empty picture: given nothing, Qt would open the file by itself."""
        return QImage(1, 1, QImage.Format.Format_ARGB32)
