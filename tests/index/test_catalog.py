"""The catalog: how studies are listed, found and taken off."""

import time

import pytest

from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.hierarchy import group_into_studies
from medgan_viewer.index.catalog import Catalog
from medgan_viewer.index.search import StudyFilter
from tests.dicom_factory import make_ct, make_series, uid


@pytest.fixture
def catalog(index_path):
    return Catalog(index_path)


def test_a_study_is_listed_with_what_its_series_say(scan_with_index, catalog, tmp_path):
    make_series(tmp_path / "data" / "a", range(3), name="T1", Modality="MR", SeriesNumber=2)
    make_series(tmp_path / "data" / "b", range(2), name="scout", Modality="MR", SeriesNumber=1)
    scan_with_index(tmp_path / "data")

    [study] = catalog.studies()

    assert (study.facts.patient_name, study.facts.study_date) == ("TEST^CASE", "20240102")
    assert (study.series, study.modalities, study.images) == (("scout", "T1"), ("MR",), 5)
    assert study.folder == tmp_path / "data" / "a"
    assert not study.is_synthetic


def test_a_study_with_a_synthetic_image_says_so(scan_with_index, catalog, tmp_path):
    make_ct(tmp_path / "data" / "a.dcm")
    make_ct(tmp_path / "data" / "b.dcm", SOPInstanceUID=uid("b"), SyntheticData="YES")
    scan_with_index(tmp_path / "data")

    assert [study.is_synthetic for study in catalog.studies()] == [True]


def test_one_study_uid_under_two_patients_is_two_studies(scan_with_index, catalog, tmp_path):
    for patient in ("A", "B"):
        make_ct(tmp_path / "data" / patient, PatientID=patient, SOPInstanceUID=uid(patient))
    scan_with_index(tmp_path / "data")

    assert {study.facts.patient_id for study in catalog.studies()} == {"A", "B"}


def test_display_sets_are_kept_in_place_of_those_before(scan_with_index, catalog, tmp_path):
    make_series(tmp_path / "data", (0, 5, 15, 20), name="gap")
    (study,), _ = group_into_studies(scan_with_index(tmp_path / "data").headers)
    sets = [s for series in study.series for s in split_into_display_sets(series)]

    for _ in range(2):
        catalog.store_display_sets([(study.facts, sets)])

    [listed] = catalog.studies()
    assert [(s.label, s.images, s.badge) for s in listed.display_sets] == [("gap", 4, "gap")]


def test_taking_off_the_list_forgets_study_series_and_files(scan_with_index, catalog, tmp_path):
    path = make_ct(tmp_path / "data" / "a.dcm")
    scan_with_index(tmp_path / "data")
    [study] = catalog.studies()

    catalog.remove([study.study_id])

    assert catalog.studies() == ()
    assert catalog.files_of(study.study_id) == ()
    assert path.exists()
    assert scan_with_index(tmp_path / "data").known == 0


def test_ten_thousand_studies_are_searched_within_a_frame_of_the_screen(
    scan_with_index, catalog, tmp_path
):
    make_ct(tmp_path / "data" / "a.dcm")
    scan_with_index(tmp_path / "data")
    studies = catalog.studies() * 10_000
    wanted = StudyFilter("test ct nothing")

    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert not any(wanted.matches(study) for study in studies)
        times.append(time.perf_counter() - start)

    assert min(times) < 0.1  # 10 ms on an idle machine
