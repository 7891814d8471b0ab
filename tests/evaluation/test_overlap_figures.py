import numpy as np
import pytest

from medgan_viewer.evaluation.figure_names import COVERAGE, LABEL_COVERAGE, LABEL_RECALL, RECALL
from medgan_viewer.evaluation.matching import MatchedDraws, matched_counts
from medgan_viewer.evaluation.overlap_figures import overlap_figures


def figures(real, real_labels, made, made_labels, names=("a", "b")):
    counts = matched_counts(len(names), real_labels, made_labels)
    draws = MatchedDraws(real_labels, made_labels, counts, seed=0, resample=True)
    return overlap_figures(
        "f", real, real_labels, made, made_labels, draws, names, with_intervals=True
    )


def test_a_label_that_collapsed_shows_although_the_other_one_is_fine():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    real = random.normal(0, 1, (120, 3)) + labels[:, None] * 10
    made = random.normal(0, 1, (120, 3)) + labels[:, None] * 10
    made[60:] = made[60] + random.normal(0, 1e-3, (60, 3))

    found = figures(real, labels, made, labels)

    assert found[LABEL_RECALL, "a"].value > 0.8
    assert found[LABEL_RECALL, "b"].value < 0.1
    assert found[LABEL_COVERAGE, "b"].value < found[LABEL_COVERAGE, "a"].value - 0.5
    assert 0.3 < found[RECALL, "f"].value < 0.6
    low, high = found[COVERAGE, "f"].interval
    assert low < found[COVERAGE, "f"].value < high


def test_a_label_with_too_few_images_has_no_figures_of_its_own():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [40, 2])

    found = figures(random.normal(size=(42, 3)), labels, random.normal(size=(42, 3)), labels)

    assert (LABEL_RECALL, "a") in found
    assert (LABEL_RECALL, "b") not in found


def test_images_without_labels_have_overall_figures_alone():
    random = np.random.default_rng(0)
    labels = np.zeros(30, np.int64)
    features = random.normal(size=(30, 3))

    found = figures(features, labels, features, labels, names=("",))

    assert {what for _, what in found} == {"f"}
    assert found[RECALL, "f"].value == pytest.approx(1)
