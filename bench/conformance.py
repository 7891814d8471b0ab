"""Real files of many vendors and syntaxes: which are shown, why the others are not, who disagrees.

Every file of a conformance folder is opened through the program's own decoder pool and rendered.
Each picture is held against DCMTK (dcm2pnm and its sisters); where DCMTK refuses the file, against
GDCM (decoded by gdcmconv, windowed by DCMTK); where both do, against pydicom and the formula of the
standard. tests/dicom/
test_conformance.py asks the same questions and fails on an answer nobody has explained.

Run from the checkout: python -m bench.conformance FOLDER [--write docs/conformance.md].
"""

import argparse
import csv
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.conformance_explained import explanation_of
from bench.conformance_peers import DcmtkAndGdcm, Pixels, by_pydicom
from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame, ReadHeaders
from medgan_viewer.dicom.hierarchy import FrameRef, InstanceHeader, SkippedFile
from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import Voi, VoiLut, VoiWindow

TOLERANCE = 1  # gray levels
NAMED = 4  # files a reason lists before it counts the rest

_HEAD = """\
# Conformance of the pictures

Made by `python -m bench.conformance FOLDER --write docs/conformance.md`; do not edit. The folder
holds files from the public test sets of pydicom, highdicom, GDCM, fo-dicom, cornerstone, dwv, dcmqi
and others, none of which is part of this repository.

Of each file the first, the middle and the last frame are opened. The first and the last are
rendered as on screen and compared: gray ones in a window over the middle 90 % of their values, with
and without overlays of the file, and in the first window or table of the file. Colors of a
supplemental palette are left out, no other program here shows them. Each picture is held against
DCMTK 3.6.7; where that refuses the file, against GDCM (decoded by gdcmconv, windowed by DCMTK);
where both do, against pydicom and the formula of PS3.3 C.11.2.1.2.1. Agreement means that no pixel
differs by more than one of 256 levels.
""".splitlines()


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture held against a peer.

    Attributes
    ----------
    view : "window" for a window that we name, "overlay" for the same with the graphics of the
        file, "own" for the first view of the file, "color"
    peer : "DCMTK", "GDCM" or "pydicom"; empty when none shows the file
    largest : largest difference in gray levels; -1 when the sizes differ
    part : of the pixels, that differ by more than the tolerance
    ally : another peer, whose picture is ours, where the first one's is not
    """

    frame_number: int
    view: str
    peer: str
    largest: int = 0
    part: float = 0.0
    ally: str = ""

    @property
    def agrees(self) -> bool:
        return 0 <= self.largest <= TOLERANCE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    row : of conformance.csv
    reason : why it is not shown; empty for what is
    seconds : the slowest answer of the pool for this file
    """

    row: dict[str, str]
    header: InstanceHeader | None
    reason: str
    seconds: float
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def name(self) -> str:
        return self.row["file"]

    @property
    def is_shown(self) -> bool:
        return not self.reason

    @property
    def differs(self) -> bool:
        return any(picture.peer and not picture.agrees for picture in self.pictures)

    @property
    def is_gray(self) -> bool:
        return any(picture.view != "color" for picture in self.pictures)

    @property
    def worst(self) -> Picture | None:
        """The picture that differs most, or None when no peer shows the file."""
        compared = [picture for picture in self.pictures if picture.peer]
        return max(compared, key=lambda p: (p.largest < 0, p.largest), default=None)


def read_rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of the folder's table."""
    with (folder / "conformance.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def survey(folder: Path, pool: DecoderPool, *, with_peers: bool = True) -> list[Outcome]:
    """Open, render and compare every file of the folder's table."""
    rows = read_rows(folder)
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda row: examine(folder, row, pool, with_peers), rows))


def examine(folder: Path, row: dict[str, str], pool: DecoderPool, with_peers: bool) -> Outcome:
    """Open one file as the program does and hold what it shows against a peer."""
    path = folder / row["file"]
    start = time.monotonic()
    (header,) = pool.run(ReadHeaders((path,)))
    seconds = time.monotonic() - start
    if isinstance(header, SkippedFile):
        return Outcome(row, None, header.reason, seconds)
    pictures: list[Picture] = []
    notes: list[str] = []
    for ref in chosen_frames(header.frame_refs()):
        start = time.monotonic()
        try:
            frame = pool.run(ReadFrame(ref))
            render_display(frame, default_voi(frame))
        except MedganError as error:
            reason = error.problem.removeprefix(f"{path.name} ").rstrip(".")
            if header.frame_count > 1 and pictures:
                notes.append(f"frame {ref.frame_number} {reason}")
                continue
            return Outcome(row, header, reason, seconds)
        seconds = max(seconds, time.monotonic() - start)
        notes += [note for note in frame.notes if note not in notes]
        # The middle frame adds time and no kind of mistake.
        if with_peers and ref.frame_number in (1, header.frame_count):
            with DcmtkAndGdcm(path, header.transfer_syntax_uid) as peers:
                pictures += compare(path, ref.frame_number, frame, peers)
    return Outcome(row, header, "", seconds, tuple(notes), tuple(pictures))


