"""ModelLibrary: the model packages that were found, and those that cannot be used."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import (
    ModelPackage,
    UnusablePackage,
    find_packages,
    open_package,
)
from medgan_viewer.session.notices import NoticeBoard

_FROM_SLIDERS = (Task.GENERATE, Task.RECONSTRUCT)


class ModelLibrary(QObject):
    """Packages of the program, of the user and of folders opened by hand.

    Signals
    -------
    packages_changed()
    """

    packages_changed = Signal()

    def __init__(self, roots: list[Path], notices: NoticeBoard) -> None:
        super().__init__()
        self._roots = roots
        self._notices = notices
        self._opened: dict[str, ModelPackage] = {}
        self._packages: list[ModelPackage] = []
        self._unusable: list[UnusablePackage] = []

    def refresh(self) -> None:
        """Look into the folders again; unusable packages are told once each."""
        known = {broken.folder for broken in self._unusable}
        found, self._unusable = find_packages(self._roots)
        by_id = {package.id: package for package in found} | self._opened
        self._packages = list(by_id.values())
        for broken in self._unusable:
            if broken.folder not in known:
                self._notices.post_error(broken.error)
        self.packages_changed.emit()

    def open_folder(self, folder: Path) -> ModelPackage | None:
        """Add the package in `folder`; a notice says why when it cannot be used."""
        try:
            package = open_package(folder)
        except PackageError as error:
            self._notices.post_error(error)
            return None
        self._opened[package.id] = package
        self.refresh()
        return package

    @property
    def opened_folders(self) -> tuple[Path, ...]:
        """Where the packages lie that were opened by hand."""
        return tuple(package.folder for package in self._opened.values())

    @property
    def generators(self) -> list[ModelPackage]:
        """Everything that makes images from sliders, autoencoders too."""
        return [package for package in self._packages if package.manifest.task in _FROM_SLIDERS]

    def of_task(self, task: Task) -> list[ModelPackage]:
        return [package for package in self._packages if package.manifest.task is task]

    def find(self, package_id: str) -> ModelPackage | None:
        return next((p for p in self._packages if p.id == package_id), None)

    @property
    def packages(self) -> tuple[ModelPackage, ...]:
        return tuple(self._packages)

    @property
    def unusable(self) -> tuple[UnusablePackage, ...]:
        return tuple(self._unusable)
