"""ScreenshotTaker: saves the window once what was asked for is on screen."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from medgan_viewer.errors import EXIT_DONE, EXIT_INPUT, EXIT_PACKAGE, MedganError
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.pictures import picture_of, shows_synthetic, write_picture

POLL_MS = 50
SETTLE_MS = 600  # thumbnails and the latency line come a moment after the images
PATIENCE_MS = 120_000


class ScreenshotTaker(QObject):
    """Looks every 50 ms whether the images are there; gives up after two minutes.

    `finish` is called once with the exit code.
    """

    def __init__(
        self,
        window: MainWindow,
        path: Path,
        finish: Callable[[int], None],
        *,
        wants_image: bool,
        model_is_usable: bool,
    ) -> None:
        """Start to look.

        Parameters
        ----------
        wants_image : something was opened
        model_is_usable : False when another model stands in for the one that was asked for
        """
        super().__init__(window)
        self._window = window
        self._path = path
        self._finish = finish
        self._wants_image = wants_image
        self._model_is_usable = model_is_usable
        self._waited_ms = 0
        self._ready_ms = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        self._waited_ms += POLL_MS
        self._ready_ms = self._ready_ms + POLL_MS if self._is_ready() else 0
        if self._ready_ms < SETTLE_MS and self._waited_ms < PATIENCE_MS:
            return
        self._timer.stop()
        try:
            image = picture_of(self._window, holds_synthetic=shows_synthetic(self._window))
            write_picture(image, self._path)
        except MedganError as error:
            self._window.session.notices.post_error(error)
            self._finish(EXIT_INPUT)
            return
        self._finish(self._exit_code())

    def _is_ready(self) -> bool:
        """The first image and, in the modes that have one, the synthetic image; or an end of it."""
        return self._image_is_settled() and self._synthetic_is_settled()

    def _image_is_settled(self) -> bool:
        session = self._window.session
        if not self._wants_image:
            return True
        if session.acquired[0].frame is not None:
            return True
        # Nothing will come: the scan is over and what it found cannot be decoded.
        is_loading = session.acquired[0].message.startswith("Loading")
        return not session.studies.status.running and not is_loading

    def _synthetic_is_settled(self) -> bool:
        session = self._window.session
        if session.mode is Mode.BROWSE or session.synthetic.frame is not None:
            return True
        return not session.generation.is_busy and not session.service.jobs

    def _exit_code(self) -> int:
        session = self._window.session
        if self._wants_image and session.acquired[0].frame is None:
            return EXIT_INPUT
        made = session.synthetic.frame is not None or session.mode is Mode.BROWSE
        if not made or not self._model_is_usable:
            return EXIT_PACKAGE
        return EXIT_DONE
