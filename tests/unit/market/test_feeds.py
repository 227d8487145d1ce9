import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.states import FeedState
from arbot_tui.market.feeds import FeedMonitor

_T0 = 1_700_000_000 * SECOND


def _event(kind: FeedEventKind, at_ns: int = _T0, detail: str = "", rtt_ns: int = 0) -> FeedEvent:
    return FeedEvent(0, kind, at_ns, detail, rtt_ns)


def _connected() -> FeedMonitor:
    monitor = FeedMonitor(["okx", "bybit"])
    monitor.on_feed(_event(FeedEventKind.CONNECTING))
    monitor.on_feed(_event(FeedEventKind.CONNECTED))
    return monitor


def _live(frames: int = 1, gap_ns: int = 100 * MS) -> tuple[FeedMonitor, int]:
    """Return a live feed and the time of its last frame."""
    monitor, at_ns = _connected(), _T0
    for _ in range(frames):
        at_ns += gap_ns
        monitor.on_frame(0, 0, at_ns - 20 * MS, at_ns, True)
    assert monitor.verdict(0, at_ns) == (FeedState.LIVE, "")
    return monitor, at_ns


def test_a_feed_is_connecting_until_there_is_a_connection_a_quote_and_a_time() -> None:
    monitor = FeedMonitor(["okx", "bybit"])
    assert monitor.verdict(0, _T0) == (FeedState.CONNECTING, "no connection yet")
    assert monitor.silence_ns(0, _T0) is None
    monitor.on_feed(_event(FeedEventKind.CONNECTED))
    assert monitor.verdict(0, _T0) == (FeedState.CONNECTING, "no quote yet")
    monitor.on_frame(0, 0, 0, _T0, True)
    assert monitor.verdict(0, _T0) == (FeedState.CONNECTING, "no event time yet")
    assert monitor.lag_ns(0) is None
    monitor.on_depth(0, 0, _T0 - MS, _T0)
    assert monitor.verdict(0, _T0) == (FeedState.LIVE, "")
    assert monitor.verdict(1, _T0)[0] is FeedState.CONNECTING


def test_a_first_attempt_that_failed_says_why() -> None:
    monitor = FeedMonitor(["okx"])
    monitor.on_feed(_event(FeedEventKind.DISCONNECTED, detail="name not resolved"))
    assert monitor.verdict(0, _T0) == (FeedState.CONNECTING, "name not resolved")


@pytest.mark.parametrize(("detail", "reason"), [("reset by peer",) * 2, ("", "connection lost")])
def test_a_lost_connection_is_down_with_its_cause(detail: str, reason: str) -> None:
    monitor, at_ns = _live()
    monitor.on_feed(_event(FeedEventKind.DISCONNECTED, at_ns, detail))
    assert monitor.verdict(0, at_ns) == (FeedState.DOWN, reason)
    monitor.on_feed(_event(FeedEventKind.CONNECTED, at_ns))
    # Nothing of the former connection counts for the new one.
    assert monitor.verdict(0, at_ns) == (FeedState.CONNECTING, "no quote yet")
    assert monitor.reconnects(0) == 1
    assert monitor.reconnects(1) == 0


@pytest.mark.parametrize(
    ("lag_ns", "state"),
    [
        (250 * MS, FeedState.LIVE),
        (250 * MS + 1, FeedState.DELAYED),
        (60 * SECOND, FeedState.DELAYED),
        (60 * SECOND + 1, FeedState.STALE),
        (-SECOND, FeedState.LIVE),
        (-SECOND - 1, FeedState.DELAYED),
        (-60 * SECOND, FeedState.DELAYED),
        (-60 * SECOND - 1, FeedState.STALE),
    ],
)
def test_lag_decides_between_live_delayed_and_quarantine(lag_ns: int, state: FeedState) -> None:
    monitor, at_ns = _live()
    monitor.on_frame(0, 0, at_ns - lag_ns, at_ns, True)
    assert monitor.verdict(0, at_ns)[0] is state


def test_reasons_are_in_words() -> None:
    monitor, at_ns = _live()
    monitor.on_frame(0, 0, at_ns - 400 * MS, at_ns, True)
    assert monitor.verdict(0, at_ns) == (FeedState.DELAYED, "events arrive 400 ms late")
    monitor.on_frame(0, 0, at_ns + 3600 * SECOND, at_ns, True)
    assert monitor.verdict(0, at_ns) == (FeedState.STALE, "event times are +3600 s off the clock")


