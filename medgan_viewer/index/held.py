"""HeldFiles: the files whose outcomes this run of the program holds already."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from medgan_viewer.dicom.decoder_messages import Contents, HeaderOutcome
from medgan_viewer.dicom.file_walk import Stamp
from medgan_viewer.dicom.scan import FileMemory, is_transient


class HeldFiles:
    """A FileMemory before another one: files that are as they were need no word at all."""

    def __init__(self) -> None:
        self._stamps: dict[str, dict[str, Stamp]] = {}  # by folder and name
        self._behind: FileMemory | None = None

    def before(self, behind: FileMemory) -> "HeldFiles":
        """Ask `behind` from now on for what is not held."""
        self._behind = behind
        return self

    def forget(self, paths: Iterable[Path]) -> None:
        """Read these anew at the next scan."""
        for path in paths:
            folder, name = os.path.split(str(path))
            self._stamps.get(folder, {}).pop(name, None)

    def recall(
        self, folder: str, stamps: Mapping[str, Stamp]
    ) -> Mapping[str, HeaderOutcome | None]:
        held = self._stamps.setdefault(folder, {})
        known: dict[str, HeaderOutcome | None]
        if stamps.items() <= held.items():
            known = dict.fromkeys(stamps)
            return known
        known = {name: None for name, stamp in stamps.items() if held.get(name) == stamp}
        if self._behind is not None:
            others = {name: stamp for name, stamp in stamps.items() if name not in known}
            found = self._behind.recall(folder, others)
            for name, outcome in found.items():
                known[name] = outcome
                if not isinstance(outcome, Contents):
                    held[name] = stamps[name]
        return known

    def vanished(self, folder: str, names: frozenset[str]) -> tuple[Path, ...]:
        held = self._stamps.get(folder, {})
        gone = {Path(folder, name) for name in held.keys() - names}
        for path in gone:
            del held[path.name]
        if self._behind is not None:
            gone.update(self._behind.vanished(folder, names))
        return tuple(gone)

    def remember(self, path: Path, stamp: Stamp, outcome: HeaderOutcome) -> None:
        if not (isinstance(outcome, Contents) or is_transient(outcome)):
            folder, name = os.path.split(str(path))
            self._stamps.setdefault(folder, {})[name] = stamp
        if self._behind is not None:
            self._behind.remember(path, stamp, outcome)
