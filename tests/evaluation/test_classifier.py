import numpy as np
import pytest
import torch

from medgan_viewer.evaluation.classifier import train_classifier
from medgan_viewer.evaluation.faithfulness import judge
from tests.evaluation.pictures import disc_or_square


@pytest.fixture(scope="module")
def training():
    # Four times as many discs: without balancing, everything would be called a disc.
    images = np.concatenate([disc_or_square(0, 160, 0), disc_or_square(1, 40, 0)])
    return images, np.repeat([0, 1], [160, 40])


@pytest.fixture(scope="module")
def classifier(training):
    return train_classifier(*training, 2, images_seen=2400)


def test_it_learns_labels_also_of_a_rare_kind(classifier):
    images = np.concatenate([disc_or_square(0, 40, 9), disc_or_square(1, 40, 9)])

    assert judge(classifier, images, np.repeat([0, 1], 40)).value > 0.85


def test_the_same_seed_gives_the_same_classifier_and_leaves_torch_alone(training):
    torch.manual_seed(11)
    before = torch.random.get_rng_state()

    first, second = (train_classifier(*training, 2, images_seen=128, seed=3) for _ in range(2))

    images = training[0][:5]
    np.testing.assert_array_equal(first.features(images), second.features(images))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_features_have_96_numbers_whatever_the_size_of_the_images(classifier):
    for side in (32, 128):
        assert classifier.features(disc_or_square(0, 3, 0, side)).shape == (3, 96)


def test_an_image_is_judged_the_same_in_any_batch(classifier, training):
    together = classifier.features(training[0])

    np.testing.assert_allclose(together[66:67], classifier.features(training[0][66:67]), atol=1e-5)
