"""What is remembered, for how long, and that the journal leads back to it."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import Fill, OrderSide
from arbot_tui.domain.states import PairState
from arbot_tui.trading.core import state as state_module
from arbot_tui.trading.core.events import Event, OperatorAction, Signalled, TimerFired
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.step import replay
from tests.unit.trading.rig import LIMITS, Rig, Scripted, picture
from tests.unit.trading.venue_model import Answer, Fate


def test_before_a_run_there_are_no_limits() -> None:
    with pytest.raises(RuntimeError, match="before it was started"):
        CoreState().rules()


def test_old_pairs_are_forgotten_but_neither_open_nor_stuck_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state_module, "_ENDED_KEPT", 3)
    monkeypatch.setattr(state_module, "_FORGET_AT_ONCE", 2)
    refused = Fate(refused=True, answer=Answer.ACK)
    rig = Rig(
        Scripted(Fate(), refused, Fate(answer=Answer.NONE, lost=True), Fate(parts=())),
        limits=msgspec.structs.replace(LIMITS, cooldown_ns=0),
    )
    rig.start()
    rig.edge("ant", "bee", "ETH/USDT")
    rig.run_for(3 * MS)
    rig.quote("ant", "ETH/USDT", 99.0, 100.0, live=False)
    rig.run_for(40 * SECOND)
    stuck = rig.pair
    assert stuck.state is PairState.STUCK
    rig.edge("bee", "cat", "SOL/USDT")
    rig.run_for(10 * MS)
    rig.set_up("bee", False)

    for _ in range(9):
        rig.edge("ant", "cat", "BTC/USDT")
        rig.run_for(200 * MS)

    ended = [pair.number for pair in rig.state.pairs.values() if pair.state is PairState.CLOSED]
    assert ended[-1] == 11
    assert len(ended) <= 5
    assert {"p1", "p2"} < rig.state.pairs.keys()
    assert len(rig.state.by_client_id) == sum(len(pair.legs) for pair in rig.state.pairs.values())
    # What is forgotten is not ours any more: a fill of it only alarms.
    one = Decimal(1)
    first = next(order for order in rig.sent if order.client_id not in rig.state.by_client_id)
    rig.handle(
        Fill(first.venue, first.client_id, first.symbol, "x", OrderSide.BUY, one, one, one, "A", 0)
    )
    assert rig.alarms[-1].code == "foreign_fill"
    assert picture(rig.replayed()) == picture(rig.state)


def test_a_stuck_pair_that_a_late_fill_completes_is_stuck_no_more() -> None:
    rig = Rig(Scripted(Fate(), Fate(refused=True, answer=Answer.ACK)), honest=False)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(3 * MS)
    rig.quote("ant", "BTC/USDT", 99.0, 100.0, live=False)
    rig.run_for(40 * SECOND)
    assert rig.state.stuck == {"p1"}
    sell = rig.pair.sell
    zero = Decimal(0)

    rig.handle(
        Fill(
            "bee", sell.client_id, "BTC/USDT", "77", OrderSide.SELL, sell.price, sell.qty, zero,
            "USDT", 0,
        )
    )  # fmt: skip

    assert rig.pair_state() is PairState.CLOSED
    assert rig.state.stuck == set()
    assert rig.state.outcomes == {"completed": 1, "one_sided": 0, "failed": 0, "stuck": 0}


def _lived() -> Rig:
    rig = Rig(Scripted(Fate(), Fate(parts=(500,))), thorough=True)
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    rig.operate(OperatorAction.DRAIN)
    return rig


def test_the_journal_holds_every_decision_and_replay_does_not_judge_again() -> None:
    rig = _lived()
    (signalled,) = [event for event in rig.events() if isinstance(event, Signalled)]
    assert signalled.plan is not None
    assert signalled.plan.buy.order == rig.sent[0]
    assert signalled.plan.sell.order == rig.sent[1]
    decisions = [e.unwinding for e in rig.events() if isinstance(e, TimerFired) and e.unwinding]
    assert [decision.order and decision.order.order for decision in decisions] == [rig.sent[2]]

    # A signal that today's gate would refuse was let through then: it stands.
    state = CoreState()
    stricter: list[tuple[int, int, Event]] = []
    for (number, at_ns, _), event in zip(rig.journal, rig.events(), strict=True):
        old = msgspec.structs.replace(event.signal, created_ns=0) if event is signalled else None
        stricter.append(
            (number, at_ns, msgspec.structs.replace(event, signal=old) if old else event)
        )
    replay(state, stricter)
    assert picture(state) == picture(rig.state)


def test_a_record_that_changes_nothing_shows_that_the_journal_is_not_to_be_trusted() -> None:
    rig = _lived()
    records = [(n, at_ns, e) for (n, at_ns, _), e in zip(rig.journal, rig.events(), strict=True)]
    i = next(i for i, (_, _, e) in enumerate(records) if isinstance(e, Signalled))
    event = records[i][2]
    records[i] = (records[i][0], records[i][1], msgspec.structs.replace(event, plan=None))

    with pytest.raises(ValueError, match=r"record \d+ \(Signalled\) does not replay"):
        replay(CoreState(), records)
