"""The edge: what is left of a spread after both taker fees.

Buy at the ask, sell at the bid (MISSION a3 and a4.1; the reference documentation's gross
spread of higher ask against lower bid cannot be executed):

    net = bid_sell - ask_buy - ask_buy * fee_buy - bid_sell * fee_sell
    pct = 100 * net / ask_buy

The slippage allowance, in percent, is what both legs together may lose against their quotes:
half of it on each leg, as a limit price beyond its quote. An edge after slippage is the edge at
both limits, so that what detection promises is what the worst case of the money core keeps.

The float form runs on the hot path and only *finds* an edge; the decimal form decides.
"""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.numbers import exact

__all__ = [
    "limit_prices",
    "limit_prices_exact",
    "net_edge_pct",
    "net_edge_pct_exact",
    "net_profit_exact",
]

_HUNDRED = Decimal(100)
_LEGS_OF_HUNDRED = Decimal(200)


def limit_prices(ask_buy: float, bid_sell: float, slippage_pct: float) -> tuple[float, float]:
    """Return the highest price to pay and the lowest to accept, before rounding to ticks."""
    half = slippage_pct / 200.0
    return ask_buy * (1.0 + half), bid_sell * (1.0 - half)


def limit_prices_exact(
    ask_buy: Decimal, bid_sell: Decimal, slippage_pct: Decimal
) -> tuple[Decimal, Decimal]:
    """Return `limit_prices` computed in decimals."""
    half = exact.divide(slippage_pct, _LEGS_OF_HUNDRED)
    cap = exact.multiply(ask_buy, exact.add(Decimal(1), half))
    return cap, exact.multiply(bid_sell, exact.subtract(Decimal(1), half))


def net_edge_pct(ask_buy: float, bid_sell: float, fee_buy: float, fee_sell: float) -> float:
    """Return the edge in percent of the money spent, after both taker fees.

    Args:
        ask_buy: Price paid, quote per base; not zero.
        bid_sell: Price received, quote per base.
        fee_buy: Taker fee of the buying venue as a fraction.
        fee_sell: Taker fee of the selling venue as a fraction.
    """
    return 100.0 * (bid_sell * (1.0 - fee_sell) - ask_buy * (1.0 + fee_buy)) / ask_buy


def net_profit_exact(
    ask_buy: Decimal, bid_sell: Decimal, fee_buy: Decimal, fee_sell: Decimal, qty: Decimal
) -> Decimal:
    """Return the profit of `qty` base units in quote currency, after both taker fees."""
    received = exact.multiply(bid_sell, exact.subtract(Decimal(1), fee_sell))
    paid = exact.multiply(ask_buy, exact.add(Decimal(1), fee_buy))
    return exact.multiply(exact.subtract(received, paid), qty)


def net_edge_pct_exact(
    ask_buy: Decimal, bid_sell: Decimal, fee_buy: Decimal, fee_sell: Decimal
) -> Decimal:
    """Return `net_edge_pct` computed in decimals; `ask_buy` must not be zero."""
    profit = net_profit_exact(ask_buy, bid_sell, fee_buy, fee_sell, Decimal(1))
    return exact.divide(exact.multiply(_HUNDRED, profit), ask_buy)
