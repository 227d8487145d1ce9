"""The money core against venues, journals and people that do whatever is possible.

Each example is one seed: a world whose every choice follows from it, some minutes of virtual time
with crashes in between, and the check of all books at the end. The invariants are the rig's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.numbers import ZERO
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.trading.core.events import OperatorAction
from tests.unit.trading.rig import LIMITS, Rig
from tests.unit.trading.venue_model import Answer, Fate

# The deep profile takes its time; what hangs is still found.
pytestmark = pytest.mark.timeout(3600)

_PARTS: tuple[tuple[int, ...], ...] = (
    (1000,),
    (),
    (1,),
    (3,),
    (500,),
    (999,),
    (400, 600),
    (250, 250, 250),
)


class Chaos:
    """A world of which each part fails with probability `rate`, drawn from one seed."""

    def __init__(self, seed: int, rate: float, *, disk_fails: bool) -> None:
        self.draw = random.Random(seed)
        self._rate = rate
        self._disk_fails = disk_fails

    def often(self, share: float = 1.0) -> bool:
        """Tell whether something goes wrong now."""
        return self.draw.random() < self._rate * share

    def fate(self, order: OrderRequest) -> Fate:
        """Draw what becomes of an order."""
        del order
        draw = self.draw
        if not self.often(3):
            return Fate(travel_ns=draw.randrange(20 * MS), answer_ns=draw.randrange(20 * MS))
        return Fate(
            travel_ns=draw.randrange(10 * SECOND if self.often() else 100 * MS),
            lost=self.often(0.5),
            refused=self.often(),
            parts=draw.choice(_PARTS),
            improved=draw.randrange(3),
            answer=draw.choice(list(Answer)),
            answer_ns=draw.randrange(5 * SECOND if self.often() else 100 * MS),
            twice=self.often(),
            order_lag_ns=draw.randrange(1900 * MS) if self.often(2) else 0,
            fills_lag_ns=draw.randrange(1900 * MS) if self.often(2) else 0,
            balance_lag_ns=draw.randrange(3 * SECOND) if self.often() else 0,
            fee_asset=draw.choice(("base", "base", "quote", "GAS")),
            stream_ns=draw.randrange(5 * SECOND if self.often() else 100 * MS),
        )

    def commit_ns(self) -> int:
        """Draw how long a commit takes."""
        if self._disk_fails and self.draw.random() < 0.002:
            return -1
        return self.draw.randrange(600 * MS if self.often(0.3) else 2 * MS)

    def question_ns(self) -> int:
        """Draw how long a question travels."""
        took = self.draw.randrange(1, 3 * SECOND if self.often(0.3) else 30 * MS)
        return -took if self.often() else took

    def sources(self) -> tuple[str, ...]:
        """Draw which sources an adapter managed to ask."""
        if self.often(2):
            return self.draw.choice((("order",), ("fills",), ("open", "history"), ()))
        return ("order", "history", "fills")

    def kept(self, durable: int, written: int) -> int:
        """Draw how many records survive."""
        return self.draw.randint(durable, written)


class Lies(Chaos):
    """The same, with venues that show an order long after they could not have it any more."""

    def fate(self, order: OrderRequest) -> Fate:
        """Draw what becomes of an order, and hide it at times."""
        fate = super().fate(order)
        if not self.often(2):
            return fate
        return msgspec.structs.replace(
            fate,
            answer=self.draw.choice((Answer.NONE, Answer.UNKNOWN, Answer.FULL)),
            answer_ns=self.draw.randrange(20 * SECOND),
            order_lag_ns=self.draw.randrange(20 * SECOND),
            fills_lag_ns=self.draw.randrange(20 * SECOND),
        )


class Life:
    """What happens to one account, drawn from the same seed."""

    def __init__(
        self,
        seed: int,
        rate: float,
        *,
        lean: bool = False,
        lies: bool = False,
        thorough: bool = False,
    ) -> None:
        self.chaos = (Lies if lies else Chaos)(seed, rate, disk_fails=seed % 3 == 0)
        self.draw = self.chaos.draw
        opening = None
        if lean:
            # What is sold was never there before: every fee in base is missed.
            opening = {
                name: {"USDT": Decimal(2500), "BTC": amount, "ETH": amount, "GAS": Decimal(1)}
                for name, amount in (("ant", Decimal(0)), ("bee", Decimal(11)), ("cat", Decimal(9)))
            }
        self.rig = Rig(self.chaos, opening=opening, thorough=thorough, honest=not lies)
        self._lies = lies
        self._acts: tuple[tuple[Callable[[], None], float], ...] = (
            (self._signal, 20),
            (self._move, 6),
            (self._wait, 6),
            (self._flap, 10 * rate),
            (self._stream, 10 * rate),
            (self._operate, 4 * rate),
            (self._restart, 4 * rate),
            (self._lie, 20 * rate if lies else 0),
        )

    def live(self, acts: int) -> Rig:
        """Let so many things happen, and bring everything to rest."""
        self.rig.start()
        weights = [weight for _, weight in self._acts]
        for _ in range(acts):
            if self.rig.journal_broken and self.chaos.often():
                self._restart()
            self.draw.choices(self._acts, weights)[0][0]()
            self.rig.run_for(self.draw.randrange(40 * MS))
        if self._lies:
            self.rig.survive()
        else:
            self.rig.settle()
        return self.rig

    def _signal(self) -> None:
        buy, sell = self.draw.sample(sorted(self.rig.venues), 2)
        self.rig.edge(buy, sell, self.draw.choice(self.rig.symbols), self.draw.uniform(0.0, 1.0))

    def _move(self) -> None:
        venue, symbol = self.draw.choice(sorted(self.rig.quotes))
        mid = self.draw.uniform(98, 102)
        bid, ask = (0.0, mid) if self.chaos.often(0.5) else (mid, mid + 0.05)
        live = self.rig.venues[venue].up and not self.chaos.often()
        self.rig.quote(venue, symbol, round(bid, 2), round(ask, 2), live)

    def _wait(self) -> None:
        self.rig.run_for(self.draw.randrange(2 * SECOND))

    def _flap(self) -> None:
        down = [name for name, venue in self.rig.venues.items() if not venue.up]
        if down and not self.chaos.often():
            self.rig.set_up(down[0], True)
        else:
            self.rig.set_up(self.draw.choice(sorted(self.rig.venues)), False)

    def _stream(self) -> None:
        venue = self.draw.choice(sorted(self.rig.venues))
        self.rig.set_stream(venue, not self.chaos.often(2))

    def _operate(self) -> None:
        pair = f"p{max(1, self.rig.state.pair_no - self.draw.randrange(4))}"
        accept = self.draw.random() < 0.5
        self.rig.operate(
            self.draw.choice(list(OperatorAction)), pair=pair, accept=accept, venue="ant"
        )
        self.rig.run_for(self.draw.randrange(500 * MS))
        if not self.chaos.often():
            self.rig.operate(OperatorAction.RESET)
            self.rig.operate(OperatorAction.START)

    def _lie(self) -> None:
        """Say anything about any order, sent or not, from any venue."""
        draw, state = self.draw, self.rig.state
        venue = draw.choice(sorted(self.rig.venues))
        newest = list(state.by_client_id)[-12:]
        client_id = draw.choice([*newest, "ak3f9x0z99999999000x"])
        found = state.leg(client_id)
        if found is not None and draw.random() < 0.8:
            venue = found[1].venue
        qty = Decimal(draw.choice(("0", "0.001", "1", "4", "10", "-1")))
        side = draw.choice(list(OrderSide))
        symbol = draw.choice(self.rig.symbols) if found is None else found[0].symbol
        trade_id = str(draw.randrange(5))
        price = Decimal(draw.choice(("0", "90", "100", "110")))
        self.rig.handle(
            draw.choice(
                (
                    OrderAck(venue, client_id, "v1"),
                    OrderReject(venue, client_id, "-1", "no", fatal=self.chaos.often(0.2)),
                    OrderUnknown(venue, client_id, "lost"),
                    OrderState(venue, client_id, draw.choice(list(OrderStatus)), qty, ("order",)),
                    Fill(venue, client_id, symbol, trade_id, side, price, qty, ZERO, "USDT", 0),
                )
            )
        )

    def _restart(self) -> None:
        self.rig.crash()
        self.rig.limits = msgspec.structs.replace(
            LIMITS,
            max_concurrent_pairs=self.draw.randint(1, 4),
            trade_amount_quote=Decimal(self.draw.choice((20, 100, 1000))),
            max_messages_per_s=self.draw.randint(2, 20),
        )
        self.rig.start()


@given(seed=st.integers(0, 2**32), rate=st.sampled_from((0.0, 0.02, 0.1, 0.3)), lean=st.booleans())
def test_whatever_happens_the_books_are_the_venues(seed: int, rate: float, lean: bool) -> None:
    rig = Life(seed, rate, lean=lean).live(60)
    assert rig.steps > 60


@given(seed=st.integers(0, 2**32), rate=st.sampled_from((0.05, 0.3)))
def test_every_prefix_of_the_journal_replays_to_what_was_live(seed: int, rate: float) -> None:
    Life(seed, rate, thorough=True).live(12)


@given(seed=st.integers(0, 2**32), rate=st.sampled_from((0.02, 0.1, 0.3)))
def test_whatever_venues_say_nothing_leaves_twice_and_no_difference_goes_unnoticed(
    seed: int, rate: float
) -> None:
    Life(seed, rate, lies=True).live(60)


@given(seed=st.integers(0, 2**32))
def test_no_lie_makes_live_and_replay_differ(seed: int) -> None:
    Life(seed, 0.3, lies=True, thorough=True).live(12)
