"""ImageBatches: labels in balance, mirror images on request, all bits of the pixels."""

import dataclasses

import numpy as np
import pytest
import torch

from medgan_viewer.training.draw import Draw, Share
from tests.training.made_images import batches_of, cpu_machine, made_images


def uneven_images():
    """Return eleven dark images and one bright one."""
    images = made_images()
    return dataclasses.replace(images, labels=(np.arange(12) == 3).astype(np.int64))


def share_of(labels, index):
    return labels[:, index].mean().item()


def test_labels_come_equally_often_however_many_images_they_have():
    batches = batches_of(cpu_machine(), uneven_images())

    _, labels = batches.draw(Draw(1, 0), 400)

    assert share_of(labels, 1) == pytest.approx(0.5, abs=0.1)
    assert share_of(batches.random_labels(Draw(1, 0), 400), 1) == pytest.approx(0.5, abs=0.1)


def test_without_balance_labels_come_as_often_as_their_images():
    batches = batches_of(cpu_machine(), uneven_images(), balance=False)

    _, labels = batches.draw(Draw(1, 0), 600)

    assert share_of(labels, 1) == pytest.approx(1 / 12, abs=0.04)
    assert share_of(batches.random_labels(Draw(1, 0), 600), 1) == pytest.approx(1 / 12, abs=0.04)


@pytest.mark.parametrize("balance", [True, False])
def test_an_image_comes_with_its_own_label(balance):
    batches = batches_of(cpu_machine(), balance=balance)

    images, labels = batches.draw(Draw(1, 0), 40)

    is_bright = images.mean(dim=(1, 2, 3)) > -0.2  # dark images are around -0.6, bright around 0.2
    assert torch.equal(is_bright, labels[:, 1] == 1)
    assert torch.equal(labels.sum(dim=1), torch.ones(40))


def test_images_without_labels_have_one_hot_vectors_of_no_length():
    batches = batches_of(cpu_machine(), made_images(labels=()))

    drawn, labels = batches.draw(Draw(1, 0), 5)

    assert batches.label_count == 0
    assert drawn.shape == (5, 1, 32, 32)
    assert labels.shape == batches.random_labels(Draw(1, 0), 5).shape == (5, 0)


def mirrored_part(mirror):
    """Return how many of the images drawn are brighter on the left than their original."""
    ramp = np.broadcast_to(np.linspace(0, 255, 32).astype(np.uint8), (12, 32, 32))
    images = dataclasses.replace(made_images(), pixels=np.ascontiguousarray(ramp))
    drawn, _ = batches_of(cpu_machine(), images, mirror=mirror).draw(Draw(1, 0), 200)
    return (drawn[..., :8].mean(dim=(1, 2, 3)) > drawn[..., -8:].mean(dim=(1, 2, 3))).float().mean()


def test_half_of_the_images_are_mirrored_where_sides_do_not_matter():
    assert mirrored_part(mirror=True).item() == pytest.approx(0.5, abs=0.12)


def test_no_image_is_mirrored_unless_that_is_asked_for():
    assert mirrored_part(mirror=False).item() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_values_are_those_of_the_set_to_the_last_bit(dtype):
    images = made_images(dtype=dtype)
    top = np.iinfo(dtype).max
    images.pixels[0, 0, :4] = (0, top, top - 1, top // 2)
    batches = batches_of(cpu_machine(), images)

    values = batches.values(slice(0, 12))[:, 0].numpy()

    np.testing.assert_allclose(values, images.values(), atol=2e-7)
    assert values[0, 0, 0] == -1
    assert values[0, 0, 1] == 1
    assert values[0, 0, 2] < 1  # the finest step of 16 bits is still there


def test_two_processes_draw_the_two_halves_of_the_batch_of_one():
    batches = batches_of(cpu_machine())

    whole, labels = batches.draw(Draw(1, 5), 4)
    halves = [batches.draw(Draw(1, 5, Share(rank, 2)), 2) for rank in range(2)]

    torch.testing.assert_close(torch.cat([images for images, _ in halves]), whole)
    assert torch.equal(torch.cat([one_hot for _, one_hot in halves]), labels)
