"""Records: frozen facts of dicom.hierarchy as plain tuples, between processes and in the index.

Pickling a frozen dataclass costs more than reading its file. A record holds texts, numbers, None
and tuples, in the order of the fields; a field added to a dataclass is in its record too.
"""

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from medgan_viewer.dicom.hierarchy import InstanceHeader, SeriesFacts, SkippedFile, StudyFacts
from medgan_viewer.imaging.geometry import PixelSpacing

Record = tuple[Any, ...]
_Way = Callable[[Any], Any]

_SHARED = (StudyFacts, SeriesFacts, PixelSpacing)  # flat, and the same for many files
_PATH = "path"  # of a header or a skipped file: it stands beside the record


def header_record(header: InstanceHeader) -> Record:
    """Return everything of a header but its path, as plain values."""
    return _writer(InstanceHeader)(header)


def header_of(path: Path, record: Record) -> InstanceHeader:
    """Return the header of a record; equal parts of several headers are one object.

    Raises
    ------
    ValueError, TypeError
        The record was not made from a header of this version.
    """
    header: InstanceHeader = _reader(InstanceHeader)((path, *record))
    return header


def without_facts(record: Record) -> tuple[Record, Record, Record]:
    """Return the records of study and series, and what is left of a header's record."""
    names = _header_names()
    study, series = names.index("study"), names.index("series")
    rest = tuple(v for i, v in enumerate(record) if i not in (study, series))
    return record[study], record[series], rest


def with_facts(study: Record, series: Record, rest: object) -> Record:
    """Undo `without_facts`.

    Raises
    ------
    ValueError
        The rest of the record has another length.
    """
    names = _header_names()
    if not isinstance(rest, list | tuple) or len(rest) != len(names) - 2:
        raise ValueError(f"the rest of a record has {len(names) - 2} values")
    values = list(rest)
    for name, value in sorted((("study", study), ("series", series)), key=_place):
        values.insert(names.index(name), value)
    return tuple(values)


def _place(own: tuple[str, Record]) -> int:
    return _header_names().index(own[0])


@cache
def record_version() -> str:
    """Return a word that changes whenever a field is added, removed, renamed or typed anew."""
    return hashlib.sha256(_described(InstanceHeader).encode()).hexdigest()[:16]


def skipped_record(skipped: SkippedFile) -> Record:
    return _writer(SkippedFile)(skipped)


def skipped_of(path: Path, record: Record) -> SkippedFile:
    skipped: SkippedFile = _reader(SkippedFile)((path, *record))
    return skipped


@cache
def _writer(kind: type[Any]) -> Callable[[Any], Record]:
    """Return what turns an object of a dataclass into its record."""
    names = _names(kind)
    values = attrgetter(*names) if len(names) > 1 else _alone(names[0])
    hints = typing.get_type_hints(kind)
    ways = [(i, way) for i, name in enumerate(names) if (way := _way_out(hints[name])) is not None]
    if not ways:
        return values

    def write(value: Any) -> Record:
        record = list(values(value))
        for index, way in ways:
            found = record[index]
            if found is not None:
                record[index] = way(found)
        return tuple(record)

    return write


@cache
def _reader(kind: type[Any]) -> _Way:
    """Return what turns a record into an object, the same one for the same record."""
    names = [field.name for field in dataclasses.fields(kind)]
    hints = typing.get_type_hints(kind)
    ways = [(i, way) for i, name in enumerate(names) if (way := _way_in(hints[name])) is not None]
    count = len(names)

    def read(record: Record) -> Any:
        if len(record) != count:
            raise ValueError(f"a record of {kind.__name__} has {count} values, not {len(record)}")
        values = list(record)
        for index, way in ways:
            found = values[index]
            if found is not None:
                values[index] = way(found)
        return kind(*values)

    if kind not in _SHARED:
        return read
    kept = lru_cache(maxsize=1024)(read)
    return lambda record: kept(tuple(record))


def _way_out(hint: Any) -> _Way | None:
    kind, is_many = _parts(hint)
    if isinstance(kind, type) and issubclass(kind, Enum):
        one: _Way = attrgetter("value")
    elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
        one = _writer(kind)
    else:
        return None
    return (lambda values: tuple(map(one, values))) if is_many else one


def _way_in(hint: Any) -> _Way | None:
    kind, is_many = _parts(hint)
    if isinstance(kind, type) and issubclass(kind, Enum):
        one: _Way = kind
    elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
        one = _reader(kind)
    elif is_many or typing.get_origin(kind) is tuple:
        return tuple  # JSON gives lists
    else:
        return None
    return (lambda values: tuple(map(one, values))) if is_many else one


def _parts(hint: Any) -> tuple[Any, bool]:
    """Return the type behind `X | None` and `tuple[X, ...]`, and whether there are many."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (Ellipsis,):
        return typing.get_args(hint)[0], True
    return hint, False


@cache
def _header_names() -> tuple[str, ...]:
    return _names(InstanceHeader)


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.name != _PATH)


def _alone(name: str) -> Callable[[Any], Record]:
    value = attrgetter(name)
    return lambda whole: (value(whole),)


def _described(kind: type[Any]) -> str:
    hints = typing.get_type_hints(kind)
    parts = []
    for field in dataclasses.fields(kind):
        inner, _ = _parts(hints[field.name])
        nested = dataclasses.is_dataclass(inner) and isinstance(inner, type)
        parts.append(f"{field.name}:{_described(inner) if nested else hints[field.name]}")
    return f"{kind.__name__}({','.join(parts)})"
