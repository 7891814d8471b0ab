"""A report as a table for people, as JSON, and as entries of manifest and model card."""

import math
from typing import Any

from medgan_viewer.evaluation.figure_names import short
from medgan_viewer.evaluation.report import EvaluationReport, FigureRow

_MAX_COMPARED = 4000  # of a text in a manifest
_SIGNIFICANT = 5


def text_table(report: EvaluationReport) -> str:
    """Return one table with a line per figure, then the notes."""
    baselines = _baseline_names(report)
    header = ["figure", "value", "95 % interval", "n", "floor", *baselines, "better"]
    lines = [header, *([*_cells(row, baselines), row.better] for row in report.rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    shown = []
    for line in lines:
        first, *middle, last = line
        padded = [cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)]
        shown.append("  ".join([first.ljust(widths[0]), *padded, last]).rstrip())
    shown.insert(1, "-" * max(len(line) for line in shown))
    counts = f"{report.n_synthetic} synthetic against {report.n_real} held-out {report.unit}"
    title = f"{report.model or 'model'}: {counts}, {report.n_train} for training"
    return "\n".join([title, "", *shown, "", *report.notes, *_nearest_lines(report)])


def to_json(report: EvaluationReport) -> dict[str, Any]:
    """Return the document of `evaluate --json`; a value that is not finite becomes null."""
    return {
        "model": report.model,
        "unit": report.unit,
        "n_real": report.n_real,
        "n_synthetic": report.n_synthetic,
        "n_train": report.n_train,
        "metrics": [_row_json(row) for row in report.rows],
        "nearest": [
            {
                "space": pair.space,
                "synthetic": pair.synthetic_index,
                "training": pair.training_index,
                "distance": _number(pair.distance),
                "threshold": _number(pair.threshold),
                "suspicious": pair.is_suspicious,
            }
            for pair in report.nearest
        ],
        "notes": list(report.notes),
    }


def manifest_metrics(report: EvaluationReport) -> list[dict[str, Any]]:
    """Return the entries of Manifest.metrics, numbers rounded to five figures that count."""
    entries = []
    for row in report.rows:
        if not math.isfinite(row.value):
            continue
        entry: dict[str, Any] = {
            "name": row.name,
            "value": _rounded(row.value),
            "n": max(row.n, 1),
            "compared_with": compared_with(row)[:_MAX_COMPARED],
            "plain": row.plain,
        }
        if row.interval is not None:
            entry["interval"] = [_rounded(bound) for bound in row.interval]
        entries.append(entry)
    return entries


def card_table(report: EvaluationReport) -> str:
    """Return the figures as a Markdown table, then the notes."""
    baselines = _baseline_names(report)
    header = ["Figure", "Value", "95 % interval", "n", "Floor", *baselines, "Better"]
    lines = [
        "| " + " | ".join(header) + " |",
        "|---|" + "---:|" * (len(header) - 2) + "---|",
    ]
    lines += [
        "| " + " | ".join([*_cells(row, baselines), row.better]) + " |" for row in report.rows
    ]
    notes = [f"- {note}" for note in report.notes]
    floor = "Floor: the same figure for real images in place of synthetic ones."
    return (
        "\n".join([*lines, "", floor, "", *notes])
        if _has_floor(report)
        else "\n".join([*lines, "", *notes])
    )


def compared_with(row: FigureRow) -> str:
    """Return floor and baselines of a row in words."""
    parts = [] if row.floor is None else [f"real images: {short(row.floor)}"]
    parts += [f"{name}: {short(value)}" for name, value in row.baselines.items()]
    return "; ".join(parts)


def _row_json(row: FigureRow) -> dict[str, Any]:
    best = row.best_baseline
    return {
        "name": row.name,
        "value": _number(row.value),
        "interval": None if row.interval is None else [_number(bound) for bound in row.interval],
        "n": row.n,
        "floor": _number(row.floor),
        "baseline": None if best is None else _number(row.baselines[best]),
        "baselines": {name: _number(value) for name, value in row.baselines.items()},
        "better": row.better,
        "plain": row.plain,
    }


def _cells(row: FigureRow, baselines: list[str]) -> list[str]:
    interval = "" if row.interval is None else " to ".join(short(bound) for bound in row.interval)
    floor = "" if row.floor is None else short(row.floor)
    others = [short(row.baselines[name]) if name in row.baselines else "" for name in baselines]
    return [row.name, short(row.value), interval, str(row.n), floor, *others]


def _baseline_names(report: EvaluationReport) -> list[str]:
    names: dict[str, None] = {}
    for row in report.rows:
        names |= dict.fromkeys(row.baselines)
    return list(names)


def _nearest_lines(report: EvaluationReport) -> list[str]:
    suspicious = [pair for pair in report.nearest if pair.is_suspicious]
    if not suspicious:
        return []
    lines = ["", "Suspiciously near to a training image (sample, training image, distance):"]
    lines += [
        f"  {pair.synthetic_index}  {pair.training_index}  {short(pair.distance)}"
        f" (real ones from {short(pair.threshold)}), {pair.space}"
        for pair in suspicious
    ]
    return lines


def _has_floor(report: EvaluationReport) -> bool:
    return any(row.floor is not None for row in report.rows)


def _rounded(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
