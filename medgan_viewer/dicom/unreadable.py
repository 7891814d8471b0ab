"""UnreadableError: why a file shows no image, inside dicom/."""


class UnreadableError(Exception):
    """Why a file shows no image; `reason` completes "This file ...". Never leaves dicom/."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details
