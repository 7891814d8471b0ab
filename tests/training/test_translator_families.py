"""What every family of translators has to do, whatever it learns."""

import pytest
import torch

from tests.training import test_cut, test_cyclegan, test_pix2pix
from tests.training.made_contrasts import steps_of, weights_after, weights_after_a_break

FAMILIES = {
    "pix2pix": test_pix2pix.family_of,
    "cyclegan": test_cyclegan.family_of,
    "cut": test_cut.family_of,
}
each = pytest.mark.parametrize("family_of", FAMILIES.values(), ids=FAMILIES)


@each
def test_translations_are_finite_and_in_the_range_of_the_network(family_of):
    machine, family = family_of()
    steps_of(family, machine, 3)

    images = torch.from_numpy(family.sheet().images)

    assert torch.isfinite(images).all()
    assert images.abs().max() <= 1


@each
def test_two_runs_with_one_seed_give_equal_weights(family_of, tmp_path):
    first = weights_after(family_of, tmp_path / "a", 3)
    second = weights_after(family_of, tmp_path / "b", 3)

    assert all(torch.equal(first[name], second[name]) for name in first)


@each
def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(family_of, tmp_path):
    whole = weights_after(family_of, tmp_path / "a", 4)
    resumed = weights_after_a_break(family_of, tmp_path / "b", 4, break_at=2)

    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
