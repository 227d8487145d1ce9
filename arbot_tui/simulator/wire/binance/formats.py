"""Binance's JSON shapes for instruments, orders, trades and balances."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.fees import FeeCoin, FeeTerms
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.networks import Chain, Movable
from arbot_tui.simulator.core.orders import EndReason, Order, TimeInForce, Trade
from arbot_tui.simulator.wire.common.json import Json, JsonObject

__all__ = [
    "DIGITS",
    "amount",
    "balances",
    "cancel_body",
    "commission",
    "expiry_reason",
    "fills",
    "millis",
    "order_body",
    "query_body",
    "symbol_body",
    "ticker_24h",
    "trade_body",
    "wire_symbol",
]

DIGITS = 8
"""Decimals in which Binance prints prices and quantities."""

_CHAINS = {Chain.ETHEREUM: "ETH", Chain.TRON: "TRX", Chain.BSC: "BSC"}
_LISTED = {
    ListingStatus.TRADING: "TRADING",
    ListingStatus.HALTED: "HALT",
    ListingStatus.CANCEL_ONLY: "CANCEL_ONLY",
    # A delisted symbol stays in the list.
    ListingStatus.DELISTED: "BREAK",
}
_STATUS = {
    OrderStatus.NEW: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "REJECTED",
}


def amount(value: Decimal) -> str:
    """Return an amount with eight decimals."""
    return f"{value:.8f}"


def millis(time_ns: int) -> int:
    """Return nanoseconds as milliseconds."""
    return time_ns // 1_000_000


def wire_symbol(instrument: Instrument) -> str:
    """Return Binance's name of an instrument."""
    return instrument.base + instrument.quote


