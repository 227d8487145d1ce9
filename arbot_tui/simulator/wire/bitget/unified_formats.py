"""Bitget's v3 JSON shapes for orders, fills and the unified account.

Source: Bitget UTA pages (commit of 2025-12-05) and change log to 2026-10-06.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from arbot_tui.domain.orders import OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import Order, Trade
from arbot_tui.simulator.wire.bitget.formats import wire_symbol
from arbot_tui.simulator.wire.common.amounts import average, fees_by_coin, millis, trimmed
from arbot_tui.simulator.wire.common.json import Json, JsonObject

__all__ = ["account_push", "assets", "fill", "info", "order_row", "settings"]

_STATUS = {
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
}


def order_row(order: Order) -> JsonObject:
    """Return an order."""
    mean = average(order)
    ended_early = order.status not in _STATUS
    return {
        "orderId": str(order.order_id),
        "clientOid": order.client_id,
        "category": "SPOT",
        "symbol": wire_symbol(order.instrument),
        "orderType": "limit",
        "side": order.side.value,
        "price": trimmed(order.price),
        "qty": trimmed(order.qty),
        "amount": "",
        "cumExecQty": trimmed(order.filled),
        "cumExecValue": trimmed(order.value),
        "avgPrice": "0" if mean is None else trimmed(mean),
        "timeInForce": order.tif.value,
        "orderStatus": _STATUS.get(order.status, "cancelled"),
        "posSide": "",
        "reduceOnly": "NO",
        "stpMode": "none",
        "feeDetail": [
            {"feeCoin": coin, "fee": trimmed(fee)}
            for coin, fee in fees_by_coin(order.trades).items()
        ],
        "cancelReason": "normal_cancel" if ended_early else "",
        "execType": "",
        "createdTime": str(millis(order.created_ns)),
        "updatedTime": str(millis(order.updated_ns)),
    }


def fill(trade: Trade, instrument: Instrument, time_key: str) -> JsonObject:
    """Return a fill; its time is `createdTime` over REST and `execTime` on the socket."""
    at = str(millis(trade.ts_ns))
    return {
        "execId": str(trade.trade_id),
        "execLinkId": str(trade.trade_id),
        "orderId": str(trade.order_id),
        "clientOid": trade.client_id,
        "category": "SPOT",
        "symbol": wire_symbol(instrument),
        "orderType": "limit",
        "side": trade.side.value,
        "execPrice": trimmed(trade.price),
        "execQty": trimmed(trade.qty),
        "execValue": trimmed(trade.value),
        "tradeScope": "maker" if trade.maker else "taker",
        "feeDetail": [{"feeCoin": trade.fee_asset, "fee": trimmed(trade.fee)}],
        time_key: at,
        "updatedTime": at,
    }


def assets(holdings: Mapping[str, Holding], only: Collection[str] | None) -> JsonObject:
    """Return balances: all that are held, or some coins."""
    coins: list[Json] = [
        {
            "coin": asset,
            "available": trimmed(holding.free),
            "locked": trimmed(holding.locked),
            "balance": trimmed(holding.total),
            "equity": trimmed(holding.total),
            "debt": "0",
        }
        for asset, holding in holdings.items()
        if (holding.total if only is None else asset in only)
    ]
    return {"accountEquity": "", "assets": coins}


def info(user_id: str, rights: PermsArgs) -> JsonObject:
    """Return what the key may do."""
    may = ["uta_mgt"]
    may += ["uta_trade"] if rights.trade else []
    may += ["transfer"] if rights.transfer else []
    may += ["withdraw"] if rights.withdraw else []
    return {
        "userId": user_id,
        "inviterId": "",
        "parentId": "0",
        "channelCode": "",
        "permType": "read-and-write" if rights.trade else "read-only",
        "permissions": may,
        "ips": "127.0.0.1" if rights.ip_bound else "",
        "regisTime": "1690000000000",
    }


def settings(user_id: str) -> JsonObject:
    """Return what kind of account it is."""
    return {
        "uid": user_id,
        "accountMode": "unified",
        "accountLevel": "basic",
        "assetMode": "single",
        "holdMode": "one_way_mode",
        "stpMode": "none",
        "symbolConfigList": [],
        "coinConfigList": [],
    }


def account_push(holdings: Mapping[str, Holding], only: Collection[str] | None) -> JsonObject:
    """Return balances as the account topic tells them."""
    return {
        "totalEquity": "",
        "coin": [
            {
                "coin": asset,
                "available": trimmed(holding.free),
                "locked": trimmed(holding.locked),
                "balance": trimmed(holding.total),
                "equity": trimmed(holding.total),
                "borrow": "0",
                "debts": "0",
            }
            for asset, holding in holdings.items()
            if (holding.total if only is None else asset in only)
        ],
    }
