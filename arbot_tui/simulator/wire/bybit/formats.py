"""Bybit's JSON shapes for instruments, books, orders, executions and the wallet.

Sources: bybit-exchange/docs `v5/market/{instrument,orderbook,tickers}`,
`v5/order/{open-order,execution}`, `v5/account/{wallet-balance,fee-rate}`,
`v5/user/apikey-info`, 2026-07-24. Fees are positive where the account pays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.networks import Chain, Movable
from arbot_tui.simulator.core.orders import EndReason, Order, TimeInForce, Trade
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
    "SIDES",
    "TIMES_IN_FORCE",
    "book_body",
    "execution_body",
    "fast_execution_body",
    "instrument_body",
    "key_body",
    "order_body",
    "sequence",
    "ticker_body",
    "wallet_body",
    "wire_symbol",
]

SIDES: Mapping[str, OrderSide] = {"Buy": OrderSide.BUY, "Sell": OrderSide.SELL}
TIMES_IN_FORCE: Mapping[str, TimeInForce] = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}

_SIDE = {side: word for word, side in SIDES.items()}
_TIME_IN_FORCE = {tif: word for word, tif in TIMES_IN_FORCE.items()}
_CHAINS = {Chain.ETHEREUM: "ETH", Chain.TRON: "TRX", Chain.BSC: "BSC"}
_OPEN = {
    OrderStatus.NEW: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
}
# Cross sequence and update id are two series; an offset keeps them from being mistaken.
_SEQUENCE_AHEAD = 70_000_000_000
# Step of quote amounts: a price times a quantity has eight decimals at most in the world.
_QUOTE_DECIMALS = 8


def wire_symbol(instrument: Instrument) -> str:
    """Return Bybit's name of an instrument."""
    return instrument.base + instrument.quote


def sequence(update_id: int) -> int:
    """Return the cross sequence of a state of a book."""
    return update_id + _SEQUENCE_AHEAD


def instrument_body(instrument: Instrument, rules: Instrument) -> JsonObject:
    """Return an entry of `instruments-info`; `rules` are the present ones."""
    return {
        "symbolId": instrument.index + 1,
        "symbol": wire_symbol(instrument),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": trimmed(rules.lot),
            "quotePrecision": trimmed(Decimal(1).scaleb(-_QUOTE_DECIMALS)),
            "minOrderQty": trimmed(rules.min_qty),
            "maxOrderQty": trimmed(rules.max_qty),
            "minOrderAmt": trimmed(rules.min_notional),
            "maxOrderAmt": trimmed(rules.max_notional),
            "maxLimitOrderQty": trimmed(rules.max_qty),
            "maxMarketOrderQty": trimmed(rules.max_qty / 2),
            "postOnlyMaxLimitOrderSize": trimmed(rules.max_qty),
        },
        "priceFilter": {"tickSize": trimmed(rules.tick)},
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
        "symbolType": "",
    }


def book_body(
    instrument: Instrument, book: BookView, depth: int, update_id: int, now_ms: int
) -> JsonObject:
    """Return the result of `GET /v5/market/orderbook`."""
    return {
        "s": wire_symbol(instrument),
        "b": levels(instrument, book.bids[:depth]),
        "a": levels(instrument, book.asks[:depth]),
        "ts": now_ms,
        "u": update_id,
        "seq": sequence(book.update_id),
        "cts": millis(book.ts_ns),
    }


def ticker_body(instrument: Instrument, book: BookView, day: DayStats) -> JsonObject:
    """Return an entry of `GET /v5/market/tickers`; unlike the stream it has best bid and ask."""
    bid, ask = book.best_bid, book.best_ask
    change = (day.last - day.open) / day.open
    return {
        "symbol": wire_symbol(instrument),
        "bid1Price": instrument.price_text(bid.ticks) if bid.lots else "",
        "bid1Size": instrument.qty_text(bid.lots) if bid.lots else "",
        "ask1Price": instrument.price_text(ask.ticks) if ask.lots else "",
        "ask1Size": instrument.qty_text(ask.lots) if ask.lots else "",
        "lastPrice": trimmed(day.last),
        "prevPrice24h": trimmed(day.open),
        "price24hPcnt": fixed(change, 4),
        "highPrice24h": trimmed(day.high),
        "lowPrice24h": trimmed(day.low),
        "turnover24h": trimmed(day.quote_volume),
        "volume24h": trimmed(day.base_volume),
        "usdIndexPrice": trimmed(day.last),
    }


