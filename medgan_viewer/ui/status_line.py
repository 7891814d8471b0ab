"""StatusLine: scan and jobs with progress and cancel on the left, device and latency right."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from medgan_viewer.session.generation import Latency
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.ui.foreign_text import PlainLabel


class StatusLine(QWidget):
    """The line at the bottom of the window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._session = session
        self.scan = PlainLabel()
        self.stop_scan = _cancel_button("Stop looking for more files")
        self.stop_scan.clicked.connect(session.studies.cancel_scan)
        self.job = PlainLabel()
        self.bar = QProgressBar()
        self.bar.setFixedWidth(140)
        self.stop_job = _cancel_button("Cancel this job; what is done stays")
        self.stop_job.clicked.connect(self._cancel_job)
        self.latency = PlainLabel()
        self._last: Latency | None = None
        self.notice = PlainLabel("Not for diagnosis")
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
        session.generation.latency_measured.connect(self._on_latency_measured)
        session.translation.state_changed.connect(self._show_times)
        session.service.device_known.connect(self._show_times)
        session.mode_changed.connect(self._show_times)
        self._show_scan()
        self._show_jobs()
        self._show_times()

    def _show_scan(self) -> None:
        status = self._session.studies.status
        self.stop_scan.setVisible(status.running)
        if status.running:
            of = f" of {status.found}" if status.found > status.files else ""
            self.scan.setText(
                f"Looking for images: {status.files}{of} files, {status.rate:.0f} / s"
            )
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

    def _on_latency_measured(self, latency: Latency) -> None:
        self._last = latency
        self._show_times()

    def _show_times(self) -> None:
        """Say where the images are made and how long that takes; the tooltip says why there."""
        session = self._session
        if session.source_mode is Mode.TRANSLATE:
            text = self._pace_text()
            tip = ["Time per plane of the translation, reading included"]
            fallback = session.translation.fallback
        else:
            text = _latency_text(self._last) if self._last is not None else ""
            tip = ["Time from your last move to the screen, and where it went"]
            made = session.generation.last_result
            fallback = made.fallback if made is not None else ""
        device = session.service.device
        if device is not None:
            tip.append(f"Device: {device.name}. {device.reason}")
        self.latency.setText(text)
        self.latency.setToolTip("\n".join([*tip, fallback]).rstrip())

    def _pace_text(self) -> str:
        device, translation = self._session.service.device, self._session.translation
        if device is None:
            return ""
        name = "CPU" if translation.fallback else device.name
        pace_ms = translation.ms_per_plane
        return name if pace_ms is None else f"{name} · {pace_ms:.0f} ms per plane"


def _latency_text(latency: Latency) -> str:
    load = f" load {latency.load_ms:.0f}" if latency.load_ms else ""
    parts = (
        f"wait {latency.wait_ms:.0f}{load} run {latency.run_ms:.0f} show {latency.display_ms:.0f}"
    )
    return f"{latency.device_note} · {latency.total_ms:.0f} ms ({parts})"


def _cancel_button(tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("flat")
    button.setText("✕")
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    return button
