"""What a person asks for, and how a run begins."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.events import LimitsChanged, Operator, OperatorAction, Started
from tests.unit.trading.rig import INSTANCE, LIMITS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate


def started(*fates: Fate, **options: object) -> Rig:
    rig = Rig(Scripted(*fates), **options)  # type: ignore[arg-type]
    rig.start()
    return rig


def test_a_run_begins_stopped() -> None:
    rig = Rig(Scripted())

    rig.start(trading=False)

    assert rig.trading() is TradingState.STOPPED
    rig.edge("ant", "bee")
    assert rig.sent == []


def test_starting_twice_is_starting_once() -> None:
    rig = started()

    rig.operate(OperatorAction.START)

    assert rig.trading() is TradingState.ACTIVE


def test_a_halt_is_latched_over_a_restart_until_it_is_reset() -> None:
    rig = started()
    rig.operate(OperatorAction.HALT)
    rig.run_for(SECOND)
    rig.crash()

    rig.start()
    assert rig.trading() is TradingState.HALTED
    assert "reset it first" in rig.alarms[-1].message
    rig.operate(OperatorAction.DRAIN)
    assert rig.trading() is TradingState.HALTED

    rig.operate(OperatorAction.RESET)
    assert rig.trading() is TradingState.STOPPED
    rig.operate(OperatorAction.RESET)
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.ACTIVE


def test_whatever_a_person_gives_as_a_reason_can_be_written_down() -> None:
    rig = started(thorough=True)

    rig.operate(OperatorAction.HALT, "too \ud800\x1b[2J much")

    assert rig.state.trading_reason == "too [2J much"
    assert rig.events()[-1] == Operator(OperatorAction.HALT, "too [2J much")


def test_a_drain_ends_in_stopped_when_the_last_pair_has_ended() -> None:
    rig = started(Fate(answer_ns=SECOND), Fate(answer_ns=SECOND))
    rig.edge("ant", "bee")
    rig.run_for(10 * MS)

    rig.operate(OperatorAction.DRAIN)
    assert rig.trading() is TradingState.DRAINING
    rig.run_for(2 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert rig.trading() is TradingState.STOPPED


@pytest.mark.parametrize("survivors", range(8))
@pytest.mark.parametrize("after_ns", [0, MS // 2, MS, 2 * MS, 5 * MS, 8 * MS, SECOND, 3 * SECOND])
@pytest.mark.parametrize("answer", [Answer.FULL, Answer.NONE])
def test_killed_at_any_moment_nothing_is_sent_twice_and_no_fill_is_lost(
    after_ns: int, survivors: int, answer: Answer
) -> None:
    # row 66, with any number of the records that were not yet confirmed
    rig = started(Fate(answer=answer), Fate(answer=answer, parts=(300, 300)), Fate(answer=answer))
    rig.edge("ant", "bee")
    rig.run_for(after_ns)
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.survivors = survivors

    rig.crash()
    rig.start(trading=False)
    rig.run_for(20 * SECOND)

    assert not rig.state.in_flight
    rig.settle()


def test_an_intent_whose_send_is_not_on_record_may_have_left_and_is_asked_for() -> None:
    rig = started()
    rig.edge("ant", "bee")
    rig.run_for(MS)
    assert len(rig.sent) == 2

    rig.crash()
    assert [leg.state for leg in rig.pair.legs] == [LegState.INTENT] * 2
    rig.handle(Started(INSTANCE, tuple(rig.venues), LIMITS))
    assert [leg.state for leg in rig.pair.legs] == [LegState.UNKNOWN] * 2
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert len(rig.sent) == 2
    rig.settle()


def test_fills_that_were_still_awaited_are_asked_for_after_a_restart() -> None:
    rig = started(Fate(), Fate(answer=Answer.NONE, fills_lag_ns=1_500 * MS))
    rig.edge("ant", "bee")
    rig.run_for(3 * MS)
    sell = rig.pair.sell
    rig.handle(rig.venues["bee"].query(sell.client_id, (), rig.now_ns))
    rig.run_for(3 * MS)
    assert sell.final_status is not None
    assert sell.state is LegState.ACKED

    rig.durable = len(rig.journal)
    rig.crash()
    rig.start(trading=False)
    rig.run_for(3 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_a_pair_counts_where_it_was_committed_and_its_money_where_it_came_to_rest() -> None:
    rig = started(Fate(answer=Answer.NONE), Fate(answer=Answer.NONE))
    rig.edge("ant", "bee", "ETH/USDT")
    rig.run_for(10 * MS)
    rig.crash()
    rig.start()

    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    assert sum(rig.state.outcomes.values()) == 0
    assert rig.state.realised["ETH/USDT"] > 0

    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert rig.state.outcomes["completed"] == 1
    rig.crash()
    rig.start()
    assert rig.state.outcomes["completed"] == 0
    assert rig.state.realised == {}
    assert rig.state.fees_paid == {}


def test_an_order_open_on_a_venue_that_is_not_part_of_the_run_alarms() -> None:
    rig = started(Fate(), Fate(answer=Answer.NONE))
    rig.edge("ant", "bee")
    rig.run_for(100 * MS)
    rig.crash()

    rig.handle(Started(INSTANCE, ("ant", "cat"), LIMITS))

    (alarm,) = rig.alarms
    assert alarm.code == "venue_missing"
    assert alarm.message.startswith("bee is not part of this run")


def test_a_block_of_a_venue_that_is_not_part_of_the_run_stays() -> None:
    rig = started()
    rig.state.venue("bee").blocked = "key revoked"
    rig.state.venue("ant").blocked = "key revoked"

    rig.handle(Started(INSTANCE, ("ant", "cat"), LIMITS))

    assert rig.state.venue("bee").blocked
    assert not rig.state.venue("ant").blocked


def test_a_clock_that_was_set_back_between_two_runs_does_not_close_the_account() -> None:
    limits = msgspec.structs.replace(
        LIMITS, cooldown_ns=SECOND, max_pairs_per_hour=2, max_messages_per_s=1
    )
    rig = started(limits=limits)
    rig.edge("ant", "bee")
    rig.run_for(10 * SECOND)
    rig.crash()
    rig.now_ns -= 365 * 24 * 3600 * SECOND
    rig._heap.clear()
    rig._sends = {name: type(times)() for name, times in rig._sends.items()}
    rig._journal_free_ns = 0
    for venue in rig.venues.values():
        venue.forget_lags()
    rig.start()
    rig.run_for(2 * SECOND)

    rig.edge("ant", "bee")
    rig.run_for(2 * SECOND)
    assert len(rig.sent) == 4
    rig.edge("ant", "cat")
    assert len(rig.denied) == 1

    rig.run_for(3600 * SECOND)
    rig.edge("ant", "cat")
    rig.run_for(SECOND)
    assert len(rig.sent) == 6
    rig.settle()


def test_other_limits_after_a_restart_are_those_that_count() -> None:
    rig = started(thorough=True)
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    rig.crash()
    rig.limits = msgspec.structs.replace(LIMITS, trade_amount_quote=Decimal(100))
    rig.start()

    rig.edge("ant", "bee")
    rig.run_for(SECOND)

    assert rig.pair.buy.qty == Decimal("0.994")
    rig.settle()


def test_changed_limits_hold_from_the_next_decision_on_and_over_a_replay() -> None:
    rig = started(thorough=True)
    small = msgspec.structs.replace(LIMITS, trade_amount_quote=Decimal(20))

    rig.handle(LimitsChanged(small))
    rig.edge("ant", "bee")
    rig.run_for(SECOND)

    assert rig.sent
    assert all(order.qty * order.price <= Decimal(21) for order in rig.sent)
    assert LimitsChanged(small) in rig.events()
    assert rig.replayed().rules() == small


def test_limits_that_are_the_same_are_not_written_down() -> None:
    rig = started(thorough=True)
    before = len(rig.events())

    rig.handle(LimitsChanged(LIMITS))

    assert len(rig.events()) == before


def test_a_pair_that_waits_for_its_commit_is_judged_by_the_new_limits() -> None:
    rig = started(thorough=True)

    rig.edge("ant", "bee")
    rig.handle(LimitsChanged(msgspec.structs.replace(LIMITS, min_profit_pct=Decimal(9))))
    rig.run_for(SECOND)

    assert rig.sent == []
    assert rig.replayed().rules().min_profit_pct == Decimal(9)
