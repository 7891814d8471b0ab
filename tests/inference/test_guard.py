"""The guard before a translator."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.guard import (
    SourceFacts,
    UncertainContrastError,
    check_frame,
    check_source,
)
from tests.package_factory import write_tiny_package

GRAY = PixelFrame(np.zeros((2, 2), np.int16))


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    return write_tiny_package(tmp_path_factory.mktemp("guard") / "t1", "resnet-translator")


@pytest.mark.parametrize("description", ["", "T1 sag", "brain", "MPRAGE", "at2 protocol"])
def test_a_series_of_the_right_modality_passes(translator, description):
    check_source(translator, SourceFacts("MR", description))


@pytest.mark.parametrize(("modality", "named"), [("CT", "CT"), ("", "unknown modality")])
def test_another_modality_is_refused_by_name(translator, modality, named):
    with pytest.raises(PackageError, match=f"trained on T1-weighted MR of the head.*{named}") as e:
        check_source(translator, SourceFacts(modality, "T1"))

    assert e.value.action == "Choose a MR series."
    assert e.value.exit_code == EXIT_PACKAGE
    assert not isinstance(e.value, UncertainContrastError)


@pytest.mark.parametrize(
    "description",
    ["AX T2 TSE", "FLAIR longTR", "dark-fluid flair", "AX T1 FLAIR", "t2_tse"],
)
def test_a_description_of_another_contrast_asks_the_user(translator, description):
    with pytest.raises(UncertainContrastError, match="the description of this series says"):
        check_source(translator, SourceFacts("MR", description))

    check_source(translator, SourceFacts("MR", description), trust_user=True)


def test_the_user_cannot_overrule_the_modality(translator):
    with pytest.raises(PackageError, match="this series is CT"):
        check_source(translator, SourceFacts("CT", "T1"), trust_user=True)


def test_a_generator_takes_no_source(tmp_path):
    generator = write_tiny_package(tmp_path / "gan", "fully-connected")

    with pytest.raises(PackageError, match="makes images from sliders"):
        check_source(generator, SourceFacts("MR", "T1"))


def test_color_and_inverted_grays_are_refused(translator):
    color = PixelFrame(np.zeros((2, 2, 3), np.uint8))

    with pytest.raises(PackageError, match="a color image"):
        check_frame(translator, color)
    with pytest.raises(PackageError, match="inverted grays"):
        check_frame(translator, replace(GRAY, inverted=True))
    check_frame(translator, GRAY)
