"""SessionOptions: what the session is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medgan_viewer import paths
from medgan_viewer.session.grid import Layout

DEFAULT_LAYOUT = Layout(1, 2)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the session is made from; taken from the settings and the command line.

    Attributes
    ----------
    package_roots : folders with model packages
    cache_bytes : memory for decoded images
    decoders : number of decoder processes
    layouts : the layout used last for each kind of study; None opens studies into one tile
    runs_folder : where training runs lie, and new ones go
    training_command : what starts a training process; empty for this program itself
    index_path : file of the study index; None keeps no list of studies
    """

    package_roots: tuple[Path, ...]
    cache_bytes: int = 1 << 30
    decoders: int = 2
    layout: Layout = DEFAULT_LAYOUT
    link_view: bool = True
    link_scroll: bool = True
    link_position: bool = True
    link_window: bool = True
    layouts: Mapping[str, Layout] | None = None
    runs_folder: Path = field(default_factory=paths.runs_folder)
    training_command: tuple[str, ...] = ()
    index_path: Path | None = None