def order_body(order: Order) -> JsonObject:
    """Return an order as `realtime` and `history` show it."""
    rules = order.instrument
    digits = rules.price_decimals + rules.qty_decimals
    status, cancel_type, reason = _ending(order)
    fees = fees_by_coin(order.trades)
    fee_coin, fee = next(iter(fees.items()), ("", Decimal(0)))
    mean = average(order)
    return {
        "category": "spot",
        "symbol": wire_symbol(rules),
        "orderId": str(order.order_id),
        "orderLinkId": order.client_id,
        "side": _SIDE[order.side],
        "orderType": "Limit",
        "timeInForce": _TIME_IN_FORCE[order.tif],
        "price": fixed(order.price, rules.price_decimals),
        "qty": fixed(order.qty, rules.qty_decimals),
        "orderStatus": status,
        "cancelType": cancel_type,
        "rejectReason": reason,
        "avgPrice": "" if mean is None else trimmed(mean),
        # After the end of an order nothing is left, whatever did not trade.
        "leavesQty": fixed(order.remaining if order.is_open else Decimal(0), rules.qty_decimals),
        "leavesValue": fixed(order.remaining * order.price, digits),
        "cumExecQty": fixed(order.filled, rules.qty_decimals),
        "cumExecValue": fixed(order.value, digits),
        "cumExecFee": trimmed(fee),
        "cumFeeDetail": {coin: trimmed(paid) for coin, paid in fees.items()},
        "feeCurrency": fee_coin,
        "marketUnit": "",
        "isLeverage": "0",
        "positionIdx": 0,
        "blockTradeId": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "stopOrderType": "",
        "orderIv": "",
        "triggerPrice": "0.0",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "createdTime": str(millis(order.created_ns)),
        "updatedTime": str(millis(order.updated_ns)),
    }


def _ending(order: Order) -> tuple[str, str, str]:
    """Return orderStatus, cancelType and rejectReason."""
    if order.status in _OPEN:
        return _OPEN[order.status], "UNKNOWN", "EC_NoError"
    # The two spellings are Bybit's: partly filled ones have a single l.
    status = "PartiallyFilledCanceled" if order.filled else "Cancelled"
    if order.status is OrderStatus.REJECTED:
        return "Rejected", "UNKNOWN", "EC_Others"
    if order.end is EndReason.OWNER:
        return status, "CancelByUser", "EC_PerCancelRequest"
    if order.end is EndReason.DELISTED:
        return status, "CancelByAdmin", "EC_PerCancelRequest"
    if order.end is EndReason.BAND:
        return status, "UNKNOWN", "EC_ReachRiskPriceLimit"
    if order.tif is TimeInForce.FOK:
        return status, "UNKNOWN", "EC_NoEnoughQtyToFill"
    reason = "EC_CancelForNoFullFill" if order.filled else "EC_NoImmediateQtyToFill"
    return status, "UNKNOWN", reason


def execution_body(trade: Trade, order: Order) -> JsonObject:
    """Return an entry of `GET /v5/execution/list`."""
    rules = order.instrument
    return {
        "symbol": wire_symbol(rules),
        "orderId": str(order.order_id),
        "orderLinkId": order.client_id,
        "side": _SIDE[order.side],
        "orderPrice": fixed(order.price, rules.price_decimals),
        "orderQty": fixed(order.qty, rules.qty_decimals),
        "leavesQty": fixed(order.remaining if order.is_open else Decimal(0), rules.qty_decimals),
        "orderType": "Limit",
        "stopOrderType": "",
        "execFee": trimmed(trade.fee),
        "feeCurrency": trade.fee_asset,
        "execId": str(trade.trade_id),
        "execPrice": fixed(trade.price, rules.price_decimals),
        "execQty": fixed(trade.qty, rules.qty_decimals),
        "execType": "Trade",
        "execValue": fixed(trade.value, rules.price_decimals + rules.qty_decimals),
        "execTime": str(millis(trade.ts_ns)),
        "isMaker": trade.maker,
        "feeRate": trimmed(trade.rate),
        "extraFees": _extra_fees(trade, rules),
        "seq": sequence(trade.trade_id),
    }


