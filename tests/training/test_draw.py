"""Draw: random numbers that seed and step decide, shared by processes."""

import pytest
import torch

from medgan_viewer.training.draw import Draw, Share

KINDS = {
    "normal": lambda draw, count: draw.normal(count, 3),
    "uniform": lambda draw, count: draw.uniform(count, 3),
    "integers": lambda draw, count: draw.integers(10, count),
}


@pytest.mark.parametrize("kind", KINDS)
def test_processes_draw_together_what_one_draws_for_the_whole_batch(kind):
    take = KINDS[kind]
    whole = Draw(7, 3)
    parts = [Draw(7, 3, Share(rank, 3)) for rank in range(3)]

    for _ in range(2):  # the second draw is shared as the first
        together = torch.cat([take(part, 2) for part in parts])
        assert torch.equal(together, take(whole, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_step_give_the_same_numbers(kind):
    assert torch.equal(KINDS[kind](Draw(7, 3), 20), KINDS[kind](Draw(7, 3), 20))


@pytest.mark.parametrize(("seed", "step"), [(8, 3), (7, 4), (3, 7)])
def test_another_seed_or_step_gives_other_numbers(seed, step):
    assert not torch.equal(Draw(7, 3).normal(20), Draw(seed, step).normal(20))


def test_numbers_lie_where_they_should():
    draw = Draw(1, 0)

    uniform, integers, normal = draw.uniform(4000), draw.integers(5, 4000), draw.normal(4000)

    assert 0 <= uniform.min() < uniform.max() < 1
    assert set(integers.tolist()) == set(range(5))
    assert normal.mean().item() == pytest.approx(0, abs=0.1)
    assert normal.std().item() == pytest.approx(1, abs=0.1)
