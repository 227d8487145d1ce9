"""Every check before an order: what passes, and what each one refuses on."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import OrderReject
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core.events import (
    CommitFailed,
    Committed,
    FeesChanged,
    InstrumentsChanged,
    OperatorAction,
    Signalled,
)
from arbot_tui.trading.core.limits import Limits
from tests.unit.trading.rig import LIMITS, Rig, Scripted, instrument
from tests.unit.trading.venue_model import Answer, Fate

RICH = Decimal(1_000_000)


def started(limits: Limits = LIMITS, *fates: Fate, **options: object) -> Rig:
    rig = Rig(Scripted(*fates), limits=limits, **options)  # type: ignore[arg-type]
    rig.start()
    return rig


def signal(rig: Rig, buy: str = "ant", sell: str = "bee") -> ArbitrageSignal:
    """Return a signal of an edge of 0.4 percent."""
    rig.quote(buy, "BTC/USDT", 99.98, 100.0)
    rig.quote(sell, "BTC/USDT", 100.6, 100.62)
    one, other = rig.quotes[buy, "BTC/USDT"], rig.quotes[sell, "BTC/USDT"]
    return ArbitrageSignal(1, "BTC/USDT", one, other, 0.4, 4.0, 1.0, rig.now_ns, 0)


def denied(rig: Rig, event: Signalled) -> tuple[Reason, str]:
    """Hand over a signal that must be refused."""
    planned = rig.state.pair_no
    rig.handle(event)
    assert rig.state.pair_no == planned
    return rig.denied[-1].reason, rig.denied[-1].detail


def test_a_good_signal_becomes_a_pair_at_prices_half_the_slippage_away() -> None:
    rig = started()

    rig.handle(Signalled(signal(rig), RICH))

    assert rig.denied == []
    assert rig.pair.buy.price == Decimal("100.01")
    assert rig.pair.sell.price == Decimal("100.59")
    assert rig.pair.buy.qty == rig.pair.sell.qty == Decimal(4)
    assert rig.pair.expected == Decimal("1.5976")


def test_the_expected_profit_is_that_of_the_levels_taken() -> None:
    rig = started()
    rig_signal = msgspec.structs.replace(
        signal(rig),
        asks=((100.0, 1.0), (100.01, 9.0), (100.02, 50.0)),
        bids=((100.6, 3.0), (100.59, 0.5)),
    )

    rig.handle(Signalled(rig_signal, RICH))

    # The third ask is beyond the limit price; both bids together are what there is to sell to.
    assert rig.pair.buy.qty == Decimal("3.5")
    costs = (Decimal(100) + Decimal("2.5") * Decimal("100.01")) * Decimal("1.001")
    brings = (3 * Decimal("100.6") + Decimal("0.5") * Decimal("100.59")) * Decimal("0.999")
    assert rig.pair.expected == brings - costs


def test_levels_are_added_up_in_decimals() -> None:
    rig = started()
    asks, bids = ((100.0, 0.3), (100.01, 1.9)), ((100.6, 5.0),)
    # As detection adds them up: a hair less than the 2.2 that are there.
    assert asks[0][1] + asks[1][1] < 2.2
    found = msgspec.structs.replace(signal(rig), asks=asks, bids=bids, qty=asks[0][1] + asks[1][1])

    rig.handle(Signalled(found, RICH))

    assert rig.pair.buy.qty == Decimal("2.2")


def test_levels_that_are_no_numbers_are_refused() -> None:
    rig = started()
    broken = msgspec.structs.replace(signal(rig), asks=((100.0, math.nan),))
    assert denied(rig, Signalled(broken, RICH))[0] is Reason.DATA_FRESH


def test_a_plan_that_comes_with_a_signal_is_no_way_around_the_gate() -> None:
    rig = started()
    rig.handle(Signalled(signal(rig), RICH))
    rig.run_for(SECOND)
    planned = next(event for event in rig.events() if isinstance(event, Signalled))
    assert planned.plan is not None

    rig.operate(OperatorAction.HALT)

    assert denied(rig, planned)[0] is Reason.KILL_SWITCH


@pytest.mark.parametrize("action", [OperatorAction.DRAIN, OperatorAction.STOP])
def test_nothing_starts_unless_trading_is_active(action: OperatorAction) -> None:
    rig = started()
    rig.operate(action)

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.TRADING_STATE,
        "trading is stopped",
    )


def test_nothing_starts_while_halted() -> None:
    rig = started()
    rig.operate(OperatorAction.HALT)

    assert denied(rig, Signalled(signal(rig), RICH)) == (Reason.KILL_SWITCH, "test")


def test_nothing_starts_without_a_journal() -> None:
    rig = started()
    rig.journal_broken = True
    rig.handle(CommitFailed(0, "disk full"))

    reason, _ = denied(rig, Signalled(signal(rig), RICH))

    assert reason is Reason.JOURNAL_OK


def test_a_venue_is_no_counterpart_of_itself() -> None:
    rig = started()

    reason, _ = denied(rig, Signalled(signal(rig, "ant", "ant"), RICH))

    assert reason is Reason.CROSSED


def test_a_venue_that_is_not_part_of_the_run_is_refused_and_not_remembered() -> None:
    rig = started(thorough=True)
    good = signal(rig)
    strange = msgspec.structs.replace(
        good, sell=msgspec.structs.replace(good.sell, venue="elsewhere")
    )

    reason, detail = denied(rig, Signalled(strange, RICH))

    assert (reason, detail) == (Reason.RECONCILED, "elsewhere is not part of this run")
    assert "elsewhere" not in rig.state.venues


def test_a_venue_that_has_just_come_back_has_to_agree_first() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.set_up("bee", True)

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.RECONCILED,
        "bee: balances not reconciled",
    )


Change = Callable[[ArbitrageSignal], ArbitrageSignal]


def _sell(**changes: object) -> Change:
    return lambda s: msgspec.structs.replace(s, sell=msgspec.structs.replace(s.sell, **changes))


def _buy(**changes: object) -> Change:
    return lambda s: msgspec.structs.replace(s, buy=msgspec.structs.replace(s.buy, **changes))


def _whole(**changes: object) -> Change:
    return lambda s: msgspec.structs.replace(s, **changes)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda s: msgspec.structs.replace(s, created_ns=s.created_ns - 251 * MS), "251 ms old"),
        (_whole(loop_lag_ns=51 * MS), "lags 51 ms"),
        (_whole(qty=math.nan), "no numbers"),
        (_whole(edge_pct=math.inf), "no numbers"),
        (_sell(tradeable=False, verdict="stale"), "bee is stale"),
        (_buy(tradeable=False, verdict="crossed"), "ant is crossed"),
        (_sell(ask=math.inf), "bee: bid"),
        (_buy(bid=0.0), "ant: bid"),
        (_sell(ask=0.0), "bee: bid"),
        (_sell(rtt_ns=401 * MS), "bee answers in 401 ms"),
        (_buy(rtt_ns=2 * SECOND), "ant answers in 2000 ms"),
    ],
)
def test_data_that_is_old_stale_or_no_number_decides_nothing(change: Change, detail: str) -> None:
    rig = started()

    reason, why = denied(rig, Signalled(change(signal(rig)), RICH))

    assert reason is Reason.DATA_FRESH
    assert detail in why


def test_one_pair_per_symbol_at_a_time() -> None:
    rig = started()
    rig.handle(Signalled(signal(rig), RICH))

    reason, _ = denied(rig, Signalled(signal(rig, "bee", "cat"), RICH))

    assert reason is Reason.DUPLICATE_INTENT


def test_a_stuck_remainder_keeps_its_symbol_closed_for_the_rest_of_the_run() -> None:
    rig = started(LIMITS, Fate(), Fate(refused=True, answer=Answer.ACK))
    rig.handle(Signalled(signal(rig), RICH))
    rig.run_for(2 * MS)
    rig.quote("ant", "BTC/USDT", 99.98, 100.0, live=False)
    rig.run_for(40 * SECOND)
    assert rig.pair_state() is PairState.STUCK

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.DUPLICATE_INTENT,
        "p1 of BTC/USDT is stuck",
    )
    rig.edge("ant", "bee", "ETH/USDT")
    assert rig.pair.symbol == "ETH/USDT"
    rig.run_for(SECOND)

    rig.crash()
    rig.start()
    rig.handle(Signalled(signal(rig), RICH))
    assert rig.pair.number == 3


def test_no_more_pairs_at_once_than_allowed() -> None:
    rig = started(msgspec.structs.replace(LIMITS, max_concurrent_pairs=1))
    rig.edge("ant", "bee", "ETH/USDT")

    assert denied(rig, Signalled(signal(rig), RICH)) == (Reason.IN_FLIGHT, "1 pairs of 1")


def test_an_unknown_order_freezes_what_it_may_have_spent() -> None:
    rig = started(LIMITS, Fate(answer=Answer.UNKNOWN, order_lag_ns=SECOND, fills_lag_ns=SECOND))
    rig.edge("ant", "bee", "ETH/USDT")
    rig.run_for(20 * MS)

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.UNKNOWN_ORDERS,
        "an order on ant is unknown",
    )
    rig.handle(Signalled(signal(rig, "bee", "cat"), RICH))
    assert rig.pair.symbol == "BTC/USDT"
    rig.settle()


def test_the_same_pair_of_venues_waits_for_its_cooldown_and_others_do_not() -> None:
    rig = started(msgspec.structs.replace(LIMITS, cooldown_ns=10 * SECOND))
    rig.handle(Signalled(signal(rig), RICH))
    rig.run_for(SECOND)

    assert denied(rig, Signalled(signal(rig), RICH)) == (Reason.COOLDOWN, "9.0 s left")
    rig.handle(Signalled(signal(rig, "bee", "ant"), RICH))
    assert rig.pair.number == 2


@pytest.mark.parametrize(
    "limits", [{"max_messages_per_s": 2}, {"venue_messages_per_s": {"ant": 2, "bee": 100}}]
)
def test_orders_per_second_are_counted_with_those_that_are_still_to_leave(
    limits: dict[str, object],
) -> None:
    rig = started(msgspec.structs.replace(LIMITS, **limits))
    rig.edge("ant", "bee", "ETH/USDT")
    rig.edge("ant", "bee", "SOL/USDT")

    expected = (Reason.MAX_MESSAGES, "2 orders/s on ant")
    assert denied(rig, Signalled(signal(rig), RICH)) == expected
    rig.run_for(500 * MS)
    assert denied(rig, Signalled(signal(rig), RICH)) == expected
    rig.run_for(600 * MS)
    rig.handle(Signalled(signal(rig), RICH))
    assert rig.pair.number == 3


def test_a_market_that_one_venue_does_not_have_or_closed_is_not_traded() -> None:
    rig = started()
    good = signal(rig)
    elsewhere = msgspec.structs.replace(good, symbol="DOGE/USDT")
    assert denied(rig, Signalled(elsewhere, RICH))[0] is Reason.INSTRUMENT_RULES

    closed = msgspec.structs.replace(instrument("bee", "BTC"), tradeable=False)
    rig.handle(InstrumentsChanged("bee", (closed,)))

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.INSTRUMENT_RULES,
        "BTC/USDT is not open on both venues",
    )


def test_without_fees_there_is_no_edge() -> None:
    rig = started()
    rig.state.venue("bee").fees.clear()

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.INSTRUMENT_RULES,
        "fees are not known",
    )


def test_an_edge_that_is_too_good_to_be_true_is_not_traded() -> None:
    rig = started()
    good = signal(rig)

    reason, _ = denied(rig, Signalled(_sell(bid=104.0, ask=104.1)(good), RICH))

    assert reason is Reason.EDGE_TOO_GOOD


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (_buy(bid=97.9), "ant: 100.01 is 1.07 % off its mid"),
        (_sell(ask=102.8), "bee: 100.59 is 1.09 % off its mid"),
        (_sell(bid=108.0, ask=108.02), "ant: 100.01 is 3.84 % off the median"),
    ],
)
def test_a_limit_far_from_its_market_or_from_both_is_a_mistake(change: Change, detail: str) -> None:
    rig = started(msgspec.structs.replace(LIMITS, max_profit_pct=Decimal(50)))

    assert denied(rig, Signalled(change(signal(rig)), RICH)) == (Reason.PRICE_COLLAR, detail)


@pytest.mark.parametrize(
    ("venue", "band", "passes"),
    [
        ("ant", "0.0003", True),
        ("ant", "0.0001", False),
        ("bee", "0.0002", True),
        ("bee", "0.0001", False),
    ],
)
def test_a_limit_beyond_the_venue_s_own_band_is_not_sent(
    venue: str, band: str, passes: bool
) -> None:
    rig = started()
    both = {"buy_band": Decimal(band), "sell_band": Decimal(band)}
    banded = msgspec.structs.replace(instrument(venue, "BTC"), **both)
    rig.handle(InstrumentsChanged(venue, (banded,)))

    rig.handle(Signalled(signal(rig), RICH))

    assert (rig.state.pair_no > 0) is passes
    if not passes:
        assert rig.denied[-1].reason is Reason.PRICE_COLLAR
        assert f"{venue} takes no" in rig.denied[-1].detail


def test_a_tick_above_the_ask_leaves_no_valid_price() -> None:
    rig = started()
    coarse = msgspec.structs.replace(instrument("ant", "BTC"), tick_size=Decimal(1000))
    rig.handle(InstrumentsChanged("ant", (coarse,)))

    assert denied(rig, Signalled(signal(rig), RICH)) == (
        Reason.INSTRUMENT_RULES,
        "no valid price at or below 100.0",
    )


@pytest.mark.parametrize(("bid", "passes"), [(100.28, True), (100.27, False)])
def test_the_worst_case_at_both_limits_has_to_clear_the_smallest_profit(
    bid: float, passes: bool
) -> None:
    rig = started()
    # Limits of 100.01 and 100.27 or 100.26 leave 0.0597 and 0.0497 percent after both fees.
    planned = rig.state.pair_no

    rig.handle(Signalled(_sell(bid=bid, ask=bid + 0.02)(signal(rig)), RICH))

    assert (rig.state.pair_no > planned) is passes
    if not passes:
        assert rig.denied[-1].reason is Reason.WORST_CASE_EDGE


def test_an_edge_of_nothing_is_none_even_if_nothing_is_asked_for() -> None:
    rig = started(
        msgspec.structs.replace(LIMITS, min_profit_pct=Decimal(0), slippage_pct=Decimal(0))
    )
    free = dict.fromkeys(rig.symbols, TradingFees(Decimal(0), Decimal(0)))
    for name in ("ant", "bee"):
        rig.handle(FeesChanged(name, free))

    reason, _ = denied(rig, Signalled(_sell(bid=100.0, ask=100.02)(signal(rig)), RICH))

    assert reason is Reason.WORST_CASE_EDGE


def test_what_both_venues_have_no_room_for_is_not_traded() -> None:
    rig = started()

    reason, _ = denied(rig, Signalled(_whole(qty=0.0001)(signal(rig)), RICH))

    assert reason is Reason.DEPTH


@pytest.mark.parametrize(
    ("equity", "qty"),
    [(None, "4"), (Decimal(1_000_000), "4"), (Decimal(1000), "1.988"), (Decimal(100), "0.198")],
)
def test_an_order_is_never_more_than_its_share_of_the_account(
    equity: Decimal | None, qty: str
) -> None:
    rig = started(msgspec.structs.replace(LIMITS, max_order_equity_pct=Decimal(20)))

    rig.handle(Signalled(signal(rig), equity))

    assert rig.pair.buy.qty == Decimal(qty)
    assert rig.pair.sell.price * rig.pair.sell.qty <= (equity or RICH) / 5


def test_what_another_pair_holds_back_is_not_there_twice() -> None:
    opening = {
        "ant": {"USDT": Decimal(600)},
        "bee": {"ETH": Decimal(50), "BTC": Decimal(50)},
    }
    rig = started(venues=("ant", "bee"), opening=opening)
    rig.edge("ant", "bee", "ETH/USDT")
    assert rig.pair.buy.qty == Decimal(4)

    rig.handle(Signalled(signal(rig), RICH))

    # 600 less 400.44004 that the first may spend, at 100.11001 each.
    assert rig.pair.buy.qty == Decimal("1.993")
    rig.settle()


def test_what_is_held_back_of_the_base_is_not_sold_twice() -> None:
    rig = started()
    rig._check_state = lambda: None  # type: ignore[method-assign]
    rig.state.reserved["bee", "BTC"] = Decimal("98.5")

    rig.handle(Signalled(signal(rig), RICH))

    assert rig.pair.sell.qty == Decimal("1.5")


def test_a_rebate_is_not_spent_in_advance() -> None:
    rig = started()
    rig.handle(FeesChanged("ant", {"BTC/USDT": TradingFees(Decimal("-0.001"), Decimal("-0.001"))}))

    rig.handle(Signalled(signal(rig), RICH))

    assert rig.state.reserved["ant", "USDT"] == Decimal("400.04")


# -- between the commit and the writes ------------------------------------


def planned(*fates: Fate) -> Rig:
    """Return a rig whose pair waits for its commit."""
    rig = started(LIMITS, *fates)
    rig.handle(Signalled(signal(rig), RICH))
    assert rig.sent == []
    return rig


def refused(rig: Rig) -> str:
    """Let the commit be confirmed, and return why nothing left."""
    rig.run_for(5 * MS)
    assert rig.sent == []
    assert rig.pair_state() is PairState.FLAT
    assert rig.state.outcomes["failed"] == 1
    assert not any(rig.state.reserved.values())
    return rig.pair.reason


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (OperatorAction.DRAIN, "trading_state: trading is draining"),
        (OperatorAction.STOP, "trading_state: trading is draining"),
        (OperatorAction.HALT, "kill_switch: test"),
    ],
)
def test_what_a_person_stops_between_plan_and_commit_does_not_leave(
    action: OperatorAction, why: str
) -> None:
    rig = planned()
    rig.operate(action)

    assert refused(rig) == why


def test_a_slow_commit_is_stale() -> None:
    rig = started()
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.commits.append(251 * MS)
    rig.handle(Signalled(signal(rig), RICH))
    rig.run_for(300 * MS)

    assert refused(rig) == "data_fresh: commit took 251 ms"


def test_a_journal_that_fails_meanwhile_stops_what_was_durable_before() -> None:
    rig = planned()
    rig.journal_broken = True
    rig.handle(CommitFailed(0, "disk full"))

    rig.run_for(5 * MS)

    assert rig.sent == []
    assert rig.pair.reason == "journal_ok: the journal takes no commits"


def test_a_commit_that_fails_sends_nothing_and_starts_nothing_more() -> None:
    rig = started()
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.commits.append(-1)
    rig.handle(Signalled(signal(rig), RICH))
    commits = rig.state.commits

    assert refused(rig) == "journal_ok: commit failed"
    assert rig.state.commits == commits
    assert [alarm.code for alarm in rig.alarms] == ["journal_failed"]
    assert denied(rig, Signalled(signal(rig), RICH))[0] is Reason.JOURNAL_OK
    choices.survivors = 1
    rig.settle()
    assert rig.state.outcomes["failed"] == 0


@pytest.mark.parametrize(
    ("venue", "bid", "ask", "live", "why"),
    [
        ("ant", 100.01, 100.02, True, "vanished: ant moved to 100.02"),
        ("bee", 100.58, 100.6, True, "vanished: bee moved to 100.58"),
        ("ant", 99.98, 100.0, False, "data_fresh: ant is stale"),
        ("bee", 0.0, 100.6, True, "data_fresh: bee: bid 0.0, ask 100.6"),
        ("ant", 97.0, 97.02, True, "price_collar: ant: 100.01 is 3.09 % off its mid"),
    ],
)
def test_quotes_that_moved_away_meanwhile_are_not_chased(
    venue: str, bid: float, ask: float, live: bool, why: str
) -> None:
    rig = planned()
    rig.quote(venue, "BTC/USDT", bid, ask, live)

    assert refused(rig) == why


def test_quotes_that_moved_within_the_limits_are_taken() -> None:
    rig = planned()
    rig.quote("ant", "BTC/USDT", 99.99, 100.01)
    rig.quote("bee", "BTC/USDT", 100.59, 100.6)

    rig.run_for(5 * MS)

    assert len(rig.sent) == 2


def test_a_venue_without_a_quote_is_not_sent_to() -> None:
    rig = planned()
    del rig.quotes["bee", "BTC/USDT"]
    rig.quotes["bee", "BTC/USDT"] = msgspec.structs.replace(
        rig.quotes["ant", "BTC/USDT"], venue="other", ask_size=math.nan
    )

    assert refused(rig) == "data_fresh: no quote of bee"
    # A number that is none must not get into the journal, where nothing could read it.
    assert all(b"null,null" not in body for _, _, body in rig.journal)


def test_a_venue_that_is_lost_meanwhile_is_not_sent_to() -> None:
    rig = planned()
    rig.set_up("bee", False)
    rig.quote("bee", "BTC/USDT", 100.6, 100.62)

    assert refused(rig) == "reconciled: bee: balances not reconciled"


@pytest.mark.parametrize("venue", ["ant", "bee"])
def test_a_venue_that_takes_no_order_any_more_keeps_both_legs_back(venue: str) -> None:
    # rows 5 and 6: a ban is learnt, or the quota spent, while the commit becomes durable
    rig = planned()
    rig.close_for(venue, 30 * SECOND)

    assert refused(rig) == f"max_messages: {venue} takes no order for 30.0 s"
    assert [leg.state for leg in rig.pair.legs] == [LegState.NOT_ACCEPTED] * 2
    rig.settle()
    assert all(not venue.arrived for venue in rig.venues.values())


@pytest.mark.parametrize("venue", ["ant", "bee"])
def test_nothing_is_planned_where_a_venue_takes_no_order(venue: str) -> None:
    rig = started()
    rig.close_for(venue, 1500 * MS)
    rig.edge("ant", "bee")

    assert rig.denied[-1].reason is Reason.MAX_MESSAGES
    assert rig.denied[-1].detail == f"{venue} takes no order for 1.5 s"
    rig.run_for(1500 * MS)
    rig.edge("ant", "bee")
    rig.run_for(5 * MS)
    assert len(rig.sent) == 2


def test_a_market_that_closes_meanwhile_is_not_sent_to() -> None:
    rig = planned()
    closed = msgspec.structs.replace(instrument("bee", "BTC"), tradeable=False)
    rig.handle(InstrumentsChanged("bee", (closed,)))

    assert refused(rig) == "instrument_rules: BTC/USDT closed on bee"


def test_fees_that_rise_meanwhile_count() -> None:
    rig = planned()
    high = TradingFees(Decimal("0.005"), Decimal("0.005"))
    rig.handle(FeesChanged("bee", dict.fromkeys(rig.symbols, high)))

    assert refused(rig).startswith("worst_case_edge: ")


def test_an_order_that_becomes_unknown_meanwhile_freezes_this_one() -> None:
    rig = started(LIMITS, Fate(answer=Answer.NONE), Fate(answer=Answer.NONE))
    rig.edge("ant", "bee", "ETH/USDT")
    rig.run_for(1_999 * MS)
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.commits.append(10 * MS)
    rig.handle(Signalled(signal(rig), RICH))
    rig.run_for(16 * MS)

    assert len(rig.sent) == 2
    assert rig.pair.reason.startswith("unknown_orders: ")
    rig.settle()


def test_a_fatal_refusal_meanwhile_blocks_this_one() -> None:
    rig = started(LIMITS, Fate(answer=Answer.NONE), Fate(answer=Answer.NONE))
    rig.edge("ant", "bee", "ETH/USDT")
    rig.run_for(5 * MS)
    other = rig.pair.sell.client_id
    rig.handle(Signalled(signal(rig), RICH))
    rig.handle(OrderReject("bee", other, "-2015", "key revoked", fatal=True))

    rig.run_for(5 * MS)

    assert len(rig.sent) == 2
    assert rig.pair.reason == "reconciled: bee: -2015 key revoked"


def test_confirming_a_commit_that_nothing_waits_for_does_nothing() -> None:
    rig = started(thorough=True)
    records = len(rig.journal)

    rig.handle(Committed(3, ()))

    assert len(rig.journal) == records


def test_limits_in_the_account_currency_are_converted_at_the_rate_of_the_quote() -> None:
    rig = started(msgspec.structs.replace(LIMITS, trade_amount_quote=Decimal(200)))
    rig.handle(Signalled(signal(rig), RICH, quote_value=Decimal("1.25")))
    # 200 in the account currency are 160 in this quote, at 100.59 a unit at most.
    assert rig.pair.buy.qty == Decimal("1.59")


@pytest.mark.parametrize("value", [None, Decimal(0)])
def test_a_quote_that_nobody_knows_the_worth_of_is_refused(value: Decimal | None) -> None:
    rig = started()
    reason, detail = denied(rig, Signalled(signal(rig), RICH, quote_value=value))
    assert reason is Reason.QUOTE_PEG
    assert "BTC/USDT" in detail


@pytest.mark.parametrize(
    ("venue", "rule", "qty"),
    [
        ("ant", {"max_notional": Decimal(150)}, "1.499"),
        ("bee", {"max_notional": Decimal(150)}, "1.491"),
        ("ant", {"max_holding": Decimal(102)}, "2"),
        ("bee", {"max_qty": Decimal(3)}, "3"),
    ],
)
def test_no_pair_is_larger_than_either_venue_takes(
    venue: str, rule: dict[str, Decimal], qty: str
) -> None:
    rig = started()
    rules = msgspec.structs.replace(instrument(venue, "BTC"), **rule)
    rig.handle(InstrumentsChanged(venue, (rules,)))

    rig.handle(Signalled(signal(rig), RICH))

    assert rig.pair.buy.qty == rig.pair.sell.qty == Decimal(qty)


def test_where_a_venue_takes_too_little_there_is_no_pair() -> None:
    rig = started()
    rules = msgspec.structs.replace(instrument("ant", "BTC"), max_holding=Decimal(100))
    rig.handle(InstrumentsChanged("ant", (rules,)))
    reason, detail = denied(rig, Signalled(signal(rig), RICH))
    assert reason is Reason.INSTRUMENT_RULES
    assert "most BTC that ant holds allows 0" in detail
