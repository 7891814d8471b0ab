"""Pictures of the training page in its states, for the eye: python -m tests.ui.training.shots.

Writes PNG files into the folder shots/ of the checkout, which git ignores; another folder may be
given. Nothing is trained: the runs are made up, and their samples are a drawn phantom.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from skimage.data import shepp_logan_phantom
from skimage.transform import rotate

from medgan_viewer.imaging.label import draw_label
from medgan_viewer.session.session import Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.session.training_folder import write_launch, write_wish
from medgan_viewer.session.training_order import ModelFamily
from medgan_viewer.session.training_process import find_process
from medgan_viewer.training.run_states import Wish
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.theme import apply_theme
from tests.session.fixtures import QuickEngine
from tests.session.training_runs import write_run

FOLDER = Path(__file__).resolve().parents[3] / "shots"
LOSSES = {
    "loss_d": (1.4, 0.69),
    "loss_g": (0.9, 1.2),
    "l1": (0.5, 0.06),
    "kl": (60.0, 21.0),
    "feature_matching": (2.2, 0.4),
    "r1": (0.09, 0.006),
}


def pause(duration_ms):
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


def made_curves(images, rate, seed=0):
    """Return the table of losses that fall from a first to a last value, with noise."""
    random = np.random.default_rng(seed)
    lines = []
    for seen in range(160, images, 160):
        for name, (first, last) in LOSSES.items():
            mean = last + (first - last) * np.exp(-6 * seen / images)
            mean *= np.exp(0.07 * random.standard_normal())
            lines.append(f"{seen},{seen / rate / 60:.2f},{name},{mean:.6g}\n")
    return "".join(lines)


def write_sheet(folder, images, side=128, grid=6, blur=1.0):
    random = np.random.default_rng(images)
    phantom = shepp_logan_phantom()[:: 400 // side, :: 400 // side][:side, :side]
    sheet = np.zeros((grid * side, grid * side))
    for place in range(grid * grid):
        row, column = divmod(place, grid)
        made = rotate(phantom, random.normal(0, 8)) * random.uniform(0.6, 1)
        made += blur * 0.06 * random.standard_normal(made.shape)
        tile = sheet[row * side :, column * side :][:side, :side]
        tile[: made.shape[0], : made.shape[1]] = made[:side, :side]
    pixels = (np.clip(sheet, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(draw_label(pixels, "SYNTHETIC")).save(folder / "sheets" / f"{images:08d}.png")


def write_runs(root):
    """Write one run in each state."""
    alive = {"pid": os.getpid(), "pid_started": find_process(os.getpid()).since_boot_s}
    now = time.time()
    texts = {
        "failed": "The label 'virus' has one image only. Add images of it, or drop the label.",
        "interrupted": "",
    }
    states = ("finished", "stopped", "interrupted", "failed", "paused", "running")
    for index, state in enumerate(states):
        images = 12_000 + 3_000 * index
        folder = write_run(
            root,
            f"chest-{index}",
            state="running" if state == "interrupted" else state,
            title=("Chest X-ray 128", "Knee, second try", "Brain T1 with a rather long name")[
                index % 3
            ],
            curves=made_curves(images, 33, index) if state != "failed" else "",
            images=images if state != "failed" else 0,
            minutes=images / 33 / 60 if state != "failed" else 0.0,
            images_per_second=33.4,
            phase="adversarial" if state in ("running", "paused") else "",
            message=texts.get(state, ""),
            **(alive if state in ("running", "paused") else {"pid": 1 << 30, "updated": now - 900}),
        )
        os.utime(folder / "config.toml", (now + index, now + index))
        if state == "failed":
            (folder / "log.txt").write_text(f"reading the images …\n{texts['failed']}\n")
            continue
        write_sheet(folder, images, blur=2 - index / 4)
        if state == "paused":
            write_wish(folder, Wish.PAUSE)
        if state == "finished":
            (folder / "package").mkdir()
            (folder / "package" / "manifest.json").write_text("{}")


class Stage:
    def __init__(self, target, root):
        self.target = target
        options = SessionOptions((), runs_folder=root, training_command=(sys.executable,))
        self.session = Session(options, QuickEngine)
        self.window = MainWindow(self.session, show_hints=False)
        self.page = self.window.training
        self.window.resize(1280, 800)
        self.window.show()
        self.window.actions_by_id["train"].trigger()
        pause(1500)

    def save(self, name, size=None):
        if size is not None:
            self.window.resize(*size)
        pause(300)
        self.window.grab().save(str(self.target / f"train_{name}.png"))

    def choose(self, state):
        run = next(run for run in self.session.training.runs if run.state.value == state)
        self.session.training.choose(run.folder)
        pause(1200)

    def close(self):
        self.window.close()
        self.window.deleteLater()
        pause(50)


def main(target):
    app = QApplication.instance() or QApplication(sys.argv[:1])
    apply_theme(app)
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEDGAN_HOME"] = folder
        stage = Stage(target, Path(folder) / "none")
        stage.save("empty")
        stage.close()
        root = Path(folder) / "runs"
        root.mkdir()
        write_runs(root)
        stage = Stage(target, root)
        stage.save("running", (1280, 800))
        stage.save("running_large", (1920, 1080))
        stage.page.run.curves.linear.click()
        stage.save("running_linear", (1280, 800))
        stage.page.run.curves.logarithmic.click()
        for state in ("paused", "finished", "interrupted", "failed"):
            stage.choose(state)
            if state == "failed":
                stage.page.run.problem.fold.click()
            stage.save(state)
        form = stage.page.form
        form.family.setCurrentIndex(form.family.findData(ModelFamily.PIX2PIX))
        form.folder.setText("/data/brain studies/prepared")
        form.name.setText("T1 to T2")
        folder = stage.session.training.chosen.folder
        write_launch(folder, os.getpid(), before=time.time())
        stage.save("translator_order")
        stage.session.notices.post_warning("A notice over the page.", "Do this.")
        stage.save("small", (900, 600))
        stage.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
