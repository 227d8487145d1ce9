"""The events of Binance's user data stream.

Source: binance-spot-api-docs `user-data-stream.md`, commit of 2026-07-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.events import BalanceEvent, EventKind, OrderEvent
from arbot_tui.simulator.wire.binance.formats import amount, expiry_reason, millis, wire_symbol
from arbot_tui.simulator.wire.common.json import Json, JsonObject

__all__ = ["balance_update", "execution_report", "position"]

_EXECUTIONS = {
    EventKind.NEW: "NEW",
    EventKind.TRADE: "TRADE",
    EventKind.CANCELED: "CANCELED",
    EventKind.EXPIRED: "EXPIRED",
    EventKind.REJECTED: "REJECTED",
}
_ZERO = Decimal(0)


def execution_report(event: OrderEvent, now_ms: int) -> JsonObject:
    """Return what happened to an order."""
    order, trade = event.order, event.trade
    at_ms = millis(event.ts_ns)
    cancelled = event.kind is EventKind.CANCELED
    body: dict[str, Json] = {
        "e": "executionReport",
        "E": now_ms,
        "s": wire_symbol(order.instrument),
        # On a cancel the order goes by the id of the cancel.
        "c": order.cancel_id if cancelled and order.cancel_id else order.client_id,
        "S": "BUY" if order.side is OrderSide.BUY else "SELL",
        "o": "LIMIT",
        "f": order.tif.value.upper(),
        "q": amount(order.qty),
        "p": amount(order.price),
        "P": amount(_ZERO),
        "F": amount(_ZERO),
        "g": -1,
        "C": order.client_id if cancelled and order.cancel_id else "",
        "x": _EXECUTIONS[event.kind],
        "X": order.status.value.upper(),
        "r": "NONE",
        "i": order.order_id,
        "l": amount(trade.qty if trade else _ZERO),
        "z": amount(order.filled),
        "L": amount(trade.price if trade else _ZERO),
        "n": amount(trade.fee) if trade else "0",
        "N": trade.fee_asset if trade else None,
        "T": at_ms,
        "t": trade.trade_id if trade else -1,
        "I": event.number,
        "w": order.is_open and event.kind is EventKind.NEW,
        "m": trade.maker if trade else False,
        "M": trade is not None,
        "O": millis(order.created_ns),
        "Z": amount(order.value),
        "Y": amount(trade.value if trade else _ZERO),
        "Q": amount(_ZERO),
        "W": millis(order.created_ns),
        "V": "EXPIRE_MAKER",
    }
    if order.status is OrderStatus.EXPIRED:
        body["eR"] = expiry_reason(order)
    return body


def position(event: BalanceEvent, holdings: Mapping[str, Holding], now_ms: int) -> JsonObject:
    """Return the balances that may have changed, as they are."""
    return {
        "e": "outboundAccountPosition",
        "E": now_ms,
        "u": millis(event.ts_ns),
        "B": [
            {
                "a": asset,
                "f": amount(holdings[asset].free),
                "l": amount(holdings[asset].locked),
            }
            for asset in event.assets
        ],
    }


def balance_update(event: BalanceEvent, moved: Decimal, now_ms: int) -> JsonObject:
    """Return what a deposit or a withdrawal changed."""
    return {
        "e": "balanceUpdate",
        "E": now_ms,
        "a": event.assets[0],
        "d": amount(moved),
        "T": millis(event.ts_ns),
    }
