"""TrainingPage: train a model of one's own: a new run, the runs there are, and the chosen one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.notice_bar import NoticeBar
from medgan_viewer.ui.training.order_form import OrderForm
from medgan_viewer.ui.training.run_list import RunList
from medgan_viewer.ui.training.run_panel import RunPanel

LEFT_PX = 316


class TrainingPage(QWidget):
    """Bound to TrainingRuns, which looks at its folder only while this page is on screen.

    Signals
    -------
    package_wanted(Path) : the finished package in this folder is to be used
    """

    package_wanted = Signal(object)

    def __init__(self, runs: TrainingRuns, board: NoticeBoard) -> None:
        super().__init__()
        self._runs = runs
        heading = PlainLabel("Train a model")
        heading.setObjectName("heading")
        self.form = OrderForm()
        self.list = RunList(runs)
        self.run = RunPanel(runs)
        self.notices = NoticeBar(board)
        side = QWidget()
        side.setObjectName("panel")
        left = QVBoxLayout(side)
        left.setContentsMargins(8, 8, 8, 8)
        left.setSpacing(8)
        left.addWidget(heading)
        left.addWidget(self.form)
        left.addWidget(_line())
        left.addWidget(self.list, 1)
        scroll = QScrollArea()
        scroll.setWidget(side)
        scroll.setWidgetResizable(True)
        scroll.setFixedWidth(LEFT_PX)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right = QVBoxLayout()
        right.setContentsMargins(12, 8, 12, 8)
        right.setSpacing(4)
        right.addWidget(self.notices)
        right.addWidget(self.run, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(scroll)
        row.addLayout(right, 1)
        self.setFocusProxy(self.form.folder)
        self.form.order_given.connect(runs.start)
        self.list.run_chosen.connect(runs.choose)
        self.run.folder_wanted.connect(self.form.choose_folder)
        self.run.package_wanted.connect(self.package_wanted)

    @property
    def shows_synthetic(self) -> bool:
        """Samples of a network are on screen."""
        return self.isVisible() and self._runs.sheet is not None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._runs.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._runs.watch(False)


def _line() -> QFrame:
    line = QFrame()
    line.setObjectName("line")
    return line
