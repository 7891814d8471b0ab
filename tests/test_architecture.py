"""The rules of docs/architecture.md that no linter sees."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "medgan_viewer"
SOURCES = sorted(PACKAGE.rglob("*.py"))
IMPORTERS = PACKAGE / "generators" / "importers"
WITH_QT = {"app", "session", "ui"}
HOT_MODULES = ("torch", "PySide6", "pyqtgraph")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def place(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def calls(path):
    """Yield every call of a file with its dotted name ("torch.load") and its keywords."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            yield node, ast.unparse(node.func), keywords


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def loaded_by(modules, refused=()):
    """Return which of HOT_MODULES a fresh Python has after importing `modules`."""
    code = (
        "import importlib, json, sys\n"
        "modules, refused, hot = json.loads(sys.argv[1])\n"
        "sys.modules.update(dict.fromkeys(refused))\n"  # None: importing it fails
        "for name in modules:\n"
        "    importlib.import_module(name)\n"
        "print(json.dumps([name for name in hot if sys.modules.get(name)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps([modules, refused, HOT_MODULES])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_core_imports_without_qt():
    names = [module_name(path) for path in SOURCES if path.stem != "__main__"]
    core = [name for name in names if not WITH_QT & set(name.split(".")[1:2])]

    assert "PySide6" not in loaded_by(core, refused=["PySide6", "pyqtgraph"])


def test_decoder_processes_load_neither_qt_nor_torch():
    modules = [module_name(path) for path in SOURCES if path.parent == PACKAGE / "dicom"]

    assert loaded_by(modules) == []


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_neither_qt_nor_torch(option):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['medgan-viewer', {option!r}]\n"
        "try:\n"
        "    runpy.run_module('medgan_viewer', run_name='__main__')\n"
        "except SystemExit as end:\n"
        f"    loaded = [name for name in {HOT_MODULES} if name in sys.modules]\n"
        "    sys.exit(end.code or ', '.join(loaded) or 0)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"no answer to {option}, or too much loaded: {done.stderr}"
    assert done.stdout.strip()


def test_torch_load_stands_in_the_importers_and_loads_weights_only():
    wrong = [
        place(path, node)
        for path in SOURCES
        for node, name, keywords in calls(path)
        if name.endswith("torch.load")
        and not (path.is_relative_to(IMPORTERS) and keywords.get("weights_only") == "True")
    ]

    assert not wrong, f"only generators/importers, and with weights_only=True: {wrong}"


def test_nothing_else_runs_what_a_file_says():
    doors = ("eval", "exec", "compile", "torch.jit.load", "torch.hub.load")
    wrong = [
        f"{place(path, node)} {name}"
        for path in SOURCES
        for node, name, keywords in calls(path)
        if name in doors or keywords.get("allow_pickle") == "True"
    ]

    assert not wrong, f"files are data, never code: {wrong}"


def test_unpickling_stands_in_the_importers():
    modules = {"pickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
    wrong = [
        f"{place(path, node)} {name}"
        for path in SOURCES
        if not path.is_relative_to(IMPORTERS)
        for node, name in imports(path)
        if name.split(".")[0] in modules or name == "torch.load"
    ]

    assert not wrong, f"pickles are read in generators/importers only: {wrong}"


def test_no_codec_under_the_gpl_is_installed_or_asked_for():
    installed = {normalized(found.name) for found in importlib.metadata.distributions()}
    asked_for = (ROOT / "constraints.txt").read_text() + (ROOT / "pyproject.toml").read_text()

    assert "pylibjpeg-libjpeg" not in installed
    assert "pylibjpeg-libjpeg" not in normalized(asked_for)


def tree_of_the_document():
    """Yield the module files that section 5 of docs/architecture.md lists."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    block = text.split("## 5. ")[1].split("```")[1]
    folders = []
    for line in block.splitlines():
        entry = line.split()[0] if line.strip() else ""
        depth = (len(line) - len(line.lstrip())) // 2
        del folders[depth:]
        if entry.endswith("/"):
            folders.append(entry)
        elif entry.endswith(".py"):
            yield "".join(folders) + entry


def test_the_architecture_document_lists_every_module_and_no_other():
    listed = list(tree_of_the_document())
    present = {str(p.relative_to(ROOT).as_posix()) for p in SOURCES if p.name != "__init__.py"}

    assert len(listed) == len(set(listed)), "a module is listed twice"
    assert not present - set(listed), "add these to section 5 of docs/architecture.md"
    assert not set(listed) - present, "take these out of section 5 of docs/architecture.md"


def test_no_file_of_the_package_is_longer_than_350_lines():
    long = {
        module_name(path): lines
        for path in SOURCES
        if (lines := len(path.read_text("utf-8").splitlines())) > 350
    }

    assert not long, f"split by concept: {long}"


def test_nothing_is_left_for_later():
    folders = ("medgan_viewer", "installer", "bench", ".ci")
    files = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    words = re.compile(r"\b(TODO|FIXME|XXX)\b")
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.suffix in {".py", ".md", ".toml", ".spec", ""}
        and words.search(path.read_text("utf-8"))
    ]

    assert not found, f"finish it, or take it out: {found}"


def test_the_package_imports_the_dependencies_that_it_declares_and_no_others():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {distribution_of(requirement) for requirement in project["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    roots = {name.split(".")[0] for path in SOURCES for _, name in imports(path)}
    imported = {
        normalized(distributions[root][0])
        for root in roots - set(sys.stdlib_module_names) - {"medgan_viewer"}
    }

    assert imported == declared


def test_every_dependency_has_one_exact_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    pinned = {normalized(pin.split("==")[0]) for pin in pins}
    assert {distribution_of(requirement) for requirement in wanted} <= pinned


def distribution_of(requirement):
    return normalized(re.match(r"[\w.-]+", requirement)[0])


def normalized(name):
    """Return the one spelling of a distribution's name that all others stand for (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_readme_says_what_the_program_is_not_for():
    words = (ROOT / "README.md").read_text("utf-8").replace(">", " ").split()
    readme = " ".join(words)

    assert "is not a medical device" in readme
    assert "must not be used for diagnosis" in readme


def test_the_checks_of_the_server_are_those_of_the_developer():
    script = (ROOT / ".ci" / "run").read_text("utf-8")

    assert script.splitlines()[-1] == "exec python3 bootstrap.py test"


def test_labels_in_the_window_show_plain_text():
    allowed = {"foreign_text.py", "help_dialogs.py"}  # the class itself, and text of our own
    labels = [
        path.name
        for path in (PACKAGE / "ui").rglob("*.py")
        if path.name not in allowed and re.search(r"(?<!Plain)\bQLabel\(", path.read_text("utf-8"))
    ]

    assert labels == [], "use PlainLabel: Qt takes what looks like HTML for HTML"
