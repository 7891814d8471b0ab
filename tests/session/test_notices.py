from medgan_viewer.errors import InputError
from medgan_viewer.session.notices import MAX_NOTICES, Notice, NoticeBoard, Severity


def test_an_error_becomes_a_notice_with_its_three_parts(qapp):
    board = NoticeBoard()

    board.post_error(InputError("a.dcm is broken.", "Open another.", "offset 12"))

    assert board.notices == (
        Notice(Severity.ERROR, "a.dcm is broken.", "Open another.", "offset 12"),
    )


def test_a_notice_that_is_open_moves_to_the_end_and_stands_there_once(qapp):
    board = NoticeBoard()
    board.post_info("first")
    board.post_info("second")

    board.post_info("first")

    assert [notice.problem for notice in board.notices] == ["second", "first"]


def test_dismissing_takes_one_notice_away(qapp):
    board = NoticeBoard()
    board.post_info("first")
    board.post_warning("second")

    board.dismiss(board.notices[0])

    assert [notice.problem for notice in board.notices] == ["second"]


def test_the_oldest_go_when_there_are_too_many(qapp):
    board = NoticeBoard()

    for number in range(MAX_NOTICES + 3):
        board.post_info(str(number))

    assert len(board.notices) == MAX_NOTICES
    assert board.notices[0].problem == "3"
