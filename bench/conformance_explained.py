"""Why pictures of the conformance files differ from a peer's by more than one gray level.

One entry per file, named by the end of its path; tests/dicom/test_conformance.py fails for a
difference without an entry and for an entry without a difference.
"""

_ROUNDED_COLOR = (
    "DCMTK rounds each term of the color conversion, we round their sum (PS3.3 C.7.6.3.1.2); two "
    "levels at most."
)
_BIG_ENDIAN_32 = (
    "DCMTK 3.6.7 takes the 16-bit halves of big-endian 32-bit samples for little endian. Its "
    "picture of the same dose in little endian is ours."
)
_PADDING = (
    "The pixels that differ are padding. We draw padding as background in every window, DCMTK "
    "draws it as a value."
)

EXPLAINED = {
    "CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm": (
        "The file writes slope, intercept and window with the unknown VR (UN). DCMTK, to which "
        "GDCM hands its values, leaves out such a rescale; we read it by the dictionary."
    ),
    "IM00001.fragmented_no_bot_jpeg_baseline.50.dcm": _ROUNDED_COLOR,
    "SC_ybr_full_uncompressed.dcm": _ROUNDED_COLOR,
    "GH195.dcm": (
        "The header says RGB, the JPEG stream says JFIF and therefore YCbCr. DCMTK believes the "
        "header and shows a photograph of teeth in blue and orange; we believe the stream."
    ),
    "693_UNCI.dcm": _PADDING,
    "seg_image_sm_control_labelmap.dcm": _PADDING,
    "GH1376.dcm": _PADDING,
    "rtdose_expb.dcm": _BIG_ENDIAN_32,
    "rtdose_expb_1frame.dcm": _BIG_ENDIAN_32,
}


def explanation_of(path: str) -> str:
    """Return why the picture of a file differs from a peer's; empty when nobody has said."""
    return EXPLAINED.get(path.rpartition("/")[2], "")
