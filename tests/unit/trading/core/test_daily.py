"""What a day may cost: nothing new beyond one limit, a halt beyond the other, once each."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import OrderReject
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.daily import DAY_NS, day_result
from arbot_tui.trading.core.events import LimitsChanged, Marked, OperatorAction
from arbot_tui.trading.core.levels import LossLevel
from tests.unit.trading.rig import LIMITS, Rig, Scripted, picture
from tests.unit.trading.venue_model import Answer, Fate

GOOD = Fate()
NONE = Fate(parts=())
REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)
RATES = {"USDT": Decimal(1), "GAS": Decimal(10)}


def started(*fates: Fate) -> Rig:
    rig = Rig(Scripted(*fates))
    rig.start()
    return rig


def mark(rig: Rig, equity: str | None = "1000", mid: str = "") -> Marked:
    """Tell what things are worth; `mid` is of whatever the newest pair holds."""
    mids = {rig.pair.id: Decimal(mid)} if mid else {}
    event = Marked(mids, RATES, None if equity is None else Decimal(equity))
    rig.handle(event)
    return event


def long(*more: Fate) -> Rig:
    """Return a rig that has begun its day and holds 4 BTC, bought at 100, of a sale refused."""
    rig = started(GOOD, REFUSED, *more)
    mark(rig)
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    assert rig.pair.remainder == 4
    return rig


def codes(rig: Rig) -> list[str]:
    return [alarm.code for alarm in rig.alarms]


def levels(rig: Rig) -> tuple[TradingState, LossLevel]:
    return rig.state.trading, rig.state.loss_level


def test_what_is_open_counts_at_the_middle_of_the_market_and_with_its_fees() -> None:
    rig = long()
    # Bought at the limit of 100.01, for 0.40004 of fees.
    assert day_result(rig.state, mark(rig, mid="100.01")) == Decimal("-0.40004")
    assert day_result(rig.state, mark(rig, mid="98.01")) == Decimal("-8.40004")
    # Without a price it counts by its fills.
    assert day_result(rig.state, mark(rig)) == Decimal("-0.40004")


def test_coins_that_are_merely_held_count_for_nothing() -> None:
    rig = started()
    mark(rig, "1000")
    mark(rig, "500")
    assert levels(rig) == (TradingState.ACTIVE, LossLevel.NONE)


def test_fees_in_another_coin_count_at_its_rate() -> None:
    rig = started(Fate(fee_asset="GAS"), Fate(fee_asset="GAS"))
    mark(rig)
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)
    event = Marked({}, RATES, Decimal(1000))
    working = day_result(rig.state, event)
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    paid = rig.state.day_result["GAS"]
    assert paid < 0
    ended = rig.state.day_result["USDT"] + paid * 10
    # The same whether it is booked yet or not.
    assert day_result(rig.state, event) == working == ended
    # A coin that never had a rate counts for nothing.
    without = Marked({}, {"USDT": Decimal(1)}, None)
    assert day_result(rig.state, without) == rig.state.day_result["USDT"]


@pytest.mark.parametrize(("mid", "level"), [("97.62", 0), ("97.61", 1), ("95.12", 1), ("95.11", 2)])
def test_the_limits_are_of_what_the_account_was_worth_when_the_day_began(
    mid: str, level: int
) -> None:
    # 1 % of 1000 is lost just above 97.61, 2 % above 95.11: 0.40004 is the fee.
    rig = long()
    mark(rig, "2000", mid)
    assert rig.state.loss_level == level


def test_beyond_the_first_nothing_new_starts_until_a_person_starts() -> None:
    rig = long(GOOD)
    mark(rig, mid="97.6")
    assert levels(rig) == (TradingState.REDUCING, LossLevel.REDUCE)
    assert rig.state.trading_reason.startswith("daily_loss: the day has lost 1.004 %")
    # What is open is brought home all the same.
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.FLAT
    rig.edge("ant", "bee", "ETH/USDT")
    assert rig.denied[-1].reason is Reason.DAILY_LOSS
    # It is told of once, however often it is looked at, and does not end by itself.
    mark(rig)
    mark(rig)
    assert codes(rig).count("daily_loss") == 1
    assert levels(rig) == (TradingState.REDUCING, LossLevel.NONE)
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.ACTIVE
    rig.settle()


def test_nobody_starts_while_the_day_is_beyond_a_limit() -> None:
    rig = long(NONE)
    mark(rig, mid="97.6")
    rig.operate(OperatorAction.START)
    assert levels(rig) == (TradingState.REDUCING, LossLevel.REDUCE)
    assert rig.alarms[-1].message.startswith("not started: daily_loss")
    # A higher limit is another verdict; a person starts then.
    rig.limits = msgspec.structs.replace(LIMITS, daily_loss_reduce_pct=Decimal(2))
    rig.handle(LimitsChanged(rig.limits))
    mark(rig, mid="97.6")
    rig.operate(OperatorAction.START)
    assert levels(rig) == (TradingState.ACTIVE, LossLevel.NONE)


def test_a_limit_passed_between_plan_and_commit_keeps_the_pair_back() -> None:
    rig = long(NONE, NONE, NONE, NONE)
    rig.run_for(3 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    rig.edge("ant", "bee", "ETH/USDT")
    rig.handle(Marked({"p1": Decimal("97.6")}, RATES, None))
    sent = len(rig.sent)
    rig.run_for(5 * MS)
    assert len(rig.sent) == sent
    assert rig.pair.reason.startswith("daily_loss: daily_loss: the day has lost")
    assert [leg.state for leg in rig.pair.legs] == [LegState.NOT_ACCEPTED] * 2


def test_beyond_the_second_it_halts_once_what_is_unwound_has_ended() -> None:
    rig = long(GOOD)
    mark(rig, mid="95")
    # Nothing new at once; what is being unwound goes on, and then it latches.
    assert levels(rig) == (TradingState.REDUCING, LossLevel.HALT)
    rig.edge("ant", "bee", "ETH/USDT")
    assert rig.denied[-1].reason is Reason.DAILY_LOSS
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.FLAT
    assert levels(rig) == (TradingState.HALTED, LossLevel.HALT)
    assert codes(rig)[-2:] == ["daily_loss", "halted"]
    rig.operate(OperatorAction.RESET)
    assert rig.trading() is TradingState.STOPPED
    assert picture(rig.replayed()) == picture(rig.state)


def test_with_nothing_open_it_halts_at_once() -> None:
    rig = long(NONE, NONE, NONE, NONE)
    rig.run_for(3 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    rig.operate(OperatorAction.DRAIN)
    assert rig.trading() is TradingState.STOPPED
    # A person has stopped it: the first limit has nothing to say, the second halts.
    mark(rig, mid="97.6")
    assert levels(rig) == (TradingState.STOPPED, LossLevel.REDUCE)
    mark(rig, mid="95")
    assert levels(rig) == (TradingState.HALTED, LossLevel.HALT)


def test_a_halt_of_a_persons_is_not_made_less() -> None:
    rig = long(NONE)
    rig.operate(OperatorAction.HALT)
    mark(rig, mid="95")
    assert levels(rig) == (TradingState.HALTED, LossLevel.HALT)
    assert rig.state.trading_reason == "test"
    assert rig.state.halting == ""


def test_a_person_who_halts_meanwhile_halts_at_once() -> None:
    rig = long(NONE)
    mark(rig, mid="95")
    rig.operate(OperatorAction.HALT)
    assert (rig.trading(), rig.state.halting) == (TradingState.HALTED, "")


def test_a_drain_meanwhile_ends_halted_and_nobody_starts_before() -> None:
    rig = long(NONE, GOOD)
    mark(rig, mid="95")
    mark(rig, mid="100")
    assert rig.state.loss_level is LossLevel.NONE
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.REDUCING
    rig.operate(OperatorAction.DRAIN)
    rig.run_for(2 * SECOND)
    assert rig.trading() is TradingState.HALTED


def test_a_crash_before_it_latched_halts_the_next_run_when_it_may() -> None:
    rig = long(NONE, GOOD)
    mark(rig, mid="95")
    rig.run_for(3 * MS)
    rig.crash()
    rig.start(trading=False)
    assert rig.state.halting
    rig.run_for(15 * SECOND)
    assert not rig.state.in_flight
    assert rig.trading() is TradingState.HALTED


def test_a_restart_does_not_forget_what_the_day_has_cost() -> None:
    rig = long(GOOD)
    rig.run_for(SECOND)
    before = dict(rig.state.day_result)
    assert before["USDT"] < 0
    rig.crash()
    rig.start()
    assert rig.state.day_result == before
    assert rig.state.day_equity == 1000


def test_midnight_begins_another_day() -> None:
    rig = long(NONE, NONE, NONE, NONE)
    rig.run_for(3 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    mark(rig, mid="97.6")
    assert levels(rig) == (TradingState.REDUCING, LossLevel.REDUCE)
    rig.run_for(DAY_NS - rig.now_ns % DAY_NS)
    mark(rig, None, mid="90")
    # What it lost before midnight was that day's, and of this one nothing is known yet.
    assert rig.state.day_result == {}
    assert levels(rig) == (TradingState.REDUCING, LossLevel.REDUCE)
    mark(rig, "0", mid="90")
    assert rig.state.day_equity is None
    mark(rig, "990", mid="90")
    assert levels(rig) == (TradingState.REDUCING, LossLevel.NONE)
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.ACTIVE
    assert picture(rig.replayed()) == picture(rig.state)


def test_trading_that_waits_for_venues_is_stopped_by_a_limit_as_well() -> None:
    rig = long(NONE, NONE, NONE, NONE)
    rig.set_up("bee", False)
    rig.set_up("cat", False)
    rig.run_for(4 * SECOND)
    assert rig.trading() is TradingState.DRAINING
    mark(rig, mid="97.6")
    assert rig.trading() is TradingState.REDUCING
    rig.set_up("bee", True)
    rig.set_up("cat", True)
    rig.run_for(5 * SECOND)
    assert rig.trading() is TradingState.REDUCING


def test_a_refusal_that_blocks_a_venue_changes_nothing_of_the_day() -> None:
    rig = long(NONE)
    rig.handle(OrderReject("ant", rig.pair.buy.client_id, "-2015", "key", fatal=True))
    mark(rig, mid="97.6")
    assert rig.state.loss_level is LossLevel.REDUCE
