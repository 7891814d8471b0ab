"""read_volume: all slices of a display set from the decoder pool, then as one volume."""

from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue

from medgan_viewer.dicom.decoder import INFERENCE, DecoderPool, Ticket, pool_closed
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.errors import CancelledError, MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.volume import Volume

_LOOK_INTERVAL_S = 0.1


def read_volume(
    display_set: DisplaySet,
    known: Sequence[PixelFrame | None],
    pool: DecoderPool,
    should_stop: Callable[[], bool],
    report: Callable[[int], None],
    build: Callable[[DisplaySet, Sequence[PixelFrame]], Volume],
) -> tuple[Volume, tuple[PixelFrame, ...]]:
    """Read what is not known yet and stack it; not for the window's thread.

    Parameters
    ----------
    known : one per slice; None has to be read
    should_stop : looked at between slices
    report : called with the number of slices that are there
    build : makes the volume from the slices

    Raises
    ------
    MedganError
        A slice cannot be read, or the slices make no volume.
    CancelledError
        `should_stop` turned true, or the pool was closed.
    """
    frames = list(known)
    missing = [index for index, frame in enumerate(frames) if frame is None]
    answers: SimpleQueue[tuple[int, object]] = SimpleQueue()
    tickets: list[Ticket] = []
    try:
        for index in missing:
            put = partial(_put, answers, index)
            tickets.append(pool.submit(ReadFrame(display_set.frames[index]), put, INFERENCE))
        for count in range(len(missing)):
            index, outcome = _next(answers, pool, should_stop)
            if isinstance(outcome, MedganError):
                raise outcome
            assert isinstance(outcome, PixelFrame)
            frames[index] = outcome
            report(len(frames) - len(missing) + count + 1)
    finally:
        for ticket in tickets:
            ticket.cancel()
    complete = tuple(frame for frame in frames if frame is not None)
    return build(display_set, complete), complete


def _put(answers: SimpleQueue[tuple[int, object]], index: int, outcome: object) -> None:
    answers.put((index, outcome))


def _next(
    answers: SimpleQueue[tuple[int, object]], pool: DecoderPool, should_stop: Callable[[], bool]
) -> tuple[int, object]:
    while True:
        if pool.is_closed:
            raise pool_closed()
        if should_stop():
            raise CancelledError("The volume is not wanted any more.", "Nothing needs to be done.")
        try:
            return answers.get(timeout=_LOOK_INTERVAL_S)
        except Empty:
            continue
