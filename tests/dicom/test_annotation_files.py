"""Reports and presentation states of other programs, and files that mean no good."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medgan_viewer.dicom.annotation_files import read_annotations
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.annotation import AnnotationKind
from medgan_viewer.imaging.frame import ImageId
from tests.dicom_factory import item, make_ct, write

K = AnnotationKind
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
REFERENCE = {
    "ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "ReferencedSOPInstanceUID": "1.2.3",
}


def state(path, graphics=(), texts=(), **attributes):
    annotation = item(
        ReferencedImageSequence=[item(**REFERENCE)],
        GraphicLayer="LAYER",
        GraphicObjectSequence=[*graphics],
        TextObjectSequence=[*texts],
    )
    dataset = item(
        SOPClassUID=GSPS,
        SOPInstanceUID="1.2.9",
        GraphicAnnotationSequence=[annotation],
        **attributes,
    )
    return write(dataset, path)


def graphic(kind, *data, units="PIXEL", **attributes):
    return item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(data) // 2,
        GraphicData=list(data),
        GraphicType=kind,
        **attributes,
    )


@pytest.mark.parametrize(
    ("shape", "kind", "points"),
    [
        (graphic("POLYLINE", 1, 1, 5, 1), K.LENGTH, [(0.5, 0.5), (4.5, 0.5)]),
        (graphic("POINT", 3, 4), K.PROBE, [(2.5, 3.5)]),
        (graphic("CIRCLE", 10, 10, 13, 14), K.ELLIPSE, [(4.5, 4.5), (14.5, 14.5)]),
        (graphic("ELLIPSE", 2, 5, 12, 5, 7, 3, 7, 7), K.ELLIPSE, [(1.5, 2.5), (11.5, 6.5)]),
        (graphic("ELLIPSE", 7, 0, 7, 10, 5, 5, 9, 5), K.ELLIPSE, [(4.5, -0.5), (8.5, 9.5)]),
        (graphic("POLYLINE", 1, 1, 9, 1, 9, 5, 1, 5, 1, 1), K.RECTANGLE, [(0.5, 0.5), (8.5, 4.5)]),
        (
            graphic("POLYLINE", 1, 1, 9, 1, 5, 8, 1, 1),
            K.FREEHAND,
            [(0.5, 0.5), (8.5, 0.5), (4.5, 7.5)],
        ),
    ],
)
def test_shapes_of_another_program_keep_their_place(tmp_path, shape, kind, points):
    [found] = read_annotations(state(tmp_path / "pr.dcm", [shape])).annotations

    assert (found.kind, found.image) == (kind, ImageId("1.2.3"))
    assert np.allclose(found.points, points)


def test_a_tilted_ellipse_becomes_an_outline_of_the_same_form(tmp_path):
    shape = graphic("ELLIPSE", 2, 2, 8, 8, 6, 4, 4, 6)
    [found] = read_annotations(state(tmp_path / "pr.dcm", [shape])).annotations

    points = np.asarray(found.points) + 0.5 - 5
    along, across = points @ (1, 1) / np.sqrt(2), points @ (1, -1) / np.sqrt(2)
    assert found.kind is K.FREEHAND
    assert np.allclose((along / np.sqrt(18)) ** 2 + (across / np.sqrt(2)) ** 2, 1)


def test_a_text_with_an_anchor_is_a_text(tmp_path):
    words = item(
        AnchorPoint=[4, 5],
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPointVisibility="Y",
        UnformattedTextValue="two\r\nlines",
    )
    [found] = read_annotations(state(tmp_path / "pr.dcm", [], [words])).annotations

    assert (found.kind, found.text, found.points) == (K.TEXT, "two lines", ((3.5, 4.5),))


def test_what_belongs_to_the_screen_or_has_no_form_of_ours_is_counted(tmp_path):
    shapes = [
        graphic("POLYLINE", 0, 0, 1, 1, units="DISPLAY"),
        graphic("POLYLINE", 1, 1, 2, 2, 3, 1),
        graphic("INTERPOLATED", 1, 1, 2, 2, 3, 1),
        graphic("POLYLINE", 1, 1, 2),
        graphic("ELLIPSE", 1, 1, 2, 2),
        graphic("POINT", 1, 1),
    ]
    file = read_annotations(state(tmp_path / "pr.dcm", shapes))

    assert len(file.annotations) == 1
    assert file.skipped == 5


def test_the_same_file_gives_the_same_uids(tmp_path):
    path = state(tmp_path / "pr.dcm", [graphic("POINT", 3, 4)])

    first, second = (read_annotations(path).annotations[0] for _ in range(2))

    assert first == second
    assert first.uid.startswith("2.25.")


def code(value, scheme="SCT", meaning="x"):
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def scoord(*data, kind="POLYLINE", **reference):
    image = item(
        RelationshipType="SELECTED FROM",
        ValueType="IMAGE",
        ReferencedSOPSequence=[item(**{**REFERENCE, **reference})],
    )
    return item(
        RelationshipType="INFERRED FROM",
        ValueType="SCOORD",
        GraphicType=kind,
        GraphicData=list(data),
        ContentSequence=[image],
    )


def number(concept, *content):
    return item(
        RelationshipType="CONTAINS",
        ValueType="NUM",
        ConceptNameCodeSequence=code(concept),
        ContentSequence=list(content),
    )


def report(path, *groups):
    content = [
        item(
            ValueType="CONTAINER",
            ConceptNameCodeSequence=code("125007", "DCM"),
            ContentSequence=list(group),
        )
        for group in groups
    ]
    outer = item(
        ValueType="CONTAINER",
        ConceptNameCodeSequence=code("126010", "DCM"),
        ContentSequence=content,
    )
    return write(item(SOPClassUID=SR, SOPInstanceUID="1.2.8", ContentSequence=[outer]), path)


def test_the_measurements_of_another_program_are_told_by_their_concepts(tmp_path):
    path = report(
        tmp_path / "sr.dcm",
        [number("410668003", scoord(1, 1, 5, 1))],
        [number("1483009", scoord(1, 1, 5, 1, 5, 5))],
        [number("103339001", scoord(1, 1, 5, 1)), number("103340004", scoord(3, 0, 3, 2))],
        [number("285285000", scoord(1, 1, 5, 1, 1, 3, 5, 6))],
        [scoord(1, 1, 9, 1, 9, 5, 1, 1), number("42798000")],
    )
    file = read_annotations(path)

    kinds = [found.kind for found in file.annotations]
    assert kinds == [K.LENGTH, K.ANGLE, K.BIDIRECTIONAL, K.COBB, K.FREEHAND]
    assert file.skipped == 0


def test_a_group_without_a_place_in_one_image_is_counted(tmp_path):
    path = report(
        tmp_path / "sr.dcm",
        [number("410668003")],
        [
            number("103339001", scoord(1, 1, 5, 1)),
            number("103340004", scoord(3, 0, 3, 2, ReferencedSOPInstanceUID="1.2.4")),
        ],
        [number("410668003", scoord(1, 1, 5, 1, ReferencedFrameNumber=[1, 2]))],
    )

    assert read_annotations(path).skipped == 3


def test_a_report_nested_deeper_than_any_template_ends(tmp_path):
    nested = item(ValueType="CONTAINER")
    for _ in range(60):
        nested = item(ValueType="CONTAINER", ContentSequence=[nested])
    path = write(item(SOPClassUID=SR, SOPInstanceUID="1", ContentSequence=[nested]), tmp_path / "a")

    assert read_annotations(path).annotations == ()


@pytest.mark.parametrize("content", [b"", b"\0" * 200, b"not DICOM" * 50])
def test_a_file_that_is_no_dicom_is_refused(tmp_path, content):
    path = tmp_path / "x.dcm"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"x\.dcm could not be read"):
        read_annotations(path)


def test_an_image_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no measurements"):
        read_annotations(make_ct(tmp_path / "ct.dcm"))


def test_a_missing_file_and_one_too_large_are_refused(tmp_path):
    with pytest.raises(InputError, match="could not be read"):
        read_annotations(tmp_path / "missing.dcm")
    huge = tmp_path / "huge.dcm"
    with huge.open("wb") as stream:
        stream.truncate(65 << 20)
    with pytest.raises(InputError, match="larger than any report"):
        read_annotations(huge)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_truncated_file_is_refused_or_read_in_part_but_never_a_surprise(tmp_path, share):
    path = report(tmp_path / "sr.dcm", *[[number("410668003", scoord(1, 1, 5, 1))]] * 5)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    try:
        file = read_annotations(path)
    except InputError:
        return
    assert len(file.annotations) <= 5


def test_values_that_are_no_numbers_draw_nothing(tmp_path):
    broken = Dataset()
    broken.update(graphic("POLYLINE", 1, 1, float("nan"), 1))

    file = read_annotations(state(tmp_path / "pr.dcm", [broken]))

    assert (file.annotations, file.skipped) == ((), 1)
