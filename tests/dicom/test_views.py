import pytest

from medgan_viewer.dicom.instance_header import read_header
from tests.dicom_factory import item, make_ct


@pytest.mark.parametrize(
    ("attributes", "view"),
    [
        ({}, ""),
        ({"ImageLaterality": "R", "ViewPosition": "CC"}, "R CC"),
        ({"Laterality": "L", "ViewPosition": "MLO"}, "L MLO"),
        ({"ImageLaterality": "L", "ViewCodeSequence": "R-10226"}, "L MLO"),
        ({"ImageLaterality": "R", "ViewCodeSequence": "399162004"}, "R CC"),
        ({"ViewPosition": "PA"}, "PA"),
        ({"ImageLaterality": "R", "ViewCodeSequence": "unknown"}, "R"),
    ],
)
def test_the_view_of_a_projection_is_side_and_direction(tmp_path, attributes, view):
    code = attributes.get("ViewCodeSequence")
    if code is not None:
        attributes = {**attributes, "ViewCodeSequence": [item(CodeValue=code)]}

    header = read_header(make_ct(tmp_path / "x.dcm", **attributes))

    assert header.view == view


def test_the_body_part_is_read_as_the_file_says(tmp_path):
    header = read_header(make_ct(tmp_path / "x.dcm", BodyPartExamined="CHEST"))

    assert header.series.body_part == "CHEST"
