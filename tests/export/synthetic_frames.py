"""Small synthetic frames and a context whose UIDs and clock are known."""

from dataclasses import replace
from datetime import datetime
from itertools import count

import numpy as np
from pydicom import dcmread

from medgan_viewer.dicom.source_images import SourceImage
from medgan_viewer.export.context import ExportContext, PatientIdentity
from medgan_viewer.export.dicom_writer import write_secondary_capture
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry

GENERATED = Provenance(
    kind=SyntheticKind.GENERATED,
    model_name="Chest 1.0",
    package_id="chest",
    weights_sha256="ab" * 32,
    recipe_json='{"seed": 41}',
    summary="seed 41",
)
TRANSLATED = replace(GENERATED, kind=SyntheticKind.TRANSLATED, source_uids=("1.2.3.4",))
SOURCE = SourceImage("1.2.3.4", "1.2.840.10008.5.1.4.1.1.2")
PATIENT = PatientIdentity("123", "Doe^Jane", "19700101", "F")
PLANE = PlaneGeometry(
    position_mm=(-10.0, 20.5, 30.0),
    row_direction=(1.0, 0.0, 0.0),
    column_direction=(0.0, 0.0, -1.0),
    spacing=PixelSpacing(0.5, 0.8),
    frame_of_reference_uid="1.2.99",
    thickness_mm=3.0,
)


def context(**options):
    """A context whose UIDs count up and whose clock stands still."""
    numbers = count(1)
    options.setdefault("new_uid", lambda: f"2.25.{next(numbers)}")
    options.setdefault("now", lambda: datetime(2025, 5, 6, 7, 8, 9))
    return ExportContext(**options)


def frame(dtype=np.uint16, provenance=GENERATED, **options):
    ramp = np.arange(64 * 80, dtype=dtype).reshape(64, 80)
    return PixelFrame(stored=ramp, provenance=provenance, **options)


def written(image, folder, **options):
    path = folder / "image.dcm"
    write_secondary_capture(image, path, context(**options))
    return dcmread(path)
