"""TagLines: the tree of lines and the search in it."""

from medgan_viewer.dicom.tag_comparison import compare_tags, single
from medgan_viewer.dicom.tag_lines import arrange, select, value_text
from medgan_viewer.dicom.tags import TagRow

ROWS = (
    TagRow(0, "00080060", "(0008,0060)", "Modality", "CS", "CT"),
    TagRow(0, "00081140", "(0008,1140)", "Referenced Image Sequence", "SQ", "1 item"),
    TagRow(1, "#1", "", "Item 1", "", ""),
    TagRow(2, "00081155", "(0008,1155)", "Referenced SOP Instance UID", "UI", "1.2.3"),
    TagRow(0, "00100010", "(0010,0010)", "Patient's Name", "PN", "DOE^JOHN", may_identify=True),
)


def found(text, **options):
    options = {"only_differences": False, "hide_identity": False, **options}
    return [pair.row.key for pair in select(single(ROWS), text, **options)]


def test_lines_know_their_parents_and_children():
    lines = arrange(single(ROWS))

    assert lines.children[-1] == (0, 1, 4)
    assert lines.children[1] == (2,)
    assert lines.parents == (-1, -1, 1, 2, -1)
    assert lines.places_in_parent == (0, 1, 0, 0, 2)
    assert lines.paths[3] == "00081140/#1/00081155"


def test_a_match_comes_with_the_sequence_it_stands_in():
    assert found("1.2.3") == ["00081140", "#1", "00081155"]


def test_a_sequence_that_matches_comes_with_what_it_holds():
    assert found("image sequence") == ["00081140", "#1", "00081155"]


def test_a_tag_is_found_with_and_without_its_punctuation():
    assert found("00080060") == found("(0008,0060)") == found("0008,0060") == ["00080060"]


def test_all_words_must_be_there_in_any_order():
    assert found("name PATIENT") == ["00100010"]
    assert found("name modality") == []


def test_hidden_values_cannot_be_guessed_by_searching():
    assert found("doe") == ["00100010"]
    assert found("doe", hide_identity=True) == []
    assert value_text(ROWS[4], hide_identity=True) == "hidden"


def test_only_differences_leaves_what_differs_and_its_parents():
    other = (*ROWS[:3], TagRow(2, "00081155", "(0008,1155)", "", "UI", "1.2.4"), ROWS[4])
    pairs = compare_tags(ROWS, other)

    kept = select(pairs, "", only_differences=True, hide_identity=False)

    assert [pair.row.key for pair in kept] == ["00081140", "#1", "00081155"]
    assert arrange(pairs).difference_count == 1
