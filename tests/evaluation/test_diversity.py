import numpy as np

from medgan_viewer.compare.metrics import DataRange, multi_scale_similarity
from medgan_viewer.evaluation.diversity import pair_similarities
from tests.evaluation.pictures import disc_or_square


def test_a_model_that_makes_one_image_has_similarity_1():
    images = np.repeat(disc_or_square(0, 1, 0), 10, axis=0)

    found = pair_similarities(images, np.zeros(10, np.int64))

    np.testing.assert_allclose(found.values, 1)
    assert len(found.values) == 5


def test_a_pair_has_the_ms_ssim_of_its_two_images():
    images = disc_or_square(0, 2, 0)
    everywhere = np.ones(images.shape[1:], bool)

    found = pair_similarities(images, np.zeros(2, np.int64))

    expected = multi_scale_similarity(images[0], images[1], everywhere, DataRange(-1, 1, "")).value
    assert abs(found.values[0] - expected) < 1e-6  # the order of the two does not matter


def test_pairs_stay_within_a_label_and_use_no_image_twice():
    images = np.concatenate([disc_or_square(0, 7, 0), disc_or_square(1, 4, 0)])

    found = pair_similarities(images, np.repeat([0, 1], [7, 4]))

    assert found.labels.tolist() == [0, 0, 0, 1, 1]


def test_two_images_of_one_patient_are_no_pair():
    images = disc_or_square(0, 8, 0)
    same, different = np.full(8, "a"), np.array(list("abcdefgh"))

    assert len(pair_similarities(images, np.zeros(8, np.int64), same).values) == 0
    assert len(pair_similarities(images, np.zeros(8, np.int64), different).values) == 4


def test_varied_images_are_less_alike():
    varied = disc_or_square(0, 40, 0)
    collapsed = varied[:1] + np.random.default_rng(0).normal(0, 0.02, varied.shape)
    labels = np.zeros(40, np.int64)

    similarity = [pair_similarities(images, labels).values.mean() for images in (varied, collapsed)]

    assert similarity[0] < similarity[1] - 0.2
