"""Verdicts of connections and venues, as the board, the core and the screen see them."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.ledger import OPENING
from arbot_tui.domain.numbers import from_float
from arbot_tui.domain.quotes import BookKind, BookUpdate
from arbot_tui.domain.states import TradingState
from arbot_tui.engine.operating import CORE_FAILED
from arbot_tui.exchanges.base import ExchangeConfig, VenueUrls
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.trading.core.events import Operator, OperatorAction, Signalled, VenueLive
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


def test_lateness_of_our_own_loop_is_told_apart_from_the_venues() -> None:
    rig = _sharded()
    lag = rig.bot.loop_lag
    lag.expect()
    # The loop stands for 400 ms; what lay in the socket meanwhile is read behind that.
    rig.clock.advance(420 * MS)
    for row in range(3):
        rig.quote(1, row, 100.5, late_ns=410 * MS)
    # The frame itself had it judged: nobody has traded on it, or has read the loop's lag, yet.
    assert _live(rig) == [True, False]
    lag.read()
    frame = rig.bot.client.frame(0)
    assert (frame.venues[1].state, frame.venues[1].reason) == (
        "delayed",
        "2 of 2 connections not live: delayed, "
        "our own loop is late by 400 ms: events count as 410 ms old",
    )
    assert frame.status.loop_late_ms == 400.0
    # It recovers with the next frames, and what is late two seconds later is the venue's fault.
    for row in range(3):
        rig.quote(1, row, 100.6, late_ns=10 * MS)
    assert _live(rig) == [True, False, True]
    rig.clock.advance(2 * SECOND)
    rig.quote(1, 0, 100.5, late_ns=410 * MS)
    rig.quote(1, 2, 100.5)
    rig.bot.judge.judge(1)
    frame = rig.bot.client.frame(0)
    assert frame.venues[1].reason == (
        "1 of 2 connections not live: delayed, events arrive 410 ms late"
    )
    assert frame.status.loop_late_ms == 0.0


def test_nothing_is_decided_on_what_lay_in_the_sockets_while_the_machine_slept() -> None:
    """The clock stood meanwhile: to it these quotes are fresh, so it is asked at the decision."""
    rig = _sharded()
    rig.clock.sleep(3 * SECOND)
    rig.quote(0, 0, 100.0, late_ns=20 * MS)
    rig.quote(1, 0, 103.0, late_ns=20 * MS)
    (signal,) = [event.signal for event in rig.told if isinstance(event, Signalled)]
    for view in (signal.buy, signal.sell):
        assert (view.tradeable, view.verdict) == (False, "stale"), view
    assert _live(rig) == [True, False]
    assert _words(rig) == [["stale"] * 2] * 3
    okx = rig.bot.client.frame(0).venues[1]
    assert okx.reason == "2 of 2 connections not live: stale, the machine slept for 3.0 s"
    # What the accounts did meanwhile is asked for on new connections, too, once for each sleep.
    assert [venue.restarted for venue in rig.venues.values()] == [
        ["the machine slept for 3.0 s"]
    ] * 2
    # Nor does any further one count, before there are new connections.
    rig.quote(1, 0, 104.0, late_ns=20 * MS)
    rig.bot.judge.judge(1)
    assert _words(rig)[0] == ["stale"] * 2
    assert not any(view.tradeable for view in rig.bot.quotes("BTC/USDT"))
    for number in range(2):
        rig.event(1, FeedEventKind.CONNECTED, number)
        rig.quote(1, 2 * number, 100.5)
    rig.bot.judge.judge(1)
    assert [words[1] for words in _words(rig)] == ["live"] * 3
    assert _live(rig) == [True, False, True]


def test_between_the_commit_and_the_orders_a_sleep_is_noticed_as_well() -> None:
    rig = _sharded()
    assert all(view.tradeable for view in rig.bot.quotes("BTC/USDT"))
    rig.clock.sleep(3 * SECOND)
    # What the executor asks for right before orders leave.
    assert not any(view.tradeable for view in rig.bot.quotes("BTC/USDT"))


def test_a_whole_book_that_changed_last_minutes_ago_makes_no_feed_late() -> None:
    rig = _sharded()
    levels = [(99.0, 1.0)], [(101.0, 1.0)]
    for kind, state in ((BookKind.SNAPSHOT, "live"), (BookKind.DELTA, "stale")):
        now_ns = rig.clock.now_ns()
        old_ns = now_ns - 90 * SECOND
        rig.bot.feed.on_book(BookUpdate(1, 0, kind, 1, 1, -1, *levels, old_ns, now_ns))
        rig.bot.judge.judge(1)
        assert rig.bot.judge.connections(1, now_ns)[0].state == state


def test_where_venue_and_loop_are_both_late_each_has_its_share() -> None:
    rig = _sharded()
    rig.bot.loop_lag.expect()
    rig.clock.advance(120 * MS)
    rig.quote(0, 0, 100.5, late_ns=700 * MS)
    assert rig.bot.client.frame(0).venues[0].reason == (
        "events arrive 700 ms late, 100 ms of it in our own loop"
    )


def test_the_first_signal_of_a_run_is_judged_on_what_the_account_is_worth_as_well() -> None:
    # The value is taken once a second; before that the limit in percent of it would not hold.
    rig = _sharded()
    rig.quote(1, 0, 103.0)
    held = [("okx", "USDT", Decimal(500)), ("okx", "BTC", Decimal(2))]
    rig.bot.core.ledger.post(
        [*held, *((OPENING, asset, -amount) for _, asset, amount in held)],
    )
    rig.quote(1, 0, 104.0)
    rig.quote(1, 0, 105.0)
    values = [event.equity_quote for event in rig.told if isinstance(event, Signalled)]
    bid = from_float(104.0 * 0.9999)
    assert values == [None, 500 + 2 * bid, 500 + 2 * bid]


def test_the_end_of_a_run_waits_for_no_venue_that_only_an_earlier_one_traded_on() -> None:
    rig = _sharded()
    for name in ("binance", "okx", "kraken"):
        rig.bot.core.venue(name).opened = True
    assert not rig.bot._reconciled()
    rig.bot.core.venue("binance").reconciled = True
    rig.bot.core.venue("okx").mismatches = {"BTC": (Decimal(1), Decimal(2))}
    assert rig.bot._reconciled()


def test_trading_that_an_error_or_the_journal_has_ended_is_not_called_active() -> None:
    rig = _sharded()
    rig.bot.core.trading = TradingState.ACTIVE
    assert rig.bot.client.frame(0).status.trading == "active"
    rig.bot.core.journal_ok = False
    status = rig.bot.client.frame(0).status
    assert (status.trading, status.trading_reason) == (
        "stopped",
        "the journal cannot be written; quit and start again",
    )
    rig.bot.core.trading, rig.bot.core.trading_reason = TradingState.HALTED, "asked for"
    assert rig.bot.trading_word() == (TradingState.HALTED, "asked for")
    rig.bot.failed.set()
    assert rig.bot.trading_word() == (TradingState.STOPPED, CORE_FAILED)


async def test_verdicts_that_nobody_keeps_up_to_date_allow_no_order() -> None:
    # The task that takes them failed: what was live once would stay so while its feed falls silent.
    rig = await asyncio.to_thread(_sharded)
    judging = asyncio.create_task(rig.bot.judge.run())
    await asyncio.sleep(0)
    judging.cancel()
    await asyncio.gather(judging, return_exceptions=True)
    tradeable = []
    for passed_ms in (900, 200):
        rig.clock.advance(passed_ms * MS)
        rig.quote(0, 0, 100.0)
        rig.quote(1, 0, 103.0 + passed_ms / 1000)
        signal = [event.signal for event in rig.told if isinstance(event, Signalled)][-1]
        views = (signal.buy, signal.sell, *rig.bot.quotes("BTC/USDT"))
        tradeable.append({(view.tradeable, view.verdict) for view in views})
    assert tradeable == [{(True, "live")}, {(False, "stale")}]


def test_every_venue_says_how_many_orders_it_takes() -> None:
    factory, venues = ExchangeFactory(), ("binance", "bybit", "okx", "bitget")
    urls = VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:1")
    fees = TradingFees(Decimal(0), Decimal(0))
    rig = Rig(dict.fromkeys(venues, _SYMBOLS))
    for index, name in enumerate(venues):
        config = ExchangeConfig(name, index, urls, "custom", fees)
        rig.bot.exchanges[name] = factory.create(config, rig.clock)
    limits = rig.bot.limits(ArbitrageConfig(), RiskConfig(max_messages_per_s=1000))
    assert limits.venue_messages_per_s == {"binance": 5, "bybit": 9, "okx": 12, "bitget": 4}


@pytest.mark.parametrize("halted", [False, True])
def test_a_run_that_begins_halted_starts_nothing_when_its_venues_are_there(halted: bool) -> None:
    rig = _sharded()
    rig.bot.judge.start_wanted = True
    for name in ("binance", "okx"):
        venue = rig.bot.core.venue(name)
        venue.live = venue.reconciled = True
    if halted:
        rig.bot.core.trading = TradingState.HALTED

    rig.bot.judge._maybe_start()
    rig.bot.judge._maybe_start()

    started = [event for event in rig.told if isinstance(event, Operator)]
    assert started == ([] if halted else [Operator(OperatorAction.START)])
    assert not rig.bot.judge.start_wanted


def test_a_ban_is_told_with_the_very_next_quotes_whatever_the_verdict_still_says() -> None:
    # row 6: between commit and send there is no time for the next verdict
    rig = _sharded()
    rig.venues["okx"].away_s = 30.0

    told = {view.venue: view for view in rig.bot.quotes("BTC/USDT")}

    assert told["okx"].tradeable
    assert (told["binance"].order_wait_ns, told["okx"].order_wait_ns) == (0, 30 * SECOND)
