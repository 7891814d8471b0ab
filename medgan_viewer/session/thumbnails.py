"""ThumbnailMaker: small pictures of display sets; files are read off the window's thread."""

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import THUMBNAIL, DecoderPool, Ticket
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.imaging.display import DisplayImage, default_voi, reduce_frame, render_display
from medgan_viewer.imaging.frame import PixelFrame

THUMBNAIL_PX = 96


def render_thumbnail(frame: PixelFrame) -> DisplayImage:
    """Return the frame at about 96 pixels, in its own window."""
    step = max(max(frame.rows, frame.columns) // THUMBNAIL_PX, 1)
    return render_display(reduce_frame(frame, step), default_voi(frame))


class ThumbnailMaker(QObject):
    """Makes each thumbnail once, when it is asked for.

    Signals
    -------
    thumbnail_ready(str, DisplayImage or None, bool) : set id, picture or None where the image
        cannot be decoded, whether it is synthetic
    """

    thumbnail_ready = Signal(str, object, bool)
    _delivered = Signal(str, object)

    def __init__(self, pool: DecoderPool) -> None:
        super().__init__()
        self._pool = pool
        self._tickets: dict[str, Ticket] = {}
        self._closed = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def request(self, display_set: DisplaySet) -> None:
        """Make the thumbnail of the middle frame; asking twice makes it once."""
        set_id = display_set.uid
        if self._closed or set_id in self._tickets or not display_set.frames:
            return
        ref = display_set.frames[len(display_set.frames) // 2]

        def deliver(outcome: object) -> None:  # on a thread of the pool
            if isinstance(outcome, PixelFrame):
                picture = render_thumbnail(outcome)
                self._delivered.emit(set_id, (picture, outcome.is_synthetic))
            else:
                self._delivered.emit(set_id, (None, display_set.is_synthetic))

        self._tickets[set_id] = self._pool.submit(ReadFrame(ref), deliver, THUMBNAIL)

    def show_frame(self, set_id: str, frame: PixelFrame) -> None:
        """Make the thumbnail of a frame that is in memory; takes some milliseconds."""
        self.thumbnail_ready.emit(set_id, render_thumbnail(frame), frame.is_synthetic)

    def close(self) -> None:
        self._closed = True
        for ticket in self._tickets.values():
            ticket.cancel()

    def _on_delivered(self, set_id: str, made: tuple[DisplayImage | None, bool]) -> None:
        if not self._closed:  # else posted before the pool was closed
            self.thumbnail_ready.emit(set_id, *made)
