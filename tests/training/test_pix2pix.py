"""pix2pix learns a made mapping, repeats, resumes, and takes the step that the paper describes."""

import numpy as np
import pytest
import torch

from medgan_viewer.errors import InputError
from medgan_viewer.training import losses
from medgan_viewer.training.config import Pix2PixModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.pix2pix import Pix2Pix
from medgan_viewer.training.family import Progress
from medgan_viewer.training.pair_batches import PairBatches
from tests.training.made_contrasts import (
    BATCH,
    cpu_machine,
    inverted_study,
    steps_of,
    tensors_of,
)

MODEL = Pix2PixModel(
    family="pix2pix", id="made", name="Made", base=4, discriminator_base=4, downs=5, warmup_images=0
)


def family_of(model=MODEL, studies=None, seed=1):
    torch.manual_seed(seed)
    machine = cpu_machine()
    return machine, Pix2Pix(
        model, PairBatches(studies or [inverted_study()], machine), machine, BATCH
    )


def test_a_few_steps_learn_to_invert_the_source():
    model = MODEL.model_copy(update={"warmup_images": 10**9, "learning_rate": 5e-3})
    machine, family = family_of(model)

    reports = steps_of(family, machine, 12)

    assert np.mean([r["l1"] for r in reports[-3:]]) < 0.5 * reports[0]["l1"]


def test_the_discriminator_waits_until_the_warm_up_is_over():
    model = MODEL.model_copy(update={"warmup_images": 2 * BATCH})
    machine, family = family_of(model)

    reports = steps_of(family, machine, 3)

    assert [set(report) for report in reports[:2]] == [{"l1"}, {"l1"}]
    assert set(reports[2]) == {"l1", "matching", "deceit", "judge"}


def test_one_pass_of_the_discriminator_teaches_what_separate_passes_teach():
    _, family = family_of()
    _, other = family_of()
    source, target = other.batches.draw(Draw(1, 0), BATCH)

    family.step(Draw(1, 0), Progress(0, 0, 0.0))

    # The step as Isola et al. 2017 and the feature matching of Wang et al. 2018 write it down.
    made = other.model(source)
    seen = other.judge(torch.cat([source, made], 1))
    wanted = other.judge(torch.cat([source, target], 1))
    loss = 20 * losses.multi_scale_l1(made, target) + 2 * losses.feature_matching(
        seen[:-1], wanted[:-1]
    )
    loss = loss + 0.2 * (seen[-1] - 1).square().mean()
    other.descend(loss, "model")
    real = other.judge(torch.cat([source, target], 1))[-1]
    fake = other.judge(torch.cat([source, made.detach()], 1))[-1]
    other.descend(((real - 1).square().mean() + fake.square().mean()) / 2, "judge")
    gradients = [gradients_of(one.model) + gradients_of(one.judge) for one in (family, other)]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def gradients_of(network):
    return [parameter.grad for parameter in network.parameters()]


def test_a_step_with_broken_numbers_changes_no_weight():
    study = inverted_study()
    study.source[:, 16, 16] = np.nan
    _, family = family_of(studies=[study])
    before = tensors_of(family)

    report = family.step(Draw(1, 0), Progress(0, 0, 0.0))

    assert report is None
    assert all(torch.equal(before[name], now) for name, now in tensors_of(family).items())


def test_a_sheet_shows_source_translation_and_target():
    _, family = family_of()

    sheet = family.sheet()

    assert sheet.columns == 4  # slices there are
    assert sheet.images.shape == (12, 32, 32)
    np.testing.assert_array_equal(sheet.images[:4], -sheet.images[8:])
    assert sheet.captions == ("REAL, source", "SYNTHETIC", "REAL, target")


@pytest.mark.parametrize(
    ("side", "downs", "words"), [(48, 5, "multiples of 32"), (16, 5, "too small")]
)
def test_slices_that_the_network_cannot_halve_are_refused(side, downs, words):
    model = MODEL.model_copy(update={"downs": downs})

    with pytest.raises(InputError, match=words):
        family_of(model, [inverted_study(side=side)])
