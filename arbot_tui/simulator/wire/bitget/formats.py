"""Bitget's v2 JSON shapes for symbols, books, orders, fills and the account.

Source: Bitget v2 spot pages (commit of 2025-12-05). Fees of orders and of fills are negative
where the account pays, fee rates are positive fractions. Two samples of the documentation are
followed to the letter: open orders and balances spell names in lower case, and an open order's
`priceAvg` is its limit price.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.orders import Order, TimeInForce, Trade
from arbot_tui.simulator.wire.common.amounts import average, fixed, levels, millis, trimmed
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.views import BookView

__all__ = [
    "FORCES",
    "SIDES",
    "assets_body",
    "book_body",
    "fill_body",
    "info_body",
    "open_order_body",
    "order_body",
    "symbol_body",
    "ticker_body",
    "wire_symbol",
]

SIDES: Mapping[str, OrderSide] = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
FORCES: Mapping[str, TimeInForce] = {
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}

_LISTED = {
    ListingStatus.TRADING: "online",
    ListingStatus.HALTED: "halt",
    ListingStatus.CANCEL_ONLY: "gray",
    ListingStatus.DELISTED: "offline",
}
_STATUS = {
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
}
# Orders print their amounts with sixteen decimals.
_DIGITS = 16
_QUOTE_DIGITS = 8


def wire_symbol(instrument: Instrument) -> str:
    """Return Bitget's name of an instrument."""
    return instrument.base + instrument.quote


def symbol_body(instrument: Instrument, listing: Listing, profile: VenueProfile) -> JsonObject:
    """Return an entry of the symbols list; precisions are counts of decimals."""
    rules = listing.rules
    return {
        "symbol": wire_symbol(instrument),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "minTradeAmount": trimmed(rules.min_qty) if rules.min_lots > 1 else "0",
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": trimmed(profile.taker_fee),
        "makerFeeRate": trimmed(profile.maker_fee),
        "pricePrecision": str(rules.price_decimals),
        "quantityPrecision": str(rules.qty_decimals),
        "quotePrecision": str(_QUOTE_DIGITS),
        "status": _LISTED[listing.status],
        "minTradeUSDT": trimmed(rules.min_notional),
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "areaSymbol": "no",
        "orderQuantity": "200",
        "openTime": "1532454360000",
        "offTime": "",
    }


def ticker_body(instrument: Instrument, book: BookView, day: DayStats, now_ms: int) -> JsonObject:
    """Return a ticker."""
    bid, ask = book.best_bid, book.best_ask
    change = fixed((day.last - day.open) / day.open, 5)
    return {
        "symbol": wire_symbol(instrument),
        "high24h": trimmed(day.high),
        "open": trimmed(day.open),
        "low24h": trimmed(day.low),
        "lastPr": trimmed(day.last),
        "quoteVolume": trimmed(day.quote_volume),
        "baseVolume": trimmed(day.base_volume),
        "usdtVolume": trimmed(day.quote_volume),
        "bidPr": instrument.price_text(bid.ticks) if bid.lots else "0",
        "askPr": instrument.price_text(ask.ticks) if ask.lots else "0",
        "bidSz": instrument.qty_text(bid.lots) if bid.lots else "0",
        "askSz": instrument.qty_text(ask.lots) if ask.lots else "0",
        "openUtc": trimmed(day.open),
        "ts": str(now_ms),
        "changeUtc24h": change,
        "change24h": change,
    }


def book_body(instrument: Instrument, book: BookView, depth: int) -> JsonObject:
    """Return the data of the order book; REST depth has no sequence number."""
    return {
        "asks": levels(instrument, book.asks[:depth]),
        "bids": levels(instrument, book.bids[:depth]),
        "ts": str(millis(book.ts_ns)),
    }