def chosen_frames(refs: Sequence[FrameRef]) -> list[FrameRef]:
    """Return the first, the middle and the last frame."""
    return [refs[i] for i in sorted({0, len(refs) // 2, len(refs) - 1})]


def compare(
    path: Path, frame_number: int, frame: PixelFrame, peers: DcmtkAndGdcm
) -> Iterable[Picture]:
    """Yield each picture of a frame beside the first peer's, and who else agrees with us."""
    if frame.supplement is not None:  # DCMTK shows no supplemental colors
        frame = replace(frame, supplement=None)
    views: list[tuple[str, Voi, tuple[str, ...]]] = []
    if frame.is_color:
        views.append(("color", default_voi(frame), ()))
    else:
        window = window_over(frame)
        views.append(("window", window, ("+Ww", f"{window.center:g}", f"{window.width:g}")))
        if frame.overlay is not None:
            views.append(("overlay", window, ("+O", "0", "+Omt", *views[0][2])))
        if frame.vois:
            views.append(("own", frame.vois[0], own_view(frame.vois[0])))
    for view, voi, options in views:
        ours = render_display(frame, voi, overlays=view == "overlay").pixels
        asked = [
            ("DCMTK", lambda o=options: peers.by_dcmtk(frame_number, o)),
            ("GDCM", lambda o=options: peers.by_gdcm(frame_number, o)),
        ]
        if view in (
            "window",
            "color",
        ):  # pydicom applies neither window nor overlay
            asked.append(("pydicom", lambda v=voi: by_pydicom(path, frame, frame_number, v)))
        yield judged(view, frame_number, ours, asked)


def judged(
    view: str,
    frame_number: int,
    ours: Pixels,
    asked: Iterable[tuple[str, Callable[[], Pixels | None]]],
) -> Picture:
    """Return how far our picture is from the first peer's; ask on until one agrees."""
    first: Picture | None = None
    for peer, show in asked:
        theirs = show()
        if theirs is None:
            continue
        is_same_size = theirs.shape == ours.shape
        apart = np.abs(ours.astype(int) - theirs) if is_same_size else None
        largest = -1 if apart is None else int(apart.max())
        part = 1.0 if apart is None else float((apart > TOLERANCE).mean())
        picture = Picture(frame_number, view, peer, largest, part)
        if first is None:
            first = picture
        if picture.agrees:
            return first if first is picture else replace(first, ally=peer)
    return first or Picture(frame_number, view, "")


def own_view(voi: Voi) -> tuple[str, str]:
    """Return dcm2pnm's option for the first view of the file."""
    return ("+Wl", "1") if isinstance(voi, VoiLut) else ("+Wi", "1")


def window_over(frame: PixelFrame) -> VoiWindow:
    """Return a window of whole numbers, or of thousandths, over the middle 90 % of the values."""
    values = frame.modality_values()
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, (5, 95))
    if high - low < 2:
        low, high = values.min(), values.max()
    digits = 0 if high - low >= 10 else 3
    width = max(round(float(high - low), digits), 2)
    return VoiWindow(round(float(low + high) / 2, digits), width)


def unexplained(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the files whose picture differs from the peer's, and nobody has said why."""
    return [o.name for o in outcomes if o.differs and not explanation_of(o.name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with DecoderPool() as pool:
        outcomes = survey(options.folder, pool)
    text = report(outcomes)
    if options.write is not None:
        options.write.write_text(text, encoding="utf-8")
    print(text)


def report(outcomes: Sequence[Outcome]) -> str:
    """Return docs/conformance.md."""
    shown = [o for o in outcomes if o.is_shown]
    compared = [o for o in shown if o.worst is not None]
    agreeing = [o for o in compared if not o.differs]
    peers = Counter(o.worst.peer for o in agreeing if o.worst is not None)
    gray = [o for o in compared if o.is_gray]
    differing = [o for o in compared if o.differs]
    slowest = max(outcomes, key=lambda o: o.seconds)
    lines = [
        *_HEAD,
        "",
        "| | Files |",
        "|---|---|",
        f"| in the folder | {len(outcomes)} |",
        f"| shown | {len(shown)} |",
        f"| not shown, each with its reason | {len(outcomes) - len(shown)} |",
        f"| compared with another program | {len(compared)}, {len(gray)} of them gray |",
        f"| agreeing with it | {len(agreeing)} "
        f"({', '.join(f'{peer} {count}' for peer, count in peers.most_common())}) |",
        f"| differing, explained below | {len(differing)} |",
        "",
        f"No file stopped a decoder. The slowest answer took {slowest.seconds:.1f} s "
        "(limit of the program: 10 s).",
        "",
        "## Differences beyond one gray level",
        "",
        "| File | Peer | Largest | Of the pixels | Agrees with us | Why |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in differing:
        worst = outcome.worst
        assert worst is not None
        allies = {p.ally for p in outcome.pictures if p.ally}
        lines.append(
            f"| {short(outcome)} | {worst.peer} | {worst.largest} | {100 * worst.part:.2g} % "
            f"| {', '.join(sorted(allies)) or 'nobody'} | {explanation_of(outcome.name)} |"
        )
    lines += ["", "## Shown, but read by no other program here", ""]
    lines += [f"- {short(o)}" for o in shown if o.worst is None]
    lines += ["", "## Not shown", "", "| Reason: this file ... | Files |", "|---|---|"]
    reasons: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.reason:
            reasons.setdefault(outcome.reason, []).append(short(outcome))
    for reason, names in sorted(reasons.items(), key=lambda entry: -len(entry[1])):
        listed = ", ".join(names[:NAMED])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"| {reason} | {listed}{more} |")
    lines += ["", "## Notes on fidelity that the screen shows", ""]
    notes = Counter(re.sub(r"[\d.]+:1", "n:1", note) for o in shown for note in o.notes)
    lines += [f"- {note}: {count}" for note, count in notes.most_common()]
    return "\n".join([*lines, ""])


def short(outcome: Outcome) -> str:
    """Return the file's name with its project, without the folders between."""
    project, _, rest = outcome.name.partition("/")
    return f"`{project.rpartition('__')[2]}/…/{rest.rpartition('/')[2]}`"


if __name__ == "__main__":
    main()
