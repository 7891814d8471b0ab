"""Where things are: resources, shipped packages, and the user's own folders.

Resources lie in `medgan_viewer/_resources` in a wheel or a frozen program and in `resources/` in a
checkout. `MEDGAN_HOME` moves everything of the user's into one folder (tests, --temp-home).
"""

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the path of a file or folder below resources/."""
    for root in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(f"resource {name} is not installed")


def shipped_packages() -> Path:
    """Return the folder of the model packages that come with the program; it may be missing."""
    return _PACKAGE.parent / "weights"


def user_packages() -> Path:
    """Return the folder of the user's own model packages; it may be missing."""
    return data_folder() / "models"


def runs_folder() -> Path:
    """Return the folder of the training runs that the window starts; it may be missing."""
    return data_folder() / "runs"


def study_index() -> Path:
    """Return the file of the study index; it holds patient identifiers."""
    return data_folder() / "study_index.db"


def data_folder() -> Path:
    """Return the folder for what cannot be made again (models, settings, session)."""
    return _user_folder("data")


def cache_folder() -> Path:
    """Return the folder for what can be made again."""
    return _user_folder("cache")


def log_folder() -> Path:
    """Return the folder of the log files."""
    return _user_folder("log")


def _user_folder(kind: str) -> Path:
    home = os.environ.get("MEDGAN_HOME")
    if home:
        return Path(home) / kind
    base = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", base / "AppData" / "Local"))
        return local / "medgan-viewer" / kind
    if sys.platform == "darwin":
        library = base / "Library"
        return {
            "data": library / "Application Support" / "medgan-viewer",
            "cache": library / "Caches" / "medgan-viewer",
            "log": library / "Logs" / "medgan-viewer",
        }[kind]
    defaults = {
        "data": ("XDG_DATA_HOME", base / ".local" / "share"),
        "cache": ("XDG_CACHE_HOME", base / ".cache"),
        "log": ("XDG_STATE_HOME", base / ".local" / "state"),
    }
    variable, fallback = defaults[kind]
    return Path(os.environ.get(variable) or fallback) / "medgan-viewer"
