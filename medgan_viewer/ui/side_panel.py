"""SidePanel: a panel that folds to a thin edge with one click."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

EDGE_PX = 12


class SidePanel(QWidget):
    """A widget with an edge that folds it away.

    Signals
    -------
    folded(bool) : the panel was opened (False) or folded (True) by the user
    """

    folded = Signal(bool)

    def __init__(self, content: QWidget, side: Qt.Edge, name: str) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.content = content
        self._side = side
        self._width = content.sizeHint().width()
        self._name = name
        self.edge = QToolButton()
        self.edge.setObjectName("flat")
        self.edge.setFixedWidth(EDGE_PX)
        self.edge.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.edge.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        widgets = [content, self.edge] if side is Qt.Edge.LeftEdge else [self.edge, content]
        for widget in widgets:
            row.addWidget(widget)
        self.set_open(True)

    @property
    def is_open(self) -> bool:
        return not self.content.isHidden()

    def set_open(self, is_open: bool) -> None:
        self.content.setVisible(is_open)
        left = self._side is Qt.Edge.LeftEdge
        self.edge.setText("‹" if is_open is left else "›")
        key = "F5" if left else "F6"
        verb = "Fold away" if is_open else "Open"
        self.edge.setToolTip(f"{verb} the {self._name} ({key})")
        self.edge.setAccessibleName(f"{verb} the {self._name}")
        self.set_width(self._width)

    def set_width(self, width: int) -> None:
        """Take this width while open."""
        self._width = width
        self.content.setFixedWidth(width)
        self.setFixedWidth(EDGE_PX + (width if self.is_open else 0))

    def _on_clicked(self) -> None:
        self.folded.emit(self.is_open)
