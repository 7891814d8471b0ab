"""GridWidget: the tiles of ViewportGrid as widgets, or the swipe view in their place.

Above them stands a band while they show different patients.
"""

from functools import partial
from itertools import pairwise

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.imaging.presets import presets_of
from medgan_viewer.imaging.voi import VoiLut
from medgan_viewer.session.comparison import CompareMode
from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.compare.swipe_view import SwipeView
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.viewport.mpr_bar import MprBar
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget


class PatientBand(QFrame):
    """Says that the tiles show different patients, and lets the user link them all the same."""

    def __init__(self, grid: ViewportGrid) -> None:
        super().__init__()
        self.setObjectName("band")
        self._grid = grid
        self.text = PlainLabel()
        self.text.setObjectName("bandText")
        self.link = QPushButton("Link them")
        self.link.setToolTip("Let zoom, position and scrolling go together all the same")
        self.link.clicked.connect(grid.accept_mix)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.addWidget(self.text, 1)
        row.addWidget(self.link)
        grid.patients_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        accepted = self._grid.mix_accepted
        rest = "linked at your word" if accepted else "not linked"
        self.text.setText(f"⚠  DIFFERENT PATIENTS beside each other · {rest}")
        self.link.setVisible(not accepted)
        self.setVisible(self._grid.mixes_patients)


class GridWidget(QWidget):
    """Arranges one widget per tile; widgets live as long as the window.

    Signals
    -------
    set_dropped(ViewportState, str) : a display set of the study panel was dropped on a tile
    """

    set_dropped = Signal(object, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("imageArea")
        self._session = session
        self._widgets: dict[ViewportState, ViewportWidget] = {}
        self._tiles = QWidget()
        self._tiles.setObjectName("imageArea")
        self._grid = QGridLayout(self._tiles)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self.swipe = SwipeView(session.comparison)
        self.swipe.activated.connect(session.grid.activate)
        self.swipe.menu_wanted.connect(self._open_menu)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._tiles)
        self._stack.addWidget(self.swipe)
        self.band = PatientBand(session.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.band)
        column.addWidget(MprBar(session.mpr))
        column.addLayout(self._stack, 1)
        self._left_tool = "window"
        session.grid.tiles_changed.connect(self._arrange)
        session.grid.active_changed.connect(self._show_active)
        session.comparison.mode_changed.connect(self._show_swipe)
        session.mode_changed.connect(self._show_swipe)
        session.identity_changed.connect(self._on_identity_changed)
        self.swipe.show_annotations(session.annotations, session.measuring)
        self._widget_of(session.comparison.difference).painter_of_tile.colormap = "difference"
        self._arrange()

    def widget_of(self, tile: ViewportState) -> ViewportWidget:
        return self._widgets[tile]

    def focus_active(self) -> None:
        """Give the keyboard to the active tile."""
        active = self._session.grid.active
        if active in self._widgets:
            self._widgets[active].setFocus()

    def step_tile(self, step: int) -> None:
        """Give the keyboard to the next tile; after the last one, to what follows the images."""
        tiles, active = self._session.grid.tiles, self._session.grid.active
        place = tiles.index(active) + step if active in tiles else 0
        if self._stack.currentWidget() is self._tiles and 0 <= place < len(tiles):
            self._session.grid.activate(tiles[place])
            self.focus_active()
        else:
            self.focusNextPrevChild(step > 0)

    def set_left_tool(self, name: str) -> None:
        self._left_tool = self.swipe.left_tool = name
        for widget in self._widgets.values():
            widget.left_tool = name

    def cancel_drawing(self) -> bool:
        """Give up what is being drawn, else what is chosen; False when there is neither."""
        annotations = self._session.annotations
        busy = [w.drawing for w in self._widgets.values() if w.drawing and w.drawing.is_busy]
        for drawing in busy:
            drawing.cancel()
        was_chosen = annotations.selected is not None
        if not busy:
            annotations.select("")
        return bool(busy) or was_chosen

    def _widget_of(self, tile: ViewportState) -> ViewportWidget:
        if tile not in self._widgets:
            widget = ViewportWidget(tile)
            widget.left_tool = self._left_tool
            widget.use_annotations(self._session.annotations, self._session.measuring)
            widget.set_hide_identity(self._session.identity_hidden)
            widget.activated.connect(partial(self._session.grid.activate, tile))
            widget.maximize_wanted.connect(partial(self._session.grid.toggle_maximized, tile))
            widget.menu_wanted.connect(partial(self._open_menu, tile))
            widget.set_dropped.connect(partial(self.set_dropped.emit, tile))
            widget.setParent(self._tiles)
            widget.hide()
            self._widgets[tile] = widget
        return self._widgets[tile]

    def _arrange(self) -> None:
        grid = self._session.grid
        focused = QApplication.focusWidget()
        has_focus = focused is not None and self._tiles.isAncestorOf(focused)
        for tile, widget in self._widgets.items():
            self._grid.removeWidget(widget)
            if tile not in grid.shown:
                widget.hide()
        for index in range(3):
            self._grid.setRowStretch(index, 0)
            self._grid.setColumnStretch(index, 0)
        columns = 1 if grid.maximized else grid.layout.columns
        for index, tile in enumerate(grid.shown):
            widget = self._widget_of(tile)
            row, column = divmod(index, columns)
            self._grid.addWidget(widget, row, column)
            self._grid.setRowStretch(row, 1)
            self._grid.setColumnStretch(column, 1)
            widget.show()
        for before, after in pairwise(self._widgets[tile] for tile in grid.shown):
            QWidget.setTabOrder(before, after)
        self._show_active()
        if has_focus:  # the tile that had it may be hidden now
            self.focus_active()

    def _show_active(self) -> None:
        active = self._session.grid.active
        several = len(self._session.grid.tiles) > 1
        for tile, widget in self._widgets.items():
            widget.set_active(several and tile is active)

    def _show_swipe(self) -> None:
        swiping = (
            self._session.mode is Mode.COMPARE
            and self._session.comparison.mode is CompareMode.SWIPE
        )
        self._stack.setCurrentWidget(self.swipe if swiping else self._tiles)

    def _on_identity_changed(self) -> None:
        hidden = self._session.identity_hidden
        self.swipe.set_hide_identity(hidden)
        for widget in self._widgets.values():
            widget.set_hide_identity(hidden)

    def _open_menu(self, tile: ViewportState, place: QPoint) -> None:
        """Offer the windows of the file and of the modality, and what else acts on one tile."""
        menu = QMenu(self)
        frame = tile.frame
        if frame is not None and not frame.is_color:
            for number, voi in enumerate(frame.vois, start=1):
                kind = "LUT" if isinstance(voi, VoiLut) else "Window"
                name = voi.explanation or f"{kind} {number} of the file"
                menu.addAction(name, partial(tile.set_voi, voi))
            menu.addAction("Automatic window\t0", tile.use_auto_window)
            presets = presets_of(frame)
            if presets:
                menu.addSeparator()
            for preset in presets:
                key = f"\t{preset.digit}" if preset.digit is not None else ""
                menu.addAction(f"{preset.name}{key}", partial(tile.set_voi, preset.window))
            menu.addSeparator()
        menu.addAction("Invert grays\tI", tile.toggle_inversion)
        menu.addAction("Smooth pixels", tile.toggle_smoothing)
        menu.addAction("Whole image, first window\tSpace", tile.reset)
        menu.exec(place)
        menu.deleteLater()
