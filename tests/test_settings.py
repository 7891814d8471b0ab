"""Settings: kept over restarts, and never a reason for the program not to start."""

import json
import os

import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.settings import Settings, load_settings, save_settings


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.json"


def write(path, **fields):
    path.write_text(json.dumps({"schema_version": 1, **fields}), encoding="utf-8")


def test_without_a_file_every_option_has_its_default(path):
    assert load_settings(path) == Settings()
    assert not path.exists()


def test_what_was_saved_comes_back(path):
    settings = Settings(device="cpu", rows=2, last_folder="/data/Zürich 東京", show_hints=False)

    save_settings(path, settings)

    assert load_settings(path) == settings


def test_the_folder_is_made_when_it_is_missing(tmp_path):
    path = tmp_path / "new" / "deep" / "settings.json"

    save_settings(path, Settings())

    assert load_settings(path) == Settings()


def test_a_folder_name_that_is_no_unicode_text_survives(path):
    """Linux allows any bytes in a name; Python shows them as surrogates."""
    settings = Settings().model_copy(update={"last_folder": os.fsdecode(b"/data/M\xfcnchen")})

    save_settings(path, settings)

    assert os.fsencode(load_settings(path).last_folder) == b"/data/M\xfcnchen"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cache_mib", 63),
        ("cache_mib", 262_145),
        ("cache_mib", "much"),
        ("cache_mib", None),
        ("device", "tpu"),
        ("rows", 0),
        ("columns", 4),
        ("mode", "dream"),
        ("show_hints", "perhaps"),
        ("last_folder", 5),
    ],
)
def test_an_option_out_of_its_limits_alone_is_reset(path, caplog, field, value):
    write(path, generator="kept", **{field: value})

    settings = load_settings(path)

    assert getattr(settings, field) == getattr(Settings(), field)
    assert settings.generator == "kept"
    assert field in caplog.text


def test_options_of_a_later_version_are_kept(path):
    write(path, theme="solar")

    save_settings(path, load_settings(path))

    assert json.loads(path.read_text())["theme"] == "solar"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"\x00" * 40,
        b"[]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"schema_version": 2, "rows": 2}',
        b'{"schema_version": "1", "rows": 9}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_file_that_cannot_be_read_is_set_aside(path, content):
    path.write_bytes(content)

    settings = load_settings(path)

    assert settings == Settings()
    assert path.with_suffix(".unreadable").read_bytes() == content
    assert not path.exists()


def test_a_folder_in_place_of_the_file_is_no_reason_to_stop(path):
    path.mkdir()

    assert load_settings(path) == Settings()


def test_a_home_that_cannot_be_written_is_an_error_that_can_be_acted_on(tmp_path):
    (tmp_path / "home").write_text("a file where a folder should be")

    with pytest.raises(InputError, match="settings folder") as caught:
        save_settings(tmp_path / "home" / "settings.json", Settings())

    assert caught.value.action == "Check the rights of your home folder."


def test_every_option_has_a_title_for_the_preferences():
    untitled = [
        name
        for name, field in Settings.model_fields.items()
        if not field.title and name != "schema_version"
    ]

    assert not untitled
