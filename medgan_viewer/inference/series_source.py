"""A display set as a translation sees it."""

from functools import partial

from medgan_viewer.dicom.decoder import INFERENCE, DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.volume import build_volume
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.series_job import SourceSeries


def source_series(display_set: DisplaySet, pool: DecoderPool) -> SourceSeries:
    """Return planes, names and ways to the pixels; one or two missing slices are interpolated."""
    return SourceSeries(
        title=display_set.label,
        planes=display_set.planes,
        uids=[ref.sop_instance_uid for ref in display_set.frames],
        read=partial(_read, display_set, pool),
        build_volume=partial(build_volume, display_set, fill_gaps=True),
    )


def _read(display_set: DisplaySet, pool: DecoderPool, index: int) -> PixelFrame:
    frame = pool.run(ReadFrame(display_set.frames[index]), INFERENCE)
    assert isinstance(frame, PixelFrame)
    return frame
