"""Pre-trade checks: the last code before an order exists.

All must pass, synchronously. Both legs are gated as one pair, fully before the commit
(`judge`), and once more for what moves between the durable commit and the writes
(`still_good`). Every denial is a typed reason with the numbers it rests on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.edge import limit_prices_exact, net_edge_pct_exact
from arbot_tui.domain.numbers import ZERO, exact, from_float
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import TradingState
from arbot_tui.strategy.optimum import DecimalLevel, best_multiple, walked_profit
from arbot_tui.strategy.sizing import SizePlan, plan_size
from arbot_tui.trading.core.collar import Limited, out_of_collar
from arbot_tui.trading.core.denial import Denial
from arbot_tui.trading.core.exposure import max_order_value, overexposed
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.throttles import frozen, throttled, unsendable

__all__ = [
    "ROUND_TRIPS",
    "Denial",
    "Plan",
    "cost_per_unit",
    "judge",
    "readable",
    "stale",
    "still_good",
    "unwind_denial",
]

_PAR = Decimal(1)
ROUND_TRIPS = 5
"""As many of them an order is valid for at least."""


class Plan(msgspec.Struct, frozen=True):
    """What a signal becomes: valid limit prices and one common quantity.

    Attributes:
        base: Base asset.
        quote: Quote asset.
        qty: Base quantity, valid on both venues.
        buy_price: Highest price to pay.
        sell_price: Lowest price to accept.
        buy_fee: Taker fee of the buying venue, fraction.
        expected: Profit at the levels of both books, quote currency, after both taker fees.
    """

    base: str
    quote: str
    qty: Decimal
    buy_price: Decimal
    sell_price: Decimal
    buy_fee: Decimal
    expected: Decimal


def judge(
    state: CoreState,
    signal: ArbitrageSignal,
    equity_quote: Decimal | None,
    now_ns: int,
    quote_value: Decimal | None = _PAR,
) -> Plan | Denial:
    """Run every check over a signal and return the plan, or the first denial.

    Args:
        state: What the core knows.
        signal: What detection found.
        equity_quote: Value of the account in the account currency; None where it is not known.
        now_ns: The time.
        quote_value: What a unit of the signal's quote is worth in the account currency; None
            where no live rate tells.
    """
    return (
        _may_trade(state, signal, now_ns)
        or throttled(state, signal, now_ns)
        or _unvalued(signal, quote_value)
        or overexposed(state, equity_quote)
        or _priced(state, signal, _wanted(state.rules(), equity_quote, quote_value or _PAR))
    )


def _may_trade(state: CoreState, signal: ArbitrageSignal, now_ns: int) -> Denial | None:
    """Check whether anything at all may be sent, and whether the data deserves it."""
    if denial := _trading_denial(state):
        return denial
    if signal.buy.venue == signal.sell.venue:
        return Denial(Reason.CROSSED, f"{signal.buy.venue} is no counterpart of itself")
    for quote in (signal.buy, signal.sell):
        if denial := _venue_denial(state, quote.venue):
            return denial
    limits = state.rules()
    age_ns = now_ns - signal.created_ns
    if age_ns > limits.max_quote_age_ns:
        return Denial(Reason.DATA_FRESH, f"signal is {age_ns / MS:.0f} ms old")
    if signal.loop_lag_ns > limits.max_loop_lag_ns:
        return Denial(Reason.DATA_FRESH, f"event loop lags {signal.loop_lag_ns / MS:.0f} ms")
    numbers = (signal.edge_pct, signal.qty, signal.expected_quote)
    levels = chain.from_iterable((*signal.asks, *signal.bids))
    if not all(map(math.isfinite, chain(numbers, levels))):
        return Denial(Reason.DATA_FRESH, f"no numbers: {numbers}")
    return (
        stale(signal.buy)
        or stale(signal.sell)
        or _slow(signal.buy, limits)
        or _slow(signal.sell, limits)
        or unsendable(signal.buy)
        or unsendable(signal.sell)
    )


def _trading_denial(state: CoreState) -> Denial | None:
    """Check whether a pair may start at all."""
    if state.trading is TradingState.REDUCING:
        return Denial(Reason.DAILY_LOSS, state.trading_reason)
    if state.trading is not TradingState.ACTIVE and state.trading is not TradingState.HALTED:
        return Denial(Reason.TRADING_STATE, f"trading is {state.trading}")
    return _stopped(state)


def _stopped(state: CoreState, *, reducing: bool = False) -> Denial | None:
    """Check for what stops every order; a halt does not stop what a person had reduced since."""
    if state.trading is TradingState.HALTED and not reducing:
        return Denial(Reason.KILL_SWITCH, state.trading_reason or "halted")
    if not state.journal_ok:
        return Denial(Reason.JOURNAL_OK, "the journal takes no commits")
    return None


def key_doubt(state: CoreState, name: str) -> str:
    """Return what has to be accepted of a venue's key before it trades; empty where nothing.

    A key that this run has not looked at yet may be any.
    """
    if not state.rules().bound_keys_only or state.unbound_accepted:
        return ""
    unbound = state.venue(name).key_unbound
    if unbound is None:
        return "has not been looked at in this run"
    return "works from any address" if unbound else ""


def _venue_denial(state: CoreState, name: str) -> Denial | None:
    """Check whether a venue may be sent anything new."""
    venue = state.venues.get(name)
    if venue is None:
        return Denial(Reason.RECONCILED, f"{name} is not part of this run")
    if venue.key_refusal:
        return Denial(Reason.RECONCILED, f"{name}: its key {venue.key_refusal}")
    if doubt := key_doubt(state, name):
        return Denial(Reason.RECONCILED, f"{name}: its key {doubt}")
    if venue.mismatches:
        return Denial(Reason.LEDGER_OK, f"{name} differs from the ledger")
    if venue.blocked or not venue.settled:
        lost = "private stream lost" if venue.stream is False else "balances not reconciled"
        return Denial(Reason.RECONCILED, f"{name}: {venue.blocked or lost}")
    return None


def stale(quote: QuoteView) -> Denial | None:
    """Check that a quote is live, has two sides, and is made of numbers."""
    if not quote.tradeable:
        return Denial(Reason.DATA_FRESH, f"{quote.venue} is {quote.verdict}")
    if not _is_finite(quote) or quote.bid <= 0 or quote.ask <= 0:
        return Denial(Reason.DATA_FRESH, f"{quote.venue}: bid {quote.bid}, ask {quote.ask}")
    return None


def _slow(quote: QuoteView, limits: Limits) -> Denial | None:
    """Check that an order gets there, and its answer back, well within its validity."""
    if quote.rtt_ns * ROUND_TRIPS <= limits.order_validity_ns:
        return None
    return Denial(Reason.DATA_FRESH, f"{quote.venue} answers in {quote.rtt_ns / MS:.0f} ms")


def _is_finite(quote: QuoteView) -> bool:
    return all(map(math.isfinite, (quote.bid, quote.bid_size, quote.ask, quote.ask_size)))


def readable(quotes: tuple[QuoteView, ...]) -> tuple[QuoteView, ...]:
    """Return the quotes that a journal can write down and read back."""
    return tuple(filter(_is_finite, quotes))


def _unvalued(signal: ArbitrageSignal, quote_value: Decimal | None) -> Denial | None:
    """Check that the limits, which are in the account currency, can be converted."""
    if quote_value is None or quote_value <= 0:
        return Denial(Reason.QUOTE_PEG, f"no live rate of the quote of {signal.symbol}")
    return None


def _priced(state: CoreState, signal: ArbitrageSignal, wanted: Decimal) -> Plan | Denial:
    """Turn quotes into valid limit prices and a quantity, and check the worst case."""
    buy_venue, sell_venue = state.venue(signal.buy.venue), state.venue(signal.sell.venue)
    buy, sell = (v.instruments.get(signal.symbol) for v in (buy_venue, sell_venue))
    if buy is None or sell is None or not (buy.tradeable and sell.tradeable):
        return Denial(Reason.INSTRUMENT_RULES, f"{signal.symbol} is not open on both venues")
    fees = (buy_venue.fees.get(signal.symbol), sell_venue.fees.get(signal.symbol))
    if fees[0] is None or fees[1] is None:
        return Denial(Reason.INSTRUMENT_RULES, "fees are not known")
    buy_fee, sell_fee = fees[0].taker, fees[1].taker
    limits = state.rules()
    ask, bid = from_float(signal.buy.ask), from_float(signal.sell.bid)
    edge_pct = net_edge_pct_exact(ask, bid, buy_fee, sell_fee)
    if edge_pct > limits.max_profit_pct:
        return Denial(Reason.EDGE_TOO_GOOD, f"{edge_pct:.3f} % > {limits.max_profit_pct} %")
    cap, floor = limit_prices_exact(ask, bid, limits.slippage_pct)
    # Rounded towards the safe side: a tick never grants more than the allowance.
    buy_price, sell_price = buy.buy_price(cap), sell.sell_price(floor)
    if buy_price <= 0:
        return Denial(Reason.INSTRUMENT_RULES, f"no valid price at or below {ask}")
    if denial := _worst_case(buy_price, sell_price, buy_fee, sell_fee, limits) or _collared(
        ((buy, signal.buy, buy_price), (sell, signal.sell, sell_price)), limits, signal.median
    ):
        return denial
    asks, bids = _levels(signal, buy_price, sell_price)
    size = plan_size(
        buy,
        sell,
        buy_price,
        sell_price,
        wanted,
        min(_total(asks), _total(bids)),
        state.available(signal.buy.venue, buy.quote),
        state.available(signal.sell.venue, sell.base),
        buy_fee,
        state.ledger.balance(signal.buy.venue, buy.base),
    )
    if not isinstance(size, SizePlan):
        return Denial(size.reason, size.detail)
    qty = best_multiple(asks, bids, buy_fee, sell_fee, size.step, size.least, size.qty)
    expected = walked_profit(asks, bids, buy_fee, sell_fee, qty)
    return Plan(buy.base, buy.quote, qty, buy_price, sell_price, buy_fee, expected)


def _levels(
    signal: ArbitrageSignal, buy_price: Decimal, sell_price: Decimal
) -> tuple[list[DecimalLevel], list[DecimalLevel]]:
    """Return what both books offer at or better than the limit prices, best first.

    Where only the top is known, all of the signal's quantity is at the top. Else the levels alone
    count: their sum in floats may be a hair short of a whole lot that is there.
    """
    asks = signal.asks or ((signal.buy.ask, signal.qty),)
    bids = signal.bids or ((signal.sell.bid, signal.qty),)
    return (
        [level for level in map(_exact_level, asks) if level[0] <= buy_price],
        [level for level in map(_exact_level, bids) if level[0] >= sell_price],
    )


def _total(levels: list[DecimalLevel]) -> Decimal:
    return sum((size for _, size in levels), ZERO)


def _exact_level(level: Level) -> DecimalLevel:
    return from_float(level[0]), from_float(level[1])


def cost_per_unit(price: Decimal, fee: Decimal) -> Decimal:
    """Return what buying one base unit may spend; a rebate is not spent in advance."""
    return exact.multiply(price, exact.add(Decimal(1), max(fee, ZERO)))


def _wanted(limits: Limits, equity_quote: Decimal | None, quote_value: Decimal) -> Decimal:
    """Return the value a leg should have in its quote: the trade amount under the order caps."""
    wanted = min(limits.trade_amount_quote, max_order_value(limits, equity_quote))
    return wanted if quote_value == _PAR else exact.divide(wanted, quote_value)


def still_good(
    state: CoreState, pair: Pair, quotes: tuple[QuoteView, ...], now_ns: int
) -> Denial | None:
    """Check once more what moves between the commit and the writes."""
    limits = state.rules()
    if denial := _trading_denial(state):
        return denial
    if now_ns > pair.planned_ns + limits.commit_wait_ns:
        return Denial(Reason.DATA_FRESH, f"commit took {(now_ns - pair.planned_ns) / MS:.0f} ms")
    if denial := frozen(state, (pair.buy.venue, pair.sell.venue), pair.base, pair.quote):
        return denial
    by_venue = {quote.venue: quote for quote in quotes}
    limited: list[Limited] = []
    for leg in (pair.buy, pair.sell):
        quote = by_venue.get(leg.venue)
        if quote is None:
            return Denial(Reason.DATA_FRESH, f"no quote of {leg.venue}")
        if denial := _venue_denial(state, leg.venue) or stale(quote) or unsendable(quote):
            return denial
        if not state.venue(leg.venue).instruments[pair.symbol].tradeable:
            return Denial(Reason.INSTRUMENT_RULES, f"{pair.symbol} closed on {leg.venue}")
        buying = leg.side is OrderSide.BUY
        price = from_float(quote.ask if buying else quote.bid)
        if (price > leg.price) if buying else (price < leg.price):
            return Denial(Reason.VANISHED, f"{leg.venue} moved to {price}")
        limited.append((state.venue(leg.venue).instruments[pair.symbol], quote, leg.price))
    return _collared(limited, limits) or _worst_case(
        pair.buy.price,
        pair.sell.price,
        state.venue(pair.buy.venue).fees[pair.symbol].taker,
        state.venue(pair.sell.venue).fees[pair.symbol].taker,
        limits,
    )


def _worst_case(
    buy_price: Decimal, sell_price: Decimal, buy_fee: Decimal, sell_fee: Decimal, limits: Limits
) -> Denial | None:
    """Check the edge that is left when both legs trade at their limits."""
    worst_pct = net_edge_pct_exact(buy_price, sell_price, buy_fee, sell_fee)
    if worst_pct > 0 and worst_pct >= limits.min_profit_pct:
        return None
    return Denial(
        Reason.WORST_CASE_EDGE, f"{worst_pct:.4f} % at the limits < {limits.min_profit_pct} %"
    )


def _collared(legs: Sequence[Limited], limits: Limits, median: float = 0.0) -> Denial | None:
    """Check that no limit price is far from where its market and all markets are."""
    why = out_of_collar(legs, limits, median)
    return Denial(Reason.PRICE_COLLAR, why) if why else None


def unwind_denial(
    state: CoreState,
    pair: Pair,
    venue: str,
    quotes: tuple[QuoteView, ...],
    planned_ns: int,
    now_ns: int,
) -> Denial | None:
    """Check an order that brings a remainder home: fewer rules, but no way around the gate.

    After a halt it leaves only where a person asked to flatten since.
    """
    limits = state.rules()
    if denial := _stopped(state, reducing=pair.flatten):
        return denial
    if blocked := state.venue(venue).blocked:
        return Denial(Reason.RECONCILED, f"{venue}: {blocked}")
    if now_ns > planned_ns + limits.commit_wait_ns:
        return Denial(Reason.DATA_FRESH, "commit took too long")
    return next(
        (no for quote in quotes if quote.venue == venue and (no := unsendable(quote))), None
    )
