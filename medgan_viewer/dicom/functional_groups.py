"""FrameView: one frame of a dataset, with its functional groups (PS3.3 C.7.6.16).

A value is looked for in the frame's own group, then in the shared one, then at the root, so that
single-frame, simple multi-frame and enhanced objects are read alike.
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import items, text

FRAME_TYPE_GROUPS = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
    "XRay3DFrameTypeSequence",
)


@dataclass(frozen=True, slots=True)
class FrameView:
    """One frame as the places where its attributes may stand, the nearest first.

    Attributes
    ----------
    root : the dataset
    groups : item of the per-frame groups, then of the shared groups; fewer when absent
    """

    root: Dataset
    groups: tuple[Dataset, ...] = ()

    def holder(self, group: str, keyword: str) -> Dataset:
        """Return the dataset in which to look for `keyword` of functional group `group`."""
        if not self.groups:  # most files; this is asked a dozen times for each
            return self.root
        for item in self.group_items(group):
            if keyword in item:
                return item
        return self.root

    def group_items(self, group: str) -> tuple[Dataset, ...]:
        """Return the first items of the sequence `group`, per-frame before shared."""
        if not self.groups:
            return ()
        found = (items(item, group) for item in self.groups)
        return tuple(sequence[0] for sequence in found if sequence)


def frame_view(dataset: Dataset, frame_index: int) -> FrameView:
    """Return the view of a 0-based frame."""
    return frame_views(dataset, (frame_index,))[0]


def frame_views(dataset: Dataset, frame_indices: range | tuple[int, ...]) -> tuple[FrameView, ...]:
    """Return the views of several frames; the sequences are looked up once."""
    per_frame = items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = items(dataset, "SharedFunctionalGroupsSequence")[:1]
    return tuple(FrameView(dataset, per_frame[i : i + 1] + shared) for i in frame_indices)


def presentation_of(view: FrameView) -> str:
    """Return Pixel Presentation of a frame, which for a MIXED image stands with its frame type."""
    for group in FRAME_TYPE_GROUPS:
        for item in view.group_items(group):
            if found := text(item, "PixelPresentation").upper():
                return found
    return text(view.root, "PixelPresentation").upper()
