"""Keys that work from any address: with real money a person accepts them at each start, or none."""

from __future__ import annotations

import msgspec
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.states import PairState, TradingState
from arbot_tui.trading.core.events import KeyJudged, OperatorAction
from tests.unit.trading.rig import LIMITS, Rig, Scripted

STRICT = msgspec.structs.replace(LIMITS, bound_keys_only=True)
TOLD = "keys that work from any address have to be accepted: bee"


def judged(*, unbound: bool = True) -> Rig:
    """Return a run with real money in which all keys were looked at; that of bee may be unbound."""
    rig = Rig(Scripted(), limits=STRICT, thorough=True)
    rig.start(trading=False)
    look(rig, unbound=unbound)
    return rig


def look(rig: Rig, *, unbound: bool = True) -> None:
    for name in ("ant", "bee", "cat"):
        rig.handle(KeyJudged(name, "", unbound and name == "bee"))


def trade(rig: Rig, buy: str = "ant", sell: str = "bee") -> None:
    rig.edge(buy, sell)
    rig.run_for(SECOND)


def denied(rig: Rig) -> str:
    return rig.denied[-1].detail if rig.denied else ""


def test_trading_does_not_start_with_one_until_it_is_accepted() -> None:
    # row 86
    rig = judged()
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.STOPPED
    assert not rig.state.person_active
    assert [alarm.message for alarm in rig.alarms] == [f"not started: {TOLD}"]

    rig.operate(OperatorAction.START, accept=True)
    assert rig.trading() is TradingState.ACTIVE
    trade(rig)
    assert rig.pair_state() is PairState.CLOSED
    # Whoever starts again what runs has accepted it already.
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.ACTIVE
    assert len(rig.alarms) == 1


@pytest.mark.parametrize("how", [OperatorAction.DRAIN, OperatorAction.STOP, OperatorAction.HALT])
def test_it_is_asked_again_at_each_start(how: OperatorAction) -> None:
    rig = judged()
    rig.operate(OperatorAction.START, accept=True)
    rig.operate(how)
    rig.operate(OperatorAction.RESET)
    rig.operate(OperatorAction.START)
    assert rig.trading() is TradingState.STOPPED
    assert rig.state.trading_reason == TOLD


def test_a_new_run_asks_again_and_looks_at_every_key_itself() -> None:
    rig = judged()
    rig.operate(OperatorAction.START, accept=True)
    rig.run_for(SECOND)
    rig.crash()
    rig.start()
    # What an earlier run saw says nothing of today's key.
    assert rig.trading() is TradingState.ACTIVE
    trade(rig)
    assert denied(rig) == "ant: its key has not been looked at in this run"
    look(rig)
    trade(rig, "ant", "cat")
    assert rig.pair_state() is PairState.CLOSED
    trade(rig, "ant", "bee")
    assert denied(rig) == "bee: its key works from any address"


def test_a_bond_that_is_lifted_while_trading_closes_the_venue_alone() -> None:
    rig = judged(unbound=False)
    rig.operate(OperatorAction.START)
    rig.handle(KeyJudged("bee", "", True))
    trade(rig)
    assert denied(rig) == "bee: its key works from any address"
    rig.handle(KeyJudged("bee", ""))
    trade(rig)
    assert rig.pair_state() is PairState.CLOSED


def test_without_real_money_nobody_is_asked() -> None:
    rig = Rig(Scripted(), thorough=True)
    rig.start(trading=False)
    look(rig)
    rig.operate(OperatorAction.START)
    trade(rig)
    assert rig.pair_state() is PairState.CLOSED
