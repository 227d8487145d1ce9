"""Private streams: lost, reconciled, and what only they tell (rows 46 to 48, 54)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.ledger import EXTERNAL
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderStatus
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.commands import Query, QueryKind, SetTimer
from arbot_tui.trading.core.events import BalancesMoved, PrivateStream, TimerKind
from arbot_tui.trading.core.step import step
from tests.unit.trading.rig import INSTANCE, Rig, Scripted, picture
from tests.unit.trading.venue_model import Answer, Fate

_ONE = Decimal(1)


def streaming(*fates: Fate) -> Rig:
    """Return a rig whose venues all have a private stream, which is up."""
    rig = Rig(Scripted(*fates), thorough=True)
    rig.streams = dict.fromkeys(rig.venues, True)
    rig.start()
    return rig


def human_fill(trade_id: str = "900", client_id: str = "web_1", symbol: str = "BTC/USDT") -> Fill:
    fee = Decimal("0.001")
    price = Decimal(100)
    return Fill("ant", client_id, symbol, trade_id, OrderSide.BUY, price, _ONE, fee, "BTC", 0)


def test_a_lost_stream_forbids_new_pairs_on_its_venue_until_balances_agree_again() -> None:
    rig = streaming()
    rig.set_stream("ant", False)

    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.RECONCILED
    assert "private stream lost" in rig.denied[-1].detail
    # Balances that agree meanwhile prove nothing about what comes next.
    rig.run_for(2 * SECOND)
    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.RECONCILED
    # Elsewhere trading goes on.
    rig.edge("bee", "cat")
    assert rig.pair.state is PairState.RESERVED
    rig.run_for(SECOND)

    rig.set_stream("ant", True)
    rig.edge("ant", "bee")
    assert "not reconciled" in rig.denied[-1].detail
    rig.run_for(300 * MS)
    rig.edge("ant", "bee")
    assert rig.pair.state is PairState.RESERVED
    rig.settle()


def test_a_venue_without_a_stream_is_not_held_up_by_that() -> None:
    rig = Rig(Scripted())
    rig.start()
    assert rig.state.venue("ant").stream is None
    assert rig.state.venue("ant").settled


def test_a_stream_lost_between_commit_and_send_keeps_the_pair_from_leaving() -> None:
    rig = streaming()
    rig.edge("ant", "bee")
    rig.set_stream("bee", False)

    rig.run_for(5 * MS)

    assert rig.sent == []
    assert rig.pair_state() is PairState.FLAT
    assert rig.pair.reason.startswith("reconciled: bee: private stream lost")


def test_the_stream_alone_tells_what_became_of_an_order() -> None:
    told = Fate(answer=Answer.NONE)
    rig = streaming(told, told)
    rig.edge("ant", "bee")

    rig.run_for(6 * MS)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_what_stream_and_answer_both_tell_counts_once() -> None:
    # row 47
    rig = streaming(Fate(twice=True), Fate(twice=True, answer_ns=MS, stream_ns=3 * MS))
    rig.edge("ant", "bee")
    rig.run_for(SECOND)

    for leg in rig.pair.legs:
        assert leg.filled == leg.qty
        assert len(leg.fills) == len({fill.trade_id for fill in leg.fills}) == 1
    rig.settle()


def test_a_fill_that_overtakes_its_acknowledgement_is_no_orphan() -> None:
    # row 46
    rig = streaming(Fate(answer_ns=100 * MS, stream_ns=0), Fate(answer_ns=100 * MS, stream_ns=0))
    rig.edge("ant", "bee")
    rig.run_for(3 * MS)

    assert rig.pair_state() is PairState.CLOSED
    rig.run_for(SECOND)
    assert [alarm.code for alarm in rig.alarms] == []
    rig.settle()


def test_while_the_stream_is_up_an_accepted_order_is_asked_for_within_half_a_second() -> None:
    # row 48, a stream that says it lives and tells nothing
    silent = Fate(answer=Answer.ACK, stream_ns=60 * SECOND)
    rig = streaming(silent, silent)
    rig.edge("ant", "bee")

    rig.run_for(400 * MS)
    assert {leg.state for leg in rig.pair.legs} == {LegState.ACKED}
    rig.run_for(150 * MS)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_an_order_in_flight_is_asked_for_at_once_when_the_stream_is_lost() -> None:
    # row 48: every IOC polled at most a second after its deadline while the stream is dead
    silent = Fate(answer=Answer.ACK, stream_ns=60 * SECOND, order_lag_ns=1_900 * MS)
    rig = streaming(silent, silent)
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    assert rig.pair.buy.state is LegState.ACKED
    rig.set_stream("ant", False)
    asked = rig.state.venue("ant")
    assert asked.stream is False

    rig.run_for(rig.pair.buy.expires_ns + SECOND - rig.now_ns)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


@pytest.mark.parametrize("up", [True, False])
def test_every_open_order_of_the_venue_is_asked_for_when_its_stream_changes(up: bool) -> None:
    lost = Fate(answer=Answer.UNKNOWN, order_lag_ns=1_900 * MS, fills_lag_ns=1_900 * MS)
    held = Fate(answer=Answer.ACK, order_lag_ns=1_900 * MS, fills_lag_ns=1_900 * MS)
    rig = Rig(Scripted(lost, held))
    rig.streams = dict.fromkeys(rig.venues, not up)
    for name in rig.streams:
        rig.streams[name] = True
    rig.start()
    rig.streams = {}
    rig.edge("ant", "bee")
    rig.run_for(20 * MS)
    assert rig.pair.buy.state is LegState.UNKNOWN
    assert rig.pair.sell.state is LegState.ACKED
    for name in ("ant", "bee", "cat"):
        rig.state.venue(name).stream = not up

    commands = [
        *step(rig.state, PrivateStream("ant", up), rig.now_ns),
        *step(rig.state, PrivateStream("bee", up), rig.now_ns),
        *step(rig.state, PrivateStream("cat", up), rig.now_ns),
    ]

    ids = [leg.client_id for leg in rig.pair.legs]
    asked = [c.client_id for c in commands if isinstance(c, Query) and c.kind is QueryKind.ORDER]
    assert asked == ids
    polled = [c.key for c in commands if isinstance(c, SetTimer) and c.kind is TimerKind.POLL]
    assert polled == ids


def test_saying_the_same_again_changes_nothing() -> None:
    rig = streaming()
    records = len(rig.journal)
    rig.set_stream("ant", True)
    assert len(rig.journal) == records


def test_a_new_run_knows_of_no_stream_before_it_is_told() -> None:
    rig = streaming()
    rig.streams = {}
    rig.crash()
    rig.start()
    assert rig.state.venue("ant").stream is None


def test_trading_comes_back_by_itself_only_with_two_streams() -> None:
    rig = streaming()
    rig.set_up("bee", False)
    rig.set_up("cat", False)
    rig.run_for(4 * SECOND)
    assert rig.trading() is TradingState.DRAINING
    rig.set_stream("bee", False)
    rig.set_up("bee", True)
    rig.run_for(4 * SECOND)
    assert rig.trading() is TradingState.DRAINING

    rig.set_stream("bee", True)
    rig.run_for(4 * SECOND)
    assert rig.trading() is TradingState.ACTIVE


def test_a_fill_of_somebody_elses_order_is_adopted_once_and_trading_goes_on() -> None:
    # row 54
    rig = streaming()
    venue = rig.venues["ant"]
    venue.balances["BTC"] += Decimal("0.999")
    venue.balances["USDT"] -= Decimal(100)

    rig.handle(human_fill())
    rig.handle(human_fill())

    assert [alarm.code for alarm in rig.alarms] == ["external_fill"]
    assert rig.state.ledger.balance("ant", "BTC") == venue.balances["BTC"]
    assert rig.state.ledger.balance(EXTERNAL, "BTC") == Decimal("-0.999")
    assert rig.state.ledger.balance(EXTERNAL, "USDT") == Decimal(100)
    assert rig.state.available("ant", "USDT") == venue.balances["USDT"]
    assert rig.sent == []
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    assert picture(rig.replayed()) == picture(rig.state)
    rig.settle()


@pytest.mark.parametrize(
    "fill",
    [
        human_fill(symbol="DOGE/USDT"),
        Fill("dog", "web", "BTC/USDT", "1", OrderSide.BUY, _ONE, _ONE, _ONE, "BTC", 0),
        Fill("ant", "web", "BTC/USDT", "1", OrderSide.BUY, -_ONE, _ONE, _ONE, "BTC", 0),
        Fill("ant", "web", "BTC/USDT", "1", OrderSide.BUY, _ONE, -_ONE, _ONE, "BTC", 0),
    ],
)
def test_a_fill_that_cannot_be_booked_only_alarms(fill: Fill) -> None:
    rig = streaming()
    records = len(rig.journal)
    before = rig.state.ledger.snapshot()

    rig.handle(fill)

    assert [alarm.code for alarm in rig.alarms] == ["foreign_fill"]
    assert rig.state.ledger.snapshot() == before
    assert len(rig.journal) == records


def test_a_fill_before_the_ledger_is_opened_is_part_of_the_opening_balance() -> None:
    rig = Rig(Scripted())
    rig.choices.questions.append(-1)  # type: ignore[attr-defined]
    rig.start(trading=False)
    assert not rig.state.venue("ant").opened
    rig.handle(human_fill())
    assert [alarm.code for alarm in rig.alarms] == ["foreign_fill"]
    rig.run_for(2 * SECOND)
    assert rig.state.venue("ant").opened


def test_a_fill_with_our_mark_that_we_do_not_know_puts_the_venue_in_doubt() -> None:
    rig = streaming()
    unknown = client_order_id(INSTANCE, 4_711, 0, 0)
    before = rig.state.ledger.snapshot()

    rig.handle(human_fill(client_id=unknown))

    assert [alarm.code for alarm in rig.alarms] == ["foreign_fill"]
    assert unknown in rig.alarms[0].message
    assert rig.state.ledger.snapshot() == before
    assert not rig.state.venue("ant").reconciled


def test_balances_on_the_stream_that_differ_have_the_account_compared() -> None:
    # row 54, 61: seen within five seconds
    rig = streaming()
    rig.run_for(SECOND)
    moved = rig.venues["ant"]
    moved.balances["USDT"] -= Decimal(10)
    free = moved.balances["USDT"]

    rig.handle(BalancesMoved("ant", (Balance("USDT", free, Decimal(0)),)))
    rig.run_for(5 * SECOND)

    assert rig.state.venue("ant").mismatches == {"USDT": (free + 10, free)}
    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.LEDGER_OK


def test_balances_on_the_stream_that_agree_ask_for_nothing() -> None:
    rig = streaming()
    books = rig.state.ledger.book("ant")
    same = tuple(Balance(asset, amount, Decimal(0)) for asset, amount in books.items())
    assert step(rig.state, BalancesMoved("ant", same), rig.now_ns) == []
    assert step(rig.state, BalancesMoved("dog", same), rig.now_ns) == []
    assert "dog" not in rig.state.venues


def test_an_order_that_fills_on_the_stream_and_is_gone_for_queries_is_filled() -> None:
    hidden = Fate(answer=Answer.NONE, order_lag_ns=60 * SECOND, fills_lag_ns=60 * SECOND)
    rig = streaming(hidden, hidden)
    rig.edge("ant", "bee")
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.CLOSED
    assert rig.pair.buy.final_status is OrderStatus.FILLED
