"""Pre-trade checks: the last code before an order exists.

All must pass, synchronously. Both legs are gated as one pair, fully before the commit
(`judge`), and once more for what moves between the durable commit and the writes
(`still_good`). Every denial is a typed reason with the numbers it rests on.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.edge import net_edge_pct_exact, net_profit_exact
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, from_float
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import LegState, TradingState
from arbot_tui.strategy.sizing import SizePlan, plan_size
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.state import CoreState

__all__ = ["Denial", "Plan", "judge", "may_send", "still_good", "unwind_denial"]

_HUNDRED = Decimal(100)
_HOUR_NS = 3600 * SECOND


class Denial(msgspec.Struct, frozen=True):
    """Which check refused, with the numbers."""

    reason: Reason
    detail: str


class Plan(msgspec.Struct, frozen=True):
    """What a signal becomes: valid limit prices and one common quantity.

    Attributes:
        base: Base asset.
        quote: Quote asset.
        qty: Base quantity, valid on both venues.
        buy_price: Highest price to pay.
        sell_price: Lowest price to accept.
        buy_fee: Taker fee of the buying venue, fraction.
        expected: Profit at the quotes, quote currency, after both taker fees.
    """

    base: str
    quote: str
    qty: Decimal
    buy_price: Decimal
    sell_price: Decimal
    buy_fee: Decimal
    expected: Decimal


def judge(
    state: CoreState, signal: ArbitrageSignal, equity_quote: Decimal | None, now_ns: int
) -> Plan | Denial:
    """Run every check over a signal and return the plan, or the first denial."""
    return (
        _may_trade(state, signal, now_ns)
        or _throttled(state, signal, now_ns)
        or _priced(state, signal, equity_quote)
    )


def _may_trade(state: CoreState, signal: ArbitrageSignal, now_ns: int) -> Denial | None:
    """Check whether anything at all may be sent, and whether the data deserves it."""
    if state.trading is TradingState.HALTED:
        return Denial(Reason.KILL_SWITCH, state.trading_reason or "halted")
    if state.trading is not TradingState.ACTIVE:
        return Denial(Reason.TRADING_STATE, f"trading is {state.trading}")
    if not state.journal_ok:
        return Denial(Reason.JOURNAL_OK, "the journal takes no commits")
    for quote in (signal.buy, signal.sell):
        venue = state.venue(quote.venue)
        if venue.mismatches:
            return Denial(Reason.LEDGER_OK, f"{quote.venue} differs from the ledger")
        if venue.blocked or not venue.reconciled:
            why = venue.blocked or "balances not reconciled"
            return Denial(Reason.RECONCILED, f"{quote.venue}: {why}")
    limits = state.rules()
    age_ns = now_ns - signal.created_ns
    if age_ns > limits.max_quote_age_ns:
        return Denial(Reason.DATA_FRESH, f"signal is {age_ns / MS:.0f} ms old")
    if signal.loop_lag_ns > limits.max_loop_lag_ns:
        return Denial(Reason.DATA_FRESH, f"event loop lags {signal.loop_lag_ns / MS:.0f} ms")
    return _fresh((signal.buy, signal.sell))


def _fresh(quotes: tuple[QuoteView, ...]) -> Denial | None:
    for quote in quotes:
        if not quote.tradeable:
            return Denial(Reason.DATA_FRESH, f"{quote.venue} is {quote.verdict}")
    return None


def _throttled(state: CoreState, signal: ArbitrageSignal, now_ns: int) -> Denial | None:
    """Check everything that counts pairs, orders and time."""
    limits = state.rules()
    working = state.working()
    if any(pair.symbol == signal.symbol for pair in working):
        return Denial(Reason.DUPLICATE_INTENT, f"a pair of {signal.symbol} is in flight")
    if len(working) >= limits.max_concurrent_pairs:
        return Denial(Reason.IN_FLIGHT, f"{len(working)} pairs of {limits.max_concurrent_pairs}")
    base, quote = _assets(state, signal)
    frozen = state.frozen_assets() & {
        (venue, asset) for venue in (signal.buy.venue, signal.sell.venue) for asset in (base, quote)
    }
    if frozen:
        return Denial(Reason.UNKNOWN_ORDERS, f"an order on {min(frozen)[0]} is unknown")
    key = (signal.symbol, signal.buy.venue, signal.sell.venue)
    wait_ns = state.cooldowns.get(key, 0) - now_ns
    if wait_ns > 0:
        return Denial(Reason.COOLDOWN, f"{wait_ns / SECOND:.1f} s left")
    recent = sum(1 for at_ns in state.commits_ns if at_ns > now_ns - _HOUR_NS)
    if recent >= limits.max_pairs_per_hour:
        return Denial(Reason.REPEAT_EXECUTION, f"{recent} pairs in the last hour")
    for venue in (signal.buy.venue, signal.sell.venue):
        if not may_send(state, venue, now_ns):
            return Denial(Reason.MAX_MESSAGES, f"{limits.max_messages_per_s} orders/s on {venue}")
    return None


def may_send(state: CoreState, venue: str, now_ns: int) -> bool:
    """Tell whether one more order to the venue stays within its rate, unwinding included."""
    sent = sum(1 for at_ns in state.venue(venue).sends_ns if at_ns > now_ns - SECOND)
    planned = sum(
        1
        for pair in state.working()
        for leg in pair.legs
        if leg.venue == venue and leg.state is LegState.INTENT
    )
    return sent + planned < state.rules().max_messages_per_s


def _assets(state: CoreState, signal: ArbitrageSignal) -> tuple[str, str]:
    instrument = state.venue(signal.buy.venue).instruments.get(signal.symbol)
    return (instrument.base, instrument.quote) if instrument else ("", "")


def _priced(
    state: CoreState, signal: ArbitrageSignal, equity_quote: Decimal | None
) -> Plan | Denial:
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
    buy_price, sell_price = _limit_prices(buy, sell, ask, bid, limits)
    if buy_price <= 0:
        return Denial(Reason.INSTRUMENT_RULES, f"no valid price at or below {ask}")
    worst_pct = net_edge_pct_exact(buy_price, sell_price, buy_fee, sell_fee)
    if worst_pct < limits.min_profit_pct:
        return Denial(
            Reason.WORST_CASE_EDGE, f"{worst_pct:.4f} % at the limits < {limits.min_profit_pct} %"
        )
    size = plan_size(
        buy,
        sell,
        buy_price,
        sell_price,
        _wanted(limits, equity_quote),
        from_float(signal.qty),
        state.available(signal.buy.venue, buy.quote),
        state.available(signal.sell.venue, sell.base),
        buy_fee,
    )
    if not isinstance(size, SizePlan):
        return Denial(size.reason, size.detail)
    expected = net_profit_exact(ask, bid, buy_fee, sell_fee, size.qty)
    return Plan(buy.base, buy.quote, size.qty, buy_price, sell_price, buy_fee, expected)


def _limit_prices(
    buy: Instrument, sell: Instrument, ask: Decimal, bid: Decimal, limits: Limits
) -> tuple[Decimal, Decimal]:
    """Allow half of the slippage on each side, rounded towards the safe side."""
    half = exact.divide(limits.slippage_pct, exact.multiply(_HUNDRED, Decimal(2)))
    cap = exact.multiply(ask, exact.add(Decimal(1), half))
    floor = exact.multiply(bid, exact.subtract(Decimal(1), half))
    return buy.buy_price(cap), sell.sell_price(floor)


def _wanted(limits: Limits, equity_quote: Decimal | None) -> Decimal:
    """Return the value a leg should have: the trade amount under the order caps."""
    wanted = min(limits.trade_amount_quote, limits.max_order_quote)
    if equity_quote is not None:
        share = exact.divide(limits.max_order_equity_pct, _HUNDRED)
        wanted = min(wanted, exact.multiply(equity_quote, share))
    return wanted


def still_good(
    state: CoreState, pair: Pair, quotes: tuple[QuoteView, ...], now_ns: int
) -> Denial | None:
    """Check once more what moves between the commit and the writes."""
    if state.trading is TradingState.HALTED:
        return Denial(Reason.KILL_SWITCH, state.trading_reason or "halted")
    if state.trading is not TradingState.ACTIVE:
        return Denial(Reason.TRADING_STATE, f"trading is {state.trading}")
    if now_ns > pair.planned_ns + state.rules().commit_wait_ns:
        return Denial(Reason.DATA_FRESH, f"commit took {(now_ns - pair.planned_ns) / MS:.0f} ms")
    by_venue = {quote.venue: quote for quote in quotes}
    for leg in (pair.buy, pair.sell):
        quote = by_venue.get(leg.venue)
        if quote is None:
            return Denial(Reason.DATA_FRESH, f"no quote of {leg.venue}")
        if stale := _fresh((quote,)):
            return stale
        if state.venue(leg.venue).blocked:
            return Denial(Reason.RECONCILED, f"{leg.venue}: {state.venue(leg.venue).blocked}")
        buying = leg.side is OrderSide.BUY
        price = from_float(quote.ask if buying else quote.bid)
        if (price > leg.price) if buying else (price < leg.price):
            return Denial(Reason.VANISHED, f"{leg.venue} moved to {price}")
    return None


def unwind_denial(state: CoreState, leg: Leg, now_ns: int) -> Denial | None:
    """Check an order that brings a remainder home: fewer rules, but no way around the gate."""
    if state.trading is TradingState.HALTED:
        return Denial(Reason.KILL_SWITCH, state.trading_reason or "halted")
    if not state.journal_ok:
        return Denial(Reason.JOURNAL_OK, "the journal takes no commits")
    if state.venue(leg.venue).blocked:
        return Denial(Reason.RECONCILED, f"{leg.venue}: {state.venue(leg.venue).blocked}")
    if now_ns > leg.expires_ns - state.rules().order_validity_ns + state.rules().commit_wait_ns:
        return Denial(Reason.DATA_FRESH, "commit took too long")
    return None
