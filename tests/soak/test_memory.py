"""A window that was closed gives its memory back."""

import psutil

from medgan_viewer.session.session import Mode
from tests.session.fixtures import PATIENCE_MS, gray_frame
from tests.soak.engines import QuickTranslator

WARM_UP, CYCLES = 10, 40
BOUND_BYTES = 16 << 20  # measured: below 1 MB, once 9 MB in one step that did not come again


def use_and_close(qtbot, windows, folder=None):
    """Open a window with a folder or a made image in it, show every mode, close it."""
    window = windows.open(QuickTranslator)
    if folder is not None:
        window.open_paths([folder])
    else:
        window.session.acquired[0].show_frame(gray_frame(5, size=1024))
    for tile in (window.session.acquired[0], window.session.synthetic):
        qtbot.waitUntil(lambda tile=tile: tile.frame is not None, timeout=PATIENCE_MS)
    for mode in Mode:
        window.session.set_mode(mode)
        window.grab()
    window.close()
    window.deleteLater()


def test_forty_windows_leave_no_memory_behind(qtbot, windows, folders):
    process = psutil.Process()
    before = 0
    for cycle in range(WARM_UP + CYCLES):
        if cycle == WARM_UP:
            before = process.memory_info().rss
        use_and_close(qtbot, windows, folders[0] if cycle % 5 == 0 else None)
        assert windows.alive() == []

    assert process.memory_info().rss - before < BOUND_BYTES
