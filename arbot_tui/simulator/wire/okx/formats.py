"""OKX's JSON shapes for instruments, books, orders, fills and the account.

Sources: OKX API guide (get instruments, tickers, order book, order details, fills, balance, fee
rates, account configuration), 2026-07-03 to 2026-07-23. Everything is text; fees and fee rates
are negative where the account pays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.events import OrderEvent
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.fees import FeeTerms
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.networks import Chain, ChainTerms, Movable
from arbot_tui.simulator.core.orders import EndReason, Order, TimeInForce, Trade
from arbot_tui.simulator.wire.common.amounts import average, fees_by_coin, millis, trimmed
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.views import BookView

__all__ = [
    "ORDER_TYPES",
    "SIDES",
    "balance_body",
    "bill_id",
    "config_body",
    "fee_body",
    "fill_body",
    "instrument_body",
    "instrument_code",
    "instrument_id",
    "order_body",
    "order_push",
    "rows",
    "ticker_body",
]

SIDES: Mapping[str, OrderSide] = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
ORDER_TYPES: Mapping[str, TimeInForce] = {
    "limit": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}

_ORDER_TYPE = {tif: word for word, tif in ORDER_TYPES.items()}
_CHAINS = {Chain.ETHEREUM: "ERC20", Chain.TRON: "TRC20", Chain.BSC: "BSC"}
# Coins whose own chain has another name than the coin.
_NAMES = {"BTC": "Bitcoin", "SOL": "Solana", "XRP": "Ripple", "DOGE": "Dogecoin"}
_STATES = {
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
}
_FIRST_CODE = 1_000_000
_FIRST_BILL = 680_000_000_000
_GROUP = "1"


def instrument_id(instrument: Instrument) -> str:
    """Return OKX's name of an instrument."""
    return f"{instrument.base}-{instrument.quote}"


def instrument_code(instrument: Instrument) -> int:
    """Return the number by which orders on a socket name an instrument."""
    return _FIRST_CODE + instrument.index


def instrument_body(instrument: Instrument, listing: Listing) -> JsonObject:
    """Return an entry of the instruments list; OKX publishes no minimum value."""
    rules = listing.rules
    return {
        "alias": "",
        "baseCcy": instrument.base,
        "category": "1",
        "contTdSwTime": "1704876947000",
        "ctMult": "",
        "ctType": "",
        "ctVal": "",
        "ctValCcy": "",
        "expTime": "",
        "groupId": _GROUP,
        "instCategory": "1",
        "instFamily": "",
        # Since 2026-06-30.
        "initPxLmtPct": "0.05",
        "floatPxLmtPct": "0.05",
        "maxPxLmtPct": "0.05",
        "instId": instrument_id(instrument),
        "instIdCode": instrument_code(instrument),
        "instType": "SPOT",
        "lever": "10",
        "listTime": "1606468572000",
        "lotSz": trimmed(rules.lot),
        "maxLmtAmt": trimmed(rules.max_notional),
        "maxLmtSz": trimmed(rules.max_qty),
        "maxMktAmt": "1000000",
        "maxMktSz": "",
        "minSz": trimmed(rules.min_qty),
        "openType": "call_auction",
        "optType": "",
        "quoteCcy": instrument.quote,
        "ruleType": "normal",
        "settleCcy": "",
        "state": "live" if listing.status is ListingStatus.TRADING else "suspend",
        "stk": "",
        "tickSz": trimmed(rules.tick),
        "tradeQuoteCcyList": [instrument.quote],
        "uly": "",
        "upcChg": [],
    }


