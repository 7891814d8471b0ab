import pytest

from medgan_viewer.evaluation.report import EvaluationReport, FigureRow


def row(value, better, baselines, floor=None):
    return FigureRow("figure", value, None, 10, floor, baselines, better, "")


def test_lower_higher_and_near_floor_are_three_ways_of_being_better():
    baselines = {"dcgan": 2.0}

    assert row(1.0, "lower", baselines).beats("dcgan")
    assert not row(1.0, "higher", baselines).beats("dcgan")
    assert row(0.5, "near floor", baselines, floor=1.0).beats("dcgan")
    assert not row(0.5, "near floor", {"dcgan": 0.9}, floor=1.0).beats("dcgan")


def test_the_best_baseline_is_the_hardest_to_beat():
    baselines = {"a": 1.0, "b": 3.0, "c": 2.1}

    assert row(0, "lower", baselines).best_baseline == "a"
    assert row(0, "higher", baselines).best_baseline == "b"
    assert row(0, "near floor", baselines, floor=2.0).best_baseline == "c"
    assert row(0, "lower", {}).best_baseline is None


def test_a_name_too_long_for_a_manifest_is_a_bug():
    with pytest.raises(ValueError, match="80"):
        FigureRow("x" * 81, 0, None, 1, None, {}, "lower", "")


def test_rows_are_found_by_name():
    report = EvaluationReport("m", "images", 1, 1, 1, (row(1, "lower", {}),))

    assert report.row("figure").value == 1
    with pytest.raises(KeyError):
        report.row("other")
