import numpy as np

from medgan_viewer.evaluation.faithfulness import balanced_accuracy


def test_every_label_counts_alike_however_rare_it_is():
    true = np.array([0] * 8 + [1] * 2)
    predicted = np.zeros(10, np.int64)

    accuracy = balanced_accuracy(predicted, true)

    assert accuracy.value == 0.5  # 8 of 10 right, but none of label 1
    assert accuracy.chance == 0.5
    assert accuracy.n == 10


def test_guessing_covers_chance():
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 3, (2, 300))

    accuracy = balanced_accuracy(predicted, true)

    assert accuracy.interval[0] < 1 / 3 < accuracy.interval[1]
