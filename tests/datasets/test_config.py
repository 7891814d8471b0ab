"""The [data] table: where folders lie, and what a wrong line is answered with."""

from pathlib import Path

import pytest

from medgan_viewer.datasets.config import DataConfig, parse_data_config
from medgan_viewer.errors import InputError

LEAST = {"folder": "chest", "kind": "images"}
BLOCKS = {"order_column": "index", "block": 20, "gap": 5, "every": 8}


def test_a_relative_folder_lies_in_the_data_folder_and_an_absolute_one_where_it_is():
    assert parse_data_config(LEAST).path(Path("/data")) == Path("/data/chest")
    absolute = parse_data_config({**LEAST, "folder": "/elsewhere/chest"})
    assert absolute.path(Path("/data")) == Path("/elsewhere/chest")


def test_every_field_has_a_title():
    tables = [DataConfig, *(f.default.__class__ for f in DataConfig.model_fields.values())]
    tables = [table for table in tables if hasattr(table, "model_fields")]

    assert [n for t in tables for n, f in t.model_fields.items() if not f.title] == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"folders": "x"}, "folders"),
        ({"kind": "video"}, "kind"),
        ({"held_out_percent": 90}, "held_out_percent"),
        ({"intensity": {"rule": "window", "low": 5, "high": 5}}, "high must be above low"),
        ({"intensity": {"rule": "percentile", "low": 1, "high": 200}}, "between 0 and 100"),
        ({"intensity": {"rule": "percentile", "low": 1, "high": 9, "unit": "HU"}}, "unit"),
        ({"intensity": {"rule": "window", "low": 0, "high": float("nan")}}, "intensity.high"),
        ({"label_names": ["a", "a"]}, "repeats"),
        ({"slice_from": 0.5, "slice_to": 0.5}, "slice_to"),
        ({"source": "t1", "target": "t1"}, "the same"),
        ({"blocks": {**BLOCKS, "first": 8}}, "first must be below every"),
        ({"blocks": {**BLOCKS, "gap": 70}}, "nothing to train on"),
        ({"blocks": BLOCKS, "held_out": ["x"]}, "without held_out"),
        ({"blocks": BLOCKS, "kind": "dicom"}, "label table"),
        ({"modality": "mr"}, "modality"),
    ],
)
def test_a_wrong_line_is_named(wrong, words):
    with pytest.raises(InputError) as caught:
        parse_data_config({**LEAST, **wrong})

    assert words in caught.value.problem


def test_a_missing_line_is_named():
    with pytest.raises(InputError, match="folder"):
        parse_data_config({"kind": "images"})
