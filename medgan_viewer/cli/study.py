"""scan, render, probe: what is in files, one image as the screen shows it, one value."""

import math
import stat
from pathlib import Path
from typing import Annotated, Any

import typer

from medgan_viewer.cli.shared import (
    ForceOption,
    JsonOption,
    Progress,
    print_json,
    say,
    source_argument,
)
from medgan_viewer.errors import InputError, MedganError, UsageError
from medgan_viewer.files import status_of

FrameOption = Annotated[int, typer.Option("--frame", min=1, help="Frame, counted from 1.")]


def scan(
    paths: Annotated[list[Path], source_argument("Files and folders.")],
    as_json: JsonOption = False,
) -> None:
    """List patients, studies and display sets, then every file that is not shown, and why."""
    from medgan_viewer.dicom.decoder import DecoderPool
    from medgan_viewer.dicom.scan import scan as scan_paths

    progress = Progress("Reading files")
    with DecoderPool() as pool:
        found = scan_paths(paths, pool, on_progress=progress.update)
    progress.finish()
    if as_json:
        print_json(_scan_document(found))
    else:
        _print_scan(found)
    if not found.studies:
        raise _nothing_found(paths, found.skipped)


def render(
    file: Annotated[Path, source_argument("DICOM file.")],
    out: Annotated[Path, typer.Option("--out", help="PNG file to write.")],
    frame: FrameOption = 1,
    window: Annotated[
        tuple[float, float] | None, typer.Option("--window", help="Center and width.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="Named window.")] = None,
    voi: Annotated[int | None, typer.Option("--voi", min=1, help="View N of the file.")] = None,
    force: ForceOption = False,
) -> None:
    """Write the 8-bit image as a tile shows it at 1:1, without text; a synthetic one marked."""
    from medgan_viewer.export.image_writer import write_png
    from medgan_viewer.imaging.display import default_voi
    from medgan_viewer.imaging.presets import find_preset
    from medgan_viewer.imaging.voi import Voi, VoiWindow

    if sum(choice is not None for choice in (window, preset, voi)) > 1:
        raise UsageError("Several windows are given.", "Give --window, --preset or --voi.")
    pixels = _read(file, frame)
    chosen: Voi = default_voi(pixels)
    if window is not None:
        if not (all(map(math.isfinite, window)) and window[1] > 0):
            raise UsageError(
                problem=f"There is no window with center {window[0]} and width {window[1]}.",
                action="Give --window CENTER WIDTH, the width above 0.",
            )
        chosen = VoiWindow(window[0], window[1])
    elif preset is not None:
        known = find_preset(preset, pixels.modality)
        if known is None:
            raise _no_preset(preset, file, pixels.modality)
        chosen = known.window
    elif voi is not None:
        if voi > len(pixels.vois):
            raise InputError(
                problem=f"{file.name} has {len(pixels.vois)} views, not {voi}.",
                action="Give a lower --voi, or leave it out.",
            )
        chosen = pixels.vois[voi - 1]
    write_png(pixels, out, chosen, overwrite=force, source_paths=(file,))


def probe(
    file: Annotated[Path, source_argument("DICOM file.")],
    at: Annotated[str, typer.Option("--at", help="COLUMN,ROW, counted from 0.")],
    frame: FrameOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Print stored value, modality value with unit, patient position and padding of a pixel."""
    column, row = _place(at)
    pixels = _read(file, frame)
    if not (0 <= column < pixels.columns and 0 <= row < pixels.rows):
        raise UsageError(
            problem=f"{at} lies outside the image of {pixels.columns} x {pixels.rows} pixels.",
            action="Give a column and a row inside it, counted from 0.",
        )
    stored = pixels.stored[row, column]
    geometry = pixels.geometry
    document: dict[str, Any] = {
        "stored": [int(c) for c in stored] if pixels.is_color else stored.item(),
        "value": None if pixels.is_color else float(pixels.transform.apply(stored[None])[0]),
        "unit": pixels.unit,
        "position_mm": None
        if geometry is None
        else [round(float(x), 6) for x in geometry.to_patient(column, row)],
        "padding": pixels.padding is not None and bool(pixels.padding.mask(stored).all()),
        "suv": None,
        "synthetic": pixels.is_synthetic,
    }
    if pixels.suv is not None:
        document["suv"] = document["value"] * pixels.suv.factor
    if as_json:
        print_json(document)
        return
    say(f"stored {document['stored']}")
    if document["value"] is not None:
        say(f"value {document['value']:g} {document['unit']}".rstrip())
    if pixels.suv is not None:
        say(f"{pixels.suv.label} {document['suv']:.4g}")
    position = document["position_mm"]
    say(f"position {position} mm (LPS)" if position else "position unknown")
    if document["padding"]:
        say("padding: there is no image here")
    if document["synthetic"]:
        say("SYNTHETIC")


def _read(file: Path, frame: int) -> Any:
    from medgan_viewer.dicom.decoder import DecoderPool
    from medgan_viewer.dicom.decoder_messages import ReadFrame
    from medgan_viewer.dicom.hierarchy import FrameRef

    status = status_of(file)
    if status is None or not stat.S_ISREG(status.st_mode):
        raise InputError(f"{file} is not a file.", "Give the path of a DICOM file.")
    with DecoderPool(1) as pool:
        return pool.run(ReadFrame(FrameRef(file, "", frame)))


def _no_preset(name: str, file: Path, modality: str) -> MedganError:
    """Return the error for a preset of another modality, or of none."""
    from medgan_viewer.imaging.presets import all_presets, find_preset

    listed = "; ".join(
        f"for {each}: {', '.join(preset.name for preset in presets)}"
        for each, presets in all_presets().items()
    )
    if not any(find_preset(name, each) for each in all_presets()):
        return UsageError(f"There is no preset {name!r}.", f"Use one of these, {listed}.")
    return InputError(
        problem=f"The preset {name!r} is not for {file.name}, whose modality is "
        f"{modality or 'unknown'}.",
        action=f"Give --window CENTER WIDTH; there are presets {listed}.",
    )


def _place(text: str) -> tuple[int, int]:
    try:
        column, row = (int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            problem=f"--at {text} is not of the form COLUMN,ROW.", action="Write for example 12,34."
        ) from None
    return column, row


def _nothing_found(paths: list[Path], skipped: Any) -> InputError:
    given = str(paths[0]) if len(paths) == 1 else f"the {len(paths)} paths"
    if len(skipped) == 1:
        problem = f"{skipped[0].path} {skipped[0].reason}."
    elif skipped:
        problem = f"None of the {len(skipped)} files in {given} shows an image."
    else:
        problem = f"There are no files in {given}."
    return InputError(problem, "Give a folder or a file with DICOM images that you may read.")


def _scan_document(found: Any) -> dict[str, Any]:
    from medgan_viewer.dicom.display_sets import split_into_display_sets

    return {
        "studies": [
            {
                "patient_id": study.facts.patient_id,
                "study_uid": study.facts.study_uid,
                "date": study.facts.study_date,
                "description": study.facts.study_description,
                "series": [
                    {
                        "series_uid": series.facts.series_uid,
                        "modality": series.facts.modality,
                        "description": series.facts.series_description,
                        "display_sets": [
                            {
                                "label": one.label,
                                "frames": len(one.frames),
                                "rows": one.rows,
                                "columns": one.columns,
                                "spacing_mm": list(one.spacing_mm),
                                "order_rule": one.order_rule,
                                "geometry": {
                                    "verdict": one.geometry.verdict,
                                    "reasons": list(one.geometry.reasons),
                                },
                                "synthetic": one.is_synthetic,
                            }
                            for one in split_into_display_sets(series)
                        ],
                    }
                    for series in study.series
                ],
            }
            for study in found.studies
        ],
        "skipped": [{"path": str(one.path), "reason": one.reason} for one in found.skipped],
    }


def _print_scan(found: Any) -> None:
    document = _scan_document(found)
    for study in document["studies"]:
        date, text = study["date"] or "no date", study["description"]
        say(f"Patient {study['patient_id'] or 'without ID'} · {date} {text}".rstrip())
        for series in study["series"]:
            for one in series["display_sets"]:
                mark = "SYNTHETIC " if one["synthetic"] else ""
                known = [f"{mm:g}" for mm in one["spacing_mm"] if mm is not None]
                spacing = " x ".join(known) + " mm" if known else "spacing unknown"
                images = "1 image" if one["frames"] == 1 else f"{one['frames']} images"
                say(
                    f"  {mark}{series['modality']} {one['label']}: {images}, "
                    f"{one['columns']} x {one['rows']}, {spacing}, by {one['order_rule']}, "
                    f"{one['geometry']['verdict']}"
                )
                for reason in one["geometry"]["reasons"]:
                    say(f"      {reason}")
    if not document["studies"]:
        say("No DICOM images were found.")
    if document["skipped"]:
        say(f"Not shown: {len(document['skipped'])}")
        for skipped in document["skipped"]:
            say(f"  {skipped['path']} {skipped['reason']}")
