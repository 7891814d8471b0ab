from dataclasses import replace

import pytest

from medgan_viewer.imaging.annotation import MAX_TEXT, Annotation, AnnotationKind
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.measure import measure
from medgan_viewer.session.annotations import Annotations, image_of, is_in_file
from medgan_viewer.session.measuring import Measuring
from tests.session.fixtures import gray_frame, provenance

IMAGE, OTHER = ImageId("1.2.3"), ImageId("1.2.3", 2)


def line(uid="1.1", image=IMAGE, end=(5, 5), text=""):
    return Annotation(uid, AnnotationKind.LENGTH, image, ((1, 1), end), text)


@pytest.fixture
def annotations(qapp):
    return Annotations()


def test_an_annotation_shows_on_its_image_alone(annotations):
    annotations.add(line("1.1"))
    annotations.add(line("1.2", OTHER))

    assert [each.uid for each in annotations.on_image(IMAGE)] == ["1.1"]
    assert [each.uid for each in annotations.on_image(OTHER)] == ["1.2"]


def test_a_drag_is_one_step_back(annotations):
    annotations.add(line())
    annotations.begin_edit()
    for end in ((6, 6), (7, 7), (8, 8)):
        annotations.update(line(end=end))
    annotations.end_edit()

    annotations.undo()
    assert annotations.all == (line(),)
    annotations.redo()
    assert annotations.all == (line(end=(8, 8)),)


def test_a_drag_that_is_given_up_leaves_nothing_behind(annotations):
    annotations.add(line())
    annotations.begin_edit()
    annotations.update(line(end=(9, 9)))
    annotations.cancel_edit()

    assert annotations.all == (line(),)
    annotations.undo()
    assert annotations.all == ()


def test_a_new_edit_drops_what_was_undone(annotations):
    annotations.add(line("1.1"))
    annotations.undo()
    annotations.add(line("1.2"))

    assert not annotations.can_redo


def test_deleting_the_chosen_one_leaves_none_chosen(annotations):
    annotations.add(line("1.1"))
    annotations.add(line("1.2"))
    assert annotations.selected.uid == "1.2"

    annotations.remove_selected()
    assert annotations.selected is None
    annotations.remove_selected()  # nothing is chosen

    assert [each.uid for each in annotations.all] == ["1.1"]


def test_a_name_is_one_line_of_bounded_length(annotations):
    annotations.add(line())

    annotations.rename("1.1", " a\n b\x00" + "x" * 2 * MAX_TEXT)

    assert annotations.all[0].text.startswith("a b x")
    assert len(annotations.all[0].text) <= MAX_TEXT
    annotations.rename("unknown", "no harm")


def test_what_was_read_is_saved_until_it_is_changed(annotations):
    assert annotations.load([line("1.1"), line("1.2")]) == 2
    assert not annotations.has_unsaved

    annotations.update(line("1.1", end=(9, 9)))
    assert annotations.has_unsaved
    annotations.undo()
    assert not annotations.has_unsaved


def test_reading_a_file_twice_adds_nothing_and_overwrites_nothing(annotations):
    annotations.load([line("1.1")])
    annotations.update(line("1.1", end=(9, 9)))

    assert annotations.load([line("1.1")]) == 0
    assert annotations.all == (line("1.1", end=(9, 9)),)


def test_reading_a_file_leaves_what_was_drawn_unsaved(annotations):
    annotations.add(line("1.1"))
    annotations.load([line("1.2")])

    assert annotations.has_unsaved


def test_signals_come_only_when_something_changed(annotations, qtbot):
    annotations.add(line())
    with qtbot.assertNotEmitted(annotations.changed):
        annotations.select("1.1")
        annotations.set_draft(None)
    with qtbot.assertNotEmitted(annotations.history_changed):
        annotations.update(line())


def test_the_same_recipe_is_the_same_image_and_another_is_another():
    one, same, other = (
        replace(gray_frame(), provenance=provenance(summary=summary))
        for summary in ("seed 1", "seed 1", "seed 2")
    )

    assert image_of(one) == image_of(same) != image_of(other)
    assert not is_in_file(image_of(one))


def test_a_computed_plane_is_known_by_its_place():
    spacing = PixelSpacing(1, 1)
    here, there = (
        PlaneGeometry((0, 0, z), (1, 0, 0), (0, 1, 0), spacing, "1.2.840") for z in (0, 5)
    )

    assert image_of(gray_frame(geometry=here)) == image_of(gray_frame(geometry=here))
    assert image_of(gray_frame(geometry=here)) != image_of(gray_frame(geometry=there))
    assert image_of(gray_frame()) is None


def test_a_large_region_is_computed_on_a_thread_and_the_newest_shape_counts(qapp, qtbot):
    frame = gray_frame(3, size=600)
    measuring = Measuring()
    shapes = [
        Annotation("1.1", AnnotationKind.RECTANGLE, IMAGE, ((0, 0), (590, size)))
        for size in (500, 550, 590)
    ]
    try:
        with qtbot.waitSignal(
            measuring.ready, check_params_cb=lambda: bool(measuring.last_of(shapes[-1]))
        ):
            assert [measuring.measurement_of(each, frame) for each in shapes] == [None] * 3
        found = measuring.measurement_of(shapes[-1], frame)
        assert found.statistics.pixels == 591 * 591
        assert measuring.last_of(shapes[0]) is None
    finally:
        measuring.close()


def test_another_transform_of_the_same_image_is_measured_anew(qapp):
    from medgan_viewer.imaging.modality import Rescale

    measuring = Measuring()
    probe = Annotation("1.1", AnnotationKind.PROBE, IMAGE, ((3, 3),))

    plain = measuring.measurement_of(probe, gray_frame(7))
    scaled = measuring.measurement_of(probe, gray_frame(7, transform=Rescale(2, 0, "SUV")))

    assert (plain.lines, scaled.lines) == (("7.00",), ("14.0 SUV",))


def test_asking_again_and_again_does_not_compute_again(qapp, qtbot, monkeypatch):
    computed = []

    def slow(annotation, frame):
        computed.append(annotation)
        return measure(annotation, frame)

    monkeypatch.setattr("medgan_viewer.session.measuring.measure", slow)
    frame, measuring = gray_frame(3, size=600), Measuring()
    shape = Annotation("1.1", AnnotationKind.RECTANGLE, IMAGE, ((0, 0), (590, 590)))
    try:
        # As a window does that is painted at every move of the mouse.
        qtbot.waitUntil(lambda: measuring.measurement_of(shape, frame) is not None, timeout=5000)
    finally:
        measuring.close()
    assert len(computed) == 1
