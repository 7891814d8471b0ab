"""Difference maps of two images on one grid, as frames with the unit of the images."""

import json

import numpy as np

from medgan_viewer.compare.pair import base_unit, match
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.modality import FloatArray, Rescale
from medgan_viewer.imaging.voi import window_of_range

_SHOWN_PERCENTILE = 99.5


def signed_difference(reference: PixelFrame, candidate: PixelFrame) -> PixelFrame:
    """Return candidate - reference; its window has 0 in the middle.

    Give the reconstruction as reference and the edited image as candidate to see an edit without
    the error of the reconstruction.

    Raises
    ------
    InputError
        The images are not on one grid or differ in unit.
    """
    return _difference(reference, candidate, is_signed=True)


def absolute_difference(reference: PixelFrame, candidate: PixelFrame) -> PixelFrame:
    """Return |candidate - reference|; its window starts at 0. Raises as `signed_difference`."""
    return _difference(reference, candidate, is_signed=False)


def _difference(reference: PixelFrame, candidate: PixelFrame, *, is_signed: bool) -> PixelFrame:
    pair = match(reference, candidate)
    counted = pair.candidate[pair.counted] - pair.reference[pair.counted]
    if not is_signed:
        counted = np.abs(counted)
    smallest = float(counted.min())
    # What is not counted takes a value that no difference has, as float32 so that it is found.
    left_out = float(np.float32(smallest - max(1.0, abs(smallest) / 1000)))
    stored: FloatArray = np.full(pair.counted.shape, left_out, dtype=np.float32)
    stored[pair.counted] = counted
    limit = float(np.percentile(np.abs(counted), _SHOWN_PERCENTILE)) or 1.0
    name = "signed difference" if is_signed else "absolute difference"
    placed = reference if reference.geometry is not None else candidate
    return PixelFrame(
        stored=stored,
        modality=reference.modality if reference.modality == candidate.modality else "",
        transform=Rescale(unit=base_unit(reference)),
        vois=(window_of_range(-limit if is_signed else 0.0, limit, name),),
        padding=None if pair.counted.all() else PaddingRange(left_out, left_out),
        geometry=placed.geometry,
        spacing=reference.spacing,
        aspect=reference.aspect,
        bits_stored=32,
        provenance=_derived(reference.provenance, candidate.provenance, name),
    )


def _derived(
    reference: Provenance | None, candidate: Provenance | None, name: str
) -> Provenance | None:
    """Return the provenance of a map: synthetic as soon as one side is."""
    synthetic = candidate or reference
    if synthetic is None:
        return None
    sides = {"reference": reference, "candidate": candidate}
    recipe = {
        "kind": "derived",
        "operation": name,
        **{side: _recipe_of(provenance) for side, provenance in sides.items()},
    }
    uids = [uid for side in (reference, candidate) if side is not None for uid in side.source_uids]
    return Provenance(
        kind=SyntheticKind.DERIVED,
        model_name=synthetic.model_name,
        package_id=synthetic.package_id,
        weights_sha256=synthetic.weights_sha256,
        recipe_json=json.dumps(recipe, ensure_ascii=False),
        summary=f"{name} · {synthetic.summary}".strip(" ·"),
        source_uids=tuple(dict.fromkeys(uids)),
    )


def _recipe_of(provenance: Provenance | None) -> object:
    """Return a side's recipe as JSON, or None for an acquired image or an unreadable recipe."""
    if provenance is None:
        return None
    try:
        return json.loads(provenance.recipe_json)
    except (ValueError, RecursionError):
        return None
