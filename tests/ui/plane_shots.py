"""Pictures of planes and reference lines: python -m tests.ui.plane_shots [FOLDER].

The CT is a made torso of ellipsoids in Hounsfield units, thin slices of it axial and thick ones
from the front and from the side. Writes into shots/, which git ignores, unless a folder is named.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from medgan_viewer.imaging.slab import Projection, Slab
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.theme import apply_theme
from tests.dicom_factory import make_ct, uid
from tests.ui import shots

SIDE_MM, HEIGHT_MM = 360, 240
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
# Center and half axes in mm from the middle (left, back, head), and HU.
ELLIPSOIDS = (
    ((0, 0, 0), (165, 115, 400), -90),
    ((0, 0, 0), (155, 105, 400), 45),
    ((-75, -5, 25), (58, 78, 120), -820),
    ((75, -5, 25), (58, 78, 120), -820),
    ((12, -22, 5), (52, 46, 58), 60),
    ((14, -26, 4), (24, 22, 34), 220),
    ((-45, -10, -115), (95, 82, 62), 95),
    ((95, 30, -105), (40, 38, 45), 115),
    ((0, 70, 0), (22, 22, 400), 420),
    ((0, 70, 0), (15, 15, 400), 180),
    ((0, 92, 0), (9, 9, 400), 30),
    ((-14, 38, 0), (13, 13, 400), 260),
    ((-80, -30, 55), (9, 9, 9), 40),
    ((60, 20, -20), (6, 6, 6), 900),
)


def torso(x, y, z):
    """Return HU at positions in mm, LPS, the middle of the body at the origin."""
    values = np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), -1000.0)
    for center, axes, hounsfield in ELLIPSOIDS:
        parts = ((place - c) / a for place, c, a in zip((x, y, z), center, axes, strict=True))
        values[sum(part**2 for part in parts) < 1] = hounsfield
    # Vertebrae and discs take turns, and the ribs ring the chest.
    spine = ((x / 20) ** 2 + ((y - 70) / 20) ** 2) < 1
    values[spine & (np.abs((z + 1000) % 28 - 14) > 10.5)] = 70
    shell = (x / 150) ** 2 + (y / 100) ** 2
    is_rib = (shell > 0.86) & (shell < 1) & (z > -70)
    values[is_rib & (np.abs((z + 0.35 * y + 1000) % 30 - 15) < 5)] = 550
    return values


def write_stack(folder, name, orientation, starts, shape, spacing_mm, number):
    row, column = (np.array(orientation[i : i + 3], float) for i in (0, 3))
    noise = np.random.default_rng(3)
    for index, start in enumerate(starts):
        rows, columns = np.mgrid[: shape[0], : shape[1]] * spacing_mm
        place = [start[i] + row[i] * columns + column[i] * rows for i in range(3)]
        values = torso(*place) + noise.normal(0, 12, shape)
        make_ct(
            folder / f"{name}-{index:03d}.dcm",
            np.rint(values + 1024).astype(np.int16),
            SeriesInstanceUID=uid("torso", name),
            SOPInstanceUID=uid("torso", name, index),
            StudyInstanceUID=uid("torso"),
            FrameOfReferenceUID=uid("torso space"),
            SeriesNumber=number,
            InstanceNumber=index + 1,
            SeriesDescription=name,
            StudyDescription="Made torso",
            PatientName="MADE^TORSO",
            PatientID="MADE-1",
            BodyPartExamined="CHEST",
            ImageOrientationPatient=list(orientation),
            ImagePositionPatient=list(start),
            PixelSpacing=[spacing_mm, spacing_mm],
            WindowCenter=40,
            WindowWidth=400,
        )


def write_torso(folder):
    half, top = SIDE_MM / 2, HEIGHT_MM / 2
    axial = [(-half, -half + 40, z) for z in np.arange(-top, top, 3.0)]
    write_stack(folder, "Axial 3 mm", (1, 0, 0, 0, 1, 0), axial, (140, 180), 2.0, 1)
    coronal = [(-half, y, top) for y in np.arange(-90, 91, 15.0)]
    write_stack(folder, "Coronal 15 mm", CORONAL, coronal, (120, 180), 2.0, 2)
    sagittal = [(x, -half + 40, top) for x in np.arange(-120, 121, 15.0)]
    write_stack(folder, "Sagittal 15 mm", SAGITTAL, sagittal, (120, 140), 2.0, 3)


def show_planes(stage):
    session = stage.session
    session.set_mode(Mode.BROWSE)
    stage.open("torso")
    session.mpr_switch.toggle()
    wait_for_rest(stage)
    session.mpr.set_slab(Slab(6, Projection.MIP))
    session.mpr.move_to((2, -18, 8))
    wait_for_rest(stage)


def show_reference_lines(stage):
    session = stage.session
    session.set_mode(Mode.BROWSE)
    stage.open("torso")
    session.set_layout(Layout(2, 2))
    [study] = session.studies.studies
    for tile, display_set in zip(session.acquired, study.display_sets, strict=False):
        session.show_set(display_set, tile)
    session.show_set(study.display_sets[0], session.acquired[3])
    wait_for_rest(stage)
    session.grid.set_links(view=True, scroll=False, window=False)
    session.acquired[3].use_preset(3)  # lung
    session.grid.activate(session.acquired[0])
    session.acquired[0].guides.point_at(118, 62)
    wait_for_rest(stage)


def wait_for_rest(stage):
    tiles = stage.session.grid
    shots.pause(200)
    stage.wait(lambda: all(t.frame is not None and t.index == t.wanted for t in tiles.shown))
    shots.pause(200)


def main(names):
    app = QApplication.instance() or QApplication(sys.argv[:1])
    apply_theme(app)
    if names:
        shots.FOLDER = Path(names[0])
    shots.FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEDGAN_HOME"] = folder
        data = Path(folder) / "data"
        write_torso(data / "torso")
        for name, show in (("mpr", show_planes), ("reference-lines", show_reference_lines)):
            stage = shots.Stage(data, name)
            show(stage)
            stage.save()
            stage.close()


if __name__ == "__main__":
    main(sys.argv[1:])
