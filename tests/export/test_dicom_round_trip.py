"""Exported images after de-identification, after reopening, and no way around the marks."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

import medgan_viewer
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.dicom.synthetic_marks import provenance_of
from medgan_viewer.export.dicom_writer import write_secondary_capture
from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.label import burn_label
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiLut, VoiWindow
from tests.export.synthetic_frames import (
    GENERATED,
    PATIENT,
    PLANE,
    SOURCE,
    TRANSLATED,
    context,
    frame,
    written,
)

# PS3.15 Table E.1-1, January 2025: X removed, Z emptied, U replaced; nested ones included.
BASIC_PROFILE = {
    "X": (
        "StudyDescription SeriesDescription ImageComments DerivationDescription SeriesDate "
        "SourceImageSequence ContributionDescription InstitutionName StationName SeriesTime "
        "DeviceSerialNumber"
    ),
    "Z": (
        "PatientName PatientID PatientBirthDate PatientSex AccessionNumber StudyID StudyDate "
        "StudyTime ReferringPhysicianName ContentDate ContentTime"
    ),
    "U": "StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID",
}


def test_after_the_basic_profile_the_written_file_is_still_synthetic(tmp_path):
    dataset = written(
        frame(provenance=TRANSLATED, geometry=PLANE), tmp_path, sources=(SOURCE,), patient=PATIENT
    )
    dataset.remove_private_tags()
    for part in (dataset, *dataset.ContributingEquipmentSequence):
        for action, keywords in BASIC_PROFILE.items():
            for keyword in keywords.split():
                if keyword not in part:
                    continue
                if action == "X":
                    del part[keyword]
                else:
                    part[keyword].value = "2.25.7" if action == "U" else ""
    dataset.save_as(tmp_path / "clean.dcm")

    provenance = provenance_of(dcmread(tmp_path / "clean.dcm"))

    assert provenance.model_name == "Chest 1.0"
    assert provenance.weights_sha256 == "ab" * 32


@pytest.mark.parametrize(
    "options",
    [
        {"vois": (VoiWindow(2000, 1000), VoiWindow(40, 400))},
        {"vois": (VoiWindow(500, 300, VoiFunction.SIGMOID),), "transform": Rescale(2, -1024)},
        {"vois": (VoiLut(10, np.arange(0, 4096, 16, dtype=np.uint16), 12),)},
        {"vois": (VoiWindow(2000, 1000),), "inverted": True},
        {},
    ],
)
def test_source_and_result_look_alike_at_first_display(tmp_path, options):
    source = frame(np.int16, provenance=None, **options)
    result = replace(source, provenance=GENERATED)
    path = tmp_path / "image.dcm"

    write_secondary_capture(result, path, context(burn_in=False))
    reopened = load_frame(FrameRef(path, "2.25.4"))

    shown = render_display(source, default_voi(source)).pixels
    assert np.array_equal(render_display(reopened, default_voi(reopened)).pixels, shown)


def test_a_reopened_image_is_the_labelled_frame_with_its_recipe(tmp_path):
    """So a newly made frame can be compared with the file, label included."""
    path = tmp_path / "image.dcm"

    write_secondary_capture(frame(), path, context())
    reopened = load_frame(FrameRef(path, "2.25.4"))

    assert reopened.provenance == GENERATED
    assert np.array_equal(reopened.stored, burn_label(frame()).stored)


def test_only_the_writers_that_mark_what_is_synthetic_write_dicom_files():
    """Another way out would be one without marks."""
    package = Path(medgan_viewer.__file__).parent
    writers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if getattr(node, "attr", getattr(node, "id", "")) in {"dcmwrite", "save_as"}
    }

    assert writers == {"export/dicom_writer.py", "export/annotated_image.py"}
