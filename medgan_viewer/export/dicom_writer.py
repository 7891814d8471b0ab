"""Synthetic frames to DICOM: one Secondary Capture per slice, with every mark and the recipe.

Nothing else in the program writes DICOM images, and nothing here writes one without the marks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pydicom import config as pydicom_config
from pydicom import dcmwrite
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pydicom.valuerep import DSfloat

from medgan_viewer.dicom.source_images import sources_used
from medgan_viewer.dicom.synthetic_marks import TITLE, apply_marks, require_complete
from medgan_viewer.errors import CancelledError, InputError
from medgan_viewer.export.context import (
    ExportContext,
    JoinedStudy,
    PatientIdentity,
    invented_patient,
)
from medgan_viewer.export.stored_pixels import set_pixels, set_transforms, storable
from medgan_viewer.export.target import check_target, make_folder
from medgan_viewer.files import write_atomically
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.label import burn_label

IMPLEMENTATION_UID = UID("2.25.302871840968175443013263108290743105612")
_SERIES_NUMBER = 9001  # beyond the numbers that scanners use
_PREAMBLE = b"\0" * 128  # a program could hide in it


@dataclass(frozen=True, slots=True)
class _SeriesFacts:
    """What all instances of one exported series share."""

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    patient: PatientIdentity
    date: str
    time: str


def write_secondary_capture(
    frame: PixelFrame, path: Path, context: ExportContext, *, overwrite: bool = False
) -> None:
    """Write one synthetic frame as a series of its own.

    Parameters
    ----------
    path : its folder must exist

    Raises
    ------
    InputError
        The frame is acquired, its provenance is incomplete, or `path` may not be written.
    ValueError
        `context` gives the identity of a real patient to an image made from nothing, or lacks a
        source image.
    """
    _check_frames([frame], context)
    check_target(path, overwrite=overwrite, source_paths=context.source_paths)
    [stored] = storable([frame])
    _write(stored, path, 1, _series_facts(context), context)


def write_series(
    frames: Sequence[PixelFrame],
    folder: Path,
    context: ExportContext,
    *,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Path, ...]:
    """Write synthetic frames as one series, 0001.dcm and so on, in the order given.

    All frames are checked before the first file appears. Float frames share one rescale. Samples
    that do not belong together are series of their own: `write_secondary_capture` for each.

    Parameters
    ----------
    folder : made when missing
    on_progress : called after each file with the number of files written and the number of all
    should_stop : asked before each file

    Raises
    ------
    InputError, ValueError
        As `write_secondary_capture`; the frames come from more than one model package.
    CancelledError
        `should_stop` said so; the files written until then stay.
    """
    _check_frames(frames, context)
    paths = tuple(folder / f"{number:04d}.dcm" for number in range(1, len(frames) + 1))
    for path in paths:
        check_target(path, overwrite=overwrite, source_paths=context.source_paths)
    make_folder(folder)
    facts = _series_facts(context)
    for number, (frame, path) in enumerate(zip(storable(frames), paths, strict=True), start=1):
        if should_stop is not None and should_stop():
            raise CancelledError(
                problem=f"The export to {folder} was stopped after {number - 1} of {len(paths)} "
                "images.",
                action="Delete the folder, or export again with permission to overwrite.",
            )
        _write(frame, path, number, facts, context)
        if on_progress is not None:
            on_progress(number, len(paths))
    return paths


def _check_frames(frames: Sequence[PixelFrame], context: ExportContext) -> None:
    if not frames:
        raise ValueError("a series needs a frame")
    provenances = [_complete_provenance(frame) for frame in frames]
    origins = {(each.kind, each.package_id, each.weights_sha256) for each in provenances}
    if len(origins) > 1:
        raise ValueError(f"one series holds images of one package, got {sorted(map(str, origins))}")
    if context.patient is not None and not all(map(_may_carry_identity, provenances)):
        raise ValueError("an image made from nothing never carries the identity of a patient")
    for provenance in provenances:
        sources_used(provenance, context.sources)


def _complete_provenance(frame: PixelFrame) -> Provenance:
    if frame.provenance is None:
        raise InputError(
            problem="The image was acquired, and only synthetic images are written as DICOM.",
            action="Copy the original file instead.",
        )
    require_complete(frame.provenance)
    return frame.provenance


def _may_carry_identity(provenance: Provenance) -> bool:
    return provenance.kind is not SyntheticKind.GENERATED and bool(provenance.source_uids)


def _series_facts(context: ExportContext) -> _SeriesFacts:
    study_uid = context.study.study_uid if context.study is not None else context.new_uid()
    now = context.now()
    return _SeriesFacts(
        study_uid=study_uid,
        series_uid=context.new_uid(),
        frame_of_reference_uid=context.new_uid(),
        patient=context.patient or invented_patient(study_uid),
        date=now.strftime("%Y%m%d"),
        time=now.strftime("%H%M%S.%f"),
    )


def _write(
    frame: PixelFrame, path: Path, number: int, facts: _SeriesFacts, context: ExportContext
) -> None:
    provenance = _complete_provenance(frame)
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = context.new_uid()
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = facts.date, facts.time
    dataset.ContentDate, dataset.ContentTime = facts.date, facts.time
    dataset.InstanceNumber = number
    _set_patient(dataset, facts.patient)
    _set_study(dataset, facts, context)
    dataset.Modality = context.modality
    dataset.SeriesInstanceUID = facts.series_uid
    dataset.SeriesNumber = _SERIES_NUMBER
    dataset.SeriesDate, dataset.SeriesTime = facts.date, facts.time
    is_generated = provenance.kind is SyntheticKind.GENERATED
    _set_place(dataset, frame, facts.frame_of_reference_uid if is_generated else None)
    set_transforms(dataset, frame)
    set_pixels(dataset, burn_label(frame) if context.burn_in else frame)
    if context.shows_head:
        dataset.RecognizableVisualFeatures = "YES"
    apply_marks(
        dataset,
        provenance,
        has_label=context.burn_in,
        sources=context.sources,
        scanner=context.scanner,
        keeps_place=frame.geometry is not None,
    )
    _save(dataset, path)


def _set_patient(dataset: Dataset, patient: PatientIdentity) -> None:
    carry_over(dataset, "PatientName", patient.name)
    carry_over(dataset, "PatientID", patient.patient_id)
    carry_over(dataset, "PatientBirthDate", patient.birth_date)
    carry_over(dataset, "PatientSex", patient.sex)
    if patient.identity_removed:
        carry_over(dataset, "PatientIdentityRemoved", patient.identity_removed)
    if patient.deidentification_method:
        carry_over(dataset, "DeidentificationMethod", patient.deidentification_method)


def _set_study(dataset: Dataset, facts: _SeriesFacts, context: ExportContext) -> None:
    study = context.study or JoinedStudy(facts.study_uid, "", facts.date, facts.time, TITLE)
    dataset.StudyInstanceUID = study.study_uid
    carry_over(dataset, "StudyID", study.study_id)
    carry_over(dataset, "StudyDate", study.date)
    carry_over(dataset, "StudyTime", study.time)
    carry_over(dataset, "StudyDescription", study.description)
    carry_over(dataset, "AccessionNumber", study.accession_number)
    carry_over(dataset, "ReferringPhysicianName", study.referring_physician)


def carry_over(dataset: Dataset, keyword: str, text: str) -> None:
    """Set a value as the source has it, even one too long for its VR: it has to match there."""
    vr = dictionary_VR(keyword)
    dataset.add(DataElement(keyword, vr, text, validation_mode=pydicom_config.IGNORE))


def _set_place(dataset: Dataset, frame: PixelFrame, own_frame_of_reference_uid: str | None) -> None:
    """Set plane and frame of reference, or what is known of the pixel's size and shape.

    Parameters
    ----------
    own_frame_of_reference_uid : for an image that shows no patient's body; stands in place of the
        frame's own
    """
    if frame.geometry is not None:
        _set_plane(dataset, frame.geometry, own_frame_of_reference_uid)
        return
    dataset.PatientOrientation = ""
    if frame.spacing is not None and _set_spacing(dataset, frame.spacing):
        return
    if frame.aspect != 1:
        ratio = Fraction(frame.aspect).limit_denominator(1000)
        dataset.PixelAspectRatio = [ratio.numerator, ratio.denominator]


def _set_plane(dataset: Dataset, geometry: PlaneGeometry, own_uid: str | None) -> None:
    directions = (*geometry.row_direction, *geometry.column_direction)
    dataset.ImagePositionPatient = [DSfloat(x, auto_format=True) for x in geometry.position_mm]
    dataset.ImageOrientationPatient = [DSfloat(x, auto_format=True) for x in directions]
    dataset.PixelSpacing = _row_and_column(geometry.spacing)
    dataset.SliceThickness = (
        None if geometry.thickness_mm is None else DSfloat(geometry.thickness_mm, auto_format=True)
    )
    uid = own_uid or geometry.frame_of_reference_uid
    if uid:
        dataset.FrameOfReferenceUID = uid
        dataset.PositionReferenceIndicator = ""


def _set_spacing(dataset: Dataset, spacing: PixelSpacing) -> bool:
    """Set the spacing under the name its source has in DICOM; False where there is no name."""
    values = _row_and_column(spacing)
    match spacing.source:
        case SpacingSource.PATIENT:
            dataset.PixelSpacing = values
        case SpacingSource.CALIBRATED | SpacingSource.GEOMETRY:
            is_measured = spacing.source is SpacingSource.CALIBRATED
            dataset.PixelSpacing = values
            dataset.PixelSpacingCalibrationType = "FIDUCIAL" if is_measured else "GEOMETRY"
            dataset.PixelSpacingCalibrationDescription = "as the source image"
        case SpacingSource.DETECTOR:
            dataset.ImagerPixelSpacing = values
        case _:  # plain millimetres would claim more than is known
            return False
    return True


def _row_and_column(spacing: PixelSpacing) -> list[DSfloat]:
    return [
        DSfloat(spacing.row_mm, auto_format=True),
        DSfloat(spacing.column_mm, auto_format=True),
    ]


def _save(dataset: Dataset, path: Path) -> None:
    if dataset.get("SyntheticData") != "YES":
        raise ValueError("only marked images are written")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = "MEDGAN_VIEWER"
    dataset.file_meta = meta
    dataset.preamble = _PREAMBLE
    write_atomically(path, lambda stream: dcmwrite(stream, dataset, enforce_file_format=True))