def _extra_fees(trade: Trade, rules: Instrument) -> Json:
    """Return taxes; an empty text where there are none."""
    if not trade.tax:
        return ""
    return [
        {
            "feeCoin": rules.quote,
            "feeType": "TAX",
            "subFeeType": "TAX_PNN",
            "feeRate": trimmed(trade.tax / trade.value),
            "fee": trimmed(trade.tax),
        }
    ]


def fast_execution_body(trade: Trade, instrument: Instrument) -> JsonObject:
    """Return an entry of `execution.fast`: no fee, and no id of the client for a maker."""
    return {
        "category": "spot",
        "symbol": wire_symbol(instrument),
        "execId": str(trade.trade_id),
        "execPrice": fixed(trade.price, instrument.price_decimals),
        "execQty": fixed(trade.qty, instrument.qty_decimals),
        "orderId": str(trade.order_id),
        "isMaker": trade.maker,
        "orderLinkId": "" if trade.maker else trade.client_id,
        "side": _SIDE[trade.side],
        "execTime": str(millis(trade.ts_ns)),
        "seq": sequence(trade.trade_id),
    }


def wallet_body(
    holdings: Mapping[str, Holding], only: Collection[str], prices: Mapping[str, Decimal]
) -> list[JsonObject]:
    """Return `result.list` of the wallet; coins without assets are left out.

    Args:
        holdings: What it holds.
        only: Coins that were asked for; empty for all.
        prices: Price of each asset in USDT, for the values in USD.
    """
    coins: list[JsonObject] = []
    total = Decimal(0)
    for asset, holding in holdings.items():
        value = holding.total * prices.get(asset, Decimal(1))
        total += value
        if holding.total and (not only or asset in only):
            coins.append(_coin(asset, holding.total, holding.locked, value))
    return [
        {
            "accountType": "UNIFIED",
            "accountIMRate": "",
            "accountMMRate": "",
            "accountLTV": "",
            "totalEquity": fixed(total, 8),
            "totalWalletBalance": fixed(total, 8),
            "totalMarginBalance": "",
            "totalAvailableBalance": "",
            "totalPerpUPL": "",
            "totalInitialMargin": "",
            "totalMaintenanceMargin": "",
            "coin": coins,
        }
    ]


def _coin(asset: str, total: Decimal, locked: Decimal, value: Decimal) -> JsonObject:
    return {
        "coin": asset,
        "walletBalance": trimmed(total),
        "locked": trimmed(locked),
        "equity": trimmed(total),
        "usdValue": fixed(value, 8),
        "spotBorrow": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "bonus": "0",
        "collateralSwitch": False,
        "marginCollateral": True,
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "spotHedgingQty": "0",
        # Dead since 2025-01-09: present, and no number.
        "availableToWithdraw": "",
        "free": "",
    }


def key_body(api_key: str, user_id: int, rights: PermsArgs) -> JsonObject:
    """Return what the key may do."""
    wallet = ["AccountTransfer"] if rights.transfer else []
    wallet += ["Withdraw"] if rights.withdraw else []
    return {
        "id": str(user_id % 10_000_000),
        "note": "synthetic",
        "apiKey": api_key,
        "readOnly": 0 if rights.trade else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": [],
            "Spot": ["SpotTrade"] if rights.trade else [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": [],
            "Exchange": [],
            "Earn": [],
            "FiatP2P": [],
        },
        "ips": ["127.0.0.1"] if rights.ip_bound else ["*"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": "2025-10-13T03:20:45Z",
        "uta": 1,
        "userID": user_id,
        "vipLevel": "No VIP",
        "isMaster": True,
        "parentUid": "0",
        "kycRegion": "",
    }


def coin_body(coin: Movable) -> JsonObject:
    """Return a coin of `asset/coin/query-info` with its chains."""
    chains: list[Json] = [
        {
            "chain": _CHAINS.get(terms.chain, coin.asset),
            "chainType": _CHAINS.get(terms.chain, coin.asset),
            "confirmation": "1",
            "withdrawFee": format(terms.fee, "f"),
            "depositMin": format(terms.least_deposit, "f"),
            "withdrawMin": format(terms.minimum, "f"),
            "minAccuracy": str(terms.decimals),
            "chainDeposit": str(int(coin.deposits)),
            "chainWithdraw": str(int(coin.withdrawals)),
            "withdrawPercentageFee": "0",
            "contractAddress": "",
            "safeConfirmNumber": "1",
        }
        for terms in coin.chains
    ]
    return {"name": coin.asset, "coin": coin.asset, "remainAmount": "1000000", "chains": chains}
