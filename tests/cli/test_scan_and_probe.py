"""scan and probe: text for people, documents of the promised shape for scripts."""

import numpy as np
import pytest

from tests.dicom_factory import make_ct, make_series, uid

AFTER_A_GAP = (0, 5, 10, 20, 25)  # mm


@pytest.fixture
def study(tmp_path):
    """A folder with one series of three slices and a file that is no image."""
    make_series(tmp_path / "study" / "ct", SliceThickness=5, StudyDescription="Chest")
    (tmp_path / "study" / "notes.txt").write_text("no image, but longer than a preamble" * 9)
    return tmp_path / "study"


def test_the_document_of_a_scan_has_the_promised_shape(run, study):
    ended = run("scan", study, "--json")

    assert ended.code == 0
    display_set = ended.json["studies"][0]["series"][0]["display_sets"][0]
    assert ended.json == {
        "studies": [
            {
                "patient_id": "T-1",
                "study_uid": uid("study"),
                "date": "20240102",
                "description": "Chest",
                "series": [
                    {
                        "series_uid": uid("series"),
                        "modality": "CT",
                        "description": "series",
                        "display_sets": [
                            {
                                "label": "series",
                                "frames": 3,
                                "rows": 8,
                                "columns": 8,
                                "spacing_mm": [1.0, 1.0, 5.0],
                                "order_rule": display_set["order_rule"],
                                "geometry": {"verdict": "regular", "reasons": []},
                                "synthetic": False,
                            }
                        ],
                    }
                ],
            }
        ],
        "skipped": [
            {"path": str(study / "notes.txt"), "reason": ended.json["skipped"][0]["reason"]}
        ],
    }
    assert "position" in display_set["order_rule"]
    assert ended.json["skipped"][0]["reason"]


def test_the_text_of_a_scan_names_patient_series_geometry_and_what_was_left_out(run, study):
    ended = run("scan", study)

    assert ended.code == 0
    assert "Patient T-1 · 2024" in ended.out
    assert "CT series: 3 images, 8 x 8, 1 x 1 x 5 mm" in ended.out
    assert "regular" in ended.out
    assert "Not shown: 1" in ended.out
    assert "notes.txt" in ended.out


def test_a_missing_slice_is_a_gap_with_its_reason(run, tmp_path):
    make_series(tmp_path, AFTER_A_GAP)

    geometry = run("scan", tmp_path, "--json").json["studies"][0]["series"][0]["display_sets"][0][
        "geometry"
    ]

    assert geometry["verdict"] == "gap"
    assert geometry["reasons"]


def test_a_probe_gives_stored_value_hu_position_and_padding(run, tmp_path):
    pixels = np.zeros((4, 6), np.int16)
    pixels[1, 2] = 1100
    pixels[3, 5] = -2000
    where = {"ImagePositionPatient": [-10, 20, 30], "PixelSpacing": [2, 0.5]}
    path = make_ct(tmp_path / "one.dcm", pixels, PixelPaddingValue=-2000, **where)

    inside = run("probe", path, "--at", "2,1", "--json")
    outside = run("probe", path, "--at", "5,3", "--json")

    # Column 2 lies 2 x 0.5 mm to the left of the patient, row 1 lies 2 mm behind (PS3.3 C.7.6.2).
    assert inside.json == {
        "stored": 1100,
        "value": 76.0,
        "unit": "HU",
        "position_mm": [-9.0, 22.0, 30.0],
        "padding": False,
        "suv": None,
        "synthetic": False,
    }
    assert (outside.json["stored"], outside.json["padding"]) == (-2000, True)


def test_a_probe_says_the_same_in_words(run, tmp_path):
    path = make_ct(tmp_path / "one.dcm")

    ended = run("probe", path, "--at", "1,0")

    assert ended.out.splitlines() == [
        "stored 1",
        "value -1023 HU",
        "position [1.0, 0.0, 0.0] mm (LPS)",
    ]


def test_a_probe_without_geometry_has_no_position(run, tmp_path):
    path = make_ct(tmp_path / "one.dcm", ImagePositionPatient=None, ImageOrientationPatient=None)

    assert run("probe", path, "--at", "0,0", "--json").json["position_mm"] is None


@pytest.mark.parametrize("place", ["8,0", "0,8", "-1,0", "here", "1", "1,2,3"])
def test_a_place_outside_the_image_or_in_no_form_is_wrong_usage(run, tmp_path, place):
    path = make_ct(tmp_path / "one.dcm")

    ended = run("probe", path, "--at", place)

    assert (ended.code, ended.out) == (2, "")
    assert place in ended.err
