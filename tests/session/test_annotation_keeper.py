import json

import pytest

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.session.annotation_keeper import AnnotationKeeper
from medgan_viewer.session.annotations import Annotations

LINE = Annotation("1.1", AnnotationKind.LENGTH, ImageId("1.2.3", 4), ((0.1, 1.0), (5.0, 5.5)), "äß")
INVENTED = Annotation("1.2", AnnotationKind.PROBE, ImageId("synthetic:ab"), ((1.0, 1.0),))


@pytest.fixture
def start(qapp, tmp_path):
    """Return a function that begins a session with the document in `tmp_path`."""
    opened = []

    def begin():
        annotations = Annotations()
        opened.append(AnnotationKeeper(annotations, tmp_path / "home" / "measurements.json"))
        return annotations, opened[-1]

    yield begin
    for keeper in opened:
        keeper.close()


def test_what_was_drawn_is_there_the_next_time(start):
    annotations, keeper = start()
    annotations.add(LINE)
    keeper.close()

    again, _ = start()

    assert again.all == (LINE,)
    assert not again.can_undo


def test_it_is_written_while_the_program_runs(start, qtbot, tmp_path):
    annotations, _ = start()
    annotations.add(LINE)

    path = tmp_path / "home" / "measurements.json"
    qtbot.waitUntil(lambda: path.exists() and "1.2.3" in path.read_text(), timeout=5000)


def test_what_was_deleted_stays_deleted(start):
    annotations, keeper = start()
    annotations.add(LINE)
    keeper.close()
    annotations, keeper = start()
    annotations.clear()
    keeper.close()

    assert start()[0].all == ()


def test_drawings_on_images_that_no_file_holds_end_with_the_session(start):
    annotations, keeper = start()
    annotations.add(INVENTED)
    annotations.add(LINE)
    keeper.close()

    assert start()[0].all == (LINE,)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        json.dumps({"annotations": [{"uid": "1"}]}).encode(),
        json.dumps(
            {"annotations": [{"uid": "1", "kind": "Length", "image": "1", "points": [[0, 0]]}]}
        ).encode(),
        b'{"annotations":[{"uid":"1","kind":"Probe","image":"1","points":[[NaN,0]]}]}',
        b"\xff\xfe",
    ],
)
def test_a_document_that_cannot_be_read_is_set_aside(start, tmp_path, content):
    path = tmp_path / "home" / "measurements.json"
    path.parent.mkdir()
    path.write_bytes(content)

    annotations, keeper = start()
    annotations.add(LINE)
    keeper.close()

    assert path.with_suffix(".unreadable").read_bytes() == content
    assert start()[0].all == (LINE,)
