"""SeriesJob: the batch-lane job that translates a series. Needs no torch until its first step.

The window makes jobs on its own thread, where importing torch would stall it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PlaneGeometry
from medgan_viewer.imaging.model_space import IntensityLimits
from medgan_viewer.imaging.volume import Volume
from medgan_viewer.inference.guard import check_frame
from medgan_viewer.inference.jobs import ShouldStop, new_job_id

if TYPE_CHECKING:
    from medgan_viewer.inference.engine import Engine
    from medgan_viewer.inference.series_translation import TranslationWork

SAMPLED_FRAMES = 16


@dataclass(frozen=True, slots=True)
class SourceSeries:
    """What a translation needs of a display set.

    Attributes
    ----------
    title : for people
    planes, uids : place in the patient and SOP Instance UID of each plane, in order
    frame_numbers : 1-based, of each plane; empty where every instance is one plane
    read : gives a plane by its index; may block
    build_volume : makes a volume of all planes, or raises InputError with the reason
    """

    title: str
    planes: Sequence[PlaneGeometry | None]
    uids: Sequence[str]
    read: Callable[[int], PixelFrame]
    build_volume: Callable[[Sequence[PixelFrame]], Volume]
    frame_numbers: Sequence[int] = ()

    @property
    def keys(self) -> tuple[tuple[str, int | None], ...]:
        """SOP Instance UID and frame number of each plane; None for an instance of one plane."""
        return tuple(zip(self.uids, self.frame_numbers or (None,) * len(self.uids), strict=True))


@dataclass(frozen=True, slots=True)
class TranslatedPlane:
    """One translated plane and its place in the series.

    Attributes
    ----------
    fallback : what was given up to get it; empty when nothing was
    """

    index: int
    frame: PixelFrame
    fallback: str = ""


class Focus:
    """The plane that is wanted next; may be set from any thread."""

    def __init__(self) -> None:
        self.index = 0


def sample_indices(count: int, wanted: int = SAMPLED_FRAMES) -> list[int]:
    """Return evenly spread indices of a series, from which its intensities are judged."""
    if count <= wanted:
        return list(range(count))
    return [round(i * (count - 1) / (wanted - 1)) for i in range(wanted)]


class SeriesJob:
    """Reads some planes to learn the intensities, then translates one plane at a time."""

    def __init__(
        self,
        package: ModelPackage,
        source: SourceSeries,
        limits: IntensityLimits | None = None,
    ) -> None:
        """`limits` are taken as the intensities, and no plane is read to learn them."""
        if package.manifest.source is None:
            raise ValueError(f"{package.id} is not a translator")
        self.job_id = new_job_id()
        self.title = f"Translating {source.title}"
        self.focus = Focus()
        self._package = package
        self._source = source
        self._limits = limits
        self._samples = [] if limits is not None else sample_indices(len(source.planes))
        self._sampled: list[PixelFrame] = []
        self._work: TranslationWork | None = None
        self.total = len(self._samples) + len(source.planes)

    def step(self, engine: "Engine", index: int, should_stop: ShouldStop) -> TranslatedPlane | None:
        """Do one step; TranslatedPlane when it finished a plane."""
        if should_stop():
            raise RunAbortedError
        if index < len(self._samples):
            frame = self._source.read(self._samples[index])
            check_frame(self._package, frame)
            self._sampled.append(frame)
            return None
        work = self._work or self._plan()
        plane = work.step(engine, index - len(self._samples), should_stop)
        self.total = len(self._samples) + work.total
        return plane

    def _plan(self) -> "TranslationWork":
        from medgan_viewer.inference.series_translation import plan_translation, series_limits

        assert self._package.manifest.source is not None
        limits = self._limits or series_limits(self._package.manifest.source, self._sampled)
        self._sampled = []
        self._work = plan_translation(self._package, self._source, limits, self.focus)
        return self._work
