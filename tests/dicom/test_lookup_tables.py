"""LUT descriptors and data as files write them, PS3.3 C.11.1.1 and C.7.9."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medgan_viewer.dicom.dicom_file import UnreadableError
from medgan_viewer.dicom.lookup_tables import palette_colors, read_lut


def lut(descriptor, data, *, vr="OW", is_signed=False, is_little_endian=True):
    dataset = Dataset()
    dataset.add_new("LUTDescriptor", "US", descriptor)
    dataset.add_new("LUTData", vr, data)
    return read_lut(
        dataset,
        "LUTDescriptor",
        "LUTData",
        is_signed=is_signed,
        is_little_endian=is_little_endian,
    )


def palette(entries, bits, *, first=0, count=None, segmented=False):
    """Return a dataset with the same table for red, green and blue."""
    dataset = Dataset()
    prefix = "Segmented" if segmented else ""
    dtype = np.uint8 if bits == 8 else "<u2"
    data = np.asarray(entries, dtype=dtype).tobytes()
    for color in ("Red", "Green", "Blue"):
        descriptor = [count or len(entries), first, bits]
        dataset.add_new(f"{color}PaletteColorLookupTableDescriptor", "US", descriptor)
        dataset.add_new(f"{prefix}{color}PaletteColorLookupTableData", "OW", data)
    return dataset


def reds(dataset, indices, dtype=np.uint8, **options):
    options = {"is_signed": False, "is_little_endian": True, **options}
    return palette_colors(dataset, np.array([indices], dtype), **options)[0, :, 0].tolist()


def test_lut_data_are_unsigned_always():
    assert lut([2, 0, 16], b"\xff\xff\x00\x80").entries.tolist() == [65535, 32768]
    assert lut([2, 0, 16], [65535, 32768], vr="US").entries.tolist() == [65535, 32768]


def test_an_entry_count_of_zero_means_65536():
    table = lut([0, 0, 16], np.arange(65536).astype("<u2").tobytes())

    assert table.entries.size == 65536


def test_the_first_mapped_value_has_the_sign_of_the_pixels():
    data = b"\0\0\1\0"

    assert lut([2, 65436, 16], data, is_signed=True).first_mapped == -100
    assert lut([2, 65436, 16], data).first_mapped == 65436


def test_words_have_the_byte_order_of_the_file():
    assert lut([1, 0, 16], b"\x01\x02", is_little_endian=False).entries.tolist() == [0x0102]


def test_8_bit_entries_may_be_packed_in_bytes_or_lie_in_words():
    assert lut([4, 0, 8], b"\x01\x02\x03\x04").entries.tolist() == [1, 2, 3, 4]
    assert lut([2, 0, 8], b"\x01\x00\x02\x00").entries.tolist() == [1, 2]
    assert lut([4, 0, 8], [0x0201, 0x0403], vr="US").entries.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("descriptor", "data"), [([2, 0, 16], b""), ([2, 0, 0], b"\1\0\2\0")])
def test_a_table_that_cannot_be_used_is_none(descriptor, data):
    assert lut(descriptor, data) is None


def test_a_palette_clamps_indices_outside_its_entries():
    dataset = palette([10, 20, 30], 16, first=5)
    dataset.RedPaletteColorLookupTableData = np.array([0x0A00, 0x1400, 0x1E00], "<u2").tobytes()

    assert reds(dataset, [0, 5, 6, 7, 255]) == [10, 10, 20, 30, 30]


def test_8_bit_colors_in_16_bit_words_are_not_made_black():
    assert reds(palette([0, 100, 255], 16), [0, 1, 2]) == [0, 100, 255]


def test_more_than_256_entries_of_8_bits_do_not_wrap():
    # pydicom 3.0.2 keeps the index in 8 bits.
    dataset = palette(np.arange(512) // 2, 8, count=512)

    assert reds(dataset, [0, 300, 511], np.uint16) == [0, 150, 255]


def test_a_segmented_palette_is_expanded():
    # Discrete 2 entries 0, 10; linear 4 entries to 50; indirect: the first 1 segment again.
    segments = [0, 2, 0, 10, 1, 4, 50, 2, 1, 0, 0]
    dataset = palette(segments, 16, count=8, segmented=True)

    assert reds(dataset, range(8)) == [0, 10, 20, 30, 40, 50, 0, 10]


def test_a_segmented_palette_of_bytes_has_offsets_of_four_bytes():
    segments = [0, 2, 0, 10, 2, 1, 0, 0, 0, 0]
    dataset = palette(segments, 8, count=4, segmented=True)

    assert reds(dataset, range(4)) == [0, 10, 0, 10]


@pytest.mark.parametrize(
    "segments",
    [[1, 4, 50, 0], [0, 1, 0, 2, 1, 3, 0], [9, 1, 0, 0], [0, 1, 5, 1, 65535, 9, 1, 65535, 9, 0]],
)
def test_a_broken_segmented_palette_is_refused(segments):
    with pytest.raises(UnreadableError, match="palette"):
        reds(palette(segments, 16, count=8, segmented=True), [0])


def test_a_missing_palette_is_refused():
    with pytest.raises(UnreadableError, match="palette"):
        reds(Dataset(), [0])
