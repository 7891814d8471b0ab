"""Broken, hostile and missing input files: named in a message with a remedy, exit code 3."""

import os
from pathlib import Path

import pytest

from tests.dicom_factory import ct_dataset, make_ct, make_series, ramp, write

INPUT = 3


def text_file(folder):
    path = folder / "text.dcm"
    path.write_text("this is no image " * 50)
    return path


def truncated_file(folder):
    path = make_ct(folder / "truncated.dcm", ramp(64, 64))
    path.write_bytes(path.read_bytes()[:-4000])
    return path


def header_only(folder):
    path = make_ct(folder / "header-only.dcm")
    path.write_bytes(path.read_bytes()[:200])
    return path


def empty_file(folder):
    path = folder / "empty.dcm"
    path.touch()
    return path


def huge_declared_size(folder):
    dataset = ct_dataset()
    dataset.Rows = dataset.Columns = 65535
    return write(dataset, folder / "huge.dcm")


def no_pixels(folder):
    dataset = ct_dataset()
    del dataset.PixelData
    return write(dataset, folder / "no-pixels.dcm")


BROKEN_FILES = [
    text_file,
    truncated_file,
    header_only,
    empty_file,
    huge_declared_size,
    no_pixels,
]


@pytest.mark.parametrize("make", BROKEN_FILES)
def test_a_broken_file_is_refused_by_render_and_probe(refused, tmp_path, make):
    path = make(tmp_path)

    refused(INPUT, path.name, "render", path, "--out", tmp_path / "out.png")
    refused(INPUT, path.name, "probe", path, "--at", "0,0")

    assert not (tmp_path / "out.png").exists()


def test_a_declared_length_of_4_gb_takes_no_more_than_is_there(run, tmp_path):
    path = make_ct(tmp_path / "long.dcm")
    content = path.read_bytes()
    place = content.rindex(b"\xe0\x7f\x10\x00OW\x00\x00") + 8
    path.write_bytes(content[:place] + b"\xfe\xff\xff\xff" + content[place + 4 :])

    assert run("probe", path, "--at", "7,7", "--json").json["stored"] == 63


@pytest.mark.parametrize("make", [text_file, header_only, empty_file, no_pixels])
def test_a_scan_goes_on_and_lists_the_broken_file(run, tmp_path, make):
    (tmp_path / "study").mkdir()
    broken = make(tmp_path / "study")
    make_series(tmp_path / "study" / "good")

    ended = run("scan", tmp_path / "study", "--json")

    assert ended.code == 0
    assert len(ended.json["studies"]) == 1
    [skipped] = ended.json["skipped"]
    assert skipped["path"] == str(broken)
    assert skipped["reason"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "{path}"),
        ("scan", "{path}", "--json"),
        ("render", "{path}", "--out", "{out}"),
        ("probe", "{path}", "--at", "0,0"),
        ("compare", "{path}", "{path}"),
        ("translate", "tiny-t1-to-t2", "{path}", "--out", "{out}"),
        ("view", "{path}"),
    ],
)
def test_a_missing_path_is_named(refused, models, tmp_path, arguments):
    places = {"path": tmp_path / "nowhere", "out": tmp_path / "out"}

    refused(INPUT, "nowhere", *(argument.format(**places) for argument in arguments))

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["compare", "translate"])
def test_an_empty_folder_holds_no_series(refused, models, tmp_path, command):
    (tmp_path / "empty").mkdir()
    asked = {
        "compare": ("compare", tmp_path / "empty", tmp_path / "empty"),
        "translate": ("translate", "tiny-t1-to-t2", tmp_path / "empty", "--out", tmp_path / "out"),
    }

    refused(INPUT, "empty", *asked[command])


def test_a_scan_of_an_empty_folder_says_that_there_is_nothing(run, tmp_path):
    text, document = run("scan", tmp_path), run("scan", tmp_path, "--json")

    assert (text.code, document.code) == (INPUT, INPUT)
    assert text.out == "No DICOM images were found.\n"
    assert document.json == {"studies": [], "skipped": []}
    assert text.err == document.err
    assert text.err.startswith(f"There are no files in {tmp_path}. Give ")
    assert len(text.err.splitlines()) == 1


@pytest.mark.parametrize("make", BROKEN_FILES)
def test_a_scan_that_finds_only_a_broken_file_lists_it_and_exits_with_3(run, tmp_path, make):
    broken = make(tmp_path)

    text, document = run("scan", tmp_path), run("scan", tmp_path, "--json")

    assert (text.code, document.code) == (INPUT, INPUT)
    [skipped] = document.json["skipped"]
    assert skipped["path"] == str(broken)
    assert f"{broken} {skipped['reason']}" in text.out
    assert text.err.startswith(f"{broken} {skipped['reason']}. ")
    assert len(text.err.splitlines()) == 1


def test_a_scan_that_finds_no_image_among_many_files_counts_them(run, tmp_path):
    text_file(tmp_path)
    empty_file(tmp_path)

    ended = run("scan", tmp_path)

    assert ended.code == INPUT
    assert ended.err.startswith(f"None of the 2 files in {tmp_path} shows an image. ")


@pytest.fixture
def closed(tmp_path, monkeypatch):
    """A folder that cannot be listed."""
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def guarded(path="."):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    return tmp_path / "closed"


def test_a_folder_that_may_not_be_read_is_listed_with_the_reason(run, closed, tmp_path):
    make_series(tmp_path / "open")

    ended = run("scan", tmp_path, "--json")

    assert ended.code == 0
    assert len(ended.json["studies"]) == 1
    [skipped] = ended.json["skipped"]
    assert skipped["path"] == str(closed)
    assert "ermission" in skipped["reason"]


def test_a_folder_that_may_not_be_read_given_alone_exits_with_its_reason(run, closed):
    ended = run("scan", closed)

    assert ended.code == INPUT
    assert f"{closed} cannot be opened (Permission denied)." in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("content", ["no JSON", "[]", "{}", '{"schema_version": 2}', "\udcff"])
def test_a_recipe_that_is_none_is_refused(refused, models, tmp_path, content):
    path = tmp_path / "recipe.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe", path)
    refused(INPUT, "recipe.json", *asked)

    assert not (tmp_path / "out").exists()


def test_a_missing_recipe_is_named(refused, models, tmp_path):
    asked = ("generate", "tiny", "--out", tmp_path / "out", "--recipe", tmp_path / "none.json")

    refused(INPUT, "none.json", *asked)


def test_a_folder_for_results_that_is_a_file_is_refused(refused, models, tmp_path):
    (tmp_path / "out").write_text("a file")

    refused(INPUT, str(tmp_path / "out"), "generate", "tiny", "--out", tmp_path / "out")
