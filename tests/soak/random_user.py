"""RandomUser: does one thing after the other in a window, drawn by seed, whatever still runs."""

import logging
import random

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QToolButton

from medgan_viewer.session.session import Mode
from medgan_viewer.ui.help_dialogs import CommandPalette
from medgan_viewer.ui.latent.value_slider import ValueSlider
from tests.ui.test_viewport_widget import drag, wheel

log = logging.getLogger(__name__)

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
VIEW = ("reset", "fit", "zoom_in", "zoom_out", "maximize", "full_screen", "hide_identity")
LINKS_AND_PANELS = ("link_view", "link_scroll", "link_window", "toggle_left", "toggle_right")
TOOLS = ("tool_window", "tool_scroll", "tool_pan", "tool_zoom", "copy_picture")
WINDOWING = ("invert", "window_auto", "window_file", "preset_3", "next_tile", "previous_tile")
TURNS = ("rotate_right", "rotate_left", "flip_horizontally", "flip_vertically", "show_pixels")
PLANES = ("mpr", "mpr_resampled", "reference_lines", "align_slices", "tool_crosshair")
PLAIN_ACTIONS = (*TURNS, *PLANES, *VIEW, *LINKS_AND_PANELS, *TOOLS, *WINDOWING)
STEPS = ("image", "ten", "series")
STACK_ACTIONS = (
    "first_image",
    "last_image",
    *(f"{way}_{step}" for way in ("next", "previous") for step in STEPS),
)


