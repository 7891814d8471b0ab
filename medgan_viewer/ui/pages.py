"""Pages: what fills the window between tool bar and status line: the images, or training."""

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from medgan_viewer.ui.training.training_page import TrainingPage


class Pages(QStackedWidget):
    """One page at a time; each keeps its state while the other is shown."""

    def __init__(self, images: QWidget, training: TrainingPage) -> None:
        super().__init__()
        self._images = images
        self._training = training
        self.addWidget(images)
        self.addWidget(training)

    def show_images(self) -> None:
        self.setCurrentWidget(self._images)

    def show_training(self) -> None:
        self.setCurrentWidget(self._training)
        self._training.setFocus()


def images_page(
    left: QWidget, notices: QWidget, images: QWidget, right: QWidget, hints: QWidget
) -> QWidget:
    """Return the images with the notices above, the panels beside and the hints below them."""
    page = QWidget()
    column, body, middle = QVBoxLayout(page), QHBoxLayout(), QVBoxLayout()
    for layout in (column, body, middle):
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
    middle.addWidget(notices)
    middle.addWidget(images, 1)
    body.addWidget(left)
    body.addLayout(middle, 1)
    body.addWidget(right)
    column.addLayout(body, 1)
    column.addWidget(hints)
    return page
