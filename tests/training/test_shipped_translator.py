"""The shipped translator on a person it never saw, against three simple ways to make a T2."""

import numpy as np
import pytest

from medgan_viewer import paths
from medgan_viewer.generators.package import resolve_package
from medgan_viewer.generators.registry import load_network
from medgan_viewer.training.recipes import paired_brain_studies
from medgan_viewer.training.translator_package import METHODS, translator_scores


@pytest.mark.slow
def test_the_translator_beats_mean_histogram_and_linear_filter_on_held_out_people(shared_data):
    package = resolve_package("brain-t1-to-t2", [paths.shipped_packages()])
    train, held_out = paired_brain_studies(shared_data, "t1", "t2")
    chosen = {name: _every_fifth(pairs) for name, pairs in held_out.items() if "skull" in name}

    scores = translator_scores(load_network(package), train, chosen, linear_steps=60)

    for study in chosen:
        own, *others = (s for s in scores if s.study == study)
        assert own.method == METHODS[0]
        assert own.psnr_db > max(s.psnr_db for s in others) + 1
        assert own.ssim > max(s.ssim for s in others) + 0.1


def _every_fifth(pairs):
    return type(pairs)(
        pairs.subject,
        np.ascontiguousarray(pairs.source[::5]),
        np.ascontiguousarray(pairs.target[::5]),
        pairs.brain[::5],
    )
