"""A remainder is brought home, or said to be dust or stuck; never left unseen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import Fill, OrderReject, OrderSide
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core.events import InstrumentsChanged, OperatorAction, TimerFired, TimerKind
from tests.unit.trading.rig import LIMITS, Rig, Scripted, instrument
from tests.unit.trading.venue_model import Answer, Fate

REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)
GOOD = Fate()
NONE = Fate(parts=())


def long(*fates: Fate, **options: object) -> Rig:
    """Return a rig that has bought 4 BTC on ant and waits for bee to refuse the sale."""
    rig = Rig(Scripted(GOOD, REFUSED, *fates), **options)  # type: ignore[arg-type]
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    assert rig.pair.buy.state is LegState.FILLED
    return rig


def short(*fates: Fate, **options: object) -> Rig:
    """Return a rig that has sold 4 BTC on bee and waits for ant to refuse the purchase."""
    rig = Rig(Scripted(REFUSED, GOOD, *fates), **options)  # type: ignore[arg-type]
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    assert rig.pair.sell.state is LegState.FILLED
    return rig


def test_too_much_is_sold_where_it_was_bought_a_little_below_the_bid() -> None:
    rig = long()
    rig.run_for(20 * MS)

    order = rig.sent[2]
    assert (order.venue, order.side, order.qty) == ("ant", OrderSide.SELL, Decimal(4))
    # Ten basis points below 99.98, rounded up to the tick.
    assert order.price == Decimal("99.89")
    rig.settle()
    assert rig.state.realised["BTC/USDT"] < 0


def test_too_little_is_bought_where_it_was_sold_a_little_above_the_ask() -> None:
    rig = short()
    rig.run_for(20 * MS)

    order = rig.sent[2]
    assert (order.venue, order.side, order.qty) == ("bee", OrderSide.BUY, Decimal(4))
    assert order.price == Decimal("100.72")
    rig.settle()


def test_each_attempt_allows_more_until_there_are_no_more() -> None:
    rig = long(NONE, Fate(parts=(250,)), NONE, NONE)

    rig.run_for(2 * SECOND)

    prices = [order.price for order in rig.sent[2:]]
    assert prices == [Decimal(p) for p in ("99.89", "99.74", "99.49", "98.99")]
    assert [order.qty for order in rig.sent[2:]] == [Decimal(q) for q in (4, 4, 3, 3)]
    assert rig.pair_state() is PairState.STUCK
    assert rig.pair.reason == "4 attempts did not fill"
    assert rig.state.stuck == {"p1"}
    rig.settle()


@pytest.mark.parametrize("opened", [long, short])
def test_no_attempt_goes_beyond_what_the_venue_takes(opened: Callable[..., Rig]) -> None:
    rig = opened(NONE, NONE, NONE, NONE)
    band = Decimal("0.002")
    for name in ("ant", "bee"):
        rules = msgspec.structs.replace(instrument(name, "BTC"), buy_band=band, sell_band=band)
        rig.handle(InstrumentsChanged(name, (rules,)))

    rig.run_for(2 * SECOND)

    prices = [order.price for order in rig.sent[2:]]
    # Of mids of 99.99 and 100.61, rounded to the tick within.
    sold, bought = ("99.89", "99.80"), ("100.72", "100.81")
    first, last = map(Decimal, sold if opened is long else bought)
    assert prices == [first, last, last, last]
    rig.settle()


@pytest.mark.parametrize(("rtt_ms", "valid_ms"), [(30, 2_000), (1_000, 5_000), (9_000, 10_000)])
def test_a_venue_that_answers_late_is_given_more_time(rtt_ms: int, valid_ms: int) -> None:
    # row 14
    rig = long(NONE)
    quote = rig.quotes["ant", "BTC/USDT"]
    rig.quotes["ant", "BTC/USDT"] = msgspec.structs.replace(quote, rtt_ns=rtt_ms * MS)

    rig.run_for(100 * MS)

    leg = rig.pair.legs[2]
    assert leg.expires_ns - leg.planned_ns == valid_ms * MS
    rig.settle()


def test_what_is_known_does_not_wait_for_an_order_of_unknown_fate() -> None:
    rig = Rig(Scripted(GOOD, Fate(lost=True)))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    sell = rig.pair.sell

    rig.run_for(sell.expires_ns + LIMITS.unknown_grace_ns - rig.now_ns - 1)
    assert len(rig.sent) == 2
    rig.run_for(20 * MS)

    assert sell.state is LegState.UNKNOWN
    assert rig.pair.net == 0
    assert rig.pair_state() is PairState.RESOLVING
    rig.run_for(5 * SECOND)
    assert rig.pair_state() is PairState.FLAT
    assert len(rig.sent) == 3
    rig.settle()


def test_an_unknown_order_that_had_executed_after_all_is_a_new_remainder() -> None:
    hidden = Fate(
        travel_ns=1_900 * MS,
        answer=Answer.NONE,
        order_lag_ns=1_900 * MS,
        fills_lag_ns=1_900 * MS,
    )
    rig = Rig(Scripted(GOOD, hidden, NONE, NONE, GOOD, NONE, NONE, NONE))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(3_600 * MS)
    assert rig.pair.net == 0
    assert rig.pair_state() is PairState.RESOLVING

    rig.run_for(2 * SECOND)

    # Attempts that the first remainder used up are not missing for the second.
    bought_back = [order for order in rig.sent[5:] if order.venue == "bee"]
    assert len(bought_back) == 4
    assert rig.pair_state() is PairState.FLAT or rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_a_person_is_told_once_of_what_stays_open_beside_an_order_of_unknown_fate() -> None:
    script = Scripted(GOOD, Fate(lost=True), NONE, NONE, NONE, Fate(parts=(250,)))
    rig = Rig(script)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    # Its venue answers nothing any more: that may last for as long as it likes.
    script.questions.extend([-1] * 5_000)

    rig.run_for(60 * SECOND)

    assert rig.pair_state() is PairState.RESOLVING
    assert rig.pair.net == 3
    told = [alarm.message for alarm in rig.alarms if alarm.code == "exposed"]
    assert told == ["p1 BTC/USDT: 3 BTC open, an order is unknown; 4 attempts did not fill"]
    script.questions.clear()
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_nobody_is_told_where_nothing_stays_open_beside_an_unknown_order() -> None:
    script = Scripted(GOOD, Fate(lost=True))
    rig = Rig(script)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    script.questions.extend([-1] * 5_000)

    rig.run_for(60 * SECOND)

    assert rig.pair_state() is PairState.RESOLVING
    assert rig.pair.net == 0
    assert rig.alarms == []
    script.questions.clear()
    rig.settle()


def test_an_unknown_order_is_not_fired_again_where_it_may_have_executed() -> None:
    rig = Rig(Scripted(Fate(lost=True), Fate(lost=True)), honest=False)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(2_100 * MS)
    rig.set_up("ant", False)
    rig.quote("ant", "BTC/USDT", 99.98, 100.0)
    buy = rig.pair.buy
    # A part of it is known; there may be more.
    buy.fills.append(
        Fill("ant", buy.client_id, "BTC/USDT", "1", buy.side, buy.price, Decimal(1), Decimal(0),
        "USDT", 0)
    )  # fmt: skip

    rig.run_for(10 * SECOND)

    assert buy.state is LegState.UNKNOWN
    assert len(rig.sent) == 2


def test_no_pair_ends_before_its_unknown_order_has() -> None:
    rig = Rig(Scripted(GOOD, Fate(lost=True), NONE, NONE, NONE, NONE))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    rig.set_up("bee", False)
    rig.run_for(60 * SECOND)
    assert len(rig.sent) == 6
    assert rig.pair_state() is PairState.RESOLVING

    rig.set_up("bee", True)
    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_a_late_fill_after_all_attempts_is_given_new_ones() -> None:
    rig = long(NONE, NONE, NONE, NONE, honest=False)
    rig.run_for(2 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    sell = rig.pair.sell

    rig.handle(
        Fill(
            "bee", sell.client_id, "BTC/USDT", "77", sell.side, sell.price, Decimal(1), Decimal(0),
            "USDT", 0,
        )
    )  # fmt: skip
    rig.run_for(SECOND)

    assert rig.sent[-1].qty == Decimal(3)
    assert rig.pair_state() is PairState.FLAT


@pytest.mark.parametrize("trouble", ["stale", "none", "one side"])
def test_without_a_quote_nothing_is_sent_and_nothing_is_called_dust(trouble: str) -> None:
    rig = long()
    old = rig.quotes["ant", "BTC/USDT"]
    if trouble == "none":
        rig.quotes["ant", "BTC/USDT"] = msgspec.structs.replace(old, venue="other")
    else:
        rig.quote("ant", "BTC/USDT", 0.0 if trouble == "one side" else 99.98, 100.0, False)
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.UNWINDING
    assert len(rig.sent) == 2

    rig.quotes["ant", "BTC/USDT"] = old
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_an_empty_bid_side_is_waited_for() -> None:
    rig = long()
    rig.quote("ant", "BTC/USDT", 0.0, 100.0)

    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.UNWINDING


def test_a_crash_of_the_price_makes_no_dust_of_what_was_worth_an_order() -> None:
    rig = long()
    rig.quote("ant", "BTC/USDT", 0.5, 0.6)
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.UNWINDING
    assert len(rig.sent) == 2

    rig.quote("ant", "BTC/USDT", 99.9, 100.0)
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_a_new_tick_makes_no_dust_either() -> None:
    rig = long()
    finer = msgspec.structs.replace(instrument("ant", "BTC"), tick_size=Decimal("0.03"))
    rig.handle(InstrumentsChanged("ant", (finer,)))

    rig.run_for(SECOND)

    assert rig.sent[2].price % Decimal("0.03") == 0
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_what_is_below_every_minimum_is_dust() -> None:
    rig = Rig(Scripted(Fate(parts=(1000,), fee_asset="quote"), Fate(parts=(990,))))
    rig.start()
    rig.edge("ant", "bee")

    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.DUST
    assert rig.pair.reason == "0.040 BTC is below the minimum"
    assert rig.state.outcomes["one_sided"] == 1
    rig.settle()


def test_what_the_last_attempt_left_below_every_minimum_is_dust_and_not_stuck() -> None:
    rig = long(NONE, NONE, NONE, Fate(parts=(990,)))

    rig.run_for(2 * SECOND)

    assert len(rig.sent) == 6
    assert rig.pair_state() is PairState.DUST
    assert rig.pair.reason == "0.040 BTC is below the minimum"
    rig.settle()


@pytest.mark.parametrize("limits", [{"min_qty": Decimal(5)}, {"lot_step": Decimal(5)}])
def test_what_is_below_the_smallest_quantity_is_dust(limits: dict[str, Decimal]) -> None:
    rig = long()
    rig.handle(
        InstrumentsChanged("ant", (msgspec.structs.replace(instrument("ant", "BTC"), **limits),))
    )

    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.DUST


def test_without_the_money_to_buy_back_it_waits_and_then_is_stuck() -> None:
    opening = {
        "ant": {"USDT": Decimal(1000)},
        "bee": {"BTC": Decimal(4), "USDT": Decimal(10)},
    }
    rig = short(venues=("ant", "bee"), opening=opening)
    # Whatever was received is gone, though nobody told: all that is left has no worth.
    rig.state.reserved["bee", "USDT"] = rig.state.ledger.balance("bee", "USDT")
    rig.state.reserved["bee", "USDT"] -= Decimal(1)
    rig._honest = False
    rig._check_state = lambda: None  # type: ignore[method-assign]

    rig.run_for(31 * SECOND)

    assert rig.pair_state() is PairState.STUCK
    assert rig.pair.reason.startswith(
        "time to unwind is up: what bee can pay for is too little: value 0.90648 below"
    )


def test_a_blocked_venue_is_not_sent_to_even_to_unwind() -> None:
    rig = long()
    rig.handle(OrderReject("ant", rig.pair.buy.client_id, "-2015", "key", fatal=True))

    rig.run_for(31 * SECOND)

    assert len(rig.sent) == 2
    assert rig.pair_state() is PairState.STUCK


def test_what_a_venue_takes_no_order_for_is_brought_home_as_soon_as_it_does() -> None:
    rig = long()
    rig.close_for("ant", 2 * SECOND)
    rig.run_for(1_900 * MS)
    assert len(rig.sent) == 2

    rig.run_for(500 * MS)

    assert [order.venue for order in rig.sent[2:]] == ["ant"]
    assert rig.pair_state() is PairState.FLAT


def test_an_unwinding_order_stays_here_where_its_venue_takes_none_any_more() -> None:
    rig = long()
    rig.run_for(12 * MS)
    before = rig.pair.legs[2].state
    rig.close_for("ant", SECOND)
    rig.run_for(5 * MS)

    assert (before, rig.pair.legs[2].state) == (LegState.INTENT, LegState.NOT_ACCEPTED)
    assert rig.pair.legs[2].reject.startswith("max_messages: ant takes no order for")
    rig.run_for(2 * SECOND)
    # It used up no attempt: the first allowance still holds.
    assert [order.price for order in rig.sent[2:]] == [Decimal("99.89")]
    assert rig.pair_state() is PairState.FLAT


def test_unwinding_keeps_to_the_rate_of_orders_too() -> None:
    rig = long(limits=msgspec.structs.replace(LIMITS, max_messages_per_s=1))

    rig.run_for(900 * MS)
    assert len(rig.sent) == 2
    rig.run_for(300 * MS)

    assert len(rig.sent) == 3
    rig.settle()


@pytest.mark.parametrize("rtt_ms", [0, 1_000])
def test_an_unwinding_order_whose_commit_was_slow_is_planned_anew(rtt_ms: int) -> None:
    rig = long()
    quote = rig.quotes["ant", "BTC/USDT"]
    # More time at the venue is no more time to commit.
    rig.quotes["ant", "BTC/USDT"] = msgspec.structs.replace(quote, rtt_ns=rtt_ms * MS)
    choices = rig.choices
    assert isinstance(choices, Scripted)
    rig.run_for(9 * MS)
    choices.commits.extend([MS, 300 * MS])

    rig.run_for(600 * MS)

    first, second = rig.pair.legs[2:]
    assert (first.state, first.sent_ns) == (LegState.NOT_ACCEPTED, 0)
    assert first.reject == "data_fresh: commit took too long"
    assert first.client_id != second.client_id
    # What was never sent was no attempt: the allowance is the same.
    assert first.price == second.price
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_a_halt_between_plan_and_commit_keeps_the_unwinding_order_back() -> None:
    rig = long()
    choices = rig.choices
    assert isinstance(choices, Scripted)
    while len(rig.pair.legs) == 2:
        rig.run_for(MS // 4)
    rig.operate(OperatorAction.HALT)
    rig.run_for(SECOND)
    assert len(rig.sent) == 2
    assert rig.pair.legs[2].reject == "kill_switch: test"

    rig.operate(OperatorAction.RESET)
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_no_pair_is_given_more_orders_than_there_are_ids() -> None:
    rig = long()
    rig.operate(OperatorAction.HALT)
    rig.run_for(SECOND)
    never_sent = msgspec.structs.replace(
        rig.pair.buy, unwinding=True, state=LegState.NOT_ACCEPTED, fills=[], sent_ns=0
    )
    rig.pair.legs.extend([never_sent] * 1000)
    rig.operate(OperatorAction.RESET)
    rig._check_state = lambda: None  # type: ignore[method-assign]

    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.STUCK


def test_a_crash_does_not_use_up_the_time_or_the_attempts() -> None:
    rig = long(NONE, NONE, NONE)
    rig.run_for(200 * MS)
    assert len(rig.sent) > 3
    rig.run_for(60 * MS)
    rig.crash()
    rig.run_for(60 * SECOND)

    rig.start(trading=False)
    rig.run_for(5 * SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_a_timer_that_comes_too_late_or_too_early_does_nothing() -> None:
    rig = long(thorough=True)
    quotes = rig.quotes_of("BTC/USDT")
    records = len(rig.journal)

    rig.handle(TimerFired(TimerKind.UNWIND, "p1", 0, quotes))
    rig.handle(TimerFired(TimerKind.UNWIND, "p9", 0, quotes))
    assert len(rig.journal) == records

    rig.run_for(12 * MS)
    assert rig.pair_state() is PairState.UNWINDING
    assert not rig.pair.legs[2].is_final
    records = len(rig.journal)
    rig.handle(TimerFired(TimerKind.UNWIND, "p1", 0, quotes))
    assert len(rig.journal) == records
    rig.settle()


def test_a_remainder_above_the_largest_order_is_brought_home_in_parts() -> None:
    rig = Rig(Scripted(Fate(), Fate(refused=True, answer=Answer.ACK)), venues=("ant", "bee"))
    rig.start()
    rules = msgspec.structs.replace(instrument("ant", "BTC"), max_notional=Decimal(150))
    rig.edge("ant", "bee")
    rig.run_for(2 * MS)
    # The venue narrows its rules while the orders are on their way.
    rig.handle(InstrumentsChanged("ant", (rules,)))

    rig.run_for(5 * SECOND)

    home = [order for order in rig.sent[2:] if order.venue == "ant"]
    assert len(home) == 3
    assert all(0 < order.price * order.qty <= 150 for order in home)
    assert rig.pair.remainder == 0
    rig.settle()
