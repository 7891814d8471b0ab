"""StatusLine: scan and jobs with progress and cancel on the left, device and latency right."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from medgan_viewer.session.generation import Latency
from medgan_viewer.session.session import Session


class StatusLine(QWidget):
    """The line at the bottom of the window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._session = session
        self.scan = QLabel()
        self.stop_scan = _cancel_button("Stop looking for more files")
        self.stop_scan.clicked.connect(session.studies.cancel_scan)
        self.job = QLabel()
        self.bar = QProgressBar()
        self.bar.setFixedWidth(140)
        self.stop_job = _cancel_button("Cancel this job; what is done stays")
        self.stop_job.clicked.connect(self._cancel_job)
        self.latency = QLabel()
        self.latency.setToolTip("Time from your last move to the screen, and where it went")
        self.notice = QLabel("Not for diagnosis")
        self.notice.setObjectName("secondary")
        self.notice.setToolTip(
            "For research and education. Not a medical device, not for primary diagnosis."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        for widget in (self.scan, self.stop_scan, self.job, self.bar, self.stop_job):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.latency)
        row.addSpacing(16)
        row.addWidget(self.notice)
        session.studies.scan_changed.connect(self._show_scan)
        session.service.jobs_changed.connect(self._show_jobs)
        session.generation.latency_measured.connect(self._show_latency)
        self._show_scan()
        self._show_jobs()

    def _show_scan(self) -> None:
        status = self._session.studies.status
        self.stop_scan.setVisible(status.running)
        if status.running:
            self.scan.setText(f"Looking for images: {status.files} files, {status.rate:.0f} / s")
        elif status.files:
            skipped = len(self._session.studies.skipped)
            more = f", {skipped} not shown" if skipped else ""
            self.scan.setText(f"{status.shown} files with images{more}")
        else:
            self.scan.clear()

    def _show_jobs(self) -> None:
        jobs = self._session.service.jobs
        for widget in (self.job, self.bar, self.stop_job):
            widget.setVisible(bool(jobs))
        if jobs:
            first = jobs[0]
            waiting = f" (+{len(jobs) - 1})" if len(jobs) > 1 else ""
            self.job.setText(f"{first.title}{waiting}")
            self.bar.setMaximum(max(first.total, 1))
            self.bar.setValue(first.done)

    def _cancel_job(self) -> None:
        jobs = self._session.service.jobs
        if jobs:
            self._session.service.cancel(jobs[0].job_id)

    def _show_latency(self, latency: Latency) -> None:
        load = f" load {latency.load_ms:.0f}" if latency.load_ms else ""
        parts = (
            f"wait {latency.wait_ms:.0f}{load} run {latency.run_ms:.0f} "
            f"show {latency.display_ms:.0f}"
        )
        self.latency.setText(f"{latency.device_note} · {latency.total_ms:.0f} ms ({parts})")


def _cancel_button(tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("flat")
    button.setText("✕")
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    return button
