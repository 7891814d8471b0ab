"""compare_tags: two files side by side."""

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medgan_viewer.dicom.tag_comparison import Mark, compare_tags
from medgan_viewer.dicom.tags import TagRow, read_tags
from tests.dicom_factory import ct_dataset, ramp, write


def compared(tmp_path, left, right):
    pairs = compare_tags(
        read_tags(write(left, tmp_path / "l.dcm")), read_tags(write(right, tmp_path / "r.dcm"))
    )
    return {pair.row.tag: pair for pair in pairs if pair.row.depth == 0}


def with_private(block, value):
    dataset = ct_dataset()
    dataset.add_new(0x00090000 | block, "LO", "ACME 1")
    dataset.add_new(0x00090000 | block << 8 | 0x01, "LO", value)
    return dataset


def test_a_file_beside_itself_does_not_differ(tmp_path):
    pairs = compared(tmp_path, ct_dataset(), ct_dataset())

    assert {pair.mark for pair in pairs.values()} == {Mark.SAME}


def test_differing_and_missing_elements_are_marked_on_their_side(tmp_path):
    pairs = compared(
        tmp_path,
        ct_dataset(KVP="120", ProtocolName="Head"),
        ct_dataset(KVP="80", BodyPartExamined="HEAD"),
    )

    assert pairs["(0018,0060)"].mark is Mark.DIFFERS
    assert pairs["(0018,1030)"].mark is Mark.LEFT_ONLY
    assert pairs["(0018,0015)"].mark is Mark.RIGHT_ONLY
    assert list(pairs) == sorted(pairs)


def test_pixels_of_the_same_size_differ_when_one_value_does(tmp_path):
    other = ramp()
    other[3, 3] += 1

    pairs = compared(tmp_path, ct_dataset(), ct_dataset(other))

    assert pairs["(7FE0,0010)"].mark is Mark.DIFFERS


def test_a_sequence_is_marked_for_what_differs_deep_inside(tmp_path):
    def nested(uid):
        inner, outer = Dataset(), Dataset()
        inner.ReferencedSOPInstanceUID = uid
        outer.ReferencedImageSequence = Sequence([inner])
        return ct_dataset(ReferencedSeriesSequence=Sequence([outer]))

    pairs = compared(tmp_path, nested("1.2"), nested("1.3"))

    assert pairs["(0008,1115)"].mark is Mark.DIFFERS


def test_private_elements_are_matched_by_creator_wherever_their_block_lies(tmp_path):
    pairs = compared(tmp_path, with_private(0x10, "same"), with_private(0x11, "same"))

    assert pairs["(0009,1001)"].mark is Mark.SAME
    assert "(0009,1101)" not in pairs


def test_pixels_too_large_to_be_read_are_not_called_the_same():
    row = TagRow(0, "7FE00010", "(7FE0,0010)", "Pixel Data", "OW", "9 bytes", is_compared=False)

    (pair,) = compare_tags([row], [row])

    assert pair.mark is Mark.NOT_COMPARED


def test_an_empty_file_beside_a_full_one_has_everything_on_one_side(tmp_path):
    rows = read_tags(write(ct_dataset(), tmp_path / "a.dcm"))

    assert {pair.mark for pair in compare_tags(rows, ())} == {Mark.LEFT_ONLY}
