"""Texts from files never steer the terminal: what it would obey stands there by its number."""

import unicodedata

import pytest

from tests.dicom_factory import make_ct

HOSTILE = "a\x1b[31mred\x07\x9b2J\x7f\u202eb"
STEERING = "\x1b\x07\x7f\x9b\u202e"


def obeyed(text):
    """Return the characters a terminal would act on, but for the ends of lines."""
    return [c for c in text if c != "\n" and (unicodedata.category(c) == "Cc" or c in STEERING)]


@pytest.fixture
def hostile(tmp_path):
    """A folder with an image whose texts, and a text file whose name, hold control codes."""
    folder = tmp_path / "study"
    texts = dict.fromkeys(("PatientID", "StudyDescription", "SeriesDescription"), HOSTILE)
    make_ct(folder / "one.dcm", SpecificCharacterSet="ISO_IR 192", RescaleType="\x1b[2JHU", **texts)
    (folder / "bad\x1b[2Jname.txt").write_text("no image " * 50)
    return folder


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.filterwarnings("ignore:The value length")
def test_a_scan_prints_no_control_code(run, hostile, more):
    ended = run("scan", hostile, *more)

    assert ended.code == 0
    assert obeyed(ended.out) == []
    assert r"\u001b[31mred" in ended.out
    assert r"bad\u001b[2Jname.txt" in ended.out


def test_a_probe_and_a_comparison_print_no_control_code(run, hostile):
    path = hostile / "one.dcm"

    for ended in (run("probe", path, "--at", "0,0"), run("compare", path, path)):
        assert ended.code == 0
        assert obeyed(ended.out) == []


def test_an_error_is_one_line_without_control_codes(run, hostile, tmp_path):
    path = tmp_path / "line\nbreak\x1b[2J.txt"
    path.write_text("no image " * 50)

    ended = run("render", path, "--out", tmp_path / "out.png")

    assert ended.code == 3
    assert obeyed(ended.err) == []
    assert len(ended.err.splitlines()) == 1
    assert r"line\u000abreak\u001b[2J.txt" in ended.err


def test_letters_of_any_script_stay_as_they_are(run, tmp_path):
    name = "Ñandú 山 שלום\u200f"
    make_ct(tmp_path / "one.dcm", SpecificCharacterSet="ISO_IR 192", StudyDescription=name)

    assert name in run("scan", tmp_path).out
