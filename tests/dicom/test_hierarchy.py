"""Headers to studies and series."""

from dataclasses import replace
from pathlib import Path

import pytest

from medgan_viewer.dicom.hierarchy import (
    InstanceHeader,
    SeriesFacts,
    StudyFacts,
    group_into_studies,
    readable_name,
)


def header(name, *, patient="P", study="1", series="1.1", number=1, instance=1, **options):
    return InstanceHeader(
        path=Path(f"/data/{name}"),
        size_bytes=1000,
        study=StudyFacts(patient_id=patient, study_uid=study),
        series=SeriesFacts(series_uid=series, series_number=number, modality="CT"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        sop_instance_uid=options.pop("uid", f"1.1.{name}"),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        transfer_syntax="Explicit VR Little Endian",
        rows=8,
        columns=8,
        instance_number=instance,
        **options,
    )


def test_series_are_ordered_by_number_and_instances_within_them():
    headers = [
        header("c", series="1.2", number=2),
        header("b", instance=2),
        header("a", instance=1),
        header("d", series="1.0", number=None),
    ]

    (study,), copies = group_into_studies(headers)

    assert [series.facts.series_uid for series in study.series] == ["1.1", "1.2", "1.0"]
    assert [h.path.name for h in study.series[0].instances] == ["a", "b"]
    assert copies == ()


def test_one_study_uid_under_two_patients_makes_two_studies():
    studies, _ = group_into_studies([header("a"), header("b", patient="Q")])

    assert [study.facts.patient_id for study in studies] == ["P", "Q"]


def test_a_copy_of_a_file_is_set_aside_with_the_name_of_the_first():
    first = header("a")
    copy = replace(first, path=Path("/backup/z"))

    (study,), copies = group_into_studies([copy, first])

    assert study.series[0].frame_count == 1
    assert [(c.path.name, c.reason) for c in copies] == [("a", "is a copy of z in /backup")]


def test_the_same_uid_with_another_header_is_no_copy():
    first = header("a")
    other = replace(first, path=Path("/data/b"), size_bytes=999)

    (study,), copies = group_into_studies([first, other])

    assert study.series[0].frame_count == 2
    assert copies == ()


def test_files_without_uids_stay_together_by_folder_and_none_is_lost():
    headers = [header(name, study="", series="", uid="") for name in ("a", "b")]

    (study,), copies = group_into_studies(headers)

    assert study.series[0].frame_count == 2
    assert copies == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("DOE^JANE^M", "DOE, JANE M"),
        ("DOE", "DOE"),
        ("DOE^", "DOE"),
        ("Yamada^Tarou=山田^太郎", "Yamada, Tarou"),
        ("", ""),
    ],
)
def test_a_name_is_written_as_people_read_it(text, name):
    assert readable_name(text) == name
