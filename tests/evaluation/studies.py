"""Made studies of two contrasts: the target is dark where the source is bright."""

import numpy as np

from medgan_viewer.datasets.paired import PairedSlices
from tests.evaluation.pictures import SIDE, disc_or_square


def study(subject, seed, slices=4, relation=lambda source: -source):
    """Return a study with a brain of some 300 pixels in every slice and background around it."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    brain = np.hypot(rows - SIDE / 2, columns - SIDE / 2) < SIDE / 3
    brain = np.broadcast_to(brain, (slices, SIDE, SIDE))
    source = disc_or_square(0, slices, seed) * 0.8
    return PairedSlices(
        subject=subject,
        source=np.where(brain, source, -1).astype(np.float32),
        target=np.where(brain, relation(source), -1).astype(np.float32),
        brain=brain,
    )
