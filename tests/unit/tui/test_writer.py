"""The writer never makes its caller wait, whatever the terminal does."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from arbot_tui.tui.writer import CONGESTED_CHARS, ScreenWriter


@pytest.fixture
def pipe() -> tuple[int, int]:
    return os.pipe()


def read_all(fileno: int) -> bytes:
    parts = []
    while part := os.read(fileno, 65536):
        parts.append(part)
    return b"".join(parts)


def test_what_is_written_arrives_in_order_before_the_end(pipe: tuple[int, int]) -> None:
    writer = ScreenWriter(pipe[1], "utf-8", lambda: None)
    writer.start()
    for number in range(100):
        writer.write(f"{number}▲ ")
    writer.flush()
    writer.stop()
    writer.write("after the end")
    os.close(pipe[1])
    assert read_all(pipe[0]).decode() == "".join(f"{number}▲ " for number in range(100))
    os.close(pipe[0])


def test_a_reader_that_stops_makes_pictures_be_skipped_and_tells_when_it_reads_again(
    pipe: tuple[int, int],
) -> None:
    drained = threading.Event()
    writer = ScreenWriter(pipe[1], "utf-8", drained.set)
    writer.start()
    assert not writer.must_skip()
    # More than a pipe takes, so that the thread has to wait.
    for _ in range(10):
        writer.write("x" * CONGESTED_CHARS)
    assert writer.must_skip()
    left = 10 * CONGESTED_CHARS
    while left:
        left -= len(os.read(pipe[0], min(left, 65536)))
    assert drained.wait(20)
    assert not writer.must_skip()
    writer.stop()
    for fileno in pipe:
        os.close(fileno)


def test_the_end_does_not_wait_for_a_reader_that_never_reads(pipe: tuple[int, int]) -> None:
    writer = ScreenWriter(pipe[1], "utf-8", lambda: None)
    writer.start()
    writer.write("x" * 1_000_000)
    while writer._queue:
        time.sleep(0.001)
    writer.stop(timeout_s=0.01)
    writer.discard()
    os.close(pipe[0])
    writer._thread.join(20)
    assert writer.dead
    os.close(pipe[1])


def test_after_the_terminal_has_gone_everything_is_dropped(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    writer = ScreenWriter(pipe[1], "utf-8", lambda: None)
    writer.start()
    writer.write("x")
    writer._thread.join(20)
    assert writer.dead
    writer.write("x" * 2 * CONGESTED_CHARS)
    assert not writer.must_skip()
    writer.stop()
    os.close(pipe[1])


def test_what_a_narrow_encoding_lacks_becomes_a_question_mark(pipe: tuple[int, int]) -> None:
    writer = ScreenWriter(pipe[1], "ascii", lambda: None)
    writer.start()
    writer.write("▲")
    writer.stop()
    os.close(pipe[1])
    assert read_all(pipe[0]) == b"?"
    os.close(pipe[0])


def test_what_a_late_reader_gets_goes_to_nobody_else(pipe: tuple[int, int], tmp_path: Path) -> None:
    writer = ScreenWriter(pipe[1], "utf-8", lambda: None)
    writer.start()
    writer.write("x" * 1_000_000)
    while writer._queue:
        time.sleep(0.001)
    writer.write("farewell")
    writer.stop(timeout_s=0.01)
    with (tmp_path / "journal").open("w+b") as other:
        # Whoever lent the terminal gives it up, and the next file gets its number.
        os.dup2(other.fileno(), pipe[1])
        got = read_all(pipe[0])
        writer._thread.join(20)
        assert os.fstat(other.fileno()).st_size == 0
    assert got.endswith(b"xfarewell")
    for fileno in pipe:
        os.close(fileno)
