"""Bring home what one leg did and the other did not.

Each attempt is a journalled, price-capped IOC on the venue that holds the remainder, with a
wider allowance than the one before. It passes the gate too. What is below the venue's minimum
is dust; what does not go within the time allowed is stuck and shown until a person acts.

An order of unknown fate is not waited for with the other leg's exposure: after its expiry and a
grace, what is known is brought home. Should the order have executed after all, that is a new
remainder, no larger than one order, and goes the same way.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, from_float, plain
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import OrderRequest, OrderSide
from arbot_tui.domain.signal import QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core import gate, settling, throttles
from arbot_tui.trading.core.collar import middle
from arbot_tui.trading.core.events import TimerFired
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.plans import PlannedOrder, Unwinding
from arbot_tui.trading.core.turn import Turn

__all__ = ["is_dust", "on_unwind_timer"]

_RETRY_NS = 250 * MS
_BPS = Decimal(10_000)
_MOST_ORDERS = 1_000
"""Per pair, those included that were planned and not sent: the ids have room for no more."""


def on_unwind_timer(turn: Turn, event: TimerFired) -> None:
    """Plan the next attempt, judged on the quotes that came with the timer."""
    pair = turn.state.in_flight.get(event.key)
    if pair is None or not _is_due(pair):
        return
    decision = event.unwinding if turn.replaying else _decide(turn, pair, event.quotes)
    if decision is None or (pair.state is PairState.RESOLVING and decision.order is None):
        # No end before the unknown order has one.
        turn.unwind_timer(pair, _RETRY_NS, _told(turn, pair, decision, event.n))
        return
    turn.record = msgspec.structs.replace(
        event, quotes=gate.readable(event.quotes), unwinding=decision
    )
    if decision.order is None:
        settling.end(turn, pair, decision.state, decision.reason)
        return
    if pair.state is PairState.RESOLVING and not pair.unwind_since_ns:
        pair.unwind_since_ns = turn.now_ns
        pair.early = True
    leg = Leg.planned(decision.order, unwinding=True)
    pair.legs.append(leg)
    turn.state.add_order(pair, leg)
    turn.awaiting = (leg.client_id,)
    turn.symbol = pair.symbol
    turn.touch(pair)


def _is_due(pair: Pair) -> bool:
    """Tell whether there may be something to bring home: nothing is on its way."""
    waiting = [leg for leg in pair.legs if not leg.is_final]
    if pair.state is PairState.RESOLVING:
        return all(leg.state is LegState.UNKNOWN and not leg.unwinding for leg in waiting)
    return pair.state is PairState.UNWINDING and not waiting


def _decide(turn: Turn, pair: Pair, quotes: tuple[QuoteView, ...]) -> Unwinding | None:
    """Return the next order or the pair's end; None where this moment allows neither."""
    limits = turn.state.rules()
    since_ns = pair.unwind_since_ns or turn.now_ns
    orders = [leg for leg in pair.legs if leg.unwinding]
    # What an earlier remainder or an earlier run has used up does not count.
    attempts = sum(1 for leg in orders if leg.sent_ns >= since_ns)
    rung = min(attempts, len(limits.unwind_bps) - 1)
    plan = _plan(turn, pair, limits.unwind_bps[rung], len(orders), quotes)
    if isinstance(plan, Unwinding) and plan.order is None:
        # What is too small for any order is dust, whatever was tried before.
        decision = plan
    elif attempts >= len(limits.unwind_bps) or len(orders) >= _MOST_ORDERS:
        decision = Unwinding(state=PairState.STUCK, reason=f"{attempts} attempts did not fill")
    elif turn.now_ns > since_ns + limits.unwind_give_up_ns:
        why = f": {plan}" if isinstance(plan, str) else ""
        decision = Unwinding(state=PairState.STUCK, reason=f"time to unwind is up{why}")
    elif isinstance(plan, str):
        return None
    else:
        decision = plan
    return decision


