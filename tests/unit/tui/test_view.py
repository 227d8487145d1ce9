"""Frames merged into what the screen knows."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import Frame, LogLine
from arbot_tui.tui.link import Link
from arbot_tui.tui.view import MAX_OPPORTUNITIES, MAX_TRADES, ViewState
from tests.ui.fakes import START_NS, frame, opportunity, row, status, trade


def merged(*frames: Frame) -> ViewState:
    view = ViewState()
    for entry in frames:
        view.merge(entry, 0)
    return view


def test_a_later_frame_replaces_what_changed_and_keeps_the_rest() -> None:
    view = merged(
        frame(1),
        frame(2, rows=(row(1, "ETH/USDT", 1.0, 2),), opportunities=(), trades=(), log=()),
    )
    assert [entry.symbol for entry in view.rows.values()] == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    assert view.rows[1].cells[0] is not None
    assert view.rows[1].cells[0].bid == 1.0
    assert list(view.opportunities) == [1, 2]
    assert list(view.trades) == ["p1"]
    assert len(view.log) == 1
    assert view.version == 2


def test_an_opportunity_and_a_trade_that_end_keep_their_place() -> None:
    view = merged(
        frame(1, opportunities=(opportunity(1), opportunity(2)), trades=(trade("a"), trade("b"))),
        frame(
            2,
            opportunities=(opportunity(1, closed_ns=START_NS),),
            trades=(trade("a", state="flat"),),
        ),
    )
    assert list(view.opportunities) == [1, 2]
    assert view.open_opportunities() == 1
    assert [entry.state for entry in view.trades.values()] == ["flat", "closed"]


def test_log_lines_are_taken_once() -> None:
    line = LogLine(5, START_NS, "info", "a", "")
    view = merged(
        frame(1, log=(line,)), frame(2, log=(line, LogLine(6, START_NS, "info", "b", "")))
    )
    assert [entry.seq for entry in view.log] == [5, 6]


def test_what_is_open_or_working_outlives_the_limits() -> None:
    many = tuple(opportunity(number, closed_ns=1) for number in range(1, MAX_OPPORTUNITIES + 50))
    trades = tuple(trade(f"t{number}") for number in range(MAX_TRADES + 50))
    working = trade("w", outcome="", state="working")
    view = merged(frame(1, opportunities=(opportunity(0), *many), trades=(working, *trades)))
    assert len(view.opportunities) == MAX_OPPORTUNITIES
    assert len(view.trades) == MAX_TRADES
    assert 0 in view.opportunities
    assert "w" in view.trades
    assert max(view.opportunities) == MAX_OPPORTUNITIES + 49


def test_a_smaller_version_is_another_engine_and_starts_afresh() -> None:
    view = merged(frame(9), frame(1, rows=(row(0, "XRP/USDT", 2.0, 4),), now_ns=START_NS - SECOND))
    assert [entry.symbol for entry in view.rows.values()] == ["XRP/USDT"]
    assert view.now_ns == START_NS - SECOND


def test_the_best_row_has_the_highest_known_edge() -> None:
    rows = (row(0, "A/B", 1.0, 2, net_edge_pct=None), row(1, "C/D", 1.0, 2, net_edge_pct=-0.1))
    best = merged(frame(1, rows=rows)).best()
    assert best is not None
    assert best.symbol == "C/D"
    assert merged(frame(1, rows=rows[:1])).best() is None


def at(second: int, totals: tuple[tuple[str, int], ...], version: int) -> Frame:
    young = status(started_ns=START_NS - 5 * SECOND)
    return frame(version, now_ns=START_NS + second * SECOND, funnel=totals, status=young)


def test_the_funnel_counts_the_last_minute() -> None:
    view = merged(at(0, (("fee", 100), ("depth", 1)), 1))
    assert list(view.funnel) == [("fee", 100), ("depth", 1)]
    for second in range(1, 90):
        view.merge(at(second, (("fee", 100 + 10 * second), ("depth", 1)), second + 1), 0)
    assert list(view.funnel) == [("fee", 600)]


def test_the_funnel_of_an_engine_found_running_starts_at_zero() -> None:
    old = status(started_ns=START_NS - 3600 * SECOND)
    first = frame(1, funnel=(("fee", 9000),), status=old)
    second = msgspec.structs.replace(first, version=2, funnel=(("fee", 9003),))
    assert merged(first).funnel == ()
    assert merged(first, second).funnel == (("fee", 3),)


def test_the_link_says_loading_live_stale_and_error() -> None:
    view = ViewState(START_NS)
    view.tick(START_NS + 2 * SECOND)
    assert view.link == Link("loading", 2)
    view.merge(frame(1), START_NS + 2 * SECOND)
    assert view.link == Link("live", 0)
    view.merge(frame(1), START_NS + 7 * SECOND)
    assert view.link == Link("stale", 5)
    view.fail("refused\x1b[2J", START_NS + 8 * SECOND)
    assert view.link == Link("error", 6, "refused[2J", good_ns=START_NS + 2 * SECOND)
    view.fail("", START_NS + 8 * SECOND)
    assert view.link.error == "no answer"
    view.merge(frame(2, now_ns=START_NS + SECOND), START_NS + 9 * SECOND)
    assert view.link == Link("live", 0)
