"""Which transfer syntax a compressed frame has, by its own first bytes.

For files whose header says that the pixels are not compressed although they are.
"""

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JPEG_2000 = "1.2.840.10008.1.2.4.91"
_JPEG_START = b"\xff\xd8"
_BY_START_OF_FRAME = {
    0xC0: "1.2.840.10008.1.2.4.50",  # baseline
    0xC1: "1.2.840.10008.1.2.4.51",  # extended
    0xC3: "1.2.840.10008.1.2.4.57",  # lossless
    0xF7: "1.2.840.10008.1.2.4.81",  # JPEG-LS
}
_ITEM_HEAD = 8


def syntax_of_stream(pixels: bytes) -> str:
    """Return the UID of the syntax that the first frame among encapsulated `pixels` has.

    Parameters
    ----------
    pixels : from the first item, the offset table, on; some kilobytes are enough

    Returns
    -------
    empty when the bytes are none that we know; without loss or with, the general syntax is named
    """
    table_bytes = int.from_bytes(pixels[4:_ITEM_HEAD], "little")
    frame = pixels[2 * _ITEM_HEAD + table_bytes :]
    if frame.startswith(_JPEG_2000_START):
        return _JPEG_2000
    if not frame.startswith(_JPEG_START):
        return ""
    position = len(_JPEG_START)
    while position + 4 <= len(frame) and frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker in _BY_START_OF_FRAME:
            return _BY_START_OF_FRAME[marker]
        if marker == 0xFF:  # fill byte
            position += 1
        else:
            position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return ""
