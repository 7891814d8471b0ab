"""CycleGAN runs, resumes with its pools of images, and refuses what it cannot translate."""

import pytest
import torch

from medgan_viewer.errors import InputError
from medgan_viewer.training.config import CycleGanModel
from medgan_viewer.training.families.cyclegan import CycleGan, ImagePool
from medgan_viewer.training.unpaired_batches import UnpairedBatches
from tests.training.made_contrasts import (
    BATCH,
    cpu_machine,
    inverted_study,
    steps_of,
    weights_after,
    weights_after_a_break,
)

MODEL = CycleGanModel(
    family="cyclegan", id="made", name="Made", base=4, discriminator_base=4, blocks=1
)


def family_of(model=MODEL, side=32):
    torch.manual_seed(1)
    machine = cpu_machine()
    batches = UnpairedBatches.from_pairs([inverted_study(side=side)], machine)
    return machine, CycleGan(model, batches, machine, BATCH)


def test_images_come_back_better_after_a_few_steps():
    machine, family = family_of(MODEL.model_copy(update={"learning_rate": 2e-3}))

    reports = steps_of(family, machine, 8)

    assert set(reports[0]) == {"cycle", "deceit", "identity", "judge"}
    assert reports[-1]["cycle"] < 0.8 * reports[0]["cycle"]


def test_identity_can_be_left_out():
    machine, family = family_of(MODEL.model_copy(update={"identity_weight": 0.0}))

    assert set(steps_of(family, machine, 1)[0]) == {"cycle", "deceit", "judge"}


def test_a_sheet_tells_the_real_sources_from_what_was_made_of_them():
    _, family = family_of()

    sheet = family.sheet()

    assert sheet.captions == ("REAL, source", "SYNTHETIC")
    assert len(sheet.images) == 2 * sheet.columns


def test_a_resumed_run_goes_on_with_the_images_in_its_pools(tmp_path):
    whole = weights_after(family_of, tmp_path / "a", 4)
    resumed = weights_after_a_break(family_of, tmp_path / "b", 4, break_at=2)

    assert int(resumed["target_judge/pool.filled"]) == 4 * BATCH
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_pool_that_is_not_full_keeps_images_and_gives_them_back():
    pool = ImagePool((2, 2), size=3)
    made = images_of(1, 2)

    given = pool.exchange(made, torch.zeros(2, 2))

    torch.testing.assert_close(given, made)
    assert pool.images[:, 0, 0, 0].tolist() == [1, 2, 0]


def test_a_full_pool_exchanges_one_half_of_the_images_for_earlier_ones():
    pool = ImagePool((2, 2), size=2)
    pool.exchange(images_of(1, 2), torch.zeros(2, 2))

    # Chances below a half take an old image: the second of the pool, then what was put there.
    uniforms = torch.tensor([[0.4, 0.9], [0.6, 0.0], [0.1, 0.5]])
    given = pool.exchange(images_of(3, 4, 5), uniforms)

    assert given[:, 0, 0, 0].tolist() == [2, 4, 3]
    assert pool.images[:, 0, 0, 0].tolist() == [1, 5]


def images_of(*values):
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)


def test_slices_that_do_not_come_back_to_their_size_are_refused():
    with pytest.raises(InputError, match="multiples of 4"):
        family_of(side=30)
