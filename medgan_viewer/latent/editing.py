"""Pure functions from latents to latents: truncation, moves along directions, interpolation."""

from collections.abc import Iterable, Mapping

import numpy as np

from medgan_viewer.latent.directions import LatentDirection
from medgan_viewer.latent.point import Latent


def truncate(w: Latent, center: Latent, psi: float) -> Latent:
    """Pull w towards the center: psi 0 is the center, 1 leaves w alone (Karras et al. 2019)."""
    return center + np.float32(psi) * (w - center)


def layers_of(w: Latent, num_ws: int) -> Latent:
    """Give every layer the same w: (w_dim,) becomes (num_ws, w_dim)."""
    return np.repeat(w[np.newaxis], num_ws, axis=0)


def move_along(
    ws: Latent, offsets: Mapping[str, float], directions: Iterable[LatentDirection]
) -> Latent:
    """Add each direction times its offset in standard deviations to the layers it moves.

    Parameters
    ----------
    ws : (num_ws, w_dim); a new array is returned
    """
    moved = ws.copy()
    for direction in directions:
        sigma = offsets.get(direction.name, 0.0)
        if sigma:
            first, end = direction.layers
            moved[first:end] += np.float32(sigma * direction.sd) * direction.vector
    return moved


def interpolate(start: Latent, end: Latent, part: float) -> Latent:
    """Return the point `part` of the way from start (0) to end (1), straight in w."""
    return start + np.float32(part) * (end - start)


def orthogonalize(vector: Latent, against: Iterable[Latent]) -> Latent:
    """Return the unit part of `vector` at right angles to all others (modified Gram-Schmidt).

    Raises
    ------
    ValueError
        Nothing is left: the vector is a mixture of the others.
    """
    basis: list[Latent] = []
    for other in against:
        rest = other.astype(np.float64)
        for axis in basis:
            rest = rest - np.dot(rest, axis) * axis
        length = np.linalg.norm(rest)
        if length > 1e-6:
            basis.append(rest / length)
    rest = vector.astype(np.float64)
    for axis in basis:
        rest = rest - np.dot(rest, axis) * axis
    length = np.linalg.norm(rest)
    if length < 1e-6 * max(float(np.linalg.norm(vector)), 1e-12):
        raise ValueError("nothing of the direction is left")
    return (rest / length).astype(np.float32)
