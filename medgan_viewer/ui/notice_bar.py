"""NoticeBar: the open notices above the images, each with what to do and foldable details."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from medgan_viewer.session.notices import Notice, NoticeBoard, Severity
from medgan_viewer.ui.foreign_text import PlainLabel

MAX_SHOWN = 3
_SIGNS = {Severity.INFO: "i", Severity.WARNING: "!", Severity.ERROR: "⚠"}
_FRAMES = {
    Severity.INFO: "notice",
    Severity.WARNING: "noticeWarning",
    Severity.ERROR: "noticeError",
}


class NoticeBar(QWidget):
    """Bound to NoticeBoard; takes no room while there is nothing to say."""

    def __init__(self, board: NoticeBoard) -> None:
        super().__init__()
        self._board = board
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.setSpacing(4)
        board.notices_changed.connect(self._show)
        self._show()

    def texts(self) -> list[str]:
        """Return what is shown, newest last."""
        return [label.text() for label in self.findChildren(QLabel, "noticeText")]

    def _show(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        notices = self._board.notices
        for notice in notices[-MAX_SHOWN:]:
            self._column.addWidget(self._frame(notice))
        earlier = len(notices) - MAX_SHOWN
        if earlier > 0:
            more = PlainLabel(f"and {earlier} earlier")
            more.setObjectName("secondary")
            self._column.addWidget(more)
        self.setVisible(bool(notices))

    def _frame(self, notice: Notice) -> QFrame:
        frame = QFrame()
        frame.setObjectName(_FRAMES[notice.severity])
        sign = PlainLabel(_SIGNS[notice.severity])
        sign.setObjectName("heading")
        sign.setFixedWidth(16)
        sign.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        text = PlainLabel(f"{notice.problem} {notice.action}".strip())
        text.setObjectName("noticeText")
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        close.setObjectName("flat")
        close.setText("✕")
        close.setToolTip("Close this notice")
        close.setAccessibleName("Close this notice")
        close.clicked.connect(partial(self._board.dismiss, notice))
        row = QHBoxLayout()
        row.addWidget(sign)
        row.addWidget(text, 1)
        column = QVBoxLayout(frame)
        column.setContentsMargins(8, 4, 4, 4)
        column.addLayout(row)
        if notice.details:
            details = PlainLabel(notice.details)
            details.setObjectName("secondary")
            details.setWordWrap(True)
            details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            details.hide()
            fold = QToolButton()
            fold.setObjectName("flat")
            fold.setText("Details")
            fold.setCheckable(True)
            fold.setToolTip("Technical text for the log")
            fold.toggled.connect(details.setVisible)
            row.addWidget(fold)
            column.addWidget(details)
        row.addWidget(close)
        return frame
