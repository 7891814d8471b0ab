"""Run folders as tests need them: a training process that learns nothing, and folders at rest."""

import json
import sys
import time

import psutil

from medgan_viewer.session.training_folder import write_wish
from medgan_viewer.training.run_states import Wish

# Obeys the contract of a run folder: status, curves, sheets, control; writes no checkpoint of use.
SCRIPT = """
import csv, json, os, pathlib, struct, sys, time, zlib

try:
    fields = pathlib.Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
except OSError:
    started = None
config = pathlib.Path(sys.argv[2])
folder = pathlib.Path(sys.argv[4])
resumes = "--resume" in sys.argv
text = config.read_text("utf-8")
(folder / "arguments.json").write_text(json.dumps(sys.argv[1:]))
if "fails at once" in text:
    print("reading ...\\nThere is no labels.csv. Add one.", file=sys.stderr)
    sys.exit(3)
before = folder / "checkpoint.safetensors"
images = int(before.read_text()) if resumes and before.exists() else 0


def status(state, message=""):
    document = {
        "state": state, "pid": os.getpid(), "pid_started": started, "images": images,
        "images_wanted": None, "minutes": images / 600, "max_minutes": 30.0,
        "images_per_second": 33.3, "phase": "warm-up", "message": message,
        "updated": time.time(),
    }
    part = folder / ".status.part"
    part.write_text(json.dumps(document))
    part.replace(folder / "status.json")


def png(gray):
    side = len(gray)
    def chunk(kind, content):
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))
    rows = b"".join(b"\\0" + bytes(row) for row in gray)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\\x89PNG\\r\\n\\x1a\\n" + parts


if "fails later" in text:
    status("failed", "The label 'x' has one image only. Add images or drop the label.")
    sys.exit(3)
(folder / "sheets").mkdir(exist_ok=True)
while True:
    word = (folder / "control").read_text().strip()
    if word == "stop":
        before.write_text(str(images))
        status("stopped")
        sys.exit(5)
    if word == "run":
        images += 10
        new = not (folder / "curves.csv").exists()
        with (folder / "curves.csv").open("a", newline="") as stream:
            rows = csv.writer(stream)
            if new:
                rows.writerow(("images", "minutes", "loss", "mean"))
            for name, mean in (("loss_g", 1 + 1 / images), ("loss_d", 1 - 1 / images)):
                rows.writerow((images, f"{images / 600:.2f}", name, f"{mean:.6g}"))
        if images % 30 == 0:
            sheet = png([[images % 256] * 32] * 32)
            (folder / "sheets" / f"{images:08d}.png").write_bytes(sheet)
    status("running" if word == "run" else "paused")
    if images >= 600_000:
        sys.exit(1)
    time.sleep(0.02)
"""


def write_script(folder):
    """Return the command that trains nothing."""
    path = folder / "train_nothing.py"
    path.write_text(SCRIPT)
    return (sys.executable, str(path))


def end_processes():
    """Stop what tests started; a process that outlives windows outlives tests, too."""
    for child in psutil.Process().children():
        try:
            ours = any(word.endswith("train_nothing.py") for word in child.cmdline())
        except psutil.NoSuchProcess:
            continue
        if ours:
            child.kill()
            child.wait(10)


def status_of(folder):
    return json.loads((folder / "status.json").read_text())


def write_run(root, name="chest-1", *, state="stopped", title="Chest", curves="", **status):
    """Write the folder of a run as a training process leaves it; return it."""
    folder = root / name
    (folder / "sheets").mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[model]\nfamily = "vae-gan"\nname = "{title}"\nresolution = 128\n'
        "[training]\nmax_minutes = 30\n"
    )
    document = {
        "state": state,
        "pid": 0,
        "pid_started": None,
        "images": 1200,
        "images_wanted": None,
        "minutes": 2.5,
        "max_minutes": 30.0,
        "images_per_second": 20.0,
        "phase": "",
        "message": "",
        "updated": time.time(),
    }
    (folder / "status.json").write_text(json.dumps(document | status))
    (folder / "curves.csv").write_text("images,minutes,loss,mean\n" + curves)
    write_wish(folder, Wish.RUN)
    return folder
