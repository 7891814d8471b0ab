"""cine_rate_of: the rate that a file names, or none."""

import pytest

from medgan_viewer.dicom.cine_rate import cine_rate_of
from medgan_viewer.dicom.tags import TagRow, read_tags
from tests.dicom_factory import make_ct


def rate_of(**values):
    tags = {"recommended": "(0008,2144)", "cine": "(0018,0040)", "time": "(0018,1063)"}
    tags["vector"] = "(0018,1065)"
    rows = [TagRow(0, name, tags[name], "", "DS", value) for name, value in values.items()]
    found = cine_rate_of(rows)
    return None if found is None else (round(found.frames_per_second, 3), found.source)


def test_the_recommended_rate_goes_before_all_others():
    found = rate_of(recommended="24", cine="30", time="100")

    assert found == (24, "Recommended Display Frame Rate")


def test_cine_rate_goes_before_frame_time():
    assert rate_of(cine="30", time="100") == (30, "Cine Rate")


def test_frame_time_is_milliseconds_from_frame_to_frame():
    assert rate_of(time="40.0") == (25, "Frame Time")


def test_a_vector_counts_without_its_first_zero():
    # Three intervals of 20, 40 and 60 ms: 3 frames in 120 ms.
    assert rate_of(vector="0\\20\\40\\60") == (25, "Frame Time Vector")
    assert rate_of(vector="0\\20\\20 … (500 values)") == (50, "Frame Time Vector")


@pytest.mark.parametrize("value", ["", "0", "-5", "fast", "nan", "1e9", "hidden"])
def test_a_rate_that_cannot_be_is_not_believed(value):
    assert rate_of(recommended=value) is None
    assert rate_of(recommended=value, time="50") == (20, "Frame Time")


def test_a_file_without_a_rate_names_none(tmp_path):
    assert cine_rate_of(read_tags(make_ct(tmp_path / "a.dcm"))) is None
    with_rate = read_tags(make_ct(tmp_path / "b.dcm", RecommendedDisplayFrameRate="12"))
    assert cine_rate_of(with_rate).frames_per_second == 12
