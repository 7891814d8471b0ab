"""ZIP archives: members are shown without unpacking; what is hostile is refused with a word."""

import io
import struct
import zipfile

import numpy as np
import pytest

from medgan_viewer.dicom import archives
from medgan_viewer.dicom.archives import list_archive, open_source
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.scan import scan
from medgan_viewer.dicom.unreadable import UnreadableError
from medgan_viewer.errors import InputError
from tests.dicom_factory import make_ct, make_series, ramp


def zipped(path, files, method=zipfile.ZIP_DEFLATED):
    """Write an archive from names to contents or files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes) else content.read_bytes())
    return path


@pytest.fixture
def series_zip(tmp_path):
    paths = make_series(tmp_path / "loose", range(5))
    return zipped(tmp_path / "data" / "study.zip", {f"DICOM/{p.name}": p for p in paths})


@pytest.fixture(autouse=True)
def data_folder(tmp_path):
    (tmp_path / "data").mkdir()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_images_of_an_archive_are_shown_without_unpacking(pool, tmp_path, method):
    paths = make_series(tmp_path / "loose", range(3))
    zipped(tmp_path / "data" / "odd name", {f"a/b/{p.name}": p for p in paths}, method)

    result = scan([tmp_path / "data"], pool)

    [series] = result.studies[0].series
    assert series.frame_count == 3
    frame = pool.run(ReadFrame(series.instances[1].frame_refs()[0]))
    np.testing.assert_array_equal(frame.stored, ramp())
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["odd name"]
    assert [s.reason for s in result.skipped] == [
        "is a ZIP archive; its files are read by themselves"
    ]


def test_a_large_header_and_pixels_behind_it_are_read_in_any_order(tmp_path):
    path = make_ct(tmp_path / "a.dcm", np.arange(300 * 300, dtype=np.int16).reshape(300, 300))
    archive = zipped(tmp_path / "data" / "a.zip", {"a.dcm": path})
    whole = path.read_bytes()

    with open_source(archive / "a.dcm") as stream:
        stream.seek(-100, io.SEEK_END)
        assert stream.read() == whole[-100:]
        stream.seek(10)
        assert stream.read(50) == whole[10:60]
        assert stream.read(0) == b""
        stream.seek(0)
        assert stream.read() == whole


def test_files_of_other_kinds_in_an_archive_are_skipped_with_their_reason(pool, tmp_path):
    make_ct(tmp_path / "a.dcm")
    zipped(
        tmp_path / "data" / "a.zip",
        {"a.dcm": tmp_path / "a.dcm", "notes.txt": b"no image " * 40, "inner.zip": b"PK\3\4" * 40},
    )

    result = scan([tmp_path / "data"], pool)

    reasons = {skipped.path.name: skipped.reason for skipped in result.skipped}
    assert reasons["notes.txt"] == "is a text file, not DICOM"
    assert reasons["inner.zip"] == "is a ZIP archive; unpack it first"
    assert result.studies[0].series[0].frame_count == 1


def test_names_that_lead_outside_are_refused(pool, tmp_path):
    content = make_ct(tmp_path / "a.dcm").read_bytes()
    names = ("../a.dcm", "/a.dcm", "x/../../a.dcm", "C:/a.dcm", "a\\..\\b.dcm", "x//a.dcm")
    zipped(tmp_path / "data" / "a.zip", dict.fromkeys(names, content))

    result = scan([tmp_path / "data"], pool)

    refused = [s.reason for s in result.skipped if "leads outside" in s.reason]
    assert len(refused) == len(names)
    assert result.studies == ()


def test_an_archive_inside_an_archive_stays_closed(pool, tmp_path, series_zip):
    zipped(tmp_path / "data" / "outer.zip", {"inner.zip": series_zip})
    series_zip.unlink()

    result = scan([tmp_path / "data"], pool)

    assert result.studies == ()
    assert "unpack it first" in {s.path.name: s.reason for s in result.skipped}["inner.zip"]


def patched(path, offsets_of, change):
    """Change bytes of an archive behind each place where a signature stands."""
    content = bytearray(path.read_bytes())
    at = content.find(offsets_of)
    while at >= 0:
        change(content, at)
        at = content.find(offsets_of, at + 4)
    path.write_bytes(content)
    return path


def encrypt(content, at):
    offset = at + (8 if content[at + 2] == 1 else 6)  # central or local header: the flag bits
    content[offset] |= 1


def test_an_encrypted_archive_is_refused_with_a_word(series_zip):
    for signature in (b"PK\1\2", b"PK\3\4"):
        patched(series_zip, signature, encrypt)

    with pytest.raises(UnreadableError) as caught:
        list_archive(series_zip)

    assert caught.value.reason == ("is an encrypted ZIP archive; unpack it with its password first")


def test_too_many_files_are_refused_before_they_are_listed(series_zip, monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 4)

    with pytest.raises(UnreadableError, match="more than 4 files"):
        list_archive(series_zip)


def test_a_directory_larger_than_allowed_is_not_read(series_zip):
    def enlarge(content, at):
        struct.pack_into("<L", content, at + 12, 1 << 30)

    patched(series_zip, b"PK\5\6", enlarge)

    with pytest.raises(UnreadableError, match="more than"):
        list_archive(series_zip)


def test_an_archive_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path):
    bomb = zipped(tmp_path / "data" / "bomb.zip", {"a": b"\0" * (80 << 20)})

    with pytest.raises(UnreadableError, match="times its size"):
        list_archive(bomb)


def test_a_member_beyond_the_limit_is_refused(series_zip, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 100)

    listing = list_archive(series_zip)

    assert listing.members == ()
    assert all("is larger than" in skipped.reason for skipped in listing.refused)


def test_sizes_that_lie_are_found_out(pool, tmp_path, series_zip):
    def shorten(content, at):
        struct.pack_into("<L", content, at + 24, 10_000_000)  # uncompressed size

    patched(series_zip, b"PK\1\2", shorten)

    result = scan([tmp_path / "data"], pool)

    for study in result.studies:
        ref = study.series[0].instances[0].frame_refs()[0]
        with pytest.raises(InputError, match="damaged"):
            pool.run(ReadFrame(ref))


@pytest.mark.parametrize("cut", [4, 30, 200, 1000, -1, -10, -30])
def test_a_cut_archive_is_refused_and_harms_nothing(pool, tmp_path, series_zip, cut):
    series_zip.write_bytes(series_zip.read_bytes()[:cut])

    result = scan([tmp_path / "data"], pool)

    assert result.studies == ()
    assert "damaged ZIP archive" in result.skipped[0].reason


def test_entries_that_lie_over_each_other_are_refused(series_zip):
    def same_place(content, at):
        struct.pack_into("<L", content, at + 42, 0)  # offset of the local header

    patched(series_zip, b"PK\1\2", same_place)

    with pytest.raises(UnreadableError, match="lie over each other"):
        list_archive(series_zip)


def test_documents_and_arrays_are_not_searched_for_images(tmp_path):
    path = tmp_path / "data" / "a.npz"
    np.savez(path, a=np.zeros(3))

    with pytest.raises(UnreadableError, match="not DICOM"):
        list_archive(path)


def test_methods_other_than_deflate_are_refused_with_a_word(tmp_path):
    path = zipped(tmp_path / "data" / "a.zip", {"a": b"x" * 100}, zipfile.ZIP_LZMA)

    [refused] = list_archive(path).refused

    assert refused.reason == "is compressed by a method that is not read (ZIP method 14)"


def test_a_member_that_is_gone_says_so(series_zip):
    with pytest.raises(UnreadableError, match="is not in its archive"):
        open_source(series_zip / "no" / "such.dcm")


def test_a_path_below_no_file_is_simply_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "no" / "such.dcm")
