import sys
from pathlib import Path

import pytest

from medgan_viewer import paths


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Place the package in an empty folder."""
    folder = tmp_path / "medgan_viewer"
    folder.mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", folder)
    return folder


def make_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_a_checkout_finds_its_resources_beside_the_package(package):
    theme = make_file(package.parent / "resources" / "theme" / "dark.qss")

    assert paths.resource("theme/dark.qss") == theme


def test_a_wheel_finds_its_resources_inside_the_package(package):
    theme = make_file(package / "_resources" / "theme" / "dark.qss")
    make_file(package.parent / "resources" / "theme" / "dark.qss")

    assert paths.resource("theme/dark.qss") == theme


@pytest.mark.usefixtures("package")
def test_a_resource_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"theme/none\.qss"):
        paths.resource("theme/none.qss")


def test_shipped_packages_lie_beside_the_package(package):
    assert paths.shipped_packages() == package.parent / "weights"


def test_one_variable_moves_everything_of_the_user(temporary_home):
    folders = [paths.data_folder(), paths.cache_folder(), paths.log_folder()]

    assert folders == [temporary_home / name for name in ("data", "cache", "log")]
    assert paths.user_packages() == temporary_home / "data" / "models"


@pytest.fixture
def user(monkeypatch):
    """Let a user without MEDGAN_HOME have the home /users/ann."""
    for name in ("MEDGAN_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("/users/ann"))
    return monkeypatch


def test_linux_follows_the_xdg_base_directories(user):
    user.setattr(sys, "platform", "linux")
    user.setenv("XDG_CACHE_HOME", "/fast/cache")

    assert paths.data_folder() == Path("/users/ann/.local/share/medgan-viewer")
    assert paths.cache_folder() == Path("/fast/cache/medgan-viewer")
    assert paths.log_folder() == Path("/users/ann/.local/state/medgan-viewer")


def test_macos_uses_the_library_folder(user):
    user.setattr(sys, "platform", "darwin")

    assert paths.data_folder() == Path("/users/ann/Library/Application Support/medgan-viewer")
    assert paths.cache_folder() == Path("/users/ann/Library/Caches/medgan-viewer")
    assert paths.log_folder() == Path("/users/ann/Library/Logs/medgan-viewer")


def test_windows_uses_local_application_data(user):
    user.setattr(sys, "platform", "win32")
    user.setenv("LOCALAPPDATA", "/users/ann/local")

    assert paths.log_folder() == Path("/users/ann/local/medgan-viewer/log")
