"""Build the program that runs without Python into dist/medgan-viewer, and try it.

python3 bootstrap.py exec python installer/build.py
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# The last one opens the window: Qt, decoder processes and networks all have to work for it.
TRIALS = (("--version",), ("models", "list"), ("--demo", "--screenshot", "shot.png"))
TRIAL_TIMEOUT_S = 120


def build() -> Path:
    """Run PyInstaller and return the executable."""
    spec = ROOT / "installer" / "medgan_viewer.spec"
    command = [sys.executable, "-m", "PyInstaller", str(spec), "--noconfirm"]
    command += [f"--distpath={DIST}", f"--workpath={ROOT / 'build'}"]
    subprocess.run(command, check=True)
    suffix = ".exe" if sys.platform == "win32" else ""
    return DIST / "medgan-viewer" / f"medgan-viewer{suffix}"


def try_out(executable: Path) -> None:
    """Start the program in an empty folder with an empty home: nothing of the checkout may help."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {**os.environ, "MEDGAN_HOME": folder, "QT_QPA_PLATFORM": "offscreen"}
        for arguments in TRIALS:
            print(f"trying {executable.name} {' '.join(arguments)}", flush=True)
            command = [str(executable), *arguments]
            subprocess.run(command, check=True, cwd=folder, env=variables, timeout=TRIAL_TIMEOUT_S)


def main() -> None:
    executable = build()
    try_out(executable)
    files = [path for path in executable.parent.rglob("*") if path.is_file()]
    size_bytes = sum(path.lstat().st_size for path in files)
    print(f"{executable.parent}: {size_bytes / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
