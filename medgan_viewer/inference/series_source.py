"""A display set as a translation sees it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from medgan_viewer.dicom.decoder import INFERENCE, DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.volume import build_volume
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.volume import Volume
from medgan_viewer.inference.series_job import SourceSeries
from medgan_viewer.latent.recipe import joined_recipe, parse_recipe


def source_series(display_set: DisplaySet, pool: DecoderPool) -> SourceSeries:
    """Return planes, names and ways to the pixels; one or two missing slices are interpolated."""
    return SourceSeries(
        title=display_set.label,
        planes=display_set.planes,
        uids=[ref.sop_instance_uid for ref in display_set.frames],
        read=partial(_read, display_set, pool),
        build_volume=partial(build_volume, display_set, fill_gaps=True),
        frame_numbers=_frame_numbers(display_set),
    )


def translated_volume(display_set: DisplaySet, frames: Sequence[PixelFrame]) -> Volume:
    """Return the volume of all translated planes of a display set, with one recipe for all."""
    volume = build_volume(display_set, frames, fill_gaps=True)
    texts = [frame.provenance.recipe_json for frame in frames if frame.provenance is not None]
    recipe = joined_recipe([parse_recipe(text, display_set.label) for text in texts])
    assert volume.provenance is not None
    return replace(volume, provenance=replace(volume.provenance, recipe_json=recipe.to_json()))


def _frame_numbers(display_set: DisplaySet) -> tuple[int, ...]:
    numbers = tuple(ref.frame_number for ref in display_set.frames)
    is_multi_frame = len({ref.sop_instance_uid for ref in display_set.frames}) < len(numbers)
    return numbers if is_multi_frame or any(number > 1 for number in numbers) else ()


def _read(display_set: DisplaySet, pool: DecoderPool, index: int) -> PixelFrame:
    frame = pool.run(ReadFrame(display_set.frames[index]), INFERENCE)
    assert isinstance(frame, PixelFrame)
    return frame
