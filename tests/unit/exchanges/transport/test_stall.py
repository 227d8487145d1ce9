from __future__ import annotations

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.exchanges.transport.stall import StallWatch


def _flowing(until_s: float = 10.0, gap_ms: int = 100) -> tuple[StallWatch, int]:
    watch = StallWatch()
    watch.restart(0)
    now_ns = 0
    while now_ns < until_s * SECOND:
        now_ns += gap_ms * MS
        watch.quote(now_ns)
        assert watch.judge(now_ns) == "alive"
    return watch, now_ns


def test_a_busy_channel_that_falls_silent_is_doubted_after_two_seconds() -> None:
    watch, at_ns = _flowing()
    assert watch.judge(at_ns + 2 * SECOND - 1) == "alive"
    assert watch.judge(at_ns + 2 * SECOND) == "doubtful"


def test_a_doubted_channel_without_an_answer_is_dead() -> None:
    watch, at_ns = _flowing()
    doubted_ns = at_ns + 2 * SECOND
    watch.judge(doubted_ns)
    assert watch.judge(doubted_ns + 3 * SECOND - 1) == "alive"
    assert watch.judge(doubted_ns + 3 * SECOND) == "dead"


def test_a_market_that_was_only_quiet_is_doubted_later_the_next_time() -> None:
    watch, now_ns = _flowing()
    waits = []
    for _ in range(8):
        before_ns = now_ns
        while watch.judge(now_ns) != "doubtful":
            now_ns += 500 * MS
        waits.append(round((now_ns - before_ns) / SECOND))
        now_ns += 100 * MS
        watch.quote(now_ns)
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) <= 61


def test_a_slow_channel_is_given_twenty_of_its_gaps() -> None:
    watch, at_ns = _flowing(100.0, 1_000)
    assert watch.judge(at_ns + 19 * SECOND) == "alive"
    assert watch.judge(at_ns + 20 * SECOND) == "doubtful"


def test_a_connection_that_never_brought_anything_is_doubted_after_ten_seconds() -> None:
    watch = StallWatch()
    watch.restart(5 * SECOND)
    assert watch.judge(14 * SECOND) == "alive"
    assert watch.judge(15 * SECOND) == "doubtful"


def test_patience_is_forgotten_after_five_minutes_of_flow() -> None:
    watch, at_ns = _flowing()
    now_ns = at_ns + 2 * SECOND
    assert watch.judge(now_ns) == "doubtful"
    for _ in range(4_000):
        now_ns += 100 * MS
        watch.quote(now_ns)
        watch.judge(now_ns)
    assert watch.judge(now_ns + 2_100 * MS) == "doubtful"
