"""Records: what goes through a pipe or into the index comes back equal."""

import json

import pytest

from medgan_viewer.dicom.header_records import (
    header_of,
    header_record,
    record_version,
    with_facts,
    without_facts,
)
from medgan_viewer.dicom.instance_header import read_header
from tests.dicom_factory import make_ct, make_enhanced, uid


@pytest.fixture(params=[make_ct, make_enhanced])
def header(request, tmp_path):
    return read_header(request.param(tmp_path / "a.dcm"))


def test_a_header_comes_back_from_its_record(header):
    assert header_of(header.path, header_record(header)) == header


def test_a_record_survives_json(header):
    record = json.loads(json.dumps(header_record(header)))

    assert header_of(header.path, record) == header


def test_a_record_can_be_kept_without_study_and_series(header):
    record = header_record(header)

    assert with_facts(*without_facts(record)) == record


def test_equal_facts_of_two_files_are_one_object(tmp_path):
    headers = [read_header(make_ct(tmp_path / n, SOPInstanceUID=uid(n))) for n in ("a", "b")]

    first, second = (header_of(h.path, header_record(h)) for h in headers)

    assert first.study is second.study
    assert first.series is second.series


def test_a_record_of_another_length_is_refused(header):
    record = header_record(header)

    with pytest.raises(ValueError, match="values"):
        header_of(header.path, record[:-1])
    with pytest.raises(ValueError, match="values"):
        with_facts((), (), record)


def test_the_version_is_a_short_word_that_stays():
    assert record_version() == record_version()
    assert len(record_version()) == 16
