"""The label table: a CSV that says which file shows what of whom, read with clear errors."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.splits import is_left_out
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file

MAX_TABLE_BYTES = 64 << 20
MAX_ROWS = 1_000_000
_HUGE_ORDER = 1 << 40

Row = tuple[int, dict[str, str]]  # line number in the file, counted from 1; values by column


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """One row of a label table.

    Attributes
    ----------
    name : as in the table, relative to the folder
    label : empty when the data have no labels
    patient : empty for data that are split by blocks
    order : place among its neighbours; None unless the data are split by blocks
    """

    path: Path
    name: str
    label: str
    patient: str
    order: int | None = None


def read_rows(table: Path, columns: Sequence[str]) -> list[Row]:
    """Read a CSV with a header line; values come without the spaces around them.

    Raises
    ------
    InputError
        It is missing, huge, not a text, empty, or lacks one of `columns`.
    """
    action = "Correct the label table, or give the folder that holds the right one."
    if not is_file(table):
        raise InputError(f"{table} is missing.", "Give the folder that holds the label table.")
    try:
        if table.stat().st_size > MAX_TABLE_BYTES:
            raise InputError(f"{table} is larger than {MAX_TABLE_BYTES >> 20} MiB.", action)
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restkey="", restval="")
            found = reader.fieldnames or ()
            for column in columns:
                if column not in found:
                    raise InputError(
                        f'{table.name} has no column "{column}"; it has '
                        f"{', '.join(found) or 'none'}.",
                        "Name the columns of the label table in the configuration.",
                    )
            rows = [
                (reader.line_num, {column: row[column].strip() for column in columns})
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{table} cannot be read as a table.", action, f"{type(error).__name__}: {error}"
        ) from error
    if not rows:
        raise InputError(f"{table} has no rows.", action)
    if len(rows) > MAX_ROWS:
        raise InputError(f"{table} has more than {MAX_ROWS:,} rows.", action)
    return rows


def read_label_table(folder: Path, config: DataConfig) -> tuple[LabelledFile, ...]:
    """Read which pictures or volumes of `folder` are to be read, without those left out.

    Raises
    ------
    InputError
        A column is missing, or a row names a file outside of the folder, no file, no patient, a
        label that the configuration does not know, or a file that came before.
    """
    table = folder / config.labels_csv
    blocks = config.blocks
    columns = [config.file_column, *config.label_columns]
    columns.append(blocks.order_column if blocks else config.patient_column)
    root = folder.resolve()
    files: dict[Path, LabelledFile] = {}
    for line, row in read_rows(table, list(dict.fromkeys(columns))):
        where = f"{table.name}, line {line}"
        name = row[config.file_column]
        label = joined_label(row, config, where)
        patient = "" if blocks else required(row, config.patient_column, where)
        if label in config.left_out_labels or is_left_out(patient, name, config.left_out):
            continue
        path = inside(root, name, where)
        if path in files:
            raise InputError(
                f"{where} names {name} again.", "Keep one row for each file in the label table."
            )
        order = _order(row[blocks.order_column], where) if blocks else None
        files[path] = LabelledFile(path, name, label, patient, order)
    if not files:
        raise InputError(
            f"The configuration leaves out all rows of {table.name}.",
            "Shorten the lists left_out and left_out_labels.",
        )
    return tuple(files.values())


def joined_label(row: dict[str, str], config: DataConfig, where: str) -> str:
    """Return the values of the label columns, joined; a label must be known, if any are named."""
    if not config.label_columns:
        return ""
    label = "-".join(required(row, column, where) for column in config.label_columns)
    known = (*config.label_names, *config.left_out_labels)
    if config.label_names and label not in known:
        raise InputError(
            f'{where} has the label "{label}", which is not one of {", ".join(known)}.',
            "Add it to label_names or to left_out_labels in the configuration.",
        )
    return label


def required(row: dict[str, str], column: str, where: str) -> str:
    """Return a value that may not be empty."""
    if not row[column]:
        raise InputError(f'{where} has nothing in the column "{column}".', "Fill in the value.")
    return row[column]


def inside(root: Path, name: str, where: str) -> Path:
    """Return the file `name` in the resolved folder `root`.

    Raises
    ------
    InputError
        It lies outside, also by way of a link, or is not there.
    """
    action = "Write the file's name relative to the folder of the label table."
    windows = PureWindowsPath(name)  # knows both kinds of slashes
    is_absolute = bool(windows.anchor) or PurePosixPath(name).is_absolute()
    if not name or "\0" in name or is_absolute or ".." in windows.parts:
        raise InputError(f"{where} names {name!r}, which is not a file of the folder.", action)
    try:
        path = (root / name).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise InputError(f"{where} names {name}, which cannot be followed.", action) from error
    if not path.is_relative_to(root):
        raise InputError(f"{where} names {name}, a link that leads out of the folder.", action)
    if not is_file(path):
        raise InputError(
            f"{where} names {name}, which is not there.",
            "Copy the missing file into the folder, or remove its row.",
        )
    return path


def _order(text: str, where: str) -> int:
    try:
        order = int(text)
    except ValueError:
        order = _HUGE_ORDER
    if abs(order) >= _HUGE_ORDER:
        raise InputError(
            f"{where} has {text!r} as place in the order, which is not a usable whole number.",
            "Correct the value, or choose another order_column.",
        )
    return order
