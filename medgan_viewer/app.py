"""Composition root: builds settings, logs, session and window; closes them in reverse order."""

import logging
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from medgan_viewer import paths
from medgan_viewer.errors import EXIT_PACKAGE, InputError, MedganError, UsageError
from medgan_viewer.files import is_folder, is_there, sweep_parts
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage, resolve_package
from medgan_viewer.logs import enable_crash_file, set_up_logging
from medgan_viewer.session.annotation_keeper import AnnotationKeeper
from medgan_viewer.session.bug_reporter import BugReporter
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.settings import Settings, load_settings, save_settings
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.screenshot import ScreenshotTaker
from medgan_viewer.ui.theme import apply_theme

log = logging.getLogger(__name__)

SIGNAL_INTERVAL_MS = 250


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line asked for."""

    paths: tuple[Path, ...] = ()
    model: str | None = None
    demo: bool = False
    screenshot: Path | None = None
    size: tuple[int, int] | None = None
    mode: str | None = None
    device: str | None = None


def run(start: Start) -> int:
    """Open the window and run until it is closed; return the exit code.

    Raises
    ------
    InputError
        For a picture, a translator was given a series that it does not take.
    """
    set_up_logging(paths.log_folder())
    crashed = enable_crash_file(paths.log_folder())
    settings_path = paths.data_folder() / "settings.json"
    first_start = not settings_path.exists()
    settings = load_settings(settings_path)
    set_aside = not first_start and not settings_path.exists()
    if settings_path.parent.is_dir():
        sweep_parts(settings_path.parent)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("medgan-viewer")
    apply_theme(app)
    session = make_session(settings, start)
    drawn = AnnotationKeeper(session.annotations, paths.data_folder() / "measurements.json")
    window = MainWindow(session, show_hints=settings.show_hints)
    keeper = SettingsKeeper(window, settings, settings_path)
    reporter = BugReporter(session)
    quitter = Quitter(app)
    try:
        model_is_usable = prepare(window, settings, start, first_start=first_start)
        if crashed is not None:
            session.notices.post_warning(
                "The program ended unexpectedly the last time.", f"The report is in {crashed}."
            )
        if set_aside:
            session.notices.post_warning(
                "The settings could not be read, and the program started with the usual ones.",
                f"The old file is kept as {settings_path.with_suffix('.unreadable')}.",
            )
        window.show()
        if start.screenshot is not None:
            ScreenshotTaker(
                window,
                start.screenshot,
                app.exit,
                wants_image=session.studies.status.running,
                model_is_usable=model_is_usable,
            )
        code = app.exec()
    finally:
        window.close()
        session.close()
        drawn.close()
        window.deleteLater()
        quitter.restore()
        reporter.restore()
    if start.screenshot is None:  # a picture is taken in passing
        keeper.save()
    refusal = session.translation.refusal
    if code == EXIT_PACKAGE and refusal is not None:  # the model is sound; the series is wrong
        raise InputError(refusal.problem, refusal.action, refusal.details)
    return code


def make_session(settings: Settings, start: Start) -> Session:
    """Build the session from the settings; heavy imports happen on its threads."""
    options = SessionOptions(
        package_roots=(paths.user_packages(), paths.shipped_packages()),
        cache_bytes=settings.cache_mib << 20,
        layout=Layout(settings.rows, settings.columns),
        link_view=settings.link_view,
        link_scroll=settings.link_scroll,
        link_position=settings.link_position,
        link_window=settings.link_window,
        layouts={kind: Layout(*size) for kind, size in settings.layouts.items()},
        index_path=paths.study_index(),
    )
    return Session(options, partial(make_engine, start.device or settings.device))


def make_engine(device: str) -> Any:
    """Called on the inference thread, where torch is imported."""
    from medgan_viewer.inference.preload import preload_torch

    preload_torch()
    from medgan_viewer.inference.device import Preference, choose_device, limit_threads
    from medgan_viewer.inference.engine import Engine

    limit_threads()
    return Engine(choose_device(Preference(device)))


def prepare(window: MainWindow, settings: Settings, start: Start, *, first_start: bool) -> bool:
    """Choose models and mode, open what was asked for, or the demonstration the first time.

    Returns
    -------
    False when the model that was asked for cannot be used
    """
    session = window.session
    session.pool.warm_up()
    session.index.refresh()
    session.library.refresh()
    for folder in map(Path, settings.package_folders):
        if is_folder(folder):  # a drive may be away for once
            session.library.open_folder(folder)
    asked = _choose_packages(session, settings, start)
    window.restore_geometry_text(settings.window_geometry)
    if start.size is not None:
        window.resize(*start.size)
    window.set_panel_open("toggle_left", settings.left_panel)
    window.set_panel_open("toggle_right", settings.right_panel)
    session.hide_identity(settings.hide_identity)
    session.guide_keeper.show_lines(settings.reference_lines)
    session.display.set_cine_rate(settings.cine_rate)
    session.display.hide_parts(settings.hidden_corner_parts)
    for refused in window.tool_windows.keys.load(settings.keys):
        log.warning("a key of the settings was not taken: %s", refused)
    session.set_source_mode(_source_mode(settings, asked))
    session.set_mode(_mode(settings, start, asked))
    last = Path(settings.last_folder) if settings.last_folder else None
    if start.paths:
        window.open_paths(list(start.paths))
    elif start.demo or first_start:
        window.open_demo()
    elif last is not None and is_there(last):
        window.open_paths([last])
    return start.model is None or asked is not None


def _choose_packages(session: Session, settings: Settings, start: Start) -> ModelPackage | None:
    """Take the models of the last time, then the one that was asked for; return that."""
    library = session.library
    translators = library.of_task(Task.TRANSLATE)
    for known, wanted, choose in (
        (library.generators, settings.generator, session.latent.set_package),
        (translators, settings.translator, session.translation.set_package),
    ):
        chosen = next((p for p in known if p.id == wanted), known[0] if known else None)
        if chosen is not None:
            choose(chosen)
    asked = _asked_for(session, start.model) if start.model is not None else None
    if asked is not None:
        session.choose_package(asked)
    return asked


def _asked_for(session: Session, model: str) -> ModelPackage | None:
    """Return the model of the command line; a notice says why when it cannot be used."""
    roots = [paths.user_packages(), paths.shipped_packages()]
    try:
        package = resolve_package(model, roots)
    except MedganError as error:
        session.notices.post_error(error)
        return None
    return session.library.open_folder(package.folder)


def _mode(settings: Settings, start: Start, asked: ModelPackage | None) -> Mode:
    if start.mode is not None:
        try:
            return Mode(start.mode)
        except ValueError:
            raise UsageError(
                problem=f"There is no mode {start.mode!r}.",
                action="Use browse, generate, translate or compare.",
            ) from None
    if asked is not None and asked.manifest.task is Task.TRANSLATE:
        return Mode.TRANSLATE
    # A picture that does not say its mode must not depend on how the window was left.
    if start.model is not None or start.demo or start.screenshot is not None:
        return Mode.GENERATE
    return Mode(settings.mode)


def _source_mode(settings: Settings, asked: ModelPackage | None) -> Mode:
    if asked is None:
        return Mode(settings.source_mode)
    return Mode.TRANSLATE if asked.manifest.task is Task.TRANSLATE else Mode.GENERATE


class SettingsKeeper:
    """Gathers the state of the window when it closes and writes it afterwards."""

    def __init__(self, window: MainWindow, settings: Settings, path: Path) -> None:
        self._window = window
        self._settings = settings
        self._path = path
        self._last_folder = settings.last_folder
        self._show_hints = settings.show_hints
        window.closing.connect(self._gather)
        window.hints_closed.connect(self._on_hints_closed)
        window.paths_opened.connect(self._on_opened)

    def save(self) -> None:
        try:
            save_settings(self._path, self._settings)
        except MedganError as error:
            log.warning("settings were not saved: %s", error.details or error.problem)

    def _on_hints_closed(self) -> None:
        self._show_hints = False

    def _on_opened(self, opened: list[Path]) -> None:
        if len(opened) == 1 and is_folder(opened[0]):
            self._last_folder = str(opened[0])

    def _gather(self) -> None:
        window, session = self._window, self._window.session
        latent, translator = session.latent.package, session.translation.package
        away = [f for f in self._settings.package_folders if not is_folder(Path(f))]
        opened = map(str, session.library.opened_folders)
        self._settings = self._settings.model_copy(
            update={
                "last_folder": self._last_folder,
                "show_hints": self._show_hints,
                "mode": session.mode.value,
                "source_mode": session.source_mode.value,
                "hide_identity": session.identity_hidden,
                "cache_mib": session.loader.budget_bytes >> 20,
                "cine_rate": session.display.cine_rate,
                "hidden_corner_parts": tuple(sorted(session.display.hidden_parts)),
                "keys": window.tool_windows.keys.own_keys,
                "rows": session.browse_layout.rows,
                "columns": session.browse_layout.columns,
                "link_view": session.grid.link_view,
                "link_scroll": session.grid.link_scroll,
                "link_position": session.grid.link_position,
                "link_window": session.grid.link_window,
                "layouts": {
                    kind: (layout.rows, layout.columns)
                    for kind, layout in list(session.hanging.remembered.items())[-200:]
                },
                "reference_lines": session.guide_keeper.lines_shown,
                "left_panel": window.left_side.is_open,
                "right_panel": window.right_side.is_open,
                "window_geometry": window.geometry_text(),
                "generator": latent.id if latent else "",
                "translator": translator.id if translator else "",
                "package_folders": tuple(dict.fromkeys([*opened, *away]))[:100],
            }
        )


class Quitter:
    """Closes the window in good order when the terminal or the system asks the program to end."""

    def __init__(self, app: QApplication) -> None:
        self._before = {
            number: signal.signal(number, lambda *_: app.quit())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        # Python answers to a signal only while it runs code, and an idle window runs none.
        self._timer = QTimer()
        self._timer.timeout.connect(_run_some_code)
        self._timer.start(SIGNAL_INTERVAL_MS)

    def restore(self) -> None:
        self._timer.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _run_some_code() -> None:
    """Do nothing."""
