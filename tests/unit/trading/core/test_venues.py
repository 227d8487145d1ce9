"""Venues that come and go, and whether they hold what the ledger says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import Balance
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import PairState, TradingState
from arbot_tui.trading.core.events import (
    BalancesSeen,
    Deposited,
    FeesChanged,
    InstrumentsChanged,
    KeyJudged,
    OperatorAction,
    TimerFired,
    TimerKind,
    VenueLive,
)
from tests.unit.trading.rig import FEES, Rig, Scripted, instrument
from tests.unit.trading.venue_model import Answer, Fate


def started(*fates: Fate, venues: tuple[str, ...] = ("ant", "bee")) -> Rig:
    rig = Rig(Scripted(*fates), venues=venues, thorough=True)
    rig.start()
    rig.run_for(2 * SECOND)
    return rig


def test_with_fewer_than_two_venues_for_three_seconds_trading_drains() -> None:
    rig = started()
    rig.set_up("bee", False)

    rig.run_for(3 * SECOND - 1)
    assert rig.trading() is TradingState.ACTIVE
    rig.run_for(1)

    assert rig.trading() is TradingState.DRAINING
    assert rig.state.trading_reason == "venues"


def test_a_third_venue_that_goes_does_not_start_the_wait_anew() -> None:
    rig = started(venues=("ant", "bee", "cat"))
    rig.set_up("bee", False)
    rig.set_up("cat", False)
    rig.run_for(2 * SECOND)
    rig.set_up("ant", False)

    rig.run_for(SECOND)

    assert rig.trading() is TradingState.DRAINING


def test_a_venue_that_is_back_in_time_changes_nothing() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.run_for(2_999 * MS)
    rig.set_up("bee", True)

    rig.run_for(10 * SECOND)

    assert rig.trading() is TradingState.ACTIVE


def test_two_venues_live_for_a_second_make_trading_active_again() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.run_for(4 * SECOND)
    rig.set_up("bee", True)
    rig.run_for(500 * MS)
    rig.set_up("bee", False)
    rig.run_for(200 * MS)
    rig.set_up("bee", True)

    rig.run_for(SECOND - 1)
    assert rig.trading() is TradingState.DRAINING
    rig.run_for(1)

    assert rig.trading() is TradingState.ACTIVE
    assert rig.state.trading_reason == ""


def test_two_that_are_live_for_less_than_a_second_do_not() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.run_for(4 * SECOND)
    rig.set_up("bee", True)
    rig.run_for(500 * MS)
    rig.set_up("bee", False)

    rig.run_for(2 * SECOND)

    assert rig.trading() is TradingState.DRAINING


def test_what_was_in_flight_has_to_be_reconciled_before_trading_resumes() -> None:
    rig = started(Fate(), Fate(answer=Answer.NONE, lost=True))
    rig.edge("ant", "bee")
    rig.run_for(100 * MS)
    rig.set_up("bee", False)
    rig.run_for(3_100 * MS)
    assert rig.trading() is TradingState.DRAINING
    rig.set_up("bee", True)
    rig.run_for(1_100 * MS)
    # The order that nobody has seen is still unknown.
    assert rig.state.frozen_assets()
    assert rig.trading() is TradingState.DRAINING

    rig.run_for(6 * SECOND)

    assert not rig.state.frozen_assets()
    assert rig.trading() is TradingState.ACTIVE
    rig.settle()


def test_a_venue_that_differs_keeps_trading_from_resuming() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.venues["bee"].balances["BTC"] += 1
    rig.run_for(4 * SECOND)
    rig.set_up("bee", True)

    rig.run_for(10 * SECOND)

    assert rig.trading() is TradingState.DRAINING
    assert rig.state.venue("bee").mismatches


def test_what_a_person_stopped_stays_stopped_when_venues_come_back() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.run_for(4 * SECOND)
    rig.operate(OperatorAction.DRAIN)
    assert rig.trading() is TradingState.STOPPED
    rig.set_up("bee", True)

    rig.run_for(10 * SECOND)

    assert rig.trading() is TradingState.STOPPED


def test_a_start_before_two_venues_are_live_takes_effect_when_they_are() -> None:
    rig = Rig(Scripted(), venues=("ant", "bee"))
    rig.venues["bee"].up = False
    rig.start()
    assert (rig.state.trading, rig.state.trading_reason) == (TradingState.DRAINING, "venues")

    rig.set_up("bee", True)
    rig.run_for(2 * SECOND)

    assert rig.trading() is TradingState.ACTIVE


def test_balances_asked_for_before_a_venue_was_lost_do_not_count() -> None:
    rig = started()
    asked_ns = rig.now_ns
    rig.run_for(MS)
    rig.set_up("bee", False)

    rig.handle(BalancesSeen("bee", asked_ns, rig.venues["bee"].holdings(rig.now_ns)))

    assert not rig.state.venue("bee").reconciled


def test_balances_are_asked_for_until_a_venue_answers() -> None:
    rig = started()
    rig.set_up("bee", False)
    rig.handle(VenueLive("bee", True))
    rig.run_for(5 * SECOND)
    assert not rig.state.venue("bee").reconciled

    rig.venues["bee"].up = True
    rig.run_for(2 * SECOND)

    assert rig.state.venue("bee").reconciled


def test_the_first_balances_of_a_venue_open_its_ledger() -> None:
    rig = started()

    rig.handle(BalancesSeen("new", rig.now_ns, (Balance("BTC", Decimal(2), Decimal(1)),)))

    assert rig.state.ledger.balance("new", "BTC") == Decimal(3)
    assert rig.state.ledger.is_balanced()
    assert rig.state.venue("new").reconciled


def test_a_venue_whose_ledger_is_not_open_yet_has_nothing_to_compare() -> None:
    rig = started()
    rig.handle(VenueLive("new", False))
    rig.handle(InstrumentsChanged("new", (instrument("new", "BTC"),)))

    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(SECOND)

    assert not rig.state.venue("new").opened
    assert not rig.state.venue("new").reconciled
    assert rig.state.venue("ant").reconciled


def test_a_difference_that_goes_away_is_none() -> None:
    rig = started()
    rig.venues["ant"].balances["BTC"] += 1
    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(300 * MS)
    assert rig.state.venue("ant").doubts > 0
    rig.venues["ant"].balances["BTC"] -= 1

    rig.run_for(SECOND)

    assert rig.state.venue("ant").doubts == 0
    assert not rig.state.venues["ant"].mismatches


def test_what_is_told_again_is_not_written_down_again() -> None:
    rig = started()
    records = len(rig.journal)

    rig.handle(VenueLive("ant", True))
    rig.handle(InstrumentsChanged("ant", (instrument("ant", "BTC"),)))
    rig.handle(FeesChanged("ant", {"BTC/USDT": FEES}))
    rig.handle(TimerFired(TimerKind.VENUES, "lost", 0))
    rig.handle(TimerFired(TimerKind.VENUES, "back", 0))
    rig.handle(BalancesSeen("ant", rig.now_ns, rig.venues["ant"].holdings(rig.now_ns)))

    assert len(rig.journal) == records


def test_what_came_in_from_outside_is_booked_and_trading_goes_on() -> None:
    rig = started()
    before = rig.state.ledger.balance("ant", "ADA")
    rig.venues["ant"].balances["ADA"] = before + Decimal("2.5")

    rig.handle(Deposited("ant", "ADA", Decimal("2.5")))
    rig.handle(VenueLive("ant", False))
    rig.handle(VenueLive("ant", True))
    rig.run_for(10 * SECOND)

    assert rig.state.ledger.balance("ant", "ADA") == before + Decimal("2.5")
    assert rig.state.ledger.is_balanced()
    assert rig.state.venues["ant"].reconciled
    assert not rig.state.venues["ant"].mismatches


def test_a_balance_asked_for_before_a_deposit_proves_nothing() -> None:
    rig = started()
    held = rig.venues["ant"].holdings(rig.now_ns)
    asked_ns = rig.now_ns

    rig.handle(Deposited("ant", "ADA", Decimal(1)))
    rig.handle(BalancesSeen("ant", asked_ns, held))

    assert rig.state.venues["ant"].reconciled
    assert not rig.state.venues["ant"].doubts


@pytest.mark.parametrize(
    ("venue", "amount"), [("new", "1"), ("ant", "0"), ("ant", "-1")], ids=["not open", "0", "less"]
)
def test_a_deposit_that_cannot_be_one_books_nothing(venue: str, amount: str) -> None:
    rig = started()
    before = rig.state.ledger.snapshot()
    rig.handle(Deposited(venue, "ADA", Decimal(amount)))
    assert rig.state.ledger.snapshot() == before


def test_a_key_that_is_not_fit_closes_its_venue_for_new_pairs_and_for_those_alone() -> None:
    # row 86
    rig = Rig(Scripted(Fate(), Fate(refused=True, answer=Answer.ACK)), thorough=True)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(3 * MS)
    rig.handle(KeyJudged("ant", "may withdraw; make another"))
    rig.handle(KeyJudged("ant", "may withdraw; make another"))
    rig.run_for(SECOND)

    # What was open there was brought home.
    assert rig.pair_state() is PairState.FLAT
    assert [a.message for a in rig.alarms if a.code == "key_unfit"] == [
        "ant: its key may withdraw; make another"
    ]
    rig.edge("ant", "cat")
    assert (rig.denied[-1].reason, rig.denied[-1].detail) == (
        Reason.RECONCILED,
        "ant: its key may withdraw; make another",
    )
    rig.handle(KeyJudged("ant", ""))
    rig.edge("ant", "cat")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    rig.settle()
