import numpy as np
import pytest

from medgan_viewer.evaluation.memorisation import (
    RealDistances,
    SmallPixels,
    nearest_images,
)
from tests.evaluation.pictures import disc_or_square


@pytest.fixture
def train():
    return disc_or_square(0, 120, 0)


@pytest.fixture
def patients():
    return np.array([f"p{index}" for index in range(120)])


@pytest.fixture
def real(train, patients):
    return RealDistances("pixels", SmallPixels().features(train), patients)


def test_an_exact_copy_is_found_and_named(real, train):
    made = disc_or_square(0, 10, 5)
    made[3] = train[77]

    nearest = real.nearest(SmallPixels().features(made))

    assert real.is_suspicious(nearest).tolist() == [index == 3 for index in range(10)]
    first = real.named_pairs(nearest)[0]
    assert (first.synthetic_index, first.training_index, first.is_suspicious) == (3, 77, True)
    assert first.distance == pytest.approx(0, abs=1e-9)


def test_a_copy_with_a_little_grain_is_found_too(real, train):
    copy = train[:1] + np.random.default_rng(0).normal(0, 0.02, train[:1].shape)

    nearest = real.nearest(SmallPixels().features(copy.astype(np.float32)))

    assert real.is_suspicious(nearest).all()


def test_new_images_of_the_same_kind_are_suspicious_as_rarely_as_real_ones(real):
    nearest = real.nearest(SmallPixels().features(disc_or_square(0, 400, 8)))

    assert real.is_suspicious(nearest).mean() < 0.05


def test_only_other_patients_are_the_yardstick(train):
    # Every patient has each image twice: among all images the nearest one would be at 0.
    twice = np.concatenate([train, train])
    patients = np.array([f"p{index % 120}" for index in range(240)])

    real = RealDistances("pixels", SmallPixels().features(twice), patients)

    assert real.threshold > 0.01


def test_a_block_beside_ones_own_is_no_yardstick(train):
    # Each image is in two blocks beside each other, as a person's slices may be.
    twice = np.repeat(train, 2, axis=0)
    features = SmallPixels().features(twice)
    blocks = np.array([f"block {3 * (index // 2) + index % 2}" for index in range(240)])
    others = np.array([f"patient {name.split()[1]}" for name in blocks])

    assert RealDistances("pixels", features, blocks).threshold > 0.01
    assert RealDistances("pixels", features, others).threshold == 0


def test_a_block_is_told_from_the_third_beside_it_and_from_patients():
    points = np.array([[0.0], [1.0], [2.0], [9.0]])
    names = np.array(["block 9", "block 10", "block 11", "patient 10"])

    found = nearest_images(points, points, names, names)

    assert found.indices.tolist() == [2, 3, 0, 2]


def test_copies_are_found_where_the_training_set_holds_images_twice(train):
    twice = np.concatenate([train, train])
    patients = np.array([f"p{index}" for index in range(240)])
    real = RealDistances("pixels", SmallPixels().features(twice), patients)

    assert real.threshold == 0
    assert real.is_suspicious(real.nearest(SmallPixels().features(train[:3]))).all()


def test_the_nearest_image_is_the_nearest():
    found = nearest_images(np.array([[0.0], [9.0]]), np.array([[1.0], [8.5], [20.0]]))

    assert found.indices.tolist() == [0, 1]
    np.testing.assert_allclose(found.distances, [1.0, 0.5])


def test_one_patient_alone_gives_no_yardstick_and_no_false_alarm(train):
    real = RealDistances("pixels", SmallPixels().features(train), np.full(120, "p"))

    assert not real.is_suspicious(real.nearest(SmallPixels().features(train[:2] * 0.9))).any()


def test_pixel_distances_are_parts_of_the_gray_range():
    black, white = np.full((1, 64, 64), -1, np.float32), np.full((1, 64, 64), 1, np.float32)
    features = SmallPixels().features(np.concatenate([black, white]))

    assert np.linalg.norm(features[0] - features[1]) == pytest.approx(1)
