"""Flatten, resolve, adopt: what a person decides about money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.ledger import ADJUSTMENT
from arbot_tui.domain.orders import OrderReject, OrderSide
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.commands import Query, QueryKind
from arbot_tui.trading.core.events import Operator, OperatorAction
from arbot_tui.trading.core.step import step
from tests.unit.trading.rig import Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)
GOOD = Fate()
NONE = Fate(parts=())


def stuck(*fates: Fate, left: str = "long", **options: object) -> Rig:
    """Return a rig whose only pair holds 4 BTC too many on ant, or too few on bee, and is stuck."""
    legs = (GOOD, REFUSED) if left == "long" else (REFUSED, GOOD)
    rig = Rig(Scripted(*legs, NONE, NONE, NONE, NONE, *fates), **options)  # type: ignore[arg-type]
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(3 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    return rig


@pytest.mark.parametrize(
    ("left", "venue", "side"), [("long", "ant", OrderSide.SELL), ("short", "bee", OrderSide.BUY)]
)
def test_what_is_stuck_is_flattened_where_it_lies(left: str, venue: str, side: OrderSide) -> None:
    rig = stuck(left=left, thorough=True)

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    order = rig.sent[-1]
    assert (order.venue, order.side, order.qty) == (venue, side, Decimal(4))
    assert rig.pair_state() is PairState.FLAT
    assert rig.state.stuck == set()
    assert rig.state.outcomes["stuck"] == 0
    assert rig.state.outcomes["one_sided"] == 1
    rig.settle()


def test_after_a_halt_only_what_is_flattened_leaves() -> None:
    rig = stuck()
    rig.operate(OperatorAction.HALT)
    rig.edge("bee", "cat", "ETH/USDT")
    rig.run_for(SECOND)
    sent = len(rig.sent)

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    assert len(rig.sent) == sent + 1
    assert rig.pair_state() is PairState.FLAT
    assert rig.trading() is TradingState.HALTED
    rig.settle()


def test_a_remainder_that_a_halt_caught_is_flattened_although_halted() -> None:
    rig = Rig(Scripted(GOOD, REFUSED))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    rig.operate(OperatorAction.HALT)
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.UNWINDING
    assert len(rig.sent) == 2

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_an_order_under_way_at_a_halt_is_flattened_once_it_has_ended() -> None:
    slow = Fate(answer_ns=SECOND)
    rig = Rig(Scripted(slow, Fate(refused=True, answer=Answer.ACK, answer_ns=SECOND)))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(5 * MS)
    rig.operate(OperatorAction.HALT)
    rig.operate(OperatorAction.FLATTEN)
    assert rig.pair_state() is PairState.WORKING

    rig.run_for(3 * SECOND)

    assert rig.pair_state() is PairState.FLAT
    assert len(rig.sent) == 3
    rig.settle()


def test_a_halt_after_it_ends_what_was_asked_for_before() -> None:
    rig = stuck(NONE)
    rig.operate(OperatorAction.HALT)
    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(50 * MS)
    assert len(rig.sent) == 7

    rig.operate(OperatorAction.HALT)
    rig.run_for(40 * SECOND)

    assert len(rig.sent) == 7
    assert rig.pair_state() is PairState.STUCK
    assert rig.pair.reason == "time to unwind is up: test"
    rig.settle()


def test_it_is_tried_so_often_and_no_more() -> None:
    rig = stuck(NONE, NONE, NONE, NONE)

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(60 * SECOND)

    assert len(rig.sent) == 10
    assert rig.pair_state() is PairState.STUCK
    assert rig.pair.reason == "4 attempts did not fill"
    assert rig.alarms[-1].code == "stuck"
    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


def test_what_cannot_be_flattened_is_said_with_the_reason() -> None:
    rig = stuck()
    rig.handle(OrderReject("ant", rig.pair.buy.client_id, "-2015", "key", fatal=True))

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    assert rig.alarms[-1].code == "not_flattened"
    assert rig.alarms[-1].message == "p1 BTC/USDT: ant is blocked: -2015 key"
    assert rig.pair_state() is PairState.STUCK
    rig.crash()
    rig.start(trading=False)
    rig.settle()


def test_a_venue_without_quotes_is_given_its_time_and_then_named() -> None:
    rig = stuck()
    rig.quote("ant", "BTC/USDT", 99.98, 100.0, live=False)

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(31 * SECOND)

    assert rig.pair_state() is PairState.STUCK
    assert rig.pair.reason == "time to unwind is up: ant is stale"


def test_an_order_of_unknown_fate_is_not_flattened_before_it_is_known() -> None:
    rig = Rig(Scripted(Fate(lost=True), Fate(lost=True)))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(2_100 * MS)

    rig.operate(OperatorAction.FLATTEN)

    assert "is unknown, its venue is being asked" in rig.alarms[-1].message
    rig.run_for(10 * SECOND)
    assert rig.pair_state() is PairState.FLAT
    assert len(rig.sent) == 2
    rig.settle()


def test_the_known_part_is_flattened_anew_while_an_order_is_unknown() -> None:
    rig = Rig(Scripted(GOOD, Fate(lost=True), NONE, NONE, NONE, NONE))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    rig.set_up("bee", False)
    rig.run_for(60 * SECOND)
    assert len(rig.sent) == 6
    assert rig.pair_state() is PairState.RESOLVING

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    assert len(rig.sent) == 7
    assert rig.pair.net == 0
    assert rig.pair_state() is PairState.RESOLVING
    rig.settle()


def test_nothing_open_is_nothing_to_flatten() -> None:
    rig = Rig(Scripted(), thorough=True)
    rig.start()

    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)

    assert rig.sent == []
    assert rig.events()[-1] == Operator(OperatorAction.FLATTEN, "test")


@given(
    parts=st.lists(st.integers(0, 999), min_size=2, max_size=12),
    pauses_ms=st.lists(st.integers(0, 800), min_size=1, max_size=6),
    halted=st.booleans(),
    left=st.sampled_from(("long", "short")),
    killed=st.booleans(),
)
def test_flattening_never_makes_exposure_larger(
    parts: list[int], pauses_ms: list[int], halted: bool, left: str, killed: bool
) -> None:
    rig = stuck(*(Fate(parts=(share,)) for share in parts), left=left)
    if halted:
        rig.operate(OperatorAction.HALT)
    last = rig.pair.remainder
    for pause_ms in pauses_ms:
        rig.operate(OperatorAction.FLATTEN)
        for _ in range(pause_ms // 10):
            rig.run_for(10 * MS)
            now = rig.pair.remainder
            # Nearer to zero or where it was, and never on the other side.
            assert abs(now) <= abs(last)
            assert now * last >= 0
            last = now
    if killed:
        rig.durable = len(rig.journal)
        rig.crash()
        rig.start(trading=False)
    rig.run_for(40 * SECOND)
    assert abs(rig.pair.remainder) <= abs(last)
    assert rig.state.digest() == rig.replayed().digest()
    rig.settle()


def test_resolving_asks_every_source_about_a_stuck_pair_again() -> None:
    rig = stuck()

    commands = step(rig.state, Operator(OperatorAction.RESOLVE, pair="p1"), rig.now_ns)

    asked = {(c.kind, c.venue, c.client_id) for c in commands if isinstance(c, Query)}
    for leg in rig.pair.legs:
        assert (QueryKind.ORDER, leg.venue, leg.client_id) in asked
        assert (QueryKind.FILLS, leg.venue, leg.client_id) in asked
    assert {venue for kind, venue, _ in asked if kind is QueryKind.BALANCES} == {"ant", "bee"}
    assert rig.pair_state() is PairState.STUCK


def test_a_fill_that_resolving_finds_takes_the_pair_up_again() -> None:
    rig = stuck(honest=False)
    # The last attempt did execute; the venue did not show it in time.
    order = rig.sent[-1]
    rig.venues["ant"].orders.pop(order.client_id)
    rig.venues["ant"].arrived.remove(order.client_id)
    rig.venues["ant"].arrive(order, GOOD, rig.now_ns - SECOND)

    rig.operate(OperatorAction.RESOLVE, pair="p1")
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT


def test_an_accepted_pair_ends_hedged_and_is_flattened_no_more() -> None:
    rig = stuck(thorough=True)

    rig.operate(OperatorAction.RESOLVE, "moved by hand", pair="p1", accept=True)

    assert rig.pair_state() is PairState.HEDGED
    assert rig.pair.reason == "accepted with 4 BTC long on ant: moved by hand"
    assert rig.state.stuck == set()
    assert rig.state.outcomes["stuck"] == 0
    rig.operate(OperatorAction.FLATTEN)
    rig.run_for(SECOND)
    assert len(rig.sent) == 6
    rig.settle()


def test_a_small_accepted_remainder_is_dust() -> None:
    small = Fate(parts=(990,))
    rig = Rig(Scripted(GOOD, REFUSED, small, NONE))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(25 * MS)
    rig.quote("ant", "BTC/USDT", 99.98, 100.0, live=False)
    rig.run_for(31 * SECOND)
    assert rig.pair_state() is PairState.STUCK

    rig.operate(OperatorAction.RESOLVE, pair="p1", accept=True)

    assert rig.pair_state() is PairState.DUST
    assert rig.pair.reason == "accepted with 0.04 BTC long on ant: test"
    rig.settle()


def test_nothing_is_accepted_while_a_venue_differs_from_the_ledger() -> None:
    rig = stuck()
    rig.state.venue("ant").mismatches = {"BTC": (Decimal(1), Decimal(2))}

    rig.operate(OperatorAction.RESOLVE, pair="p1", accept=True)

    assert rig.pair_state() is PairState.STUCK
    rig.state.venue("ant").mismatches = {}


def test_unknown_stays_unknown_whatever_a_person_accepts() -> None:
    rig = Rig(Scripted(GOOD, Fate(lost=True)))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(2_100 * MS)
    assert rig.pair_state() is PairState.RESOLVING

    rig.operate(OperatorAction.RESOLVE, pair="p1", accept=True)

    assert rig.pair.sell.state is LegState.UNKNOWN
    assert rig.pair_state() is PairState.RESOLVING
    rig.settle()


@pytest.mark.parametrize("pair", ["p1", "p9", ""])
def test_there_is_nothing_to_resolve_about_a_pair_that_has_ended_or_never_was(pair: str) -> None:
    rig = Rig(Scripted(), thorough=True)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED

    rig.operate(OperatorAction.RESOLVE, pair=pair, accept=True)

    assert rig.alarms[-1].message == f"there is no open pair {pair}"
    assert rig.pair_state() is PairState.CLOSED


def differing() -> Rig:
    """Return a rig in which somebody has taken 3 BTC from ant and put 50 USDT there."""
    rig = Rig(Scripted(), thorough=True)
    rig.start()
    rig.venues["ant"].balances["BTC"] -= 3
    rig.venues["ant"].balances["USDT"] += 50
    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(10 * SECOND)
    assert rig.state.venue("ant").mismatches
    return rig


def test_a_difference_that_a_person_adopts_is_booked_named_and_written_down() -> None:
    # row 62
    rig = differing()
    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.LEDGER_OK

    rig.operate(OperatorAction.ADOPT, "moved by me", venue="ant")

    text = "BTC ledger 100 venue 97 (-3), USDT ledger 100000 venue 100050 (+50)"
    assert (rig.alarms[-1].code, rig.alarms[-1].message) == ("balances_adopted", f"ant: {text}")
    assert rig.events()[-1] == Operator(OperatorAction.ADOPT, f"moved by me: {text}", venue="ant")
    assert rig.state.ledger.book(ADJUSTMENT) == {"BTC": Decimal(3), "USDT": Decimal(-50)}
    assert rig.agrees()
    rig.run_for(SECOND)
    assert rig.state.venue("ant").reconciled
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_an_adopted_balance_that_was_none_is_a_difference_again() -> None:
    rig = differing()
    rig.venues["ant"].balances["BTC"] += 3

    rig.operate(OperatorAction.ADOPT, venue="ant")
    rig.run_for(10 * SECOND)

    assert rig.state.venue("ant").mismatches == {"BTC": (Decimal(97), Decimal(100))}
    rig.operate(OperatorAction.ADOPT, venue="ant")
    rig.settle()
    assert rig.state.ledger.book(ADJUSTMENT)["BTC"] == 0


@pytest.mark.parametrize("venue", ["bee", "dog", ""])
def test_where_nothing_differs_nothing_is_adopted(venue: str) -> None:
    rig = differing()
    records = len(rig.journal)

    rig.operate(OperatorAction.ADOPT, venue=venue)

    assert rig.alarms[-1].message == f"{venue} does not differ from the ledger"
    assert len(rig.journal) == records


def test_nothing_is_adopted_while_an_order_may_still_move_it() -> None:
    rig = differing()
    rig.edge("bee", "cat")
    rig.run_for(2 * MS)
    rig.state.venue("bee").mismatches = {"BTC": (Decimal(1), Decimal(2))}

    rig.operate(OperatorAction.ADOPT, venue="bee")

    assert rig.alarms[-1].message == "an order on bee has not ended"
    assert rig.state.ledger.book(ADJUSTMENT) == {}


def test_an_adoption_without_a_reason_names_the_difference_alone() -> None:
    rig = differing()

    rig.operate(OperatorAction.ADOPT, "", venue="ant")

    recorded = rig.events()[-1]
    assert isinstance(recorded, Operator)
    assert recorded.reason.startswith("BTC ledger 100 venue 97 (-3)")
