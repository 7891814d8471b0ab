"""render: pixels by the formulas of PS3.3 C.11, and no file that is lost."""

import numpy as np
import pytest
from PIL import Image

from tests.dicom_factory import lut_item, make_compressed, make_ct, make_enhanced
from tests.dicom_factory import make_series as make_slices

HU = np.array([[-1024, -160, -159, 40, 239, 240, 3000]], np.int16)
WINDOW_40_400 = [0, 0, 1, 128, 255, 255, 255]


@pytest.fixture
def ct(tmp_path):
    """One row of HU values, with a window of the file and a second one."""
    windows = {"WindowCenter": [40, -600], "WindowWidth": [400, 1500]}
    return make_ct(tmp_path / "ct.dcm", HU, RescaleIntercept=0, **windows)


def linear(values, center, width):
    """Return the gray of PS3.3 C.11.2.1.2.1, rounded, for values between the two ends."""
    gray = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(np.clip(gray, 0, 255)).astype(np.uint8)


@pytest.fixture
def rendered(run, tmp_path):
    """Return a function that renders and gives the pixels of the PNG."""

    def render(path, *options):
        out = tmp_path / "out.png"
        ended = run("render", path, "--out", out, *options, "--force")
        assert (ended.code, ended.err) == (0, "")
        with Image.open(out) as image:
            return np.asarray(image)

    return render


def test_the_first_window_of_the_file_is_the_default(rendered, ct):
    pixels = rendered(ct)

    assert pixels.dtype == np.uint8
    assert pixels.tolist() == [WINDOW_40_400]


@pytest.mark.parametrize(
    ("options", "center", "width"),
    [
        (("--window", 40, 400), 40, 400),
        (("--window", -600.5, 1200), -600.5, 1200),
        (("--voi", 1), 40, 400),
        (("--voi", 2), -600, 1500),
        (("--preset", "lung"), -600, 1500),
        (("--preset", "Soft Tissue"), 40, 400),
    ],
)
def test_a_window_follows_the_formula_of_the_standard(rendered, ct, options, center, width):
    assert (rendered(ct, *options) == linear(HU.astype(float), center, width)).all()


def test_a_width_of_one_is_a_threshold(rendered, ct):
    # C.11.2.1.2.1: black up to center - 0.5, white above it.
    pixels = rendered(ct, "--window", 40, 1)

    assert pixels.tolist() == [[0, 0, 0, 255, 255, 255, 255]]


def test_linear_exact_has_no_halves(rendered, tmp_path):
    function = {"WindowCenter": 100, "WindowWidth": 200, "VOILUTFunction": "LINEAR_EXACT"}
    values = np.array([[0, 50, 100, 200]], np.int16)
    path = make_ct(tmp_path / "exact.dcm", values, RescaleIntercept=0, **function)

    # C.11.2.1.2.3.2: (x - c) / w + 0.5
    assert rendered(path).tolist() == [[0, 64, 128, 255]]


def test_a_table_of_the_file_gives_its_entries(rendered, tmp_path):
    values = np.array([[-1, 0, 1, 2, 9]], np.int16)
    path = make_ct(
        tmp_path / "lut.dcm",
        values,
        RescaleIntercept=0,
        VOILUTSequence=[lut_item(0, [0, 51, 255], bits=8)],
    )

    assert rendered(path).tolist() == [[0, 0, 51, 255, 255]]


def test_monochrome1_is_dark_where_values_are_high(rendered, tmp_path):
    windows = {"WindowCenter": 40, "WindowWidth": 400}
    path = make_ct(
        tmp_path / "m1.dcm",
        HU,
        RescaleIntercept=0,
        PhotometricInterpretation="MONOCHROME1",
        **windows,
    )

    # Only the half that 40 HU is above the centre rounds differently: 255 - 127.8 is 127.2.
    assert rendered(path).tolist() == [[255, 255, 254, 127, 0, 0, 0]]


