import json

import pytest

from medgan_viewer.evaluation.memorisation import NearestPair
from medgan_viewer.evaluation.report import EvaluationReport, FigureRow
from medgan_viewer.evaluation.report_text import card_table, manifest_metrics, text_table, to_json
from medgan_viewer.generators.manifest import Metric


@pytest.fixture
def report():
    return EvaluationReport(
        model="chest",
        unit="images",
        n_real=198,
        n_synthetic=600,
        n_train=1179,
        rows=(
            FigureRow(
                "Distance", 7.123456, (4.0, 9.5), 198, 1.25, {"dcgan": 30.0}, "lower", "Near."
            ),
            FigureRow("Odd", float("nan"), None, 0, None, {}, "higher", ""),
        ),
        nearest=(NearestPair("pixels", 5, 17, 0.01, 0.05), NearestPair("pixels", 6, 3, 0.1, 0.05)),
        notes=("Blurred images lie nearer.",),
    )


def test_the_json_document_has_the_keys_of_the_contract(report):
    document = json.loads(json.dumps(to_json(report), allow_nan=False))

    assert {"model", "n_real", "n_synthetic", "metrics"} <= document.keys()
    first, odd = document["metrics"]
    assert (first["name"], first["value"], first["interval"]) == ("Distance", 7.123456, [4.0, 9.5])
    assert (first["floor"], first["baseline"], first["baselines"]) == (1.25, 30.0, {"dcgan": 30.0})
    assert (odd["value"], odd["interval"], odd["baseline"]) == (None, None, None)


def test_manifest_entries_are_what_a_manifest_takes(report):
    (entry,) = manifest_metrics(report)  # one that is not a number is left out

    metric = Metric.model_validate(entry)
    assert (metric.value, metric.interval, metric.n) == (7.1235, (4.0, 9.5), 198)
    assert metric.compared_with == "real images: 1.25; dcgan: 30"
    assert metric.plain == "Near."


def test_the_text_has_a_line_per_figure_and_names_suspicious_samples(report):
    lines = text_table(report).splitlines()

    (line,) = (line for line in lines if line.startswith("Distance"))
    assert line.split() == ["Distance", "7.12", "4", "to", "9.5", "198", "1.25", "30", "lower"]
    assert "Blurred images lie nearer." in lines
    assert [line.split()[:2] for line in lines if "pixels" in line] == [["5", "17"]]


def test_the_card_has_a_table_whose_lines_have_equal_columns(report):
    table = [line for line in card_table(report).splitlines() if line.startswith("|")]

    assert len(table) == 4
    assert len({line.count("|") for line in table}) == 1
    assert "| dcgan |" in table[0]
