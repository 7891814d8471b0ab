"""The tables of the study index and their migrations; the schema number is SQLite's user_version.

Paths and file names are stored as bytes: on some systems they are no text.
"""

APPLICATION_ID = 0x4D474956  # "MGIV": tells our file from any other SQLite file
SCHEMA_VERSION = 1

_FIRST = """
CREATE TABLE patient (
    id INTEGER PRIMARY KEY,
    patient_id TEXT NOT NULL,
    name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    UNIQUE (patient_id, name, birth_date, sex)
);
CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    patient INTEGER NOT NULL REFERENCES patient(id),
    patient_id TEXT NOT NULL,
    uid TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    description TEXT NOT NULL,
    added_at REAL NOT NULL,
    opened_at REAL NOT NULL,
    UNIQUE (patient_id, uid)
);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE,
    uid TEXT NOT NULL,
    number INTEGER,
    description TEXT NOT NULL,
    modality TEXT NOT NULL,
    is_synthetic INTEGER NOT NULL,
    facts TEXT NOT NULL,
    UNIQUE (study, facts, is_synthetic)
);
CREATE TABLE folder (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE
);
CREATE TABLE instance (
    folder INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    series INTEGER REFERENCES series(id) ON DELETE CASCADE,
    sop_uid TEXT NOT NULL DEFAULT '',
    frames INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX instance_series ON instance(series);
CREATE TABLE display_set (
    study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE,
    uid TEXT NOT NULL,
    place INTEGER NOT NULL,
    label TEXT NOT NULL,
    modality TEXT NOT NULL,
    images INTEGER NOT NULL,
    badge TEXT NOT NULL,
    is_synthetic INTEGER NOT NULL,
    PRIMARY KEY (study, uid)
) WITHOUT ROWID;
"""

# MIGRATIONS[n] takes a file from schema n to schema n + 1.
MIGRATIONS = (_FIRST,)
