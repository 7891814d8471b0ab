"""ViewportState: what one tile shows and how."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from medgan_viewer.imaging.display import automatic_voi, default_voi
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.presets import presets_of
from medgan_viewer.imaging.turn import UPRIGHT, Turn, fit_scale
from medgan_viewer.imaging.voi import Voi, VoiLut
from medgan_viewer.session.guides import TileGuides
from medgan_viewer.session.tile_look import TileLook
from medgan_viewer.session.tile_view import ZOOM_RANGE, Caption, Role, View


class ViewportState(QObject):
    """One tile. Which frame is fetched and from where is decided by its feeder, not here.

    Signals
    -------
    content_changed() : frame, message, caption or place in the stack
    voi_changed() : window, table or inversion
    view_changed() : zoom, pan, rotation and mirroring
    fitted() : the user asked for the whole image
    index_wanted(int) : the user asks for another plane of the stack
    painted(PixelFrame) : the tile drew this frame
    loaded_changed() : planes of the stack came into memory or left it
    """

    content_changed = Signal()
    voi_changed = Signal()
    view_changed = Signal()
    fitted = Signal()
    index_wanted = Signal(int)
    painted = Signal(object)
    loaded_changed = Signal()

    def __init__(self, role: Role) -> None:
        super().__init__()
        self.role = role
        self.guides = TileGuides()
        self.look = TileLook()
        self._frame: PixelFrame | None = None
        self._message = ""
        self._waiting = ""
        self._caption = Caption()
        self._index = 0
        self._wanted = 0
        self._count = 0
        self._loaded: tuple[tuple[int, int], ...] = ()
        self._voi: Voi | None = None
        self._voi_is_users = False
        self._series_voi: Voi | None = None
        self._inverted = False
        self._shows_graphics = True
        self._view = View()
        self._smooth = True
        self.tile_size = (512.0, 512.0)  # of the widget, in its pixels; the widget keeps it true
        self._step_of: tuple[PixelFrame, float] | None = None

    # ---- what is shown ----

    @property
    def frame(self) -> PixelFrame | None:
        return self._frame

    @property
    def message(self) -> str:
        """What stands in an empty tile."""
        return self._message

    @property
    def waiting(self) -> str:
        """What is on its way, in the corner over the image that is still shown."""
        return self._waiting

    @property
    def caption(self) -> Caption:
        return self._caption

    @property
    def index(self) -> int:
        """Place in the stack of the image that is shown."""
        return self._index

    @property
    def wanted(self) -> int:
        """Place in the stack that the user asked for last; its image may be on the way."""
        return self._wanted

    @property
    def count(self) -> int:
        return self._count

    @property
    def loaded(self) -> tuple[tuple[int, int], ...]:
        """First and last plane of every run of the stack that is in memory."""
        return self._loaded

    def set_loaded(self, loaded: tuple[tuple[int, int], ...]) -> None:
        if loaded != self._loaded:
            self._loaded = loaded
            self.loaded_changed.emit()

    def start_stack(self, caption: Caption, count: int, index: int, message: str) -> None:
        """Show another stack: the old image goes at once, `message` stands until a frame comes."""
        self._caption = caption
        self._count = count
        self._index = self._wanted = index
        self._frame = None
        self._message = message
        self._waiting = ""
        self._voi = self._series_voi = None
        self._voi_is_users = False
        self._inverted = False
        self._view = View()
        self.look.set_colormap("gray")
        self.content_changed.emit()
        self.voi_changed.emit()
        self.view_changed.emit()

    def resize_stack(self, caption: Caption, count: int, index: int) -> None:
        """The stack that is shown has grown; the image on screen is now its plane `index`."""
        self._caption = caption
        self._count = count
        self._index = self._wanted = index
        self.content_changed.emit()

    def clear(self, message: str) -> None:
        self.start_stack(Caption(), 0, 0, message)

    def expect(self, index: int, waiting: str) -> None:
        """Say which plane is coming; the image that is shown keeps its own number meanwhile."""
        if (index, waiting) != (self._wanted, self._waiting):
            self._wanted = index
            self._waiting = waiting
            self.content_changed.emit()

    def show_frame(self, frame: PixelFrame, index: int = 0) -> None:
        """Show a frame of the stack; the window stays where the user put it."""
        self._frame = frame
        self._index = self._wanted = index
        self._message = ""
        self._waiting = ""
        self._choose_voi(frame)
        self.content_changed.emit()
        self.voi_changed.emit()

    def show_message(self, message: str) -> None:
        """Take the image away and say why."""
        self._frame = None
        self._message = message
        self._waiting = ""
        self.content_changed.emit()

    def set_waiting(self, waiting: str) -> None:
        if waiting != self._waiting:
            self._waiting = waiting
            self.content_changed.emit()

    def set_caption(self, caption: Caption) -> None:
        if caption != self._caption:
            self._caption = caption
            self.content_changed.emit()

    def scroll(self, steps: int) -> None:
        """Ask for the plane `steps` further on; the stack does not loop."""
        if self._count:
            self.go_to(self._wanted + steps)

    def go_to(self, index: int) -> None:
        index = min(max(index, 0), self._count - 1)
        if self._count and index != self._wanted:
            self.index_wanted.emit(index)

    # ---- window ----

    @property
    def voi(self) -> Voi | None:
        return self._voi

    @property
    def is_inverted(self) -> bool:
        return self._inverted

    @property
    def has_users_voi(self) -> bool:
        return self._voi_is_users

    def set_voi(self, voi: Voi) -> None:
        """Set the window by hand; it holds for the stack until another stack is shown."""
        self._voi_is_users = True
        if voi != self._voi:
            self._voi = voi
            self.voi_changed.emit()

    def drag_window(self, dx: float, dy: float) -> None:
        """Widen by dx and raise the center by dy, both in steps of the image's range / 1024."""
        frame = self._frame
        if frame is None or frame.is_color or self._voi is None:
            return
        window = self._voi.as_window() if isinstance(self._voi, VoiLut) else self._voi
        step = self._window_step(frame)
        width = max(window.width + dx * step, min(1.0, step))
        self.set_voi(replace(window, center=window.center + dy * step, width=width, explanation=""))

    def use_auto_window(self) -> None:
        if self._frame is not None and not self._frame.is_color:
            frame = self._frame
            self.set_voi(automatic_voi(frame))

    def use_file_window(self) -> None:
        """Take the file's own view; when it has several, the next one."""
        frame = self._frame
        if frame is None:
            return
        if not frame.vois:
            self.use_auto_window()
            return
        place = next((i for i, voi in enumerate(frame.vois) if voi is self._voi), -1)
        self.set_voi(frame.vois[(place + 1) % len(frame.vois)])
        self._voi_is_users = len(frame.vois) > 1

    def use_preset(self, digit: int) -> None:
        """Take the preset of this key; modalities without presets ignore it."""
        frame = self._frame
        if frame is None or frame.is_color:
            return
        for preset in presets_of(frame):
            if preset.digit == digit:
                self.set_voi(preset.window)

    def toggle_inversion(self) -> None:
        self._inverted = not self._inverted
        self.voi_changed.emit()

    @property
    def shows_graphics(self) -> bool:
        """The overlays of the file are drawn over its image."""
        return self._shows_graphics

    def toggle_graphics(self) -> None:
        self._shows_graphics = not self._shows_graphics
        self.voi_changed.emit()

    # ---- view ----

    @property
    def view(self) -> View:
        return self._view

    @property
    def is_smooth(self) -> bool:
        """Pixels are interpolated when enlarged."""
        return self._smooth

    def set_view(self, view: View) -> None:
        low, high = ZOOM_RANGE
        pan = (min(max(view.pan[0], -1.0), 1.0), min(max(view.pan[1], -1.0), 1.0))
        view = View(min(max(view.zoom, low), high), pan, view.turn)
        if view != self._view:
            self._view = view
            self.view_changed.emit()

    def reset(self) -> None:
        """Back to the whole image, upright, with its first window."""
        self._inverted = False
        self._voi_is_users = False
        if self._frame is not None:
            self._choose_voi(self._frame)
        self.voi_changed.emit()
        self.turn(UPRIGHT)
        self.fit()

    def fit(self) -> None:
        """Show the whole image as it is turned; linked tiles show theirs."""
        self.set_view(View(turn=self._view.turn))
        self.fitted.emit()

    def show_pixels(self) -> None:
        """Show one image column in one pixel of the window, at the same place of the image."""
        frame = self._frame
        if frame is not None:
            turn = self._view.turn
            fit = fit_scale(self.tile_size, frame.columns, frame.rows, frame.aspect, turn)
            self.set_view(replace(self._view, zoom=1 / fit))

    def turn(self, turn: Turn) -> None:
        """Rotate and mirror the image on the screen; the same place stays in the middle."""
        self.set_view(replace(self._view, turn=turn))

    def toggle_smoothing(self) -> None:
        self._smooth = not self._smooth
        self.view_changed.emit()

    # ---- inside ----

    def _choose_voi(self, frame: PixelFrame) -> None:
        if self._voi_is_users and self._voi is not None:
            return
        if frame.vois:
            self._voi = frame.vois[0]
            return
        # One automatic window for the whole stack, or its brightness would flicker.
        if self._series_voi is None:
            self._series_voi = default_voi(frame)
        self._voi = self._series_voi

    def _window_step(self, frame: PixelFrame) -> float:
        """Return how much one screen pixel of a drag changes the window: range / 1024."""
        if self._step_of is None or self._step_of[0] is not frame:
            values = frame.modality_values()[::2, ::2]
            span = float(values.max() - values.min())
            step = min(span, 2.0**frame.bits_stored) / 1024 if span > 0 else 4.0
            self._step_of = (frame, float(round(step)) if step > 1 else step)
        return self._step_of[1]