def test_events_of_the_future_prove_nothing_until_the_clock_is_measured_again() -> None:
    """A venue's clock was set, or ours slept: how old its data is nobody knows."""
    monitor, at_ns = _live()
    assert monitor.on_frame(0, 0, at_ns + 20 * SECOND, at_ns, True)
    assert monitor.verdict(0, at_ns) == (
        FeedState.DELAYED,
        "events are dated 20.0 s ahead of the venue's clock as we know it",
    )
    monitor.set_offset(0, 20 * SECOND)
    # Ten seconds late, and still ahead of our clock.
    assert not monitor.on_frame(0, 0, at_ns + 10 * SECOND, at_ns, True)
    assert monitor.verdict(0, at_ns) == (FeedState.DELAYED, "events arrive 10000 ms late")
    assert monitor.on_frame(0, 0, at_ns + 20 * SECOND, at_ns, True)
    assert monitor.verdict(0, at_ns) == (FeedState.LIVE, "")


def test_the_lag_is_corrected_by_the_venues_offset() -> None:
    monitor, at_ns = _live()
    monitor.set_offset(0, 3 * SECOND)
    monitor.on_frame(0, 0, at_ns + 3 * SECOND - 30 * MS, at_ns, True)
    assert monitor.lag_ns(0) == 30 * MS


