"""DecoderPool: what comes back, in which order, and how it ends."""

import subprocess
import sys
import threading
import time
from queue import SimpleQueue

import numpy as np
import pytest

from medgan_viewer.dicom.decoder import HEADERS, PREFETCH, THUMBNAIL, VISIBLE, DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame, ReadHeaders
from medgan_viewer.dicom.hierarchy import FrameRef, InstanceHeader, SkippedFile
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.errors import CancelledError, InputError
from tests.dicom_factory import make_ct, make_series, ramp

WAIT_S = 20


def frame_task(path, number=1):
    return ReadFrame(FrameRef(path, "", number))


def eventually(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)
    return True


def test_a_frame_crosses_the_process_border_unchanged(pool, tmp_path):
    path = make_ct(
        tmp_path / "a.dcm",
        WindowCenter=[40, -600],
        WindowWidth=[400, 1500],
        PixelPaddingValue=3,
        SyntheticData="YES",
    )

    frame = pool.run(frame_task(path))

    expected = load_frame(FrameRef(path, ""))
    np.testing.assert_array_equal(frame.stored, expected.stored)
    assert frame.stored.dtype == expected.stored.dtype
    assert not frame.stored.flags.writeable
    for name in ("modality", "transform", "vois", "padding", "geometry", "provenance", "notes"):
        assert getattr(frame, name) == getattr(expected, name)


def test_color_and_frames_of_any_size_follow_each_other(pool, tmp_path):
    large = np.arange(2500 * 2500, dtype=np.int16).reshape(2500, 2500)  # more than the first block
    color = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    images = [ramp(), large, color, ramp(3, 5)]

    for index, pixels in enumerate(images):
        frame = pool.run(frame_task(make_ct(tmp_path / f"{index}.dcm", pixels)))
        np.testing.assert_array_equal(frame.stored, pixels)


def test_headers_come_in_the_order_of_the_paths_with_reasons_for_the_rest(pool, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no image\n" * 30)
    good = make_ct(tmp_path / "a.dcm")

    outcomes = pool.run(ReadHeaders((text, good, text)))

    assert [type(outcome) for outcome in outcomes] == [SkippedFile, InstanceHeader, SkippedFile]
    assert outcomes[1].path == good


def test_an_error_crosses_the_process_border_with_problem_and_action(pool, tmp_path):
    with pytest.raises(InputError) as caught:
        pool.run(frame_task(tmp_path / "gone.dcm"))

    assert caught.value.problem == "gone.dcm cannot be opened."
    assert caught.value.action


def test_many_frames_are_delivered_each_once(pool, tmp_path):
    paths = make_series(tmp_path, range(40), pixels=lambda index: ramp() + index)
    outcomes = SimpleQueue()

    for path in paths:
        pool.submit(frame_task(path), outcomes.put, PREFETCH)

    corners = sorted(int(outcomes.get(timeout=WAIT_S).stored[0, 0]) for _ in paths)
    assert corners == list(range(40))


def test_what_is_visible_is_served_before_what_was_asked_for_earlier(single, hung_file, tmp_path):
    pool, hung, outcomes = single(), hung_file("hung"), SimpleQueue()
    pool.submit(hung.frame, lambda outcome: None)
    hung.wait_until_read()
    paths = make_series(tmp_path, range(5), pixels=lambda index: ramp() + index)
    for path, priority in zip(paths, (PREFETCH, HEADERS, THUMBNAIL, VISIBLE, VISIBLE), strict=True):
        pool.submit(frame_task(path), outcomes.put, priority)

    hung.release()

    served = [int(outcomes.get(timeout=WAIT_S).stored[0, 0]) for _ in paths]
    assert served == [3, 4, 2, 1, 0]


def test_a_cancelled_task_is_not_delivered_whether_it_waits_or_runs(single, hung_file, tmp_path):
    pool, hung, outcomes = single(), hung_file("hung"), SimpleQueue()
    path = make_ct(tmp_path / "a.dcm")
    running = pool.submit(hung.frame, outcomes.put)
    hung.wait_until_read()
    waiting = pool.submit(frame_task(path), outcomes.put)

    running.cancel()
    waiting.cancel()
    hung.release()
    pool.run(frame_task(path), PREFETCH)  # served after both

    assert outcomes.empty()


def test_a_bug_in_deliver_does_not_end_the_thread(single, tmp_path, expects_error_log):
    pool, task = single(), frame_task(make_ct(tmp_path / "a.dcm"))

    pool.submit(task, lambda outcome: outcome.no_such_attribute)

    assert pool.run(task).rows == 8
    assert [record.getMessage() for record in expects_error_log] == [
        "the outcome of a task could not be delivered"
    ]


def test_closing_aborts_what_runs_and_wakes_who_waits(single, hung_file, tmp_path):
    pool, hung, raised = single(), hung_file("hung"), SimpleQueue()

    def wait():
        try:
            pool.run(hung.frame)
        except CancelledError as error:
            raised.put(error)

    caller = threading.Thread(target=wait)
    caller.start()
    hung.wait_until_read()

    pool.close()

    caller.join(WAIT_S)
    assert "closed" in raised.get_nowait().problem
    assert pool.process_ids() == ()


def test_a_closed_pool_takes_no_more_tasks_and_closes_again(single, tmp_path):
    pool = single()
    pool.close()
    pool.close()

    with pytest.raises(CancelledError):
        pool.run(frame_task(make_ct(tmp_path / "a.dcm")))


def test_an_unused_pool_starts_nothing():
    with DecoderPool() as pool:
        assert pool.process_ids() == ()


def test_warming_up_starts_the_processes_before_the_first_task(single):
    pool = single()

    pool.warm_up()

    assert eventually(lambda: len(pool.process_ids()) == 1)


def test_a_decoder_process_loads_neither_qt_nor_torch():
    code = (
        "import sys, medgan_viewer.dicom.decoder_process as p; p.import_codecs(); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=WAIT_S
    )

    assert not {"PySide6", "torch", "pyqtgraph", "SimpleITK"} & set(result.stdout.split())