class RandomUser:
    """Acts through widgets and actions alone; what is hidden or disabled is left alone.

    `open_window` returns a shown window; the user closes it and asks for another now and then.
    """

    def __init__(self, seed, open_window, folders):
        self._order = random.Random(seed)  # of its own: the same seed gives the same actions
        self._draw = random.Random(seed)
        self._open_window = open_window
        self._folders = folders
        self.window = open_window()
        self.windows = 1
        self._weights = {
            self.move_a_slider: 20,
            self.type_a_number: 4,
            self.take_another_sample: 8,
            self.undo_or_redo: 8,
            self.switch_the_model: 6,
            self.switch_the_mode: 8,
            self.change_the_layout: 4,
            self.click_a_series: 6,
            self.scroll_fast: 14,
            self.drag_in_an_image: 6,
            self.compare_another_way: 6,
            self.open_a_folder: 4,
            self.cancel_something: 4,
            self.search: 2,
            self.use_a_dialog: 2,
            self.trigger_any: 14,
            self.close_a_notice: 3,
            self.look: 10,
            self.close_and_open_another: 2,
            self.close_in_the_middle_of_a_translation: 2,
        }

    def act(self):
        """Do one thing and let the window answer to what has come in until now."""
        [thing] = self._order.choices([*self._weights], [*self._weights.values()])
        log.info("%s", thing.__name__)
        thing()
        QApplication.processEvents()

    # ---- sliders ----

    def move_a_slider(self):
        slider = self._one_of(self._seen(self.window.right.latent.findChildren(ValueSlider)))
        if slider is not None:
            places = [QPoint(self._draw.randrange(slider.width()), 10) for _ in range(2)]
            drag(slider, LEFT, (places[1] - places[0]).toTuple(), start=places[0])

    def type_a_number(self):
        slider = self._one_of(self._seen(self.window.right.latent.findChildren(ValueSlider)))
        if slider is not None:
            number = slider.parentWidget().number
            number.setValue(self._draw.uniform(number.minimum(), number.maximum()))

    def take_another_sample(self):
        if self._draw.random() < 0.5:
            self._trigger("next_sample")
        elif self.window.right.latent.seed.isVisible():
            self.window.right.latent.seed.setValue(self._draw.randrange(1000))

    def undo_or_redo(self):
        self._trigger(self._draw.choice(("undo", "undo", "redo")))

    # ---- models, modes and layouts ----

    def switch_the_model(self):
        panel = self._one_of(
            self._seen([self.window.right.generators, self.window.right.translators])
        )
        if panel is not None:
            index = self._draw.randrange(panel.chooser.count())
            panel.chooser.setCurrentIndex(index)
            panel.chooser.activated.emit(index)

    def switch_the_mode(self):
        self._trigger(f"mode_{self._draw.choice([*Mode]).value}")

    def change_the_layout(self):
        if self.window.tool_bar.layout_button.isEnabled():
            self._draw.choice(self.window.tool_bar.layout_button.menu().actions()).trigger()

    def compare_another_way(self):
        buttons = self._seen(self.window.right.compare.buttons.values())
        if buttons and self._draw.random() < 0.5:
            self._draw.choice(buttons).click()
        else:
            self._trigger(self._draw.choice(("compare_difference", "compare_swipe")))
        if self.window.images.swipe.isVisible():
            drag(self.window.images.swipe, LEFT, (self._draw.randrange(-99, 99), 0))

    # ---- images ----

    def open_a_folder(self):
        self.window.open_paths([self._draw.choice(self._folders)])

    def click_a_series(self):
        """Choose one of the tree's series, a translated one too."""
        shown = self.window.session.studies
        sets = [s.uid for study in shown.studies for s in study.display_sets]
        set_id = self._one_of([*sets, *(made.set_id for made in shown.synthetic_sets)])
        if set_id is None:
            return
        tree = self.window.studies.tree
        index = tree.model().mapFromSource(self.window.studies.model.index_of_set(set_id))
        if index.isValid():
            QTest.mouseClick(tree.viewport(), LEFT, pos=tree.visualRect(index).center())

    def scroll_fast(self):
        tile = self._tile()
        turn = self._draw.choice((-120, 120))
        for _ in range(self._draw.randrange(1, 30)):
            wheel(tile, turn)
        self._trigger(self._draw.choice(STACK_ACTIONS))

    def drag_in_an_image(self):
        button = self._draw.choice([LEFT, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton])
        drag(self._tile(), button, (self._draw.randrange(20, 60), self._draw.randrange(-60, 60)))
        wheel(self._tile(), self._draw.choice((-240, 240)), CTRL)

    def search(self):
        self.window.studies.search.setText(self._draw.choice(("", "", "T1", "nothing like it")))

    # ---- all else ----

    def look(self):
        """Let results come in for a moment."""
        QTest.qWait(self._draw.randrange(60))

    def use_a_dialog(self):
        """Find an action by its name, or close the dialog; sometimes it is left open."""
        self._trigger(self._draw.choice(("find_action", "show_keys", "about")))
        for dialog in self.window.findChildren(QDialog):
            if isinstance(dialog, CommandPalette) and self._draw.random() < 0.5:
                dialog.text.setText("fit the image")
                QTest.keyClick(dialog.text, Qt.Key.Key_Return)
            elif self._draw.random() < 0.8:
                dialog.reject()

    def close_a_notice(self):
        button = self._one_of(self._seen(self.window.notices.findChildren(QToolButton)))
        if button is not None:
            button.click()

    def trigger_any(self):
        self._trigger(self._draw.choice(PLAIN_ACTIONS))

    def cancel_something(self):
        status, translation = self.window.status, self.window.right.translation
        button = self._one_of(
            self._seen([status.stop_scan, status.stop_job, translation.cancel, translation.again])
        )
        if button is not None:
            button.click()

    def close_and_open_another(self):
        self.close()
        self.window = self._open_window()
        self.windows += 1
        self.open_a_folder()

    def close_in_the_middle_of_a_translation(self):
        self._trigger("mode_translate")
        QApplication.processEvents()
        self.close_and_open_another()

    def close(self):
        """Close the window; it is gone at once, whatever still runs."""
        self.window.close()
        self.window.deleteLater()
        self.window = None

    # ---- helpers ----

    def _tile(self):
        return self.window.images.widget_of(self._draw.choice(self.window.session.grid.shown))

    def _trigger(self, action_id):
        self.window.actions_by_id[action_id].trigger()  # does nothing while it is disabled

    def _one_of(self, things):
        return self._draw.choice(things) if things else None

    @staticmethod
    def _seen(widgets):
        return [widget for widget in widgets if widget.isVisible() and widget.isEnabled()]
