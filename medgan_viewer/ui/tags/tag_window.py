"""TagWindow: every element of the image that is shown, as a tree; search, copy, compare."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.dicom.tag_comparison import Mark
from medgan_viewer.session.session import Session
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.tags.tag_model import MARK, NAME, OTHER_VALUE, TAG, VALUE, VR, TagModel

SEARCH_PAUSE_MS = 120
MAX_UNFOLDED = 400  # lines; more would hold the window up and help nobody
WIDTHS = {TAG: 150, NAME: 270, VR: 40, VALUE: 310, MARK: 28}


class TagWindow(QDialog):
    """Bound to TagBrowser; follows the image of the active tile unless a file was chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tags")
        self.resize(860, 640)
        self._session = session
        self._browser = session.tags
        self._unfolded: set[str] = set()
        self.model = TagModel(self)
        self.tree = QTreeView()
        self.tree.setModel(self.model)
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.setAccessibleName("Elements")
        self.tree.setIndentation(14)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search tag, name, VR, value")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the elements")
        self.follow = QCheckBox("Follow the image")
        self.follow.setToolTip("Show the elements of the image in the active tile, also on scroll")
        self.follow.setChecked(True)
        self.only_differences = QCheckBox("Only differences")
        self.compare = QToolButton()
        self.compare.setText("Compare with ▾")
        self.compare.setToolTip("Put the elements of a second file beside these")
        self.compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.compare_menu = QMenu(self)
        self.compare.setMenu(self.compare_menu)
        self.file = QToolButton()
        self.file.setText("File…")
        self.file.setToolTip("Read any DICOM file, also one that shows no image")
        self.names = PlainLabel()
        self.names.setWordWrap(True)
        self.message = PlainLabel()
        self.message.setObjectName("secondary")
        self.message.setWordWrap(True)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._lay_out()
        self._connect()
        self._show_lines()
        self._show_state()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.addWidget(self.search, 1)
        first.addWidget(self.follow)
        first.addWidget(self.file)
        first.addWidget(self.compare)
        first.addWidget(self.only_differences)
        second = QGridLayout()
        second.addWidget(self.names, 0, 0)
        second.addWidget(self.message, 1, 0)
        column = QVBoxLayout(self)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.tree, 1)

    def _connect(self) -> None:
        session, browser = self._session, self._browser
        browser.lines_changed.connect(self._show_lines)
        browser.state_changed.connect(self._show_state)
        session.identity_changed.connect(self._on_identity_changed)
        session.grid.active_changed.connect(self._follow_image)
        for feeder in session.feeders:
            feeder.set_changed.connect(self._follow_image)
            feeder.index_changed.connect(self._follow_image)
        self.follow.toggled.connect(self._follow_image)
        self.file.clicked.connect(self._choose_file)
        self.compare_menu.aboutToShow.connect(self._fill_compare_menu)
        self.only_differences.toggled.connect(browser.show_only_differences)
        self.search.textChanged.connect(self._pause.start)
        self._pause.timeout.connect(self._on_search)
        self.tree.expanded.connect(lambda index: self._unfolded.add(self._path_of(index)))
        self.tree.collapsed.connect(lambda index: self._unfolded.discard(self._path_of(index)))
        self.tree.customContextMenuRequested.connect(self._open_menu)
        QShortcut(QKeySequence.StandardKey.Copy, self.tree, self.copy_lines)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)

    # ---- what is shown ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_identity_changed()
        self._follow_image()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._session.tags.compare_with(None)
        super().closeEvent(event)

    def show_file(self, path: Path) -> None:
        """Show a file that was chosen, and stop following the image."""
        self.follow.setChecked(False)
        self._browser.show(path)

    def _feeder(self) -> StackFeeder | None:
        tile = self._session.grid.active
        return self._session.feeder_of(tile) if tile is not None else None

    def _follow_image(self) -> None:
        if not self.isVisible() or not self.follow.isChecked():
            return
        feeder = self._feeder()
        ref = feeder.wanted_ref if feeder is not None else None
        if ref is not None:
            self._browser.show(ref.path)

    def _on_identity_changed(self) -> None:
        self._browser.hide_identity(self._session.identity_hidden)
        self._show_state()

    def _on_search(self) -> None:
        self._browser.search(self.search.text())

    def _show_lines(self) -> None:
        browser = self._browser
        lines = browser.lines
        place = self.tree.verticalScrollBar().value()
        self.model.show(lines, shows_two=browser.shows_two, hide_identity=browser.hides_identity)
        for column, width in WIDTHS.items():
            if column < self.model.columnCount() - 1:
                self.tree.setColumnWidth(column, width)
        if browser.is_searching and len(lines.pairs) <= MAX_UNFOLDED:
            self._unfold([path for i, path in enumerate(lines.paths) if lines.children[i]])
        else:
            self._unfold(self._unfolded)
        self.tree.verticalScrollBar().setValue(place)

    def _unfold(self, paths: "list[str] | set[str]") -> None:
        before = self.tree.blockSignals(True)  # what the search unfolds is not the user's doing
        for path in sorted(paths)[:MAX_UNFOLDED]:
            place = self.model.lines.place_of.get(path)
            if place is not None:
                self.tree.expand(self.model.index_of(place))
        self.tree.blockSignals(before)

    def _path_of(self, index: "object") -> str:
        place: int = index.internalId()  # type: ignore[attr-defined]
        return self.model.lines.paths[place]

    def _show_state(self) -> None:
        browser = self._browser
        hide = self._session.identity_hidden
        names = [
            "file name hidden" if hide else path.name
            for path in (browser.left, browser.right)
            if path is not None
        ]
        self.names.setText("   beside   ".join(names))
        whole = "" if hide else "\n".join(str(p) for p in (browser.left, browser.right) if p)
        self.names.setToolTip(plain_tooltip(whole))
        self.message.setText(browser.message or self._count_text())
        self.only_differences.setEnabled(browser.right is not None)
        if browser.right is None:
            self.only_differences.setChecked(False)

    def _count_text(self) -> str:
        lines = self._browser.lines
        text = f"{len(lines.pairs)} lines"
        if self._browser.shows_two:
            text += f" · {lines.difference_count} differ"
            if any(pair.mark is Mark.NOT_COMPARED for pair in lines.pairs):
                text += " · pixels too large to be compared"
        if self._session.identity_hidden:
            text += " · patient identifiers are hidden"
        return text

    # ---- files ----

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Read the elements of a DICOM file")
        if name:
            self.show_file(Path(name))

    def _choose_other(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Compare with a DICOM file")
        if name:
            self._browser.compare_with(Path(name))

    def _fill_compare_menu(self) -> None:
        """Offer the neighbours in the stack, the images of the other tiles, and any file."""
        menu = self.compare_menu
        menu.clear()
        feeder = self._feeder()
        made = feeder.display_set if feeder is not None else None
        if feeder is not None and made is not None:
            index = feeder.viewport.wanted
            for name, place in (("Previous image", index - 1), ("Next image", index + 1)):
                if 0 <= place < len(made.frames):
                    menu.addAction(name, partial(self._compare_with, made.frames[place].path))
        for number, other in enumerate(self._session.feeders, start=1):
            ref = other.wanted_ref
            if other is feeder or ref is None or other.viewport not in self._session.grid.tiles:
                continue
            title = other.viewport.caption.title.replace("&", "&&")
            menu.addAction(f"Tile {number}: {title}", partial(self._compare_with, ref.path))
        menu.addAction("A file…", self._choose_other)
        menu.addSeparator()
        menu.addAction("Nothing", partial(self._compare_with, None)).setEnabled(
            self._browser.right is not None
        )

    def _compare_with(self, path: Path | None) -> None:
        self._browser.compare_with(path)

    # ---- copying ----

    def copy_lines(self) -> None:
        """Put the selected lines on the clipboard, columns separated by tabs."""
        chosen = self.tree.selectionModel().selectedRows()
        places = sorted(index.internalId() for index in chosen)
        columns = range(self.model.columnCount())
        self._copy("\n".join("\t".join(self.model.text(p, c) for c in columns) for p in places))

    def _copy(self, text: str) -> None:
        if text:
            QGuiApplication.clipboard().setText(text)

    def _open_menu(self, place: QPoint) -> None:
        index = self.tree.indexAt(place)
        menu = QMenu(self)
        if index.isValid():
            line = index.internalId()
            menu.addAction("Copy lines\tCtrl+C", self.copy_lines)
            columns = {"Copy value": VALUE, "Copy name": NAME, "Copy tag": TAG}
            if self._browser.shows_two:
                columns["Copy value of the second file"] = OTHER_VALUE
            for name, column in columns.items():
                menu.addAction(name, partial(self._copy, self.model.text(line, column)))
            menu.addSeparator()
        menu.addAction("Fold all", self._fold_all)
        menu.exec(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _fold_all(self) -> None:
        self._unfolded.clear()
        self.tree.collapseAll()
