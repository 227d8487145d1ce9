"""The money core as a state machine: what Hypothesis breaks, it can also make small.

The same rig and the same invariants as in the random lives, but every choice is a rule's argument,
so that a failure comes back as the few steps that matter.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from arbot_tui.domain.clock import MS
from arbot_tui.domain.states import TradingState
from arbot_tui.trading.core.events import Marked, OperatorAction
from tests.unit.trading.rig import LIMITS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

# The deep profile takes its time; what hangs is still found.
pytestmark = pytest.mark.timeout(3600)

_VENUES = st.sampled_from(("ant", "bee", "cat"))
_MS = st.integers(0, 3_000).map(lambda ms: ms * MS)
_LAG = st.integers(0, 1_900).map(lambda ms: ms * MS)
_FATES = st.builds(
    Fate,
    travel_ns=_MS,
    lost=st.booleans(),
    refused=st.booleans(),
    parts=st.lists(st.integers(0, 333), max_size=3).map(tuple) | st.just((1000,)),
    improved=st.integers(0, 2),
    answer=st.sampled_from(Answer),
    answer_ns=_MS,
    twice=st.booleans(),
    order_lag_ns=_LAG,
    fills_lag_ns=_LAG,
    balance_lag_ns=_LAG,
    fee_asset=st.sampled_from(("base", "quote", "GAS")),
    more_fees=st.sampled_from(
        (
            (),
            (("quote", Decimal("0.01")),),
            (("base", Decimal("-0.0001")), ("TAX", Decimal("-0.02"))),
        )
    ),
    stream_ns=_MS,
)


class MoneyCore(RuleBasedStateMachine):
    """One account; the rig checks after every event, `teardown` compares the books."""

    @initialize(lean=st.booleans())
    def begin(self, lean: bool) -> None:
        self.script = Scripted()
        poor = {"USDT": Decimal(1500), "BTC": Decimal(4), "ETH": Decimal(0), "GAS": Decimal(1)}
        opening = dict.fromkeys(("ant", "bee", "cat"), poor) if lean else None
        self.rig = Rig(self.script, opening=opening, bases=("BTC", "ETH"))
        self.rig.start()

    @rule(buy=_VENUES, sell=_VENUES, symbol=st.sampled_from(("BTC/USDT", "ETH/USDT")))
    def an_edge_opens(self, buy: str, sell: str, symbol: str) -> None:
        if buy != sell:
            self.rig.edge(buy, sell, symbol)

    @rule(fates=st.lists(_FATES, min_size=1, max_size=3))
    def orders_will_fare_so(self, fates: list[Fate]) -> None:
        self.script.fates.extend(fates)

    @rule(took=st.integers(0, 400).map(lambda ms: ms * MS) | st.just(-1))
    def the_disk_will_take_so_long(self, took: int) -> None:
        self.script.commits.append(took)

    @rule(took=st.integers(-50, 2_000).map(lambda ms: ms * MS))
    def a_question_will_take_so_long(self, took: int) -> None:
        self.script.questions.append(took)

    @rule(sources=st.sampled_from((("order",), ("fills",), ())))
    def a_source_will_be_missing(self, sources: tuple[str, ...]) -> None:
        self.script.asked.append(sources)

    @rule(delta=_MS)
    def time_passes(self, delta: int) -> None:
        self.rig.run_for(delta)

    @rule(venue=_VENUES, symbol=st.sampled_from(("BTC/USDT", "ETH/USDT")), bid=st.integers(0, 120))
    def a_quote_moves(self, venue: str, symbol: str, bid: int) -> None:
        self.rig.quote(venue, symbol, float(bid), bid + 0.01, self.rig.venues[venue].up)

    @rule(venue=_VENUES)
    def a_venue_goes_or_comes(self, venue: str) -> None:
        self.rig.set_up(venue, not self.rig.venues[venue].up)

    @rule(
        mids=st.lists(st.integers(1, 120), min_size=1, max_size=4),
        equity=st.sampled_from((None, 100, 10_000, 1_000_000)),
        later=st.booleans(),
    )
    def the_day_is_looked_at(self, mids: list[int], equity: int | None, later: bool) -> None:
        pairs = [*self.rig.state.in_flight, *sorted(self.rig.state.stuck)]
        told = {pair: Decimal(mid) for pair, mid in zip(pairs, mids, strict=False)}
        rates = {"USDT": Decimal(1), "GAS": Decimal(10)}
        self.rig.handle(Marked(told, rates, None if equity is None else Decimal(equity)))
        if later:
            self.rig.run_for(MS)

    @rule(venue=_VENUES, length=_MS)
    def a_venue_takes_no_order_for_a_while(self, venue: str, length: int) -> None:
        self.rig.close_for(venue, length)

    @rule(venue=_VENUES, up=st.booleans())
    def a_private_stream_goes_or_comes(self, venue: str, up: bool) -> None:
        self.rig.set_stream(venue, up)

    @rule(action=st.sampled_from(OperatorAction))
    def a_person_acts(self, action: OperatorAction) -> None:
        self.rig.operate(action, venue="bee")

    @rule(number=st.integers(0, 3), accept=st.booleans())
    def a_person_resolves(self, number: int, accept: bool) -> None:
        pair_no = self.rig.state.pair_no - number
        self.rig.operate(OperatorAction.RESOLVE, pair=f"p{pair_no}", accept=accept)

    @precondition(lambda self: self.rig.state.trading is not TradingState.ACTIVE)
    @rule()
    def a_person_starts_again(self) -> None:
        self.rig.operate(OperatorAction.RESET)
        self.rig.operate(OperatorAction.START)

    @rule(survivors=st.integers(0, 5), most=st.integers(1, 3))
    def the_process_is_killed(self, survivors: int, most: int) -> None:
        self.script.survivors = survivors
        self.rig.crash()
        self.rig.limits = msgspec.structs.replace(LIMITS, max_concurrent_pairs=most)
        self.rig.start()

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            self.rig.settle()


TestMoneyCore = MoneyCore.TestCase
