"""TranslationPanel: what is translated, how far it is, why it is refused."""

from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from medgan_viewer.inference.guard import UncertainContrastError
from medgan_viewer.session.translation import TranslationController
from medgan_viewer.ui.foreign_text import PlainLabel


class TranslationPanel(QWidget):
    """Bound to TranslationController."""

    def __init__(self, controller: TranslationController) -> None:
        super().__init__()
        self._controller = controller
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop translating; planes that are done stay")
        self.cancel.clicked.connect(controller.cancel)
        self.again = QPushButton("Translate this series")
        self.again.setToolTip("Start again from the series on the left")
        self.again.clicked.connect(lambda: controller.start())
        self.anyway = QPushButton()
        self.anyway.setToolTip("You say that the series is what the model was trained on")
        self.anyway.clicked.connect(lambda: controller.start(trust_user=True))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.text, self.bar, self.cancel, self.again, self.anyway):
            column.addWidget(widget)
        column.addStretch(1)
        controller.state_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        controller = self._controller
        progress, refusal = controller.progress, controller.refusal
        running = progress is not None and not progress.state.is_final
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        self.again.setVisible(not running and refusal is None and controller.can_start)
        self.anyway.setVisible(isinstance(refusal, UncertainContrastError))
        spec = controller.package.manifest.source if controller.package is not None else None
        if spec is not None:
            self.anyway.setText(f"It is {spec.contrast}")
        if progress is not None and running:
            self.bar.setMaximum(progress.total)
            self.bar.setValue(progress.done)
        if refusal is not None:
            self.text.setText(refusal.action)  # the tile says why
        elif controller.source is None:
            self.text.setText("Show a series on the left; it is translated plane by plane.")
        else:
            done, count = controller.translated_count, len(controller.source.frames)
            self.text.setText(f"{controller.source.label}: {done} of {count} planes translated.")
