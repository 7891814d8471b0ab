"""What Qt needs of a Linux system, and what to install where it is missing."""

import ctypes
import sys
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library, and the packages that hold it."""

    name: str
    debian: str
    fedora: str


QT_LIBRARIES = (
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
)
X11_LIBRARIES = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
)

# Subcommands of medgan-viewer that open no window, and its options that take a value.
WINDOWLESS = frozenset(
    {"scan", "render", "probe", "models", "generate", "translate", "invert", "recipe"}
    | {"reproduce", "compare", "train", "evaluate", "reader-study", "bench"}
)
VALUE_OPTIONS = frozenset(
    {"--model", "--screenshot", "--size", "--mode", "--lang"}
    | {"--log-level", "--device", "--seed"}
)


SCREEN_ADVICE = """\
Start the viewer in a desktop session, or have a picture of its window made:
    QT_QPA_PLATFORM=offscreen python3 bootstrap.py run --demo --screenshot shot.png
or give it a virtual screen:
    xvfb-run -s "-screen 0 1920x1080x24" python3 bootstrap.py run"""


def missing_libraries(variables: dict[str, str]) -> list[Library]:
    """Return what cannot be loaded of the libraries that Qt loads with these variables."""
    if not sys.platform.startswith("linux"):
        return []
    default = "wayland" if variables.get("WAYLAND_DISPLAY") else "xcb"
    platform = variables.get("QT_QPA_PLATFORM") or default
    wanted = QT_LIBRARIES + (X11_LIBRARIES if platform.startswith("xcb") else ())
    return [library for library in wanted if not can_be_loaded(library.name)]


def can_be_loaded(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def library_advice(missing: list[Library]) -> str:
    """Return the commands that install the libraries."""
    debian = " ".join(sorted({library.debian for library in missing}))
    fedora = " ".join(sorted({library.fedora for library in missing}))
    return (
        f"On Debian and Ubuntu: sudo apt-get install {debian}\nOn Fedora: sudo dnf install {fedora}"
    )


def opens_window(arguments: list[str]) -> bool:
    """Tell whether medgan-viewer opens a window with these arguments."""
    if any(word in arguments for word in ("--help", "-h", "--version")):
        return False
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            return word not in WINDOWLESS
        if word in VALUE_OPTIONS:
            next(words, None)
    return True


def has_screen(variables: dict[str, str]) -> bool:
    """Tell whether Qt has something to draw on, be it in memory."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(variables.get(name) for name in names)


def platform_for(arguments: list[str], variables: dict[str, str]) -> dict[str, str]:
    """Return what to add to the variables: a picture of the window needs no screen."""
    is_picture = any(word.split("=")[0] == "--screenshot" for word in arguments)
    if is_picture and not has_screen(variables):
        return {"QT_QPA_PLATFORM": "offscreen"}
    return {}
