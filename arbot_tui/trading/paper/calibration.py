"""Learns from a journal how a venue really treats orders, so that paper can do the same.

A journal tells when each order was written to its venue and when the venue answered, what it
refused, how much of each order it executed, and at which rates and in which coin it was paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import Fill, OrderAck, OrderReject, OrderRequest, OrderSide
from arbot_tui.trading.core.events import Committed, Event, FeesChanged, Signalled, TimerFired
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.profile import OrderProfile

__all__ = ["ENOUGH", "charged", "measured"]

ENOUGH = 50
"""Answered orders of a venue from which on they say something about it."""


class _Sent(msgspec.Struct):
    """An order that was written to its venue.

    Attributes:
        order: As it went.
        sent_ns: When.
        latency_ns: Until the venue answered; -1 where it has not.
        rejected: That is how it answered.
        filled: What it executed, by trade.
    """

    order: OrderRequest
    sent_ns: int
    latency_ns: int = -1
    rejected: bool = False
    filled: dict[str, Decimal] = {}

    @property
    def share(self) -> float:
        """Part of the quantity that was executed."""
        total = ZERO
        for qty in self.filled.values():
            total = exact.add(total, qty)
        return float(exact.divide(total, self.order.qty))


def measured(
    records: Iterable[tuple[int, int, Event]], enough: int = ENOUGH
) -> dict[str, OrderProfile]:
    """Return the profile of each venue that has answered at least `enough` orders.

    An order that found nothing at all is not counted as cut short: most of the time the market
    had moved, which paper orders meet as well. One that ended in between is.

    Args:
        records: Of one journal, oldest first; it may begin anywhere.
        enough: How many orders a profile needs.
    """
    planned: dict[int, list[OrderRequest]] = {}
    sent: dict[str, _Sent] = {}
    for number, at_ns, event in records:
        if isinstance(event, Signalled | TimerFired):
            planned[number] = _planned(event)
        elif isinstance(event, Committed):
            for order in planned.pop(event.commit_id, []):
                if not event.refusal:
                    sent[order.client_id] = _Sent(order, at_ns)
        elif isinstance(event, OrderAck | OrderReject | Fill):
            known = sent.get(event.client_id)
            if known is not None:
                _take(known, event, at_ns)
    by_venue: dict[str, list[_Sent]] = {}
    for known in sent.values():
        if known.latency_ns >= 0:
            by_venue.setdefault(known.order.venue, []).append(known)
    return {venue: _profile(orders) for venue, orders in by_venue.items() if len(orders) >= enough}


def _planned(event: Signalled | TimerFired) -> list[OrderRequest]:
    if isinstance(event, Signalled):
        return [event.plan.buy.order, event.plan.sell.order] if event.plan else []
    order = event.unwinding.order if event.unwinding else None
    return [order.order] if order else []


def _take(known: _Sent, event: OrderAck | OrderReject | Fill, at_ns: int) -> None:
    if isinstance(event, Fill):
        known.filled[event.trade_id] = event.qty
    elif known.latency_ns < 0:
        known.latency_ns = at_ns - known.sent_ns
        known.rejected = isinstance(event, OrderReject)


def _profile(orders: list[_Sent]) -> OrderProfile:
    accepted = [known for known in orders if not known.rejected]
    cuts = tuple(share for share in (known.share for known in accepted) if 0 < share < 1)
    return OrderProfile(
        latencies_ns=tuple(known.latency_ns for known in orders),
        reject_share=(len(orders) - len(accepted)) / len(orders),
        cut_share=len(cuts) / len(accepted) if accepted else 0.0,
        cuts=cuts,
    )


def charged(
    records: Iterable[tuple[int, int, Event]], others: Mapping[str, TradingFees]
) -> dict[str, PaperFees]:
    """Return how each venue charges the account whose journal this is.

    The newest word on a market counts. One that pays in a fee coin has told its full rate only
    while the coin did not pay; where it never did, the full rate is that of `others`.

    Args:
        records: Rates and executions, each oldest first.
        others: Rates of what is not known, by venue; only these venues are looked at.
    """
    known: dict[str, dict[str, TradingFees]] = {venue: {} for venue in others}
    full: dict[tuple[str, str], Decimal] = {}
    in_quote: dict[str, bool] = {}
    for _, _, event in records:
        if isinstance(event, FeesChanged) and event.venue in known:
            for symbol, rates in event.fees.items():
                if rates.coin:
                    taker = full.get((event.venue, symbol), others[event.venue].taker)
                    rates = msgspec.structs.replace(rates, taker=taker)
                else:
                    full[(event.venue, symbol)] = rates.taker
                known[event.venue][symbol] = rates
        elif isinstance(event, Fill) and event.side is OrderSide.BUY and event.fee > 0:
            # The first is the venue's own; further ones are taxes, in whatever coin.
            base, _, quote = event.symbol.partition("/")
            if event.fee_asset in (base, quote):
                in_quote[event.venue] = event.fee_asset == quote
    return {
        venue: PaperFees(rates, known[venue], in_quote.get(venue, False))
        for venue, rates in others.items()
    }
