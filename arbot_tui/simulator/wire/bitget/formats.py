"""Bitget's v2 JSON shapes for symbols, books, orders, fills and the account.

Source: Bitget v2 spot pages (commit of 2025-12-05). Fees of orders and of fills are negative
where the account pays, fee rates are positive fractions. Two samples of the documentation are
followed to the letter: open orders and balances spell names in lower case, and an open order's
`priceAvg` is its limit price.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.events import OrderEvent
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.networks import Chain, Movable
from arbot_tui.simulator.core.orders import Order, TimeInForce, Trade
from arbot_tui.simulator.wire.common.amounts import (
    average,
    fees_by_coin,
    fixed,
    levels,
    millis,
    trimmed,
)
from arbot_tui.simulator.wire.common.json import Json, JsonObject
from arbot_tui.simulator.wire.common.views import BookView

__all__ = [
    "FORCES",
    "SIDES",
    "assets_body",
    "assets_push",
    "book_body",
    "fill_body",
    "fill_push",
    "info_body",
    "open_order_body",
    "order_body",
    "order_push",
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

_CHAINS = {Chain.ETHEREUM: "ERC20", Chain.TRON: "TRC20", Chain.BSC: "BEP20"}
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


def coin_body(number: int, coin: Movable) -> JsonObject:
    """Return a coin of `public/coins` with its chains.

    Args:
        number: The venue's own number of it.
        coin: The coin.
    """
    chains: list[Json] = [
        {
            "chain": _CHAINS.get(terms.chain, coin.asset),
            "needTag": "false",
            "withdrawable": str(coin.withdrawals).lower(),
            "rechargeable": str(coin.deposits).lower(),
            "withdrawFee": format(terms.fee, "f"),
            "extraWithdrawFee": "0",
            "minDepositAmount": format(terms.least_deposit, "f"),
            "minWithdrawAmount": format(terms.minimum, "f"),
            "withdrawStep": "0",
            "withdrawMinScale": str(terms.decimals),
        }
        for terms in coin.chains
    ]
    return {"coinId": str(number), "coin": coin.asset, "transfer": "true", "chains": chains}


def symbol_body(instrument: Instrument, listing: Listing, profile: VenueProfile) -> JsonObject:
    """Return an entry of the symbols list; precisions are counts of decimals."""
    rules = listing.rules
    return {
        "symbol": wire_symbol(instrument),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "minTradeAmount": trimmed(rules.min_qty) if rules.min_lots > 1 else "0",
        "maxTradeAmount": "900000000000000000000",
        "maxLimitOrderValue": trimmed(rules.max_notional),
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
    paid = fees_by_coin(order.trades)
    in_bgb = paid.pop("BGB", Decimal(0))
    coins = [_coin_fee("BGB", in_bgb, deducted=True)] if in_bgb else []
    coins += [_coin_fee(coin, fee, deducted=False) for coin, fee in paid.items()]
    fee = f"{-sum(paid.values(), Decimal(0)):f}"
    own = (
        f'"newFees":{{"c":0,"d":{-in_bgb if in_bgb else 0:f},"deduction":{_word(bool(in_bgb))},'
        f'"r":{fee},"t":{fee},"totalDeductionFee":0}}'
    )
    return "{" + ",".join([own, *coins]) + "}"


def _coin_fee(coin: str, fee: Decimal, *, deducted: bool) -> str:
    return (
        f'"{coin}":{{"deduction":{_word(deducted)},"feeCoinCode":"{coin}",'
        f'"totalDeductionFee":{f"{-fee:f}" if deducted else 0},"totalFee":{-fee:f}}}'
    )


def _word(value: bool) -> str:
    return "true" if value else "false"


def order_push(event: OrderEvent) -> JsonObject:
    """Return an order as its channel tells it: `baseVolume` and the like are this push's fill."""
    order, trade = event.order, event.trade
    buying = order.side is OrderSide.BUY
    mean = average(order)
    body: JsonObject = {
        "instId": wire_symbol(order.instrument),
        "orderId": str(order.order_id),
        "clientOid": order.client_id,
        "price": trimmed(order.price),
        # A quote amount for buys and base for sells, limit orders too.
        "size": trimmed(order.price * order.qty if buying else order.qty),
        "newSize": trimmed(order.qty),
        "notional": trimmed(order.price * order.qty),
        "orderType": "limit",
        "force": order.tif.value,
        "side": order.side.value,
        "fillPrice": "0",
        "tradeId": "",
        "baseVolume": "0",
        "fillTime": "",
        "fillFee": "0",
        "fillFeeCoin": "",
        "tradeScope": "",
        "accBaseVolume": trimmed(order.filled),
        "priceAvg": "0" if mean is None else trimmed(mean),
        "status": _STATUS.get(order.status, "cancelled"),
        "cTime": str(millis(order.created_ns)),
        "uTime": str(millis(event.ts_ns)),
        "stpMode": "none",
        "feeDetail": [
            {"feeCoin": coin, "fee": trimmed(-fee)}
            for coin, fee in fees_by_coin(order.trades).items()
        ],
        "enterPointSource": "API",
    }
    if trade is None:
        return body
    return {
        **body,
        "fillPrice": trimmed(trade.price),
        "tradeId": str(trade.trade_id),
        "baseVolume": trimmed(trade.qty),
        "fillTime": str(millis(trade.ts_ns)),
        "fillFee": trimmed(-trade.fee),
        "fillFeeCoin": trade.fee_asset,
        "tradeScope": "M" if trade.maker else "T",
    }


