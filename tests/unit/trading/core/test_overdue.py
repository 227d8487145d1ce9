"""Orders that do not end when they have to, clocks that jump, remainders that only a fee left."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import OrderState, OrderStatus
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core.events import InstrumentsChanged
from tests.unit.trading.rig import Rig, Scripted, instrument
from tests.unit.trading.venue_model import Answer, Fate, ModelVenue

HOUR = 3600 * SECOND
OPEN = Fate(parts=(), answer=Answer.OPEN_FIRST)


class Hanging(ModelVenue):
    """A venue that goes on calling an immediate order new; a cancel is what ends it."""

    hanging = True

    def query(self, client_id: str, sources: tuple[str, ...], now_ns: int) -> OrderState:
        told = super().query(client_id, sources, now_ns)
        if not self.hanging or told.status is OrderStatus.NOT_FOUND:
            return told
        return msgspec.structs.replace(told, status=OrderStatus.NEW, filled_qty=Decimal(0))


def hanging(*fates: Fate) -> Rig:
    """Return a run in which ant executes and bee's order goes on and on."""
    rig = Rig(Scripted(*fates), venues=("ant", "bee"))
    old = rig.venues["bee"]
    rig.venues["bee"] = Hanging("bee", old.balances, old.tick, old.lot)
    rig.start()
    rig.edge("ant", "bee")
    return rig


def cancels(rig: Rig) -> int:
    return sum(1 for cancel in rig.cancelled if cancel.client_id == rig.pair.sell.client_id)


class TestOverdue:
    def test_one_that_is_still_open_after_its_expiry_is_cancelled_and_not_waited_for(self) -> None:
        # row 48
        rig = hanging(Fate(), OPEN)
        rig.run_for(2 * SECOND)
        assert rig.pair.sell.state is LegState.ACKED
        assert cancels(rig) == 0

        # A second after its expiry what the other leg did is brought home.
        rig.run_for(2500 * MS)
        assert cancels(rig) > 0
        assert len(rig.sent) == 3
        assert rig.sent[2].venue == "ant"
        assert rig.pair.remainder == 0
        assert rig.pair_state() is PairState.RESOLVING

        # Cancels are no flood, and the end is taken when it comes.
        rig.run_for(20 * SECOND)
        assert cancels(rig) <= 30
        bee = rig.venues["bee"]
        assert isinstance(bee, Hanging)
        bee.hanging = False
        rig.run_for(2 * SECOND)
        assert rig.pair_state() is PairState.FLAT
        rig.settle()

    def test_what_it_executes_after_all_is_brought_home_as_well(self) -> None:
        rig = hanging(Fate(), Fate(parts=(500,), answer=Answer.NONE, fills_lag_ns=8 * SECOND))
        rig.run_for(4 * SECOND)
        assert len(rig.sent) == 3
        bee = rig.venues["bee"]
        assert isinstance(bee, Hanging)
        bee.hanging = False
        rig.run_for(10 * SECOND)
        assert [order.venue for order in rig.sent] == ["ant", "bee", "ant", "bee"]
        assert rig.pair_state() is PairState.FLAT
        rig.settle()

    def test_one_of_which_only_an_execution_was_told_is_not_waited_for_either(self) -> None:
        # row 48: then the venue falls silent, so that its own id of the order is not known
        script = Scripted(Fate(), Fate(parts=(250,), answer=Answer.NONE))
        rig = Rig(script, venues=("ant", "bee"))
        rig.start()
        rig.edge("ant", "bee")
        rig.run_for(10 * MS)
        (fill,) = rig.venues["bee"].orders[rig.pair.sell.client_id].fills
        script.questions.extend([-1] * 500)
        rig.handle(fill)
        assert (rig.pair.sell.state, rig.pair.sell.venue_id) == (LegState.ACKED, "")

        rig.run_for(4 * SECOND)

        assert rig.pair.sell.state is LegState.UNKNOWN
        assert cancels(rig) > 0
        assert [(order.venue, order.qty) for order in rig.sent[2:]] == [("ant", Decimal(3))]
        assert rig.pair_state() is PairState.RESOLVING
        script.questions.clear()
        rig.run_for(10 * SECOND)
        assert rig.pair_state() is PairState.FLAT
        rig.settle()


class TestClockSetBack:
    def test_an_order_is_not_waited_for_until_a_time_that_was_never_right(self) -> None:
        rig = Rig(Scripted(Fate(lost=True), Fate(lost=True)), venues=("ant", "bee"))
        rig.start()
        rig.edge("ant", "bee")
        rig.run_for(100 * MS)
        rig.crash()
        rig.set_clock_back(HOUR)
        rig.start()

        rig.run_for(60 * SECOND)

        assert rig.pair_state() is PairState.FLAT
        rig.settle()

    def test_attempts_of_a_former_run_do_not_count(self) -> None:
        missed = Fate(parts=())
        refused = Fate(refused=True, answer=Answer.ACK)
        rig = Rig(Scripted(Fate(), refused, missed, missed, missed), venues=("ant", "bee"))
        rig.start()
        rig.edge("ant", "bee")
        while len(rig.sent) < 5:
            rig.run_for(10 * MS)
        rig.run_for(20 * MS)
        rig.crash()
        rig.set_clock_back(HOUR)
        rig.start()
        rig.choices = Scripted(missed, missed)

        rig.run_for(5 * SECOND)

        # The wait for a first attempt, and all of them anew.
        assert rig.pair_state() is PairState.FLAT
        rig.settle()


def test_a_remainder_that_is_above_the_minimum_only_with_its_fee_is_dust() -> None:
    # row 44: what the fee took cannot be sold, what it left is too little
    opening = {"ant": {"USDT": Decimal(1000)}, "bee": {"USDT": Decimal(1000), "BTC": Decimal(10)}}
    refused = Fate(refused=True, answer=Answer.ACK)
    rig = Rig(Scripted(Fate(parts=(250,)), refused), venues=("ant", "bee"), opening=opening)
    rig.start()
    large = msgspec.structs.replace(instrument("ant", "BTC"), min_qty=Decimal(1))
    rig.handle(InstrumentsChanged("ant", (large,)))
    rig.edge("ant", "bee")

    rig.run_for(SECOND)

    assert rig.pair.net == 1
    assert rig.ours("ant")["BTC"] == Decimal("0.999")
    assert rig.pair_state() is PairState.DUST
    rig.settle()


@pytest.mark.parametrize(("executed", "state"), [("4", PairState.CLOSED), ("1", PairState.FLAT)])
def test_what_becomes_known_while_an_order_is_written_down_makes_it_no_larger(
    executed: str, state: PairState
) -> None:
    # row 38: a fill of the unknown order arrives between the plan and its commit
    unknown = Fate(answer=Answer.NONE, parts=(int(Decimal(executed) * 250),))
    hidden = msgspec.structs.replace(unknown, order_lag_ns=9 * SECOND, fills_lag_ns=9 * SECOND)
    script = Scripted(Fate(), hidden)
    rig = Rig(script, venues=("ant", "bee"))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(100 * MS)
    script.commits.append(500 * MS)
    while len(rig.pair.legs) < 3:
        rig.run_for(MS)
    (fill,) = rig.venues["bee"].orders[rig.pair.sell.client_id].fills
    rig.handle(fill)
    rig.run_for(20 * SECOND)

    # The rig lets no order leave that is larger than what is left.
    assert rig.pair_state() is state
    assert rig.pair.legs[2].state is LegState.NOT_ACCEPTED
    rig.settle()