def order_body(order: Order, user_id: str) -> JsonObject:
    """Return an order as `orderInfo` and `history-orders` show it."""
    mean = average(order)
    ended_early = order.status not in _STATUS
    return {
        "userId": user_id,
        "symbol": wire_symbol(order.instrument),
        "orderId": str(order.order_id),
        "clientOid": order.client_id,
        "price": fixed(order.price, _DIGITS),
        "size": fixed(order.qty, _DIGITS),
        "orderType": "limit",
        "side": order.side.value,
        "status": _STATUS.get(order.status, "cancelled"),
        "priceAvg": fixed(mean or Decimal(0), _DIGITS),
        "baseVolume": fixed(order.filled, _DIGITS),
        "quoteVolume": fixed(order.value, _DIGITS),
        "enterPointSource": "API",
        "feeDetail": _fee_text(order),
        "orderSource": "normal",
        "cancelReason": "normal_cancel" if ended_early else "",
        "cTime": str(millis(order.created_ns)),
        "uTime": str(millis(order.updated_ns)),
    }


def _fee_text(order: Order) -> str:
    """Return the fees of an order: JSON inside a text, negative for what was paid."""
    if not order.trades:
        return ""
    coin = order.trades[0].fee_asset
    fee = f"{-sum((trade.fee for trade in order.trades), Decimal(0)):f}"
    return (
        f'{{"newFees":{{"c":0,"d":0,"deduction":false,"r":{fee},"t":{fee},'
        f'"totalDeductionFee":0}},"{coin}":{{"deduction":false,"feeCoinCode":"{coin}",'
        f'"totalDeductionFee":0,"totalFee":{fee}}}}}'
    )


def open_order_body(order: Order, user_id: str) -> JsonObject:
    """Return an order as `unfilled-orders` shows it."""
    mean = average(order)
    filled = order.status is OrderStatus.PARTIALLY_FILLED
    return {
        "userId": user_id,
        "symbol": wire_symbol(order.instrument).lower(),
        "orderId": str(order.order_id),
        "clientOid": order.client_id,
        "priceAvg": trimmed(order.price),
        "size": trimmed(order.qty),
        "orderType": "limit",
        "side": order.side.value,
        "status": "partially_filled" if filled else "new",
        "basePrice": "0" if mean is None else trimmed(mean),
        "baseVolume": trimmed(order.filled),
        "quoteVolume": trimmed(order.value),
        "enterPointSource": "API",
        "orderSource": "normal",
        "cTime": str(millis(order.created_ns)),
        "uTime": str(millis(order.updated_ns)),
        "tpslType": "normal",
        "triggerPrice": None,
    }


def fill_body(trade: Trade, instrument: Instrument, user_id: str) -> JsonObject:
    """Return a fill; unlike in orders, its fees are an object."""
    return {
        "userId": user_id,
        "symbol": wire_symbol(instrument),
        "orderId": str(trade.order_id),
        "tradeId": str(trade.trade_id),
        "orderType": "limit",
        "side": trade.side.value,
        "priceAvg": trimmed(trade.price),
        "size": trimmed(trade.qty),
        "amount": trimmed(trade.value),
        "feeDetail": {
            "deduction": "no",
            "feeCoin": trade.fee_asset,
            "totalDeductionFee": "",
            "totalFee": trimmed(-trade.fee),
        },
        "tradeScope": "maker" if trade.maker else "taker",
        "cTime": str(millis(trade.ts_ns)),
        "uTime": str(millis(trade.ts_ns)),
    }


def assets_body(
    account: Account, coin: str | None, held_only: bool, now_ms: int
) -> list[JsonObject]:
    """Return balances.

    Args:
        account: The account.
        coin: The one that was asked for; None for all.
        held_only: Leave out empty ones.
        now_ms: The venue's time.
    """
    return [
        {
            "coin": asset.lower(),
            "available": trimmed(holding.free),
            "frozen": trimmed(holding.locked),
            "locked": "0",
            "limitAvailable": "0",
            "uTime": str(now_ms),
        }
        for asset, holding in account.holdings.items()
        if (coin is None or asset == coin.upper()) and (holding.total or not held_only)
    ]


def info_body(user_id: str) -> JsonObject:
    """Return the account: a key that may read and write spot trades, from this machine."""
    return {
        "userId": user_id,
        "inviterId": "",
        "ips": "127.0.0.1",
        "authorities": ["stow", "stor"],
        "parentId": 0,
        "traderType": "not_trader",
        "channelCode": "",
        "channel": "",
        "regisTime": "1690000000000",
    }
