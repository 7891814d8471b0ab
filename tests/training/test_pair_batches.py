"""Batches of pairs and of images without pairs: fair, moved together, the same on all processes."""

import numpy as np
import pytest
import torch

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.unpaired import UnpairedImages
from medgan_viewer.errors import InputError
from medgan_viewer.training.draw import Draw, Share
from medgan_viewer.training.pair_batches import PairBatches, jitter_intensity
from medgan_viewer.training.unpaired_batches import UnpairedBatches
from tests.training.made_contrasts import cpu_machine, inverted_study


def study_of(value, slices, side=32, subject="someone"):
    """Return slices of one gray."""
    source = np.full((slices, side, side), value, np.float32)
    return PairedSlices(subject, source, source.copy(), np.ones(source.shape, bool))


def test_every_study_comes_as_often_as_another():
    batches = PairBatches([study_of(0.0, 1), study_of(0.5, 19)], cpu_machine())

    source, _ = batches.draw(Draw(1, 0), 400)

    part = float((source[:, 0, 0, 0] > 0.25).float().mean())
    assert part == pytest.approx(0.5, abs=0.08)  # three standard deviations of 400 coins


def test_every_slice_of_a_study_is_drawn():
    study = inverted_study(slices=7)
    study.source[:] = np.linspace(-0.5, 0.5, 7, dtype=np.float32)[:, None, None]
    batches = PairBatches([study_of(0.9, 3), study], cpu_machine())

    source, _ = batches.draw(Draw(1, 0), 200)

    assert len((source[:, 0, 0, 0] * 100).round().unique()) == 8


def test_slices_with_almost_no_head_are_left_out():
    study = study_of(0.5, 4)
    study.source[1] = -1  # air
    study.source[2, 2:] = -0.9  # two rows of 32 are left
    study.source[3, 1:] = -1
    study.source[3, 0, 20:] = -1  # 20 of 1024 pixels: fewer than 2 percent

    assert len(PairBatches([study, study_of(-1, 5)], cpu_machine())) == 2


def test_source_and_target_are_moved_alike():
    study = inverted_study()

    source, target = PairBatches([study], cpu_machine()).draw(Draw(1, 0), 8)

    assert not any(np.array_equal(image, one) for image in source[:, 0] for one in study.source)
    torch.testing.assert_close(target, -source)


def test_the_gray_scale_of_the_source_changes_and_that_of_the_target_does_not():
    batches = PairBatches([study_of(0.2, 3)], cpu_machine(), intensity_jitter=0.15)

    source, target = batches.draw(Draw(1, 0), 16)

    assert source[:, 0, 0, 0].std() > 0.02
    torch.testing.assert_close(target, torch.full_like(target, 0.2))


def test_a_bent_gray_scale_keeps_black_black_and_stays_in_range():
    images = torch.tensor([-1.0, 0.0, 1.0]).view(3, 1, 1, 1)
    power, factor = torch.full((3, 1, 1, 1), 2.0), torch.full((3, 1, 1, 1), 1.2)

    bent = jitter_intensity(images, power, factor)

    # (0.5 ** 2 * 1.2) * 2 - 1 for the middle gray
    torch.testing.assert_close(bent.flatten(), torch.tensor([-1.0, -0.4, 1.0]))


def test_mirror_images_come_only_when_asked_for():
    study = study_of(-0.5, 1)
    study.source[:, :, :16] = 0.5

    plain, _ = PairBatches([study], cpu_machine()).draw(Draw(1, 0), 40)
    mirrored, _ = PairBatches([study], cpu_machine(), mirror=True).draw(Draw(1, 0), 40)

    assert left_is_bright(plain).all()
    assert 8 < int(left_is_bright(mirrored).sum()) < 32


def left_is_bright(images):
    return images[:, 0, :, 4].mean(dim=1) > images[:, 0, :, 27].mean(dim=1)


@pytest.mark.parametrize("kind", ["pairs", "unpaired"])
def test_two_processes_draw_together_what_one_draws(kind):
    studies, machine = [inverted_study(), inverted_study("other", seed=1)], cpu_machine()
    batches = (
        PairBatches(studies, machine, intensity_jitter=0.1)
        if kind == "pairs"
        else UnpairedBatches.from_pairs(studies, machine)
    )

    whole = batches.draw(Draw(3, 5), 4)
    halves = [batches.draw(Draw(3, 5, Share(rank, 2)), 2) for rank in (0, 1)]

    for index in (0, 1):
        torch.testing.assert_close(whole[index], torch.cat([half[index] for half in halves]))


def test_sources_and_targets_without_pairs_are_drawn_independently():
    study = inverted_study(slices=6)
    study.source[:] = np.linspace(-0.5, 0.5, 6, dtype=np.float32)[:, None, None]
    study.target[:] = -study.source

    source, target = UnpairedBatches.from_pairs([study], cpu_machine()).draw(Draw(1, 0), 300)

    belong = (source + target)[:, 0, 0, 0].abs() < 1e-3
    assert float(belong.float().mean()) == pytest.approx(1 / 6, abs=0.07)


def pictures(value, patients, side=32, dtype=np.uint16):
    count = len(patients)
    return LabelledImages(
        pixels=np.full((count, side, side), value, dtype),
        labels=np.zeros(count, np.int64),
        patients=np.array(patients),
        label_names=(),
        intensity=IntensityHandling("full", 0.0, 65535.0),
    )


def test_pictures_of_sixteen_bits_keep_their_steps():
    images = UnpairedImages(pictures(40_000, ["a"]), pictures(40_001, ["b"]))

    source, target = UnpairedBatches(images, cpu_machine()).draw(Draw(1, 0), 1)

    # By the contract of LabelledImages, 0 and 65535 stand for -1 and +1.
    assert float(source.mean()) == pytest.approx(40_000 / 32_767.5 - 1, abs=1e-6)
    assert float((target - source).mean()) == pytest.approx(1 / 32_767.5, rel=0.01)


def test_every_patient_comes_as_often_as_another():
    source = pictures(200, ["b"] * 19 + ["a"], dtype=np.uint8)
    source.pixels[-1] = 100
    batches = UnpairedBatches(UnpairedImages(source, source), cpu_machine())

    drawn, _ = batches.draw(Draw(1, 0), 400)

    assert float((drawn[:, 0, 0, 0] > 0).float().mean()) == pytest.approx(0.5, abs=0.08)


def test_data_that_show_nothing_are_refused():
    with pytest.raises(InputError, match="background"):
        PairBatches([study_of(-1, 3)], cpu_machine())
    with pytest.raises(InputError, match="background"):
        UnpairedBatches(UnpairedImages(pictures(0, ["a"]), pictures(40_000, ["b"])), cpu_machine())


def test_slices_of_different_sizes_are_refused():
    with pytest.raises(InputError, match="32 x 32 and 64 x 64"):
        PairBatches([study_of(0.5, 1, side=64), study_of(0.5, 1)], cpu_machine())
    with pytest.raises(InputError, match="32 x 32"):
        UnpairedBatches(
            UnpairedImages(pictures(9000, ["a"]), pictures(40_000, ["b"], side=64)), cpu_machine()
        )