def _told(turn: Turn, pair: Pair, decision: Unwinding | None, told: int) -> int:
    """Tell a person once of what stays open although its pair cannot end as stuck yet."""
    if told or decision is None or decision.state is not PairState.STUCK or not pair.remainder:
        return told
    what = f"{plain(pair.remainder)} {pair.base} open, an order is unknown"
    turn.alarm("exposed", f"{pair.id} {pair.symbol}: {what}; {decision.reason}")
    return 1


def _plan(
    turn: Turn, pair: Pair, bps: int, number: int, quotes: tuple[QuoteView, ...]
) -> Unwinding | str:
    """Return the order that brings the remainder home, that it is dust, or what is in its way."""
    selling = pair.remainder > 0
    leg = pair.exposed
    if pair.remainder == 0 or not leg.is_final:
        return f"order {leg.client_id} has not ended"
    instrument = turn.state.venue(leg.venue).instruments[pair.symbol]
    quote = turn.quote(quotes, leg.venue)
    if quote is None:
        return f"no quote of {leg.venue}"
    if denial := gate.stale(quote):
        return denial.detail
    price = _price(instrument, quote, selling, bps)
    # A crash of the price for a moment makes no dust of what was worth an order.
    worth = max(price, leg.price)
    if is_dust(instrument, abs(pair.remainder), worth):
        reason = f"{pair.remainder} {pair.base} is below the minimum"
        return Unwinding(state=PairState.DUST, reason=reason)
    fee = turn.state.venue(leg.venue).fees[pair.symbol].taker
    asset = pair.base if selling else pair.quote
    unit = Decimal(1) if selling else gate.cost_per_unit(price, fee)
    # A fee taken from what was bought may leave less there than is to be brought home.
    affordable = exact.divide(max(turn.state.available(leg.venue, asset), Decimal(0)), unit)
    qty = instrument.quantity(min(abs(pair.remainder), affordable), price)
    if breach := instrument.breach(price, qty):
        if selling and is_dust(instrument, exact.subtract(pair.remainder, pair.kept), worth):
            reason = f"what the fee left of {pair.remainder} {pair.base} is below the minimum"
            return Unwinding(state=PairState.DUST, reason=reason)
        return f"what {leg.venue} can pay for is too little: {breach}"
    order = OrderRequest(
        client_order_id(turn.state.instance, pair.number, 2, number),
        leg.venue,
        pair.symbol,
        OrderSide.SELL if selling else OrderSide.BUY,
        price,
        qty,
        turn.now_ns + _validity_ns(turn.state.rules(), quote),
    )
    now_ns = turn.now_ns
    if denial := gate.unwind_denial(turn.state, pair, order.venue, quotes, now_ns, now_ns):
        return denial.detail
    if not throttles.may_send(turn.state, order.venue, turn.now_ns):
        return f"{turn.state.rules().messages_per_s(order.venue)} orders/s on {order.venue}"
    return Unwinding(order=PlannedOrder(order, asset, unit, turn.now_ns))


def _validity_ns(limits: Limits, quote: QuoteView) -> int:
    """Return for how long an order is good: where the venue answers late, for longer."""
    needed_ns = min(gate.ROUND_TRIPS * quote.rtt_ns, limits.longest_validity_ns)
    return max(limits.order_validity_ns, needed_ns)


def is_dust(instrument: Instrument, qty: Decimal, price: Decimal) -> bool:
    """Tell whether the venue takes no order as small as this."""
    valid = instrument.quantity(qty)
    worth = exact.multiply(valid, price)
    return valid <= 0 or valid < instrument.min_qty or worth < instrument.min_notional


def _price(instrument: Instrument, quote: QuoteView, selling: bool, bps: int) -> Decimal:
    allowance = exact.divide(Decimal(bps), _BPS)
    mid = middle(quote)
    if selling:
        factor = exact.subtract(Decimal(1), allowance)
        floor = exact.multiply(from_float(quote.bid), factor)
        # Beyond the venue's band the order would be refused instead of filled as far as it goes.
        return instrument.sell_price(max(floor, instrument.lowest_sell(mid) or floor))
    factor = exact.add(Decimal(1), allowance)
    cap = exact.multiply(from_float(quote.ask), factor)
    return instrument.buy_price(min(cap, instrument.highest_buy(mid) or cap))
