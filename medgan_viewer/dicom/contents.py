"""contents_of: which files a ZIP archive or a DICOMDIR leads to; nothing of it is believed."""

from pathlib import Path

from medgan_viewer.dicom.archives import is_archive, list_archive
from medgan_viewer.dicom.decoder_messages import Contents
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.media_directory import is_media_directory, referenced_files
from medgan_viewer.dicom.unreadable import UnreadableError


def contents_of(path: Path) -> Contents | SkippedFile | None:
    """Return what a file without an image leads to, or why it is not followed.

    Returns
    -------
    None for a file that leads nowhere, and for an archive inside an archive
    """
    try:
        if is_archive(path):
            listing = list_archive(path)
            note = "is a ZIP archive; its files are read by themselves"
            return Contents(path, listing.members, listing.refused, note)
        if is_media_directory(path):
            members, refused = referenced_files(path)
            note = "is a directory of other files, which are read by themselves"
            return Contents(path, members, refused, note)
    except UnreadableError as error:
        return SkippedFile(path, error.reason)
    except OSError as error:
        return SkippedFile(path, f"cannot be opened ({error.strerror or type(error).__name__})")
    return None