def rows(instrument: Instrument, side: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Return levels as `[price, size, "0", number of orders]`; a removed one has no orders."""
    return [
        [
            instrument.price_text(ticks),
            instrument.qty_text(lots) if lots else "0",
            "0",
            str(1 + lots % 13) if lots else "0",
        ]
        for ticks, lots in side
    ]


def ticker_body(instrument: Instrument, book: BookView, day: DayStats, now_ms: int) -> JsonObject:
    """Return a ticker; its volumes are base (`vol24h`) and quote (`volCcy24h`) for spot."""
    bid, ask = book.best_bid, book.best_ask
    return {
        "instType": "SPOT",
        "instId": instrument_id(instrument),
        "last": trimmed(day.last),
        "lastSz": trimmed(instrument.min_qty),
        "askPx": instrument.price_text(ask.ticks) if ask.lots else "",
        "askSz": instrument.qty_text(ask.lots) if ask.lots else "",
        "bidPx": instrument.price_text(bid.ticks) if bid.lots else "",
        "bidSz": instrument.qty_text(bid.lots) if bid.lots else "",
        "open24h": trimmed(day.open),
        "high24h": trimmed(day.high),
        "low24h": trimmed(day.low),
        "volCcy24h": trimmed(day.quote_volume),
        "vol24h": trimmed(day.base_volume),
        "sodUtc0": trimmed(day.open),
        "sodUtc8": trimmed(day.open),
        "ts": str(now_ms),
    }


def order_body(order: Order) -> JsonObject:
    """Return an order's details; the `fill…` fields tell of its last fill only."""
    rules = order.instrument
    buying = order.side is OrderSide.BUY
    last = order.trades[-1] if order.trades else None
    mean = average(order)
    (coin, fee), *_ = fees_by_coin(t for t in order.trades if t.fee >= 0).items() or [
        ("", Decimal(0))
    ]
    rebate = sum((trade.fee for trade in order.trades if trade.fee < 0), Decimal(0))
    return {
        "accFillSz": trimmed(order.filled),
        "algoClOrdId": "",
        "algoId": "",
        "avgPx": "" if mean is None else trimmed(mean),
        "cTime": str(millis(order.created_ns)),
        "cancelSource": _cancel_source(order),
        "cancelSourceReason": "",
        "category": "normal",
        "ccy": "",
        "clOrdId": order.client_id,
        "fee": trimmed(-fee),
        "feeCcy": coin or (rules.base if buying else rules.quote),
        "fillPx": "" if last is None else trimmed(last.price),
        "fillSz": "0" if last is None else trimmed(last.qty),
        "fillTime": "" if last is None else str(millis(last.ts_ns)),
        "instId": instrument_id(rules),
        "instType": "SPOT",
        "lever": "",
        "ordId": str(order.order_id),
        "ordType": _ORDER_TYPE[order.tif],
        "pnl": "0",
        "posSide": "net",
        "px": trimmed(order.price),
        "rebate": trimmed(-rebate),
        "rebateCcy": rules.quote if buying else rules.base,
        "reduceOnly": "false",
        "side": order.side.value,
        "source": "",
        "state": _STATES.get(order.status, "canceled"),
        "stpMode": "cancel_maker",
        "sz": trimmed(order.qty),
        "tag": "",
        "tdMode": "cash",
        "tgtCcy": "",
        "tradeId": "" if last is None else str(last.trade_id),
        "tradeQuoteCcy": rules.quote,
        "uTime": str(millis(order.updated_ns)),
    }


def order_push(event: OrderEvent) -> JsonObject:
    """Return an order as its channel tells it: the `fill…` fields are those of this push."""
    body, trade = dict(order_body(event.order)), event.trade
    body |= {
        "amendResult": "",
        "code": "0",
        "execType": "" if trade is None else "M" if trade.maker else "T",
        "fillFee": "0" if trade is None else trimmed(-trade.fee),
        "fillFeeCcy": "" if trade is None else trade.fee_asset,
        "fillPx": "" if trade is None else trimmed(trade.price),
        "fillSz": "0" if trade is None else trimmed(trade.qty),
        "fillTime": "" if trade is None else str(millis(trade.ts_ns)),
        "msg": "",
        "reqId": "",
        "tradeId": "" if trade is None else str(trade.trade_id),
    }
    if body["avgPx"] == "":
        body["avgPx"] = "0"
    return body


def _cancel_source(order: Order) -> str:
    """Return who ended an order.

    0 the system, 1 the user, 13 fill-or-kill, 14 the rest of an IOC, 27 the price band.
    """
    if order.end is EndReason.OWNER:
        return "1"
    if order.end is EndReason.BAND:
        return "27"
    if order.end is EndReason.REMAINDER:
        return "13" if order.tif is TimeInForce.FOK else "14"
    return "0" if order.end is not EndReason.NONE else ""


def bill_id(trade: Trade) -> int:
    """Return the id by which fills are paged."""
    return _FIRST_BILL + trade.trade_id


def fill_body(trade: Trade, instrument: Instrument) -> JsonObject:
    """Return a fill."""
    at = str(millis(trade.ts_ns))
    return {
        "side": trade.side.value,
        "fillSz": trimmed(trade.qty),
        "fillPx": trimmed(trade.price),
        "fillPxVol": "",
        "fillFwdPx": "",
        "fee": trimmed(-trade.fee),
        "fillPnl": "0",
        "feeCcy": trade.fee_asset,
        "feeRate": trimmed(-trade.rate),
        "ordId": str(trade.order_id),
        "clOrdId": trade.client_id,
        "posSide": "net",
        "instType": "SPOT",
        "instId": instrument_id(instrument),
        "billId": str(bill_id(trade)),
        "subType": "1" if trade.side is OrderSide.BUY else "2",
        "tag": "",
        "execType": "M" if trade.maker else "T",
        "tradeId": str(trade.trade_id),
        "fillTime": at,
        "ts": at,
        "tradeQuoteCcy": instrument.quote,
    }


def balance_body(
    holdings: Mapping[str, Holding],
    only: Collection[str],
    prices: Mapping[str, Decimal],
    now_ms: int,
    *,
    omit_empty: bool = True,
) -> JsonObject:
    """Return the trading account.

    Args:
        holdings: What it holds.
        only: Currencies that were asked for; empty for all.
        prices: Price of each asset in USDT.
        now_ms: The venue's time.
        omit_empty: Leave out currencies without balance.
    """
    details: list[JsonObject] = []
    total = Decimal(0)
    for asset, holding in holdings.items():
        value = holding.total * prices.get(asset, Decimal(1))
        total += value
        if (omit_empty and not holding.total) or (only and asset not in only):
            continue
        details.append(
            {
                "availBal": trimmed(holding.free),
                "availEq": trimmed(holding.free),
                "cashBal": trimmed(holding.total),
                "ccy": asset,
                "crossLiab": "",
                "disEq": trimmed(value),
                "eq": trimmed(holding.total),
                "eqUsd": trimmed(value),
                "frozenBal": trimmed(holding.locked),
                "interest": "",
                "liab": "",
                "ordFrozen": trimmed(holding.locked),
                "uTime": str(now_ms),
            }
        )
    return {"details": details, "totalEq": trimmed(total), "uTime": str(now_ms)}


def fee_body(fees: FeeTerms, now_ms: int) -> JsonObject:
    """Return the account's fee rates: negative is commission."""
    maker, taker = trimmed(-fees.maker), trimmed(-fees.taker)
    return {
        "category": "1",
        "feeGroup": [{"groupId": _GROUP, "maker": maker, "rpiMaker": maker, "taker": taker}],
        "fiat": [],
        "instType": "SPOT",
        "level": "Lv1",
        "maker": maker,
        "ruleType": "normal",
        "taker": taker,
        "ts": str(now_ms),
    }


def config_body(user_id: str, rights: PermsArgs, *, in_quote: bool) -> JsonObject:
    """Return the account's configuration: spot mode, and what the key may do."""
    may = ["read_only"]
    may += ["withdraw"] if rights.withdraw else []
    may += ["trade"] if rights.trade else []
    return {
        "acctLv": "1",
        "acctStpMode": "cancel_maker",
        "autoLoan": False,
        "enableSpotBorrow": False,
        "feeType": "1" if in_quote else "0",
        "ip": "127.0.0.1" if rights.ip_bound else "",
        "kycLv": "3",
        "label": "synthetic",
        "level": "Lv1",
        "levelTmp": "",
        "mainUid": user_id,
        "perm": ",".join(may),
        "posMode": "net_mode",
        "roleType": "0",
        "spotBorrowAutoRepay": False,
        "type": "0",
        "uid": user_id,
    }


def currency_body(coin: Movable, terms: ChainTerms) -> JsonObject:
    """Return a row of `asset/currencies`: a currency on one chain."""
    own = _NAMES.get(coin.asset, coin.asset)
    return {
        "ccy": coin.asset,
        "name": coin.asset,
        "chain": f"{coin.asset}-{_CHAINS.get(terms.chain, own)}",
        "ctAddr": "",
        "canDep": coin.deposits,
        "canWd": coin.withdrawals,
        "canInternal": True,
        "minDep": format(terms.least_deposit, "f"),
        "minWd": format(terms.minimum, "f"),
        "maxWd": "1000000",
        "wdTickSz": str(terms.decimals),
        "fee": format(terms.fee, "f"),
        "burningFeeRate": "",
        "mainNet": True,
        "needTag": False,
    }
