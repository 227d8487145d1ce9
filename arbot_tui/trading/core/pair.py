"""Legs and pairs: the state of orders in flight and ended."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import Fill, OrderRequest, OrderSide, OrderStatus
from arbot_tui.domain.states import FINAL_LEG_STATES, LegState, PairState
from arbot_tui.trading.core.plans import PlannedOrder

__all__ = [
    "ENDED",
    "Leg",
    "Outcome",
    "Pair",
    "Profit",
    "counted_net",
    "pair_outcome",
    "pair_profit",
    "remainder_price",
]

ENDED = frozenset(
    {PairState.CLOSED, PairState.FLAT, PairState.HEDGED, PairState.DUST, PairState.STUCK}
)
"""Pair states in which nothing is being done any more."""

Outcome = str
"""``completed``, ``one_sided``, ``failed`` or ``stuck``."""


class Leg(msgspec.Struct):
    """One order of a pair.

    Attributes:
        client_id: Its identity at the venue.
        venue: Where it goes.
        symbol: Canonical symbol.
        side: Buy or sell.
        price: Limit price.
        qty: Ordered base quantity.
        expires_ns: After it the venue must refuse the order.
        unwinding: It brings home a remainder.
        state: Where it stands.
        reserved_asset: Asset held back for it.
        reserved: Amount held back; zero once released.
        planned_ns: When it was planned, where it brings home a remainder; else 0.
        sent_ns: When it was sent; 0 before.
        venue_id: The venue's order id, once known.
        fills: Executions counted, each once.
        reported: Cumulative quantity the venue reported.
        final_status: The venue's final word while its fills are still awaited.
        negatives: Rounds after expiry and margin in which every source knew nothing.
        negative_ns: When the latest of those rounds was answered.
        reject: Why it was refused.
        accepted_fee: Fee rate, a fraction, at which what a person accepted unlisted is counted.
    """

    client_id: str
    venue: str
    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    expires_ns: int
    unwinding: bool
    state: LegState
    reserved_asset: str
    unit: Decimal
    reserved: Decimal
    planned_ns: int = 0
    sent_ns: int = 0
    venue_id: str = ""
    fills: list[Fill] = []
    reported: Decimal = ZERO
    final_status: OrderStatus | None = None
    negatives: int = 0
    negative_ns: int = 0
    reject: str = ""
    accepted_fee: Decimal = ZERO

    @property
    def is_final(self) -> bool:
        """Nothing of it is open at the venue."""
        return self.state in FINAL_LEG_STATES

    @property
    def filled(self) -> Decimal:
        """Base quantity executed, from the fills counted."""
        total = ZERO
        for fill in self.fills:
            total = exact.add(total, fill.qty)
        return total

    @property
    def executed(self) -> Decimal:
        """Base quantity executed by the venue's word, whether or not it has listed how."""
        return max(self.filled, min(self.reported, self.qty))

    @property
    def unlisted(self) -> Decimal:
        """Base quantity executed by the venue's word that no execution accounts for."""
        return exact.subtract(self.executed, self.filled)

    @property
    def value(self) -> Decimal:
        """Quote value executed, from the fills counted."""
        total = ZERO
        for fill in self.fills:
            total = exact.add(total, exact.multiply(fill.price, fill.qty))
        return total

    @property
    def accepted(self) -> Decimal:
        """Quote value, at its limit, of what a person accepted as executed without a list.

        It cannot have cost more, or brought less. Should its list come after all, the executions
        take its place.
        """
        return exact.multiply(self.price, self.unlisted) if self.is_final else ZERO

    @staticmethod
    def planned(plan: PlannedOrder, *, unwinding: bool) -> Leg:
        """Return the leg of an order that waits for its commit."""
        order = plan.order
        return Leg(
            order.client_id,
            order.venue,
            order.symbol,
            order.side,
            order.price,
            order.qty,
            order.expires_ns,
            unwinding,
            LegState.INTENT,
            plan.asset,
            plan.unit,
            exact.multiply(plan.unit, order.qty),
            plan.planned_ns,
        )

    def request(self) -> OrderRequest:
        """Return the order as it goes to the venue."""
        return OrderRequest(
            self.client_id,
            self.venue,
            self.symbol,
            self.side,
            self.price,
            self.qty,
            self.expires_ns,
        )


