"""Real files of many vendors and syntaxes: shown as another decoder shows them, or explained."""

import csv
import shutil
import warnings
from collections import Counter

import pytest

from bench.conformance import survey, unexplained
from bench.conformance_explained import EXPLAINED
from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame, ReadHeaders
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.errors import MedganError

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

LOSSY_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


@pytest.fixture(scope="module")
def outcomes(shared_data):
    """Return for each file its row of the table, its header or reason, and its frames or error."""
    folder = shared_data / "dicom_conformance"
    with (folder / "conformance.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    with DecoderPool() as pool:
        paths = tuple(folder / row["file"] for row in rows)
        headers = pool.run(ReadHeaders(paths))
        return [
            (row, header, frames_of(pool, header))
            for row, header in zip(rows, headers, strict=True)
        ]


def frames_of(pool, header):
    """Return (smallest, largest) stored value of each gray frame, None for color, or the error."""
    if isinstance(header, SkippedFile):
        return []
    limits = []
    try:
        for ref in header.frame_refs():
            frame = pool.run(ReadFrame(ref))
            stored = frame.stored
            limits.append(None if frame.is_color else (stored.min().item(), stored.max().item()))
    except MedganError as error:
        return error
    return limits


def name_of(row):
    return row["file"].rpartition("/")[2]


def test_every_file_is_shown_or_explained(outcomes):
    unexplained = [
        name_of(row)
        for row, header, frames in outcomes
        if (isinstance(header, SkippedFile) and not header.reason)
        or (isinstance(frames, MedganError) and not (frames.problem and frames.action))
    ]

    assert len(outcomes) > 300
    assert unexplained == []


def test_no_file_stops_a_decoder_or_meets_a_bug(outcomes):
    texts = [
        header.reason if isinstance(header, SkippedFile) else getattr(frames, "problem", "")
        for _, header, frames in outcomes
    ]

    bad = [text for text in texts if "decoder stopped" in text or "nexpected" in text]
    assert bad == []


def test_what_must_be_displayed_is_displayed(outcomes):
    missing = {
        name_of(row): header.reason if isinstance(header, SkippedFile) else frames.problem
        for row, header, frames in outcomes
        if row["expected"] == "must display"
        and (isinstance(header, SkippedFile) or isinstance(frames, MedganError))
    }

    assert missing == {}


def test_gray_values_have_the_limits_that_pydicom_finds(outcomes):
    compared = Counter()
    different = {}
    for row, _, frames in outcomes:
        is_comparable = row["pydicom_decode"] == "ok" and isinstance(frames, list) and frames
        if not is_comparable or frames[0] is None:
            continue
        low, high = min(f[0] for f in frames), max(f[1] for f in frames)
        expected = tuple(float(text) for text in row["pydicom_minmax"].split(".."))
        # Another decoder rounds the cosine transform differently.
        tolerance = 1 if row["transfer_syntax"] in LOSSY_JPEG else 0
        compared[row["transfer_syntax"]] += 1
        if abs(low - expected[0]) > tolerance or abs(high - expected[1]) > tolerance:
            different[name_of(row)] = ((low, high), expected)

    assert different == {}
    assert sum(compared.values()) > 140
    assert len(compared) >= 13  # transfer syntaxes


def test_objects_without_pixels_are_named_for_what_they_are(outcomes):
    reasons = Counter(
        header.reason
        for row, header, _ in outcomes
        if row["expected"].startswith("no pixels") and isinstance(header, SkippedFile)
    )

    assert reasons["is a structured report, not an image"] >= 5
    assert reasons["is a radiotherapy structure set, not an image"] == 1
    assert reasons["is a DICOM object without an image"] < sum(reasons.values()) / 2


@pytest.fixture(scope="module")
def surveyed(shared_data):
    """Return what bench.conformance finds, other programs' pictures included."""
    if shutil.which("dcm2pnm") is None or shutil.which("gdcmconv") is None:
        pytest.skip("needs dcm2pnm of DCMTK and gdcmconv of GDCM, which are not installed")
    with warnings.catch_warnings(), DecoderPool() as pool:
        warnings.simplefilter("ignore")  # pydicom's, on files that break the standard on purpose
        return survey(shared_data / "dicom_conformance", pool)


def test_every_picture_is_that_of_another_program_or_the_difference_is_explained(surveyed):
    compared = [outcome for outcome in surveyed if outcome.worst is not None]

    assert unexplained(surveyed) == []
    assert len(compared) >= 240
    assert sum(outcome.is_gray for outcome in compared) >= 165


def test_every_explanation_of_a_difference_is_still_needed(surveyed):
    differing = {outcome.name.rpartition("/")[2] for outcome in surveyed if outcome.differs}

    assert set(EXPLAINED) <= differing


def test_no_file_takes_as_long_as_the_limit(surveyed):
    assert max(outcome.seconds for outcome in surveyed) < 10