def fill_push(trade: Trade, instrument: Instrument) -> JsonObject:
    """Return a fill as its channel tells it: unlike over REST its fee is positive."""
    deducted = trade.fee_asset == "BGB"
    return {
        "orderId": str(trade.order_id),
        "tradeId": str(trade.trade_id),
        "symbol": wire_symbol(instrument),
        "orderType": "limit",
        "side": trade.side.value,
        "priceAvg": trimmed(trade.price),
        "size": trimmed(trade.qty),
        "amount": trimmed(trade.value),
        "tradeScope": "maker" if trade.maker else "taker",
        "feeDetail": [
            {
                "feeCoin": trade.fee_asset,
                "deduction": "yes" if deducted else "no",
                "totalDeductionFee": trimmed(trade.fee) if deducted else "0",
                "totalFee": trimmed(trade.fee),
            }
        ],
        "cTime": str(millis(trade.ts_ns)),
        "uTime": str(millis(trade.ts_ns)),
    }


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
    """Return a fill; unlike in orders, its fees are an object, and positive if in BGB."""
    deducted = trade.fee_asset == "BGB"
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
            "deduction": "yes" if deducted else "no",
            "feeCoin": trade.fee_asset,
            "totalDeductionFee": trimmed(trade.fee) if deducted else "",
            "totalFee": trimmed(trade.fee if deducted else -trade.fee),
        },
        "tradeScope": "maker" if trade.maker else "taker",
        "cTime": str(millis(trade.ts_ns)),
        "uTime": str(millis(trade.ts_ns)),
    }


def assets_body(
    holdings: Mapping[str, Holding], coin: str | None, held_only: bool, now_ms: int
) -> list[JsonObject]:
    """Return balances.

    Args:
        holdings: What the account holds.
        coin: The one that was asked for; None for all.
        held_only: Leave out empty ones.
        now_ms: The venue's time.
    """
    return [
        {**_asset(holding, now_ms), "coin": asset.lower()}
        for asset, holding in holdings.items()
        if (coin is None or asset == coin.upper()) and (holding.total or not held_only)
    ]


def assets_push(
    holdings: Mapping[str, Holding], coins: Collection[str], now_ms: int
) -> list[JsonObject]:
    """Return balances as the account channel tells them: in capitals."""
    return [
        {"coin": asset, **_asset(holding, now_ms)}
        for asset, holding in holdings.items()
        if asset in coins
    ]


def _asset(holding: Holding, now_ms: int) -> JsonObject:
    return {
        "available": trimmed(holding.free),
        "frozen": trimmed(holding.locked),
        "locked": "0",
        "limitAvailable": "0",
        "uTime": str(now_ms),
    }


def info_body(user_id: str, rights: PermsArgs) -> JsonObject:
    """Return the account and what the key may do, as codes."""
    codes = ["stow"] if rights.trade else []
    codes += ["stor"]
    codes += ["wtor", "wtow"] if rights.transfer else []
    codes += ["wwow"] if rights.withdraw else []
    return {
        "userId": user_id,
        "inviterId": "",
        "ips": "127.0.0.1" if rights.ip_bound else "",
        "authorities": codes,
        "parentId": 0,
        "traderType": "not_trader",
        "channelCode": "",
        "channel": "",
        "regisTime": "1690000000000",
    }