class Pair(msgspec.Struct):
    """Two legs, and the orders that bring a remainder home.

    Attributes:
        id: Identity, ``p`` and the number.
        number: Number in this journal, from 1.
        opportunity_id: Of the signal it was made for.
        symbol: Canonical symbol.
        base: Base asset.
        quote: Quote asset.
        legs: Buy leg, sell leg, then unwinding orders in turn.
        expected: Expected profit in quote currency at the quotes it was judged on.
        quote_value: What a unit of the quote was worth in the account currency then.
        planned_ns: When it was planned.
        state: Where it stands.
        unwind_since_ns: When the first unwinding began; 0 before.
        early: It began while what became of a leg was unknown.
        flatten: A person asked for it to be brought home, and has not halted since.
        ended_ns: When it ended; 0 before.
        reason: Why it ended other than closed.
    """

    id: str
    number: int
    opportunity_id: int
    symbol: str
    base: str
    quote: str
    legs: list[Leg]
    expected: Decimal
    planned_ns: int
    state: PairState
    unwind_since_ns: int = 0
    early: bool = False
    flatten: bool = False
    ended_ns: int = 0
    reason: str = ""
    quote_value: Decimal = Decimal(1)

    @property
    def buy(self) -> Leg:
        """The leg that buys."""
        return self.legs[0]

    @property
    def sell(self) -> Leg:
        """The leg that sells."""
        return self.legs[1]

    @property
    def net(self) -> Decimal:
        """Base quantity bought minus sold over all legs; zero is flat."""
        return _net((leg.side, leg.executed) for leg in self.legs)

    @property
    def remainder(self) -> Decimal:
        """`net` as far as it can be brought home; zero is the end.

        What a venue kept of a purchase as its fee is gone, however much of it was bought.
        """
        net = self.net
        return ZERO if 0 < net <= self.kept else net

    @property
    def kept(self) -> Decimal:
        """Base quantity that venues kept as their fees, less what they gave as rebates."""
        total = ZERO
        for leg in self.legs:
            for fill in leg.fills:
                for asset, fee in fill.fees:
                    total = exact.add(total, fee) if asset == self.base else total
        return total

    @property
    def exposed(self) -> Leg:
        """The leg that did more than the other: on its venue the remainder is brought home."""
        return self.buy if self.remainder > 0 else self.sell


def _net(traded: Iterable[tuple[OrderSide, Decimal]]) -> Decimal:
    total = ZERO
    for side, qty in traded:
        total = exact.add(total, qty if side is OrderSide.BUY else exact.minus(qty))
    return total


def pair_outcome(pair: Pair) -> Outcome:
    """Return how an ended pair counts in the summary (CONTRACT section 5)."""
    if pair.state is PairState.STUCK:
        return "stuck"
    bought, sold = pair.buy.executed, pair.sell.executed
    if bought == sold:
        return "completed" if bought else "failed"
    return "one_sided"


class Profit(msgspec.Struct, frozen=True):
    """Result of a pair in quote currency.

    Attributes:
        realised: Sold minus bought minus fees, a remainder valued at its own average price.
        fees: Fees less rebates, valued in quote currency; those in base at the price of their fill.
        other_fees: Fees in third assets, not part of the two figures above.
    """

    realised: Decimal
    fees: Decimal
    other_fees: dict[str, Decimal]


def pair_profit(pair: Pair) -> Profit:
    """Return what the fills so far come to.

    Fees taken in a third asset have no price here and are listed apart instead of guessed. What
    executed without a list counts once a person accepted it, at its limit and the account's fee.
    """
    cash = ZERO
    fees = ZERO
    other: dict[str, Decimal] = {}
    for leg in pair.legs:
        sign = Decimal(-1) if leg.side is OrderSide.BUY else Decimal(1)
        for fill in leg.fills:
            cash = exact.add(cash, exact.multiply(sign, exact.multiply(fill.price, fill.qty)))
            for asset, fee in fill.fees:
                if asset == pair.quote:
                    fees = exact.add(fees, fee)
                elif asset == pair.base:
                    fees = exact.add(fees, exact.multiply(fee, fill.price))
                else:
                    other[asset] = exact.add(other.get(asset, ZERO), fee)
        cash = exact.add(cash, exact.multiply(sign, leg.accepted))
        fees = exact.add(fees, exact.multiply(leg.accepted_fee, leg.accepted))
    remainder = exact.multiply(counted_net(pair), remainder_price(pair))
    realised = exact.subtract(exact.add(cash, remainder), fees)
    return Profit(realised, fees, other)


def _counted(leg: Leg) -> Decimal:
    """Base quantity that a leg's profit rests on."""
    return leg.executed if leg.is_final else leg.filled


def counted_net(pair: Pair) -> Decimal:
    """Base quantity bought minus sold, as far as the pair's profit rests on it."""
    return _net((leg.side, _counted(leg)) for leg in pair.legs)


def remainder_price(pair: Pair) -> Decimal:
    """Average price of the side that traded more: what the remainder cost or brought."""
    side = OrderSide.BUY if counted_net(pair) > 0 else OrderSide.SELL
    qty = value = ZERO
    for leg in pair.legs:
        if leg.side is side:
            worth = exact.add(leg.value, leg.accepted)
            qty, value = exact.add(qty, _counted(leg)), exact.add(value, worth)
    return exact.divide(value, qty) if qty else ZERO