def test_milliseconds_taken_for_nanoseconds_are_no_fresh_time() -> None:
    monitor, at_ns = _live()
    assert monitor.on_frame(0, 0, at_ns // MS, at_ns, True)
    assert not monitor.on_frame(0, 0, at_ns // MS, at_ns, True)
    assert monitor.verdict(0, at_ns)[0] is FeedState.STALE
    # One good time among bad ones is not believed yet.
    monitor.on_frame(0, 0, at_ns, at_ns, True)
    assert monitor.verdict(0, at_ns)[0] is FeedState.STALE
    later_ns = at_ns + 5 * SECOND
    monitor.on_frame(0, 0, later_ns, later_ns, True)
    assert monitor.verdict(0, later_ns)[0] is FeedState.LIVE
    assert monitor.on_frame(0, 0, at_ns // MS, later_ns, True)


def test_a_frame_tells_when_its_lag_turns_bad_or_good_again() -> None:
    monitor, at_ns = _live()
    assert monitor.on_frame(0, 0, at_ns - SECOND, at_ns, False)
    assert not monitor.on_frame(0, 0, at_ns - SECOND, at_ns, False)
    assert not monitor.on_frame(0, 0, 0, at_ns, False)
    assert monitor.on_depth(0, 0, at_ns, at_ns)
    assert not monitor.on_depth(0, 0, 0, at_ns)


def test_silence_ends_with_anything_that_arrives_a_pong_included() -> None:
    monitor, at_ns = _live(frames=50, gap_ns=SECOND)
    assert monitor.verdict(0, at_ns + 5 * SECOND)[0] is FeedState.LIVE
    later_ns = at_ns + 5 * SECOND + 1
    assert monitor.verdict(0, later_ns) == (FeedState.STALE, "nothing arrived for 5.0 s")
    monitor.on_feed(_event(FeedEventKind.ALIVE, later_ns, rtt_ns=7 * MS))
    assert monitor.verdict(0, later_ns)[0] is FeedState.LIVE
    assert monitor.silence_ns(0, later_ns) == 0
    assert monitor.rtt_ns(0) == 7 * MS
    monitor.on_feed(_event(FeedEventKind.ALIVE, later_ns))
    assert monitor.rtt_ns(0) == 7 * MS


def test_a_channel_that_stops_changing_is_stale_although_pings_are_answered() -> None:
    monitor, at_ns = _live(frames=50)
    later_ns = at_ns + 2 * SECOND
    monitor.on_feed(_event(FeedEventKind.ALIVE, later_ns))
    assert monitor.verdict(0, later_ns)[0] is FeedState.LIVE
    # The same quotes again are life, but not change; depth is not the channel that triggers.
    monitor.on_frame(0, 0, later_ns, later_ns, False)
    monitor.on_depth(0, 0, later_ns, later_ns)
    state, reason = monitor.verdict(0, later_ns + 1)
    assert state is FeedState.STALE
    assert reason == "no quote changed for 2.0 s (limit 2.0 s)"


def test_after_a_pause_of_the_machine_nothing_counts_before_it_is_fresh_again() -> None:
    """A laptop or a virtual machine that slept: its frames of before are still in the buffers."""
    monitor, at_ns = _live(frames=50)
    awake_ns = at_ns + 300 * SECOND
    assert monitor.verdict(0, awake_ns)[0] is FeedState.STALE
    for number in range(20):
        sent_ns = at_ns + number * 100 * MS
        monitor.on_frame(0, 0, sent_ns, awake_ns + number * MS, True)
        assert monitor.verdict(0, awake_ns + number * MS)[0] is FeedState.STALE
    # What is told now counts once the nonsense is some seconds away.
    fresh_ns = awake_ns + 6 * SECOND
    monitor.on_frame(0, 0, fresh_ns - 20 * MS, fresh_ns, True)
    assert monitor.verdict(0, fresh_ns) == (FeedState.LIVE, "")


def test_a_connection_that_is_distrusted_stays_stale_until_it_was_made_anew() -> None:
    monitor, at_ns = _live()
    monitor.distrust("the machine slept for 3.0 s")
    assert monitor.verdict(0, at_ns) == (FeedState.STALE, "the machine slept for 3.0 s")
    assert monitor.verdict(1, at_ns) == (FeedState.CONNECTING, "no connection yet")
    # Whatever it still brings, and however fresh that says it is.
    monitor.on_frame(0, 0, at_ns, at_ns + MS, True)
    assert monitor.verdict(0, at_ns + MS)[0] is FeedState.STALE
    monitor.on_feed(_event(FeedEventKind.DISCONNECTED, at_ns, "closed by us"))
    assert monitor.verdict(0, at_ns) == (FeedState.DOWN, "closed by us")
    monitor.on_feed(_event(FeedEventKind.CONNECTED, at_ns))
    monitor.on_frame(0, 0, at_ns, at_ns + MS, True)
    assert monitor.verdict(0, at_ns + MS) == (FeedState.LIVE, "")


def test_a_slow_channel_may_be_quiet_for_twenty_of_its_gaps() -> None:
    monitor, at_ns = _live(frames=50, gap_ns=SECOND)
    for quiet_s, state in ((20, FeedState.LIVE), (21, FeedState.STALE)):
        now_ns = at_ns + quiet_s * SECOND
        monitor.on_feed(_event(FeedEventKind.ALIVE, now_ns))
        assert monitor.verdict(0, now_ns)[0] is state


def test_time_borrowed_from_a_stream_that_stopped_does_not_last() -> None:
    monitor, at_ns = _live(frames=50, gap_ns=SECOND)
    monitor.on_frame(0, 0, 0, at_ns + 5 * SECOND, True)
    assert monitor.verdict(0, at_ns + 5 * SECOND)[0] is FeedState.LIVE
    monitor.on_frame(0, 0, 0, at_ns + 6 * SECOND, True)
    assert monitor.verdict(0, at_ns + 6 * SECOND) == (
        FeedState.STALE,
        "no event time for 6.0 s",
    )


def test_quotes_malformed_frames_and_lags_are_counted() -> None:
    monitor, at_ns = _live(frames=100)
    assert monitor.quotes(0) == 100
    monitor.on_depth(0, 0, at_ns, at_ns)
    assert monitor.quotes(0) == 100
    monitor.on_feed(_event(FeedEventKind.MALFORMED, at_ns))
    assert monitor.malformed(0) == 1
    assert monitor.lag_percentile_ns(0, 50) == 20 * MS
    assert monitor.lag_percentile_ns(1, 50) is None
    assert monitor.rtt_ns(1) is None
    monitor.set_rtt(1, 3 * MS)
    assert monitor.rtt_ns(1) == 3 * MS


def test_a_slow_venue_is_told_from_one_slow_answer() -> None:
    monitor, at_ns = _live()
    assert monitor.slow_rtt_ns(0) == 0
    for n in range(19):
        monitor.set_rtt(0, (20 + n) * MS)
    monitor.on_feed(_event(FeedEventKind.ALIVE, at_ns, rtt_ns=2 * SECOND))
    assert monitor.slow_rtt_ns(0) == 38 * MS
    monitor.set_rtt(0, 2 * SECOND)
    assert monitor.slow_rtt_ns(0) == 2 * SECOND
    for _ in range(19):
        monitor.set_rtt(0, 25 * MS)
    assert monitor.slow_rtt_ns(0) == 25 * MS


def _told(kind: FeedEventKind, connection: int, rows: frozenset[int] | None = None) -> FeedEvent:
    return FeedEvent(0, kind, _T0, "reset", connection=connection, rows=rows)


def _sharded() -> FeedMonitor:
    """Return a monitor of a venue whose rows 0 and 1 come on one connection, row 2 on another."""
    monitor = FeedMonitor(["okx"])
    for number, rows in enumerate((frozenset({0, 1}), frozenset({2}))):
        monitor.on_feed(_told(FeedEventKind.ASSIGNED, number, rows))
        monitor.on_feed(_told(FeedEventKind.CONNECTED, number))
    for row in range(3):
        monitor.on_frame(0, row, _T0 - MS, _T0, True)
    return monitor


def _states(monitor: FeedMonitor, now_ns: int = _T0) -> list[FeedState]:
    return [one.state for one in monitor.connections(0, now_ns)]


def test_each_connection_is_judged_by_what_came_on_it() -> None:
    monitor = _sharded()
    assert _states(monitor) == [FeedState.LIVE, FeedState.LIVE]
    assert monitor.verdict(0, _T0) == (FeedState.LIVE, "")
    assert [one.rows for one in monitor.connections(0, _T0)] == [frozenset({0, 1}), frozenset({2})]
    # Lag belongs to the connection whose frames are late, silence to the one that is silent.
    assert monitor.on_frame(0, 2, _T0 - SECOND, _T0, True)
    assert _states(monitor) == [FeedState.LIVE, FeedState.DELAYED]
    assert monitor.lag_ns(0) == SECOND
    later_ns = _T0 + 6 * SECOND
    monitor.on_depth(0, 2, later_ns, later_ns)
    monitor.on_frame(0, 2, later_ns, later_ns, True)
    assert _states(monitor, later_ns) == [FeedState.STALE, FeedState.LIVE]
    state, reason = monitor.verdict(0, later_ns)
    assert state is FeedState.LIVE
    assert reason == "1 of 2 connections not live: stale, nothing arrived for 6.0 s"


def test_a_venue_is_down_when_all_its_connections_are() -> None:
    monitor = _sharded()
    monitor.on_feed(_told(FeedEventKind.DISCONNECTED, 1))
    assert _states(monitor) == [FeedState.LIVE, FeedState.DOWN]
    assert monitor.verdict(0, _T0)[0] is FeedState.LIVE
    monitor.on_feed(_told(FeedEventKind.DISCONNECTED, 0))
    assert monitor.verdict(0, _T0) == (FeedState.DOWN, "2 of 2 connections not live: down, reset")
    monitor.on_feed(_told(FeedEventKind.CONNECTED, 1))
    assert monitor.reconnects(0) == 1
    assert monitor.quotes(0) == 3


def test_a_row_is_judged_by_the_connection_that_it_moved_to() -> None:
    monitor = _sharded()
    monitor.set_offset(0, 5)
    monitor.on_feed(_told(FeedEventKind.ASSIGNED, 7, frozenset({2, 9})))
    assert monitor.offset_ns(0) == 5
    # The connection that lost its only row is not expected to bring anything any more.
    assert [(one.number, one.rows) for one in monitor.connections(0, _T0)] == [
        (0, frozenset({0, 1})),
        (7, frozenset({2, 9})),
    ]
    monitor.on_feed(_told(FeedEventKind.CONNECTED, 7))
    monitor.on_frame(0, 9, _T0 - MS, _T0, True)
    assert _states(monitor) == [FeedState.LIVE, FeedState.LIVE]
    for number in (0, 7):
        monitor.on_feed(_told(FeedEventKind.ASSIGNED, number, frozenset()))
    assert [one.number for one in monitor.connections(0, _T0)] == [0]
