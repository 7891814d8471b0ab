"""The list of all studies as a page of the window, in place of the images while it is shown."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from medgan_viewer.ui.studies.study_browser import StudyBrowser

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow


def study_list_slots(window: "MainWindow") -> dict[str, Callable[[], None]]:
    """Return what the actions of the list do."""
    return {"study_list": partial(show_study_list, window)}


def attach_study_list(window: "MainWindow") -> StudyBrowser:
    """Add the page to a window whose other pages are there."""
    browser = StudyBrowser(window.session)
    window.pages.addWidget(browser)
    browser.opened.connect(window.pages.show_images)
    browser.closed.connect(partial(_leave, window))
    window.studies.recent.list_wanted.connect(partial(show_study_list, window))
    return browser


def show_study_list(window: "MainWindow") -> None:
    """Show the list; once more goes back to the images."""
    if window.pages.currentWidget() is window.study_list:
        _leave(window)
    else:
        window.pages.setCurrentWidget(window.study_list)


def _leave(window: "MainWindow") -> None:
    window.pages.show_images()
    window.images.focus_active()
