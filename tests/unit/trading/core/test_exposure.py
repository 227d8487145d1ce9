"""What lies unhedged over all pairs is bounded: a new pair has to leave room to go wrong."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import PairState
from arbot_tui.trading.core.events import OperatorAction
from arbot_tui.trading.core.exposure import overexposed
from tests.unit.trading.rig import LIMITS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

REFUSED = Fate(refused=True, answer=Answer.ACK)
STUCK = (Fate(), REFUSED, *[Fate(parts=())] * 4)


def cents(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.01")))


def stuck_pairs(count: int, most: int = 450) -> Rig:
    """Return a rig with so many stuck pairs of about 400 USDT, and a largest order of `most`."""
    limits = msgspec.structs.replace(
        LIMITS, max_order_quote=Decimal(most), trade_amount_quote=Decimal(400)
    )
    rig = Rig(Scripted(*STUCK * count), limits=limits)
    rig.start()
    for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT")[:count]:
        rig.edge("ant", "bee", symbol)
        rig.run_for(3 * SECOND)
        assert rig.pair_state() is PairState.STUCK
    return rig


def test_two_orders_that_lie_unhedged_leave_room_and_three_do_not() -> None:
    for count, refused in ((1, False), (2, False), (3, True)):
        rig = stuck_pairs(count)
        rig.edge("ant", "bee", "XRP/USDT")
        assert bool(rig.denied) is refused, count
    denial = rig.denied[-1]
    assert denial.reason is Reason.NET_EXPOSURE
    held = Decimal(0)
    for pair in rig.state.pairs.values():
        held += abs(pair.remainder) * pair.exposed.price
    assert denial.detail == f"{cents(held)} lies unhedged of 2 x 450"


def test_what_a_person_has_taken_over_counts_no_more() -> None:
    rig = stuck_pairs(3)
    rig.operate(OperatorAction.RESOLVE, pair="p1", accept=True)
    rig.edge("ant", "bee", "XRP/USDT")
    assert rig.denied == []


def test_one_pair_beyond_the_largest_order_is_enough() -> None:
    # The limit was lowered meanwhile, or is a share of an account that is worth less.
    rig = stuck_pairs(1)
    held = abs(rig.pair.remainder) * rig.pair.exposed.price
    assert overexposed(rig.state, None) is None
    denial = overexposed(rig.state, Decimal(300))
    assert denial is not None
    assert denial.detail == f"p1 holds {cents(held)} unhedged of 300"


def test_quotes_are_valued_as_when_the_pair_was_planned() -> None:
    rig = stuck_pairs(1)
    assert overexposed(rig.state, None) is None
    rig.pair.quote_value = Decimal(2)
    assert overexposed(rig.state, None) is not None
