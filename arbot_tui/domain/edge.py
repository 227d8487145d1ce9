"""The edge: what is left of a spread after both taker fees.

Buy at the ask, sell at the bid (MISSION a3 and a4.1; the reference documentation's gross
spread of higher ask against lower bid cannot be executed):

    net = bid_sell - ask_buy - ask_buy * fee_buy - bid_sell * fee_sell
    pct = 100 * net / ask_buy

The float form runs on the hot path and only *finds* an edge; the decimal form decides.
"""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.numbers import exact

__all__ = ["net_edge_pct", "net_edge_pct_exact", "net_profit_exact"]

_HUNDRED = Decimal(100)


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