def test_a_frame_is_counted_from_one(rendered, tmp_path):
    stack = np.stack([np.full((2, 2), 10 * n, np.int16) for n in range(3)])
    path = make_enhanced(tmp_path / "three.dcm", pixels=stack)

    # Frame 3 holds 20 - 1024 = -1004 HU: above a threshold at -1005 HU, not above one at -1004 HU.
    assert (rendered(path, "--frame", 3, "--window", -1004.5, 1) == 255).all()
    assert (rendered(path, "--frame", 3, "--window", -1003.5, 1) == 0).all()
    assert (rendered(path, "--frame", 2, "--window", -1004.5, 1) == 0).all()


def test_color_passes_unchanged(rendered, tmp_path):
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 10
    plain = dict.fromkeys(("RescaleSlope", "RescaleIntercept"))
    path = make_ct(tmp_path / "rgb.dcm", rgb, **plain)

    assert (rendered(path) == rgb).all()


def test_compressed_pixels_are_the_same_picture(rendered, tmp_path):
    values = np.arange(16 * 16, dtype=np.uint16).reshape(16, 16)
    path = make_compressed(tmp_path / "j2k.dcm", [values], "1.2.840.10008.1.2.4.90")

    pixels = rendered(path, "--window", -896, 256)

    assert (pixels == linear(values.astype(float) - 1024, -896, 256)).all()


def test_an_existing_file_stays_without_force(run, ct, tmp_path):
    out = tmp_path / "out.png"
    out.write_bytes(b"kept")

    ended = run("render", ct, "--out", out)

    assert ended.code == 3
    assert "out.png" in ended.err
    assert "--force" in ended.err
    assert out.read_bytes() == b"kept"


def test_the_source_is_never_written_even_with_force(run, ct, tmp_path):
    before = ct.read_bytes()
    link = tmp_path / "link.png"
    link.hardlink_to(ct)

    for out in (ct, link):
        ended = run("render", ct, "--out", out, "--force")
        assert ended.code == 3
        assert "Choose" in ended.err

    assert ct.read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ("--window", 40, 400, "--preset", "lung"),
        ("--window", 40, 0),
        ("--window", 40, "inf"),
        ("--window", "nan", 400),
        ("--preset", "no-such-preset"),
        ("--frame", 0),
        ("--voi", 0),
    ],
)
def test_a_window_that_is_none_is_wrong_usage(run, ct, tmp_path, options):
    ended = run("render", ct, "--out", tmp_path / "out.png", *options)

    assert ended.code == 2
    assert ended.err
    assert not (tmp_path / "out.png").exists()


def test_a_preset_of_another_modality_is_an_unsuitable_input(refused, tmp_path):
    path = make_ct(tmp_path / "mr.dcm", HU, Modality="MR")

    asked = ("render", path, "--out", tmp_path / "out.png", "--preset", "lung")
    message = refused(3, "mr.dcm, whose modality is MR", *asked)

    assert "for CT: Soft tissue, Lung, Bone" in message
    assert not (tmp_path / "out.png").exists()


def test_an_unknown_preset_is_answered_with_those_that_there_are(refused, ct, tmp_path):
    asked = ("render", ct, "--out", tmp_path / "out.png", "--preset", "lungs")

    assert "for CT: Soft tissue, Lung, Bone" in refused(2, "'lungs'", *asked)


@pytest.mark.parametrize("options", [("--voi", 3), ("--frame", 2)])
def test_what_the_file_does_not_have_is_an_unsuitable_input(run, ct, tmp_path, options):
    ended = run("render", ct, "--out", tmp_path / "out.png", *options)

    assert ended.code == 3
    assert "ct.dcm" in ended.err


def test_a_folder_is_no_file_to_render(run, tmp_path):
    make_slices(tmp_path / "ct")

    ended = run("render", tmp_path / "ct", "--out", tmp_path / "out.png")

    assert ended.code == 3
    assert "is not a file" in ended.err
