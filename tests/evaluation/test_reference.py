import numpy as np
import pytest
import torch

from medgan_viewer.evaluation.reference import classifier_of, reference_tensors
from medgan_viewer.evaluation.yardstick import Yardstick
from tests.evaluation.pictures import labelled


@pytest.fixture(scope="module")
def yardstick():
    return Yardstick(
        labelled(30, 1), labelled(10, 2, name="h"), samples_per_label=10, classifier_images=64
    )


def test_the_classifier_comes_back_as_it_was(yardstick):
    found = classifier_of(reference_tensors(yardstick))

    images = yardstick.held_out_values
    np.testing.assert_array_equal(found.predict(images), yardstick.classifier.predict(images))


def test_statistics_are_those_of_the_training_images_and_hold_no_image(yardstick):
    tensors = reference_tensors(yardstick)

    features = yardstick.classifier.features(yardstick.train_values)
    np.testing.assert_allclose(tensors["mean"], features.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        tensors["covariance"], np.cov(features, rowvar=False), rtol=1e-3, atol=1e-6
    )
    assert tensors["nearest"].shape == tensors["nearest_pixels"].shape == (20,)
    assert (tensors["nearest"].diff() >= 0).all()
    assert (tensors["thresholds"] > 0).all()
    assert all(60 not in tensor.shape for tensor in tensors.values())  # 60 training images


def test_tensors_that_do_not_fit_are_refused():
    assert classifier_of({"mean": torch.zeros(3)}) is None
    with pytest.raises(ValueError, match="do not fit"):
        classifier_of({"classifier.head.weight": torch.zeros(3, 7)})
    with pytest.raises(ValueError, match="last layer"):
        classifier_of({"classifier.head.bias": torch.zeros(3)})
