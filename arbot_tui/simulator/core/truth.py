"""What really happened, for whoever checks a client against it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypedDict

from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import Order, Trade
from arbot_tui.simulator.core.world import World

__all__ = ["Truth", "truth"]


class _Holding(TypedDict):
    free: str
    locked: str


class _Order(TypedDict):
    client_id: str
    venue_id: str
    symbol: str
    side: str
    price: str
    qty: str
    filled: str
    status: str


class _Fill(TypedDict):
    trade_id: str
    client_id: str
    symbol: str
    side: str
    price: str
    qty: str
    fee: str
    fee_asset: str
    more_fees: dict[str, str]
    ts_ns: int


class _Move(TypedDict):
    asset: str
    amount: str
    told: bool
    ts_ns: int


class _Venue(TypedDict):
    opening: dict[str, str]
    balances: dict[str, _Holding]
    orders: list[_Order]
    fills: list[_Fill]
    moves: list[_Move]


class Truth(TypedDict):
    """The answer of `GET /truth`; amounts are plain decimal strings."""

    world_id: str
    now_ns: int
    venues: dict[str, _Venue]


def truth(world: World) -> Truth:
    """Return opening balances, balances, orders, fills and other moves of every venue."""
    return {
        "world_id": world.world_id,
        "now_ns": world.now_ns,
        "venues": {name: _venue(matcher) for name, matcher in world.matchers.items()},
    }


def _venue(matcher: Matcher) -> _Venue:
    account = matcher.account
    return {
        "opening": {asset: _text(amount) for asset, amount in account.opening.items()},
        "balances": {
            asset: {"free": _text(holding.free), "locked": _text(holding.locked)}
            for asset, holding in account.holdings.items()
        },
        "orders": _orders(matcher.orders),
        "fills": _fills(matcher.trades),
        "moves": [
            {"asset": m.asset, "amount": _text(m.amount), "told": m.told, "ts_ns": m.ts_ns}
            for m in account.moves
        ],
    }


def _orders(orders: Iterable[Order]) -> list[_Order]:
    return [
        {
            "client_id": order.client_id,
            "venue_id": str(order.order_id),
            "symbol": order.symbol,
            "side": order.side.value,
            "price": _text(order.price),
            "qty": _text(order.qty),
            "filled": _text(order.filled),
            "status": order.status.value,
        }
        for order in orders
    ]


def _fills(trades: Iterable[Trade]) -> list[_Fill]:
    return [
        {
            "trade_id": str(trade.trade_id),
            "client_id": trade.client_id,
            "symbol": trade.symbol,
            "side": trade.side.value,
            "price": _text(trade.price),
            "qty": _text(trade.qty),
            "fee": _text(trade.fee),
            "fee_asset": trade.fee_asset,
            "more_fees": {trade.symbol.partition("/")[2]: _text(trade.tax)} if trade.tax else {},
            "ts_ns": trade.ts_ns - trade.skew_ns,
        }
        for trade in trades
    ]


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
