"""Orders that have executed by their status, while the venue lists no execution of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.engine.attribution import effects
from arbot_tui.trading.core.commands import QueryKind
from arbot_tui.trading.core.events import OperatorAction
from arbot_tui.trading.core.manual import acceptance_obstacle
from arbot_tui.trading.core.pair import pair_profit
from tests.unit.trading.rig import FEES, Rig, Scripted, picture
from tests.unit.trading.venue_model import Answer, Fate

FOR_EVER = 3600 * SECOND
MARGIN = 5 * SECOND
"""Expiry and visibility margin of the rig, and the pause of a question."""
UNLISTED = Fate(answer=Answer.ACK, fills_lag_ns=FOR_EVER)


def traded(*fates: Fate) -> Rig:
    rig = Rig(Scripted(*fates), venues=("ant", "bee"))
    rig.start()
    rig.edge("ant", "bee")
    return rig


def codes(rig: Rig) -> list[str]:
    return [alarm.code for alarm in rig.alarms]


def test_what_no_list_shows_stops_its_venue_and_is_not_waited_for_in_silence() -> None:
    rig = traded(Fate(), UNLISTED)
    rig.run_for(3 * SECOND)
    assert rig.pair.sell.state is LegState.ACKED
    assert "executions_missing" not in codes(rig)

    rig.run_for(MARGIN)

    leg = rig.pair.sell
    assert leg.state is LegState.UNKNOWN
    assert leg.reject == "executions missing: 4 executed, 0 listed"
    assert codes(rig).count("executions_missing") == 1
    assert rig.state.venue("bee").blocked == f"order {leg.client_id}: executions missing"
    assert ("bee", "BTC") in rig.state.frozen_assets()
    # Nothing was made up.
    assert leg.fills == []
    assert rig.ours("bee")["BTC"] == Decimal(100)


def test_what_executed_without_a_list_is_no_remainder_of_the_other_leg() -> None:
    rig = traded(Fate(), UNLISTED)
    rig.run_for(30 * SECOND)

    # The venue said that it sold: selling on ant what bee has sold would open a position.
    assert len(rig.sent) == 2
    assert rig.pair.net == 0
    assert rig.pair_state() is PairState.RESOLVING


def test_a_lost_answer_does_not_change_that() -> None:
    rig = traded(Fate(), Fate(answer=Answer.NONE, fills_lag_ns=FOR_EVER))
    rig.run_for(30 * SECOND)

    assert len(rig.sent) == 2
    assert rig.pair.sell.state is LegState.UNKNOWN
    assert codes(rig).count("executions_missing") == 1


def test_the_part_that_did_not_execute_is_brought_home() -> None:
    rig = traded(Fate(), Fate(parts=(250,), answer=Answer.ACK, fills_lag_ns=FOR_EVER))
    rig.run_for(30 * SECOND)

    assert [(order.venue, order.qty) for order in rig.sent[2:]] == [("ant", Decimal(3))]
    assert rig.pair.net == 0


def test_they_are_looked_for_in_the_accounts_own_list_as_well() -> None:
    rig = traded(Fate(), UNLISTED)
    rig.questions.clear()
    rig.run_for(8 * SECOND)

    listed = [asked for asked in rig.questions if asked.kind is QueryKind.ACCOUNT_FILLS]
    assert {(asked.venue, asked.symbol, asked.since_ns) for asked in listed} == {
        ("bee", "BTC/USDT", rig.pair.sell.sent_ns)
    }
    # An order's own list is asked for each time, the account's now and then.
    assert len(listed) < len(rig.questions) / 4


def test_executions_that_come_after_all_end_it() -> None:
    rig = traded(Fate(), Fate(answer=Answer.ACK, fills_lag_ns=20 * SECOND))
    rig.run_for(15 * SECOND)
    assert rig.pair_state() is PairState.RESOLVING

    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert rig.pair.sell.state is LegState.FILLED
    assert len(rig.sent) == 2
    # The balances agree with the list that came after all.
    assert "executions_found" in codes(rig)
    assert not rig.state.venue("bee").blocked
    assert rig.state.venue("bee").reconciled
    rig.settle()


def test_what_else_stopped_the_venue_stands() -> None:
    rig = traded(Fate(), Fate(answer=Answer.ACK, fills_lag_ns=20 * SECOND))
    rig.run_for(SECOND)
    rig.state.venue("bee").blocked = "a fill outside its order"
    rig.run_for(25 * SECOND)

    assert codes(rig).count("executions_missing") == 1
    assert rig.pair_state() is PairState.CLOSED
    assert rig.state.venue("bee").blocked == "a fill outside its order"


def test_a_list_that_grows_is_told_of_once() -> None:
    rig = traded(Fate(), Fate(parts=(500, 500), answer=Answer.ACK, fills_lag_ns=20 * SECOND))
    rig.run_for(10 * SECOND)
    rig.handle(rig.venues["bee"].orders[rig.pair.sell.client_id].fills[0])
    rig.run_for(5 * SECOND)
    assert codes(rig).count("executions_missing") == 1
    assert rig.pair.sell.state is LegState.UNKNOWN

    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_a_restart_asks_again_and_stops_it_again() -> None:
    rig = traded(Fate(), UNLISTED)
    rig.run_for(10 * SECOND)
    rig.crash()
    rig.start(trading=False)
    assert not rig.state.venue("bee").blocked

    rig.run_for(10 * SECOND)

    assert codes(rig).count("executions_missing") == 2
    assert rig.state.venue("bee").blocked
    assert len(rig.sent) == 2


def test_a_person_may_take_it_as_it_is_and_the_balances_tell_the_rest() -> None:
    rig = traded(Fate(), UNLISTED)
    rig.run_for(10 * SECOND)
    assert acceptance_obstacle(rig.state, rig.pair) == ""

    rig.operate(OperatorAction.RESOLVE, pair=rig.pair.id, accept=True)
    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.HEDGED
    assert rig.pair.sell.state is LegState.FILLED
    limit = plain(rig.pair.sell.price)
    assert rig.pair.reason == f"accepted with 4 BTC unlisted on bee, counted at {limit}: test"
    assert rig.state.outcomes["completed"] == 1
    assert set(rig.state.venue("bee").mismatches) == {"BTC", "USDT"}

    rig.operate(OperatorAction.ADOPT, venue="bee")
    rig.run_for(10 * SECOND)

    assert rig.state.venue("bee").reconciled
    assert picture(rig.replayed()) == picture(rig.state)


@pytest.mark.parametrize("parts", [(1000,), (250,)])
def test_what_is_accepted_counts_in_the_profit_as_the_worst_it_can_have_been(
    parts: tuple[int, ...],
) -> None:
    clean = traded(Fate(), Fate(parts=parts))
    clean.run_for(10 * SECOND)
    rig = traded(Fate(), Fate(parts=parts, answer=Answer.ACK, fills_lag_ns=FOR_EVER))
    rig.run_for(20 * SECOND)
    assert rig.state.realised == {}

    rig.operate(OperatorAction.RESOLVE, pair=rig.pair.id, accept=True)

    profit, best = pair_profit(rig.pair), pair_profit(clean.pair)
    leg, same = rig.pair.sell, clean.pair.sell
    assert leg.accepted == leg.price * same.filled
    better = same.value - leg.accepted
    assert better >= 0
    assert rig.state.realised["BTC/USDT"] == profit.realised
    # All that it may differ by is what the venue gave beyond the limit, less its fee.
    assert best.realised - profit.realised == better * (1 - FEES.taker)
    assert best.fees - profit.fees == better * FEES.taker
    found = effects(rig.pair, profit, {"ant": FEES.taker, "bee": FEES.taker})
    assert rig.pair.expected + found.size + found.price + found.fee == profit.realised
    assert picture(rig.replayed()) == picture(rig.state)


def test_a_list_that_comes_after_that_takes_the_place_of_what_was_counted() -> None:
    rig = traded(Fate(), UNLISTED)
    clean = traded()
    clean.run_for(10 * SECOND)
    rig.run_for(10 * SECOND)
    rig.operate(OperatorAction.RESOLVE, pair=rig.pair.id, accept=True)
    for fill in rig.venues["bee"].orders[rig.pair.sell.client_id].fills:
        rig.handle(fill)
    rig.run_for(10 * SECOND)

    assert rig.pair.sell.accepted == 0
    assert rig.state.realised == clean.state.realised
    assert rig.state.fees_paid == clean.state.fees_paid
    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_no_person_can_accept_what_its_venue_has_not_ended() -> None:
    rig = traded(
        Fate(), Fate(answer=Answer.OPEN_FIRST, fills_lag_ns=FOR_EVER, order_lag_ns=FOR_EVER)
    )
    rig.run_for(10 * SECOND)

    assert "is unknown" in acceptance_obstacle(rig.state, rig.pair)