def symbol_body(instrument: Instrument, listing: Listing) -> JsonObject:
    """Return an entry of `exchangeInfo.symbols`."""
    rules = listing.rules
    lot, tick = amount(rules.lot), amount(rules.tick)
    return {
        "symbol": wire_symbol(instrument),
        "status": _LISTED[listing.status],
        "baseAsset": instrument.base,
        "baseAssetPrecision": DIGITS,
        "quoteAsset": instrument.quote,
        "quotePrecision": DIGITS,
        "quoteAssetPrecision": DIGITS,
        "baseCommissionPrecision": DIGITS,
        "quoteCommissionPrecision": DIGITS,
        "orderTypes": ["LIMIT"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": "1000000.00000000",
                "tickSize": tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": amount(rules.min_qty),
                "maxQty": amount(rules.max_qty),
                "stepSize": lot,
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": "0.00000000",
                "maxQty": amount(rules.max_qty),
                "stepSize": "0.00000000",
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "5",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "5",
                "askMultiplierDown": "0.2",
                "avgPriceMins": 5,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": amount(rules.min_notional),
                "applyMinToMarket": True,
                "maxNotional": amount(rules.max_notional),
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _core(order: Order) -> dict[str, str | int]:
    return {
        "price": amount(order.price),
        "origQty": amount(order.qty),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": amount(order.value),
        "status": _STATUS[order.status],
        "timeInForce": order.tif.value.upper(),
        "type": "LIMIT",
        "side": "BUY" if order.side is OrderSide.BUY else "SELL",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def expiry_reason(order: Order) -> str:
    """Return why an order expired."""
    if order.end is EndReason.BAND:
        return "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"
    kind = "FOK_ORDER" if order.tif is TimeInForce.FOK else "IOC_QUANTITY"
    return f"UNFILLED_{kind}_EXPIRED"


def _expiry(order: Order) -> dict[str, str]:
    if order.status is not OrderStatus.EXPIRED:
        return {}
    return {"expiryReason": expiry_reason(order)}


def _identity(order: Order) -> dict[str, str | int]:
    return {
        "symbol": wire_symbol(order.instrument),
        "orderId": order.order_id,
        "orderListId": -1,
        # Cancelling replaces the client's id by the cancel's.
        "clientOrderId": order.cancel_id or order.client_id,
    }


def order_body(order: Order, kind: str) -> JsonObject:
    """Return the answer to a new order, of type ACK, RESULT or FULL."""
    placed = millis(order.created_ns)
    ack = {**_identity(order), "transactTime": placed}
    if kind == "ACK":
        return ack
    result = {**ack, **_core(order), "workingTime": placed, **_expiry(order)}
    return result if kind == "RESULT" else {**result, "fills": fills(order)}


def fills(order: Order) -> list[JsonObject]:
    """Return the `fills` of a FULL answer."""
    return [
        {
            "price": amount(trade.price),
            "qty": amount(trade.qty),
            "commission": amount(trade.fee),
            "commissionAsset": trade.fee_asset,
            "tradeId": trade.trade_id,
        }
        for trade in order.trades
    ]


def cancel_body(order: Order) -> JsonObject:
    """Return the answer to a cancel."""
    return {
        **_identity(order),
        "origClientOrderId": order.client_id,
        "transactTime": millis(order.updated_ns),
        **_core(order),
    }


def query_body(order: Order) -> JsonObject:
    """Return the answer to a query, and a row of a list of orders."""
    return {
        **_identity(order),
        **_core(order),
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": millis(order.created_ns),
        "updateTime": millis(order.updated_ns),
        "isWorking": True,
        "workingTime": millis(order.created_ns),
        **_expiry(order),
    }


def trade_body(trade: Trade, symbol: str) -> JsonObject:
    """Return a row of `myTrades`."""
    return {
        "symbol": symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": amount(trade.price),
        "qty": amount(trade.qty),
        "quoteQty": amount(trade.value),
        "commission": amount(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": millis(trade.ts_ns),
        "isBuyer": trade.side is OrderSide.BUY,
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def balances(holdings: Mapping[str, Holding], omit_zero: bool) -> list[JsonObject]:
    """Return the `balances` of an account."""
    return [
        {"asset": asset, "free": amount(holding.free), "locked": amount(holding.locked)}
        for asset, holding in holdings.items()
        if holding.total or not omit_zero
    ]


def commission(instrument: Instrument, fees: FeeTerms) -> JsonObject:
    """Return the answer of `account/commission`."""
    discounted = fees.coin is FeeCoin.DISCOUNT
    zero = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
    return {
        "symbol": wire_symbol(instrument),
        "standardCommission": {**zero, "maker": amount(fees.maker), "taker": amount(fees.taker)},
        "specialCommission": zero,
        "taxCommission": zero,
        "discount": {
            "enabledForAccount": discounted,
            "enabledForSymbol": discounted,
            "discountAsset": "BNB",
            # What is left to pay, although one comment reads "reduced by this rate".
            "discount": amount(1 - fees.discount_pct / 100),
        },
    }


def ticker_24h(
    instrument: Instrument, day: DayStats, best: JsonObject, now_ms: int, mini: bool
) -> JsonObject:
    """Return a row of `ticker/24hr`; `best` holds bid, ask and their quantities."""
    change = day.last - day.open
    average = day.quote_volume / day.base_volume if day.base_volume else day.last
    row: dict[str, str | int] = {
        "symbol": wire_symbol(instrument),
        "openPrice": amount(day.open),
        "highPrice": amount(day.high),
        "lowPrice": amount(day.low),
        "lastPrice": amount(day.last),
        "volume": amount(day.base_volume),
        "quoteVolume": amount(day.quote_volume),
        "openTime": now_ms - 86_400_000,
        "closeTime": now_ms,
        "firstId": 1,
        "lastId": day.trades,
        "count": day.trades,
    }
    if mini:
        return row
    return {
        **row,
        "priceChange": amount(change),
        "priceChangePercent": f"{change / day.open * 100:.3f}",
        "weightedAvgPrice": amount(average),
        "prevClosePrice": amount(day.open),
        "lastQty": best["bidQty"],
        **{name: value for name, value in best.items() if name != "symbol"},
    }


def coin_body(coin: Movable) -> JsonObject:
    """Return a coin of `capital/config/getall` with its networks."""
    networks: list[Json] = [
        {
            "network": _CHAINS.get(terms.chain, coin.asset),
            "coin": coin.asset,
            "isDefault": terms is coin.chains[0],
            "depositEnable": coin.deposits,
            "withdrawEnable": coin.withdrawals,
            "name": _CHAINS.get(terms.chain, coin.asset),
            "withdrawFee": format(terms.fee, "f"),
            "withdrawMin": format(terms.minimum, "f"),
            "withdrawIntegerMultiple": format(Decimal(1).scaleb(-terms.decimals), "f"),
            "depositDust": format(terms.least_deposit, "f"),
            "minConfirm": 1,
            "busy": False,
        }
        for terms in coin.chains
    ]
    amounts = ("free", "locked", "freeze", "withdrawing", "ipoing", "ipoable", "storage")
    return {
        "coin": coin.asset,
        "depositAllEnable": coin.deposits,
        "withdrawAllEnable": coin.withdrawals,
        "name": coin.asset,
        **dict.fromkeys(amounts, "0"),
        "isLegalMoney": False,
        "trading": True,
        "networkList": networks,
    }
