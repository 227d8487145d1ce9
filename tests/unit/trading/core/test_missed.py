"""What happened at a venue while nobody here looked is found, once, and by whom it was."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.account import AccountFill, OpenOrder
from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import Fill, OrderSide, OrderStatus
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.commands import Query, QueryKind
from arbot_tui.trading.core.events import (
    AccountFillsSeen,
    OpenOrdersSeen,
    OperatorAction,
    Started,
)
from arbot_tui.trading.core.step import step
from tests.unit.trading.rig import INSTANCE, LIMITS, START_NS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

OTHER = client_order_id("zzzzzzz", 1, 0, 0)


def traded(*fates: Fate, **options: object) -> Rig:
    rig = Rig(Scripted(*fates), thorough=True, **options)  # type: ignore[arg-type]
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    return rig


def resting(client_id: str, filled: str = "0") -> OpenOrder:
    status = OrderStatus.PARTIALLY_FILLED if filled != "0" else OrderStatus.NEW
    return OpenOrder(
        "ant", "v9", client_id, "BTC/USDT", OrderSide.BUY, Decimal(100), Decimal(4),
        Decimal(filled), status,
    )  # fmt: skip


def execution(client_id: str, at_ns: int, trade_id: str = "x1") -> AccountFill:
    fill = Fill(
        "ant", client_id, "BTC/USDT", trade_id, OrderSide.BUY, Decimal(100), Decimal(1), Decimal(0),
        "USDT", at_ns,
    )  # fmt: skip
    return AccountFill("v9", fill)


def restart(rig: Rig) -> None:
    rig.durable = len(rig.journal)
    rig.crash()
    rig.start()
    rig.run_for(SECOND)


def test_a_start_asks_every_venue_what_rests_there_and_what_has_executed() -> None:
    rig = traded()
    sent_ns = rig.pair.buy.sent_ns

    commands = step(rig.state, Started(INSTANCE, ("ant", "bee", "cat"), LIMITS), rig.now_ns)

    asked = [c for c in commands if isinstance(c, Query)]
    listed = [q.venue for q in asked if q.kind is QueryKind.OPEN_ORDERS]
    assert listed == ["ant", "bee", "cat"]
    fills = [(q.venue, q.symbol, q.since_ns) for q in asked if q.kind is QueryKind.ACCOUNT_FILLS]
    assert fills == [("ant", "BTC/USDT", sent_ns), ("bee", "BTC/USDT", sent_ns)]


def test_no_listing_goes_back_further_than_a_day() -> None:
    rig = traded()
    later_ns = rig.now_ns + 100 * 3600 * SECOND

    commands = step(rig.state, Started(INSTANCE, ("ant",), LIMITS), later_ns)

    (since_ns,) = (
        c.since_ns for c in commands if isinstance(c, Query) and c.kind is QueryKind.ACCOUNT_FILLS
    )
    assert since_ns == later_ns - 24 * 3600 * SECOND


def test_a_stream_that_comes_back_has_the_same_asked() -> None:
    rig = traded()
    rig.set_stream("ant", True)
    rig.venues["ant"].resting.append(resting(client_order_id(INSTANCE, 1, 2, 7)))

    rig.set_stream("ant", False)
    rig.set_stream("ant", True)
    rig.run_for(SECOND)

    assert [cancel.client_id for cancel in rig.cancelled] == [client_order_id(INSTANCE, 1, 2, 7)]


def test_fills_missed_while_down_are_booked_once() -> None:
    # The order was given up as never accepted: its fills are found by nobody but the listing.
    late = Fate(answer=Answer.NONE, order_lag_ns=10 * SECOND, fills_lag_ns=10 * SECOND)
    rig = traded(Fate(), late, honest=False)
    rig.run_for(16 * SECOND)
    assert rig.pair.sell.state is LegState.NOT_ACCEPTED
    listed = rig.venues["bee"].account_fills("BTC/USDT", START_NS, rig.now_ns)

    for _ in range(2):
        rig.handle(AccountFillsSeen("bee", tuple(listed)))
    rig.run_for(5 * SECOND)
    restart(rig)

    assert [fill.trade_id for fill in rig.pair.sell.fills] == ["1"]
    assert rig.pair.net == 0
    seen = [event for event in rig.events() if isinstance(event, AccountFillsSeen)]
    assert len(seen) == 1
    rig.survive()


def test_a_venue_that_names_its_own_order_id_alone_is_understood() -> None:
    rig = traded(honest=False)
    buy = rig.pair.buy
    (fill,) = buy.fills
    more = msgspec.structs.replace(fill, client_id="", trade_id="2")
    known = msgspec.structs.replace(fill, client_id="")

    rig.handle(AccountFillsSeen("ant", tuple(AccountFill(buy.venue_id, f) for f in (known, more))))

    assert [(f.client_id, f.trade_id) for f in rig.pair.buy.fills] == [
        (buy.client_id, "1"),
        (buy.client_id, "2"),
    ]


def test_a_start_finds_what_executed_after_it_was_given_up() -> None:
    late = Fate(answer=Answer.NONE, order_lag_ns=10 * SECOND, fills_lag_ns=10 * SECOND)
    rig = traded(Fate(), late, honest=False)
    rig.run_for(8 * SECOND)
    assert rig.pair.sell.state is LegState.NOT_ACCEPTED
    rig.durable = len(rig.journal)
    rig.crash()
    rig.run_for(60 * SECOND)

    rig.start(trading=False)
    rig.run_for(5 * SECOND)

    assert [fill.trade_id for fill in rig.pair.sell.fills] == ["1"]
    assert rig.pair.net == 0
    assert rig.agrees()
    rig.settle()


def test_an_order_of_ours_that_still_rests_is_followed() -> None:
    rig = Rig(Scripted(Fate(lost=True), Fate(lost=True)), thorough=True, honest=False)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(50 * MS)
    buy = rig.pair.buy
    assert buy.state is LegState.SENT

    rig.handle(OpenOrdersSeen("ant", (resting(buy.client_id, filled="1"),)))

    assert rig.pair.buy.state is LegState.ACKED
    assert rig.pair.buy.reported == Decimal(1)
    assert rig.cancelled == []


@pytest.mark.parametrize("ended", [True, False])
def test_an_order_that_bears_our_mark_and_should_not_rest_is_cancelled_and_said(
    ended: bool,
) -> None:
    rig = traded()
    # One that has ended for all we know, or one that is not on record at all.
    client_id = rig.pair.buy.client_id if ended else client_order_id(INSTANCE, 1, 2, 7)

    rig.handle(OpenOrdersSeen("ant", (resting(client_id),)))

    assert [(c.venue, c.symbol, c.client_id) for c in rig.cancelled] == [
        ("ant", "BTC/USDT", client_id)
    ]
    assert rig.alarms[-1].code == "unknown_order"
    assert not rig.state.venue("ant").reconciled
    assert not rig.state.venue("ant").blocked
    rig.settle()


def test_an_order_from_this_journals_future_closes_the_venue() -> None:
    rig = traded()

    rig.handle(OpenOrdersSeen("ant", (resting(client_order_id(INSTANCE, 99, 0, 0)),)))

    assert "this journal is older than what it has traded" in rig.state.venue("ant").blocked
    sent = len(rig.sent)
    rig.run_for(SECOND)
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert len(rig.sent) == sent


def test_a_fill_of_ours_that_is_not_on_record_is_said_and_the_account_compared() -> None:
    rig = traded()

    rig.handle(AccountFillsSeen("ant", (execution(client_order_id(INSTANCE, 1, 2, 7), 0),)))

    assert rig.alarms[-1].code == "unknown_order"
    assert not rig.state.venue("ant").reconciled
    rig.settle()


def test_what_other_people_have_there_is_left_alone() -> None:
    rig = traded()
    records = len(rig.journal)

    rig.handle(OpenOrdersSeen("ant", (resting("by-hand"), resting(""))))
    mine = execution("by-hand", rig.now_ns)
    nameless = msgspec.structs.replace(mine, venue_id="unheard of")
    rig.handle(AccountFillsSeen("ant", (mine, nameless)))

    assert rig.cancelled == []
    assert len(rig.journal) == records


@pytest.mark.parametrize("gone", ["p1", "p2"])
def test_pairs_that_were_forgotten_are_not_missed(gone: str) -> None:
    rig = traded()
    for _ in range(2):
        rig.edge("bee", "cat")
        rig.run_for(SECOND)
    # One that is stuck stays, however many ended after it are forgotten.
    old = rig.state.pairs.pop(gone)
    for leg in old.legs:
        del rig.state.by_client_id[leg.client_id]
    rig._thorough = False
    alarms = len(rig.alarms)

    rig.handle(AccountFillsSeen("ant", (execution(old.buy.client_id, old.buy.sent_ns),)))

    assert len(rig.alarms) == alarms


@pytest.mark.parametrize("told_by", ["open orders", "fills", "stream"])
def test_two_engines_with_one_key_open_no_new_pairs(told_by: str) -> None:
    # row 55, where the lock of one machine cannot help
    rig = traded()
    assert rig.trading() is TradingState.ACTIVE
    seen = execution(OTHER, rig.now_ns - SECOND)
    if told_by == "open orders":
        rig.handle(OpenOrdersSeen("ant", (resting(OTHER),)))
    elif told_by == "fills":
        rig.handle(AccountFillsSeen("ant", (seen,)))
    else:
        rig.handle(seen.fill)

    assert rig.trading() is TradingState.STOPPED
    assert rig.state.trading_reason == "another engine trades with the key of ant"
    assert any(alarm.code == "other_engine" and "zzzzzzz" in alarm.message for alarm in rig.alarms)
    rig.handle(OpenOrdersSeen("ant", (resting(OTHER),)))
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.STOPPED
    assert rig.alarms[-1].message == "not started: another engine trades with the key of ant"
    restart(rig)
    assert rig.trading() is TradingState.STOPPED

    rig.run_for(61 * SECOND)
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.ACTIVE


def test_what_is_under_way_is_finished_when_another_engine_shows_up() -> None:
    rig = Rig(Scripted(Fate(answer_ns=SECOND), Fate(answer_ns=SECOND)), thorough=True)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)

    rig.handle(OpenOrdersSeen("ant", (resting(OTHER),)))
    assert rig.trading() is TradingState.DRAINING
    rig.run_for(3 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert rig.trading() is TradingState.STOPPED
    rig.settle()


def test_what_another_engine_did_long_ago_is_history() -> None:
    rig = traded()

    rig.handle(AccountFillsSeen("ant", (execution(OTHER, rig.now_ns - 120 * SECOND),)))

    assert rig.trading() is TradingState.ACTIVE
