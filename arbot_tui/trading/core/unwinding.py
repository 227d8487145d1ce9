"""Bring home what one leg did and the other did not.

Each attempt is a journalled, price-capped IOC on the venue that holds the remainder, with a
wider allowance than the one before. It passes the gate too. What is below the venue's minimum
is dust; what does not go within the time allowed is stuck and shown until a person acts.
"""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.clock import MS
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, from_float
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.signal import QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core import gate, settling
from arbot_tui.trading.core.events import TimerFired
from arbot_tui.trading.core.ids import client_order_id
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = ["on_unwind_timer"]

_RETRY_NS = 250 * MS
_BPS = Decimal(10_000)


def on_unwind_timer(turn: Turn, event: TimerFired) -> None:
    """Plan the next attempt, judged on the quotes that came with the timer."""
    pair = turn.state.pairs.get(event.key)
    if pair is None or pair.state is not PairState.UNWINDING:
        return
    if not all(leg.is_final for leg in pair.legs):
        return
    limits = turn.state.rules()
    if turn.now_ns > pair.unwind_since_ns + limits.unwind_give_up_ns:
        settling.end(turn, pair, PairState.STUCK, "time to unwind is up")
        return
    attempt = sum(1 for leg in pair.legs if leg.unwinding and leg.sent_ns)
    if attempt >= len(limits.unwind_bps):
        settling.end(turn, pair, PairState.STUCK, f"{attempt} attempts did not fill")
        return
    leg = _plan(turn, pair, limits.unwind_bps[attempt], event.quotes)
    if leg is None:
        if pair.state is PairState.UNWINDING:
            turn.unwind_timer(pair, _RETRY_NS)
        return
    pair.legs.append(leg)
    turn.state.by_client_id[leg.client_id] = pair.id
    turn.state.reserve(leg)
    turn.awaiting = (leg.client_id,)
    turn.symbol = pair.symbol
    turn.touch(pair)


def _plan(turn: Turn, pair: Pair, bps: int, quotes: tuple[QuoteView, ...]) -> Leg | None:
    """Return the order that brings the remainder home, or None when it cannot go now."""
    selling = pair.net > 0
    venue = (pair.buy if selling else pair.sell).venue
    state = turn.state.venue(venue)
    instrument = state.instruments.get(pair.symbol)
    fees = state.fees.get(pair.symbol)
    quote = turn.quote(quotes, venue)
    if instrument is None or fees is None or quote is None or not quote.tradeable:
        return None
    price = _price(instrument, quote, selling, bps)
    qty = instrument.quantity(abs(pair.net))
    if qty <= 0 or instrument.breach(price, qty):
        settling.end(turn, pair, PairState.DUST, f"{pair.net} {pair.base} is below the minimum")
        return None
    one_plus_fee = exact.add(Decimal(1), fees.taker)
    cost = qty if selling else exact.multiply(exact.multiply(qty, price), one_plus_fee)
    asset = pair.base if selling else pair.quote
    number = sum(1 for leg in pair.legs if leg.unwinding)
    leg = Leg(
        client_order_id(turn.state.instance, pair.number, 2, number),
        venue,
        pair.symbol,
        OrderSide.SELL if selling else OrderSide.BUY,
        price,
        qty,
        turn.now_ns + turn.state.rules().order_validity_ns,
        unwinding=True,
        state=LegState.INTENT,
        reserved_asset=asset,
        reserved=cost,
    )
    if gate.unwind_denial(turn.state, leg, turn.now_ns):
        return None
    if not gate.may_send(turn.state, venue, turn.now_ns):
        return None
    if turn.state.available(venue, asset) < cost:
        return None
    return leg


def _price(instrument: Instrument, quote: QuoteView, selling: bool, bps: int) -> Decimal:
    allowance = exact.divide(Decimal(bps), _BPS)
    if selling:
        factor = exact.subtract(Decimal(1), allowance)
        return instrument.sell_price(exact.multiply(from_float(quote.bid), factor))
    factor = exact.add(Decimal(1), allowance)
    return instrument.buy_price(exact.multiply(from_float(quote.ask), factor))
