import numpy as np
import pytest

from medgan_viewer.session.training_curves import MAX_CURVES, MAX_POINTS, CurveReader

HEADER = "images,minutes,loss,mean\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(HEADER)
    return path


def add(path, text):
    with path.open("a", newline="") as stream:
        stream.write(text)


def points(curve):
    return [tuple(point) for point in zip(curve.images, curve.minutes, curve.means, strict=True)]


def test_the_losses_of_a_long_table_become_a_curve_each(path):
    add(path, "100,0.5,g,2\n100,0.5,d,1\n200,1,g,1.5\n")

    first, second = CurveReader(path).read()

    assert (first.name, points(first)) == ("g", [(100, 0.5, 2), (200, 1, 1.5)])
    assert (second.name, points(second)) == ("d", [(100, 0.5, 1)])


def test_only_what_was_added_is_read_again(path):
    add(path, "100,0.5,g,2\n")
    reader = CurveReader(path)
    reader.read()
    assert reader.read() is None

    add(path, "200,1,g,1\n")

    [curve] = reader.read()
    assert points(curve) == [(100, 0.5, 2), (200, 1, 1)]


def test_a_line_that_is_half_written_waits_for_its_end(path):
    add(path, "100,0.5,g,2\n200,1,g,1.2")
    reader = CurveReader(path)
    assert points(reader.read()[0]) == [(100, 0.5, 2)]

    add(path, "5\n")

    assert points(reader.read()[0])[-1] == (200, 1, 1.25)


@pytest.mark.parametrize(
    "line",
    ["nonsense", "1,2,g", "x,1,g,1", "300,1,g,nan", "300,1,g,inf", "300,1,,1", "\x00\xff,,,"],
)
def test_a_line_that_is_no_point_is_left_out(path, line):
    add(path, f"100,0.5,g,2\n{line}\n400,2,g,1\n")

    [curve] = CurveReader(path).read()

    assert points(curve) == [(100, 0.5, 2), (400, 2, 1)]


def test_what_a_resumed_run_passes_again_replaces_what_was_there(path):
    add(path, "100,1,g,5\n200,2,g,4\n300,3,g,3\n")
    reader = CurveReader(path)
    reader.read()

    add(path, "200,2.5,g,4.5\n")

    assert points(reader.read()[0]) == [(100, 1, 5), (200, 2.5, 4.5)]


def test_a_file_that_was_made_anew_is_read_from_its_beginning(path):
    add(path, "100,1,g,5\n200,2,g,4\n")
    reader = CurveReader(path)
    reader.read()

    path.write_text(HEADER + "50,1,d,7\n")

    [curve] = reader.read()
    assert (curve.name, points(curve)) == ("d", [(50, 1, 7)])


def test_no_file_is_no_curve(tmp_path):
    reader = CurveReader(tmp_path / "curves.csv")
    assert reader.read() is None

    (tmp_path / "curves.csv").write_text(HEADER + "1,1,g,1\n")

    assert len(reader.read()) == 1


def test_a_long_run_keeps_its_shape_in_fewer_points(path):
    n = 3 * MAX_POINTS
    add(path, "".join(f"{i},{i / 100},g,{i}\n" for i in range(1, n + 1)))

    [curve] = CurveReader(path).read()

    assert curve.images.size < MAX_POINTS
    assert curve.images[-1] > 0.999 * n
    np.testing.assert_allclose(curve.means, curve.images)  # means of a straight line lie on it


def test_a_file_with_a_name_in_each_line_gives_no_endless_legend(path):
    add(path, "".join(f"{i},1,loss{i},1\n" for i in range(1, 1000)))

    assert len(CurveReader(path).read()) == MAX_CURVES
