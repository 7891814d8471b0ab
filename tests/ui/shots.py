"""Pictures of every panel in its states, for the eye: python -m tests.ui.shots [NAME ...].

Writes PNG files into the folder shots/ of the checkout, which git ignores. QT_SCALE_FACTOR=2 makes
pictures of twice the size.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QWidget
from skimage.data import shepp_logan_phantom

from medgan_viewer import paths
from medgan_viewer.errors import InputError
from medgan_viewer.session.comparison import CompareMode
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.session.tile_view import View
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.theme import apply_theme
from tests.dicom_factory import MR_IMAGE, make_series
from tests.session.fixtures import real_engine

FOLDER = Path(__file__).resolve().parents[2] / "shots"
SHOTS: dict[str, Callable[["Stage"], None]] = {}


def pause(duration_ms):
    """Let the window and the threads work; QTest.qWait would keep Python's lock."""
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


def shot(function):
    """Add a picture under the name of its function."""
    SHOTS[function.__name__] = function
    return function


class Stage:
    """A window with a session of its own; `save` takes its picture."""

    def __init__(self, data, name, *, hints=False):
        self.data = data
        self.name = name
        options = SessionOptions((paths.shipped_packages(),), index_path=data / f"{name}.db")
        self.session = Session(options, real_engine)
        self.window = MainWindow(self.session, show_hints=hints)
        self.session.library.refresh()
        for package in self.session.library.packages:
            self.session.choose_package(package)
        self.window.resize(1280, 800)
        self.window.show()

    def wait(self, condition, timeout_ms=60_000):
        for _ in range(timeout_ms // 20):
            if condition():
                return
            pause(20)
        raise TimeoutError(f"{self.name} did not get ready")

    def open(self, *names):
        studies = self.session.studies
        studies.open_paths([self.data / name for name in names])
        self.wait(lambda: not studies.status.running)
        self.wait(lambda: self.session.acquired[0].frame is not None)

    def mode(self, mode):
        self.session.set_mode(mode)
        if mode is not Mode.BROWSE:
            self.wait(lambda: self.session.synthetic.frame is not None, 20_000)

    def save(self, widget: QWidget | None = None, suffix=""):
        pause(700)  # thumbnails and the latency line come a moment after the images
        (widget or self.window).grab().save(str(FOLDER / f"{self.name}{suffix}.png"))

    def close(self):
        self.window.close()
        self.window.deleteLater()
        pause(50)


def write_data(folder):
    """Write a made head in two contrasts and a second patient."""
    head = shepp_logan_phantom()[::2, ::2]

    def slice_of(index):
        return (1000 * head * (1 - abs(index - 8) / 20)).astype(np.uint16)

    mr = {
        "SOPClassUID": MR_IMAGE,
        "Modality": "MR",
        "RescaleSlope": None,
        "RescaleIntercept": None,
        "PatientName": "Made^Head",
        "pixels": slice_of,
    }
    make_series(folder / "t1", range(0, 80, 5), name="T1 head axial", **mr)
    make_series(folder / "flair", range(0, 80, 10), name="FLAIR head axial", **mr)
    other = {**mr, "PatientID": "T-2", "PatientName": "Made^Other with a very long name indeed"}
    make_series(folder / "other", range(0, 80, 5), name="T1 of another patient", **other)
    (folder / "flair" / "notes.dcm").write_text("no image " * 30)
    (folder / "empty").mkdir()


@shot
def empty_generate(stage):
    stage.mode(Mode.GENERATE)
    stage.save()


@shot
def empty_browse(stage):
    stage.session.set_mode(Mode.BROWSE)
    stage.save()


@shot
def empty_translate(stage):
    stage.session.set_mode(Mode.TRANSLATE)
    stage.save()


@shot
def demo_with_hints(stage):
    stage.window.hints.show()
    stage.window.open_demo()
    stage.wait(lambda: stage.session.acquired[0].frame is not None)
    stage.mode(Mode.GENERATE)
    stage.save()
    stage.session.acquired[0].set_view(View(2.0))
    stage.save(suffix="_zoomed")
    stage.session.set_mode(Mode.COMPARE)
    stage.save(suffix="_compare")


@shot
def generate(stage):
    stage.open("t1", "flair")
    stage.mode(Mode.GENERATE)
    latent = stage.session.latent
    for label in latent.labels[1:2]:
        latent.set_label_weight(label.name, 0.4)
    for direction in latent.directions[:2]:
        latent.set_offset(direction.name, 1.5)
    pause(500)
    stage.save()
    stage.save(stage.window.right, "_panel")
    stage.save(stage.window.studies, "_studies")
    stage.window.resize(1920, 1080)
    stage.save(suffix="_large")
    stage.window.resize(1024, 700)
    stage.save(suffix="_small")
    for action in ("toggle_left", "toggle_right"):
        stage.window.set_panel_open(action, False)
    stage.save(suffix="_folded")
    stage.session.grid.toggle_maximized(stage.session.synthetic)
    stage.save(suffix="_alone")


@shot
def browse(stage):
    stage.session.set_mode(Mode.BROWSE)
    stage.open("t1", "flair")
    stage.session.set_layout(Layout(2, 2))
    stage.save()


@shot
def different_patients(stage):
    stage.session.set_mode(Mode.BROWSE)
    stage.open("t1", "other")
    sets = [s for study in stage.session.studies.studies for s in study.display_sets]
    for tile, display_set in zip(stage.session.acquired, sets, strict=False):
        stage.session.show_set(display_set, tile)
    pause(300)
    stage.save()
    stage.session.hide_identity(True)
    stage.save(suffix="_hidden")


@shot
def study_list(stage):
    stage.session.set_mode(Mode.BROWSE)
    write_list_data(stage.data / "list")
    stage.open("list", "t1", "flair", "other")
    stage.wait(lambda: len(stage.session.index.studies) >= 7)
    stage.window.actions_by_id["study_list"].trigger()
    stage.save()
    stage.session.hide_identity(True)
    stage.save(suffix="_hidden")
    stage.session.hide_identity(False)
    stage.window.study_list.search.setText("head 2024")
    stage.window.study_list.table.selectRow(0)
    stage.save(suffix="_searched")
    stage.window.study_list.search.setText("nothing like this")
    stage.save(suffix="_none")


@shot
def recent(stage):
    write_list_data(stage.data / "recent")
    stage.open("recent")
    stage.wait(lambda: len(stage.session.index.studies) >= 6)
    stage.session.studies.drop([study.facts for study in stage.session.studies.studies])
    stage.wait(lambda: not stage.session.studies.studies)
    stage.session.set_mode(Mode.BROWSE)
    stage.save()


def write_list_data(folder):
    """Write studies of several invented patients, modalities and years."""
    made = (
        ("Made^Amber", "M-104", "CT", "20240318", "CT chest", ("Lung 1 mm", "Soft tissue 5 mm")),
        ("Made^Amber", "M-104", "CT", "20230902", "CT chest, earlier", ("Lung 1 mm",)),
        ("Made^Bruno", "M-117", "MR", "20240511", "MR head", ("T1 axial", "T2 axial", "FLAIR")),
        ("Made^Clara Zoe", "M-121", "CR", "20220107", "Chest PA", ("PA",)),
        ("Made^Dmitri", "M-130", "PT", "20241130", "FDG whole body", ("AC", "NAC")),
        ("Made^Esther", "M-142", "US", "20250222", "US abdomen", ("Liver",)),
    )
    for number, (name, patient_id, modality, date, title, series) in enumerate(made):
        for index, label in enumerate(series):
            make_series(
                folder / str(number) / label,
                range(0, 5 * (3 + 2 * number), 5),
                name=f"{label} {number}",
                PatientName=name,
                PatientID=patient_id,
                Modality=modality,
                StudyDate=date,
                StudyDescription=title,
                SeriesDescription=label,
                SeriesNumber=index + 1,
                StudyInstanceUID=f"1.2.3.{number}",
                pixels=np.uint16(1000 * shepp_logan_phantom()[::4, ::4]),
            )


@shot
def translate(stage):
    stage.open("t1")
    stage.session.set_mode(Mode.TRANSLATE)
    stage.wait(lambda: stage.session.translation.translated_count > 2)
    stage.save(suffix="_running")
    stage.wait(lambda: not stage.session.service.jobs)
    stage.save()
    stage.window.actions_by_id["export_synthetic"].trigger()
    [question] = stage.window.findChildren(QMessageBox)
    stage.save(question, "_export")
    question.close()
    stage.session.comparison.set_mode(CompareMode.SIDE_BY_SIDE)
    stage.session.set_mode(Mode.COMPARE)
    for mode in CompareMode:
        stage.session.comparison.set_mode(mode)
        stage.wait(lambda: not stage.session.comparison.is_comparing)
        stage.save(suffix="_compare_" + mode.value.replace(" ", "_"))


@shot
def translate_refused(stage):
    stage.open("flair")
    stage.session.set_mode(Mode.TRANSLATE)
    stage.save()


@shot
def compare_unlike(stage):
    stage.open("t1")
    stage.mode(Mode.GENERATE)
    stage.mode(Mode.COMPARE)
    stage.session.comparison.set_mode(CompareMode.DIFFERENCE)
    stage.save()


@shot
def notices(stage):
    stage.open("flair")
    stage.mode(Mode.GENERATE)
    board = stage.session.notices
    board.post_info("picture.png was saved in pictures.")
    board.post_warning("The program ended unexpectedly the last time.", "The report is in x.log.")
    for number in range(3):
        problem = f"models/chest-{number}/weights.safetensors differs from the file."
        board.post_error(InputError(problem, "Get the package anew.", "SHA-256 expected ab12"))
    stage.save()


@shot
def dialogs(stage):
    stage.session.set_mode(Mode.GENERATE)
    for open_dialog in (
        stage.window.show_keys,
        stage.window.find_action,
        stage.window.show_about,
        stage.window.right.generators.card.click,
    ):
        open_dialog()
        pause(200)
        [dialog] = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog)]
        stage.save(dialog, f"_{dialog.windowTitle().split(' ')[0].lower()}")
        dialog.close()
        pause(50)


def main(names):
    app = QApplication.instance() or QApplication(sys.argv[:1])
    apply_theme(app)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEDGAN_HOME"] = folder
        data = Path(folder) / "data"
        write_data(data)
        for name in names or SHOTS:
            stage = Stage(data, name)
            SHOTS[name](stage)
            stage.close()


if __name__ == "__main__":
    main(sys.argv[1:])
