"""The label table: what is read from it, and which rows are refused."""

import pytest

from medgan_viewer.datasets.label_table import read_label_table, read_rows
from medgan_viewer.errors import InputError
from tests.datasets.conftest import config_of, write_picture, write_table


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    for name in ("a.png", "b.png", "sub/c.png"):
        write_picture(data / name)
    return data


def test_rows_become_files_with_label_and_patient(folder):
    write_table(folder / "labels.csv", [("a.png", "sick", "P1"), ("sub/c.png", " well ", "P2")])

    files = read_label_table(folder, config_of(folder))

    assert [(f.name, f.label, f.patient) for f in files] == [
        ("a.png", "sick", "P1"),
        ("sub/c.png", "well", "P2"),
    ]
    assert files[1].path == (folder / "sub/c.png").resolve()


def test_several_columns_make_one_label(folder):
    columns = ("file", "label", "plane", "patient")
    write_table(folder / "labels.csv", [("a.png", "glioma", "axial", "P1")], columns)

    (file,) = read_label_table(folder, config_of(folder, label_columns=("label", "plane")))

    assert file.label == "glioma-axial"


def test_what_the_configuration_leaves_out_is_not_even_looked_for(folder):
    rows = [("a.png", "sick", "P1"), ("gone.png", "sick", "P2"), ("lost.png", "odd", "P3")]
    write_table(folder / "labels.csv", rows)
    config = config_of(folder, left_out=("P2",), left_out_labels=("odd",))

    assert [file.name for file in read_label_table(folder, config)] == ["a.png"]


def test_a_byte_order_mark_is_no_part_of_a_column(folder):
    (folder / "labels.csv").write_bytes(b"\xef\xbb\xbffile,label,patient\r\na.png,sick,P1\r\n")

    assert len(read_label_table(folder, config_of(folder))) == 1


def test_a_missing_column_is_named_with_those_that_are_there(folder):
    write_table(folder / "labels.csv", [("a.png", "x")], ("file", "kind"))

    with pytest.raises(InputError, match='no column "label"; it has file, kind'):
        read_label_table(folder, config_of(folder))


@pytest.mark.parametrize(
    "name", ["../outside.png", "sub/../../outside.png", "/etc/passwd", "C:\\x.png", "..\\x.png", ""]
)
def test_a_file_outside_of_the_folder_is_refused(folder, name):
    write_picture(folder.parent / "outside.png")
    write_table(folder / "labels.csv", [(name, "sick", "P1")])

    with pytest.raises(InputError, match=r"labels\.csv, line 2 names .* not a file of the folder"):
        read_label_table(folder, config_of(folder))


def test_a_link_out_of_the_folder_is_refused(folder):
    (folder / "link.png").symlink_to(write_picture(folder.parent / "outside.png"))
    write_table(folder / "labels.csv", [("link.png", "sick", "P1")])

    with pytest.raises(InputError, match="leads out of the folder"):
        read_label_table(folder, config_of(folder))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "has no rows"),
        ([("a.png", "sick", "P1"), ("a.png", "well", "P1")], "line 3 names a.png again"),
        ([("a.png", "sick", "P1"), ("sub/../a.png", "well", "P1")], "not a file of the folder"),
        ([("gone.png", "sick", "P1")], "gone.png, which is not there"),
        ([("a.png", "sick", "")], 'nothing in the column "patient"'),
        ([("a.png", "", "P1")], 'nothing in the column "label"'),
        ([("a.png",)], 'nothing in the column "label"'),
        ([("a.png", "odd", "P1")], 'label "odd", which is not one of well, sick'),
    ],
)
def test_a_row_that_cannot_be_used_is_named(folder, rows, words):
    write_table(folder / "labels.csv", rows)

    with pytest.raises(InputError) as caught:
        read_label_table(folder, config_of(folder, label_names=("well", "sick")))

    assert words in caught.value.problem


def test_a_place_in_the_order_must_be_a_whole_number(folder):
    blocks = {"order_column": "index", "block": 2, "gap": 0, "every": 2}
    write_table(folder / "labels.csv", [("a.png", "x", "1.5")], ("file", "label", "index"))

    with pytest.raises(InputError, match=r"'1\.5' as place in the order"):
        read_label_table(folder, config_of(folder, blocks=blocks))


@pytest.mark.parametrize("content", [b"\xff\xfe\0\0", b'file,label,patient\n"' + b"x" * 200_000])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "labels.csv").write_bytes(content)

    with pytest.raises(InputError, match="cannot be read as a table"):
        read_rows(tmp_path / "labels.csv", ["file"])


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match=r"labels\.csv is missing"):
        read_rows(tmp_path / "labels.csv", ["file"])


def test_an_empty_file_has_no_columns(tmp_path):
    (tmp_path / "labels.csv").touch()

    with pytest.raises(InputError, match='no column "file"; it has none'):
        read_rows(tmp_path / "labels.csv", ["file"])
