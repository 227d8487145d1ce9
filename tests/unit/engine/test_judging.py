"""Verdicts of connections and venues, as the board, the core and the screen see them."""

from __future__ import annotations

import asyncio

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.trading.core.events import VenueLive
from tests.unit.engine.rig import Rig

_SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def _sharded() -> Rig:
    """Two venues; the second one's last symbol comes on a connection of its own."""
    rig = Rig({"binance": _SYMBOLS, "okx": _SYMBOLS})
    asyncio.run(rig.bot.listings.load())
    shares = {0: ({0, 1, 2},), 1: ({0, 1}, {2})}
    for venue, rows_of in shares.items():
        for number, rows in enumerate(rows_of):
            rig.event(venue, FeedEventKind.ASSIGNED, number, frozenset(rows))
            rig.event(venue, FeedEventKind.CONNECTED, number)
        for row in range(3):
            rig.bot.board.set_fee(venue, row, 0.001)
            rig.quote(venue, row, 100.0)
        rig.bot.judge.judge(venue)
    assert _words(rig) == [["live"] * 2] * 3
    return rig


def _words(rig: Rig) -> list[list[str]]:
    """Return what each row's cells say in a frame."""
    rows = rig.bot.client.frame(0).rows
    return [[cell.state if cell else "" for cell in row.cells] for row in rows]


def _live(rig: Rig) -> list[bool]:
    return [e.live for e in rig.told if isinstance(e, VenueLive) and e.venue == "okx"]


def test_a_lost_connection_takes_only_its_rows() -> None:
    rig = _sharded()
    rig.event(1, FeedEventKind.DISCONNECTED, 1, frozenset({2}))
    assert _words(rig) == [["live"] * 2, ["live"] * 2, ["live", "down"]]
    okx = rig.bot.client.frame(0).venues[1]
    assert (okx.state, okx.reason) == (
        "live",
        "1 of 2 connections not live: down, connection lost",
    )
    assert _live(rig) == [True]
    rig.event(1, FeedEventKind.DISCONNECTED, 0, frozenset({0, 1}))
    assert [words[1] for words in _words(rig)] == ["down"] * 3
    assert _live(rig) == [True, False]


def test_a_silent_connection_makes_only_its_rows_stale() -> None:
    rig = _sharded()
    rig.clock.advance(6 * SECOND)
    for venue, row in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
        rig.quote(venue, row, 100.5)
    for venue in range(2):
        rig.bot.judge.judge(venue)
    assert _words(rig) == [["live"] * 2, ["live"] * 2, ["live", "stale"]]
    rig.quote(1, 2, 100.5)
    rig.bot.judge.judge(1)
    assert _words(rig) == [["live"] * 2] * 3


def test_a_row_that_moves_to_a_new_connection_waits_for_that_one() -> None:
    rig = _sharded()
    rig.event(1, FeedEventKind.ASSIGNED, 5, frozenset({2}))
    assert _words(rig)[2] == ["live", "connecting"]
    rig.event(1, FeedEventKind.CONNECTED, 5)
    rig.quote(1, 2, 100.5)
    rig.bot.judge.judge(1)
    assert _words(rig)[2] == ["live", "live"]
    # The connection that it left may end without any consequence.
    rig.event(1, FeedEventKind.DISCONNECTED, 1, frozenset())
    assert _words(rig) == [["live"] * 2] * 3
    assert rig.bot.client.frame(0).venues[1].reason == ""


def test_a_venue_that_wants_no_request_is_not_traded_and_counts_down() -> None:
    rig = _sharded()
    rig.venues["okx"].away_s = 90.0
    rig.bot.judge.judge(1)
    okx = rig.bot.client.frame(0).venues[1]
    assert (okx.state, okx.reason, okx.banned_s, okx.connections_live) == (
        "down",
        "told to stay away for 90 s more",
        90.0,
        0,
    )
    assert _words(rig) == [["live", "down"]] * 3
    assert _live(rig) == [True, False]
    rig.venues["okx"].away_s = 0.0
    rig.bot.judge.judge(1)
    okx = rig.bot.client.frame(0).venues[1]
    assert (okx.state, okx.connections, okx.connections_live) == ("live", 2, 2)
    assert (okx.weight_used, okx.weight_limit, okx.weight_period_s) == (3, 10, 1.0)
    assert _words(rig) == [["live"] * 2] * 3
    assert _live(rig) == [True, False, True]


def test_quotes_are_judged_with_how_late_their_venue_answers() -> None:
    rig = _sharded()
    for _ in range(2):
        rig.bot.monitor.set_rtt(1, 2 * SECOND)
    for venue in range(2):
        rig.bot.judge.judge(venue)
    assert [rig.bot.board.quote_view(venue, 0).rtt_ns for venue in range(2)] == [0, 2 * SECOND]
