"""The index file: private, migrated, and put aside when it cannot be used."""

import os
import sqlite3
import threading
from contextlib import closing

import pytest

from medgan_viewer.index import database
from medgan_viewer.index.catalog import Catalog
from medgan_viewer.index.database import IndexUnusableError, prepare_database
from medgan_viewer.index.schema import SCHEMA_VERSION


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "study_index.db"


def query(path, text):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(text).fetchone()[0]


def test_a_new_index_has_our_schema_and_write_ahead_logging(path):
    assert prepare_database(path) is None

    assert query(path, "PRAGMA user_version") == SCHEMA_VERSION
    assert query(path, "PRAGMA journal_mode") == "wal"
    assert Catalog(path).studies() == ()


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_only_the_user_may_read_the_index_and_its_companions(path):
    prepare_database(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO folder (path) VALUES (x'00')")
        db.commit()
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert set(modes) == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
    assert set(modes.values()) == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_an_index_that_others_may_read_is_closed_to_them(path):
    prepare_database(path)
    path.chmod(0o644)

    prepare_database(path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_an_index_is_used_again(path):
    prepare_database(path)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO folder (path) VALUES (x'61')")
    db.close()

    assert prepare_database(path) is None
    assert query(path, "SELECT count(*) FROM folder") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no database at all\n" * 400, "is damaged"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "is damaged"),
        (b"SQLite format 3\0", "is damaged"),
    ],
)
def test_a_damaged_index_is_put_aside_whole_and_a_new_one_begun(path, content, reason):
    path.parent.mkdir()
    path.write_bytes(content)

    aside = prepare_database(path)

    assert aside.reason == reason
    assert aside.path.read_bytes() == content
    assert Catalog(path).studies() == ()


def test_the_database_of_another_program_is_put_aside(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()

    aside = prepare_database(path)

    assert aside.reason == "was written by another program"
    assert query(aside.path, "SELECT count(*) FROM bookmarks") == 0


def test_an_index_of_a_newer_version_is_put_aside_and_not_touched(path):
    prepare_database(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        db.execute("INSERT INTO folder (path) VALUES (x'61')")
    db.close()

    aside = prepare_database(path)

    assert aside.reason == "was written by a newer version of this program"
    assert query(aside.path, "PRAGMA user_version") == SCHEMA_VERSION + 1
    assert query(aside.path, "SELECT count(*) FROM folder") == 1
    assert query(path, "SELECT count(*) FROM folder") == 0


def test_two_files_put_aside_do_not_replace_each_other(path):
    path.parent.mkdir()
    kept = []
    for number in range(3):
        path.write_bytes(b"broken %d" % number * 100)
        kept.append(prepare_database(path).path)

    assert len(set(kept)) == 3
    assert all(file.exists() for file in kept)


def test_an_older_index_is_migrated_and_keeps_what_it_has(path, monkeypatch):
    prepare_database(path)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO folder (path) VALUES (x'61')")
    db.close()
    step = "ALTER TABLE folder ADD COLUMN note TEXT NOT NULL DEFAULT 'new'"
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, step))
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)

    assert prepare_database(path) is None

    assert query(path, "SELECT note FROM folder") == "new"
    assert query(path, "PRAGMA user_version") == SCHEMA_VERSION + 1


def test_a_migration_that_fails_leaves_the_old_index(path, monkeypatch):
    prepare_database(path)
    monkeypatch.setattr(
        database, "MIGRATIONS", (*database.MIGRATIONS, "DROP TABLE folder; SELECT broken")
    )
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)

    with pytest.raises(IndexUnusableError):
        prepare_database(path)

    assert query(path, "PRAGMA user_version") == SCHEMA_VERSION
    assert query(path, "SELECT count(*) FROM folder") == 0


def test_two_windows_that_start_together_make_one_index(path):
    start, outcomes = threading.Barrier(4), []

    def prepare():
        start.wait(10)
        outcomes.append(prepare_database(path))

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert outcomes == [None] * 4
    assert Catalog(path).studies() == ()


def test_a_place_where_no_file_can_be_made_is_told_with_what_to_do(tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")

    with pytest.raises(IndexUnusableError, match="cannot be kept") as caught:
        prepare_database(tmp_path / "home" / "study_index.db")

    assert "images open all the same" in caught.value.action
