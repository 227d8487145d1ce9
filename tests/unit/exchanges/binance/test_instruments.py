import json
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.exchanges.binance.instruments import ExchangeInfo, Quota, parse_exchange_info

BTC: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quoteAsset": "USDT",
    "quotePrecision": 8,
    "quoteAssetPrecision": 8,
    "isSpotTradingAllowed": True,
    "filters": [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01000000",
            "maxPrice": "1000000.00000000",
            "tickSize": "0.01000000",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00001000",
            "maxQty": "9000.00000000",
            "stepSize": "0.00001000",
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": "116.87000000",
            "stepSize": "0.00000000",
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": "5.00000000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ],
    "permissions": [],
    "permissionSets": [["SPOT", "MARGIN"]],
}


def _read(*symbols: dict[str, Any], **more: object) -> ExchangeInfo:
    return parse_exchange_info(json.dumps({"symbols": symbols, **more}).encode())


def _one(**changes: object) -> Instrument:
    info = _read(BTC | changes)
    assert info.dropped == []
    return info.instruments[0]


def _with_filter(kind: str, **changes: object) -> Instrument:
    filters = [dict(f, **changes) if f["filterType"] == kind else f for f in BTC["filters"]]
    return _one(filters=filters)


def test_todays_form() -> None:
    assert _one() == Instrument(
        venue="binance",
        wire_symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_step=Decimal("0.00001"),
        min_qty=Decimal("0.00001"),
        max_qty=Decimal(9000),
        min_notional=Decimal(5),
        max_notional=Decimal(9000000),
        tradeable=True,
    )


def test_what_an_account_may_hold_bounds_purchases() -> None:
    position = {"filterType": "MAX_POSITION", "maxPosition": "10.00000000"}
    assert _one(filters=[*BTC["filters"], position]).max_holding == Decimal(10)
    assert _with_filter("NOTIONAL", maxNotional="").max_notional == Decimal(0)


def test_the_form_of_2021() -> None:
    filters = [f for f in BTC["filters"] if f["filterType"] != "NOTIONAL"]
    old = {key: value for key, value in BTC.items() if key != "permissionSets"}
    old["filters"] = [
        *filters,
        {"filterType": "MIN_NOTIONAL", "minNotional": "10.00000000", "applyToMarket": True},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
    ]
    old["permissions"] = ["SPOT", "MARGIN"]

    instrument = _read(old).instruments[0]

    assert instrument.min_notional == 10
    assert instrument.tradeable


@pytest.mark.parametrize(
    ("changes", "tradeable"),
    [
        ({"status": "HALT"}, False),
        ({"status": "BREAK"}, False),
        ({"status": "CANCEL_ONLY"}, False),
        ({"status": "SOMETHING_NEW"}, False),
        ({"isSpotTradingAllowed": False}, False),
        ({"permissionSets": [["TRD_GRP_005"]]}, False),
        ({"permissionSets": [["SPOT"], ["TRD_GRP_005", "SPOT"]]}, True),
        ({"permissionSets": [["SPOT"], ["TRD_GRP_005"]]}, False),
        ({"permissionSets": [], "permissions": ["MARGIN"]}, False),
        ({"permissionSets": [], "permissions": []}, True),
    ],
)
def test_what_may_be_traded(changes: dict[str, object], tradeable: bool) -> None:
    assert _one(**changes).tradeable is tradeable
    assert bool(_one(**changes).status) is not tradeable


def test_the_venues_word_of_a_halt_is_kept_and_never_looks_like_trading() -> None:
    assert _one(status="BREAK").status == "BREAK"
    assert _one(status="\u200b").status == "unknown"
    assert _one(isSpotTradingAllowed=False).status == "no spot trading"


def test_a_rule_that_is_switched_off_leaves_the_precision() -> None:
    assert _with_filter("PRICE_FILTER", tickSize="0.00000000").tick_size == Decimal("1E-8")
    assert _with_filter("LOT_SIZE", stepSize="0").lot_step == Decimal("1E-8")
    bare = _one(filters=[], baseAssetPrecision=3, quoteAssetPrecision=2)
    assert (bare.lot_step, bare.tick_size) == (Decimal("0.001"), Decimal("0.01"))
    assert {bare.min_qty, bare.max_qty, bare.min_notional} == {Decimal(0)}


@pytest.mark.parametrize(
    ("band", "buy", "sell"),
    [
        (
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "5",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "6",
                "askMultiplierDown": "0.3",
                "avgPriceMins": 5,
            },
            "4",
            "0.7",
        ),
        (
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.1", "multiplierDown": "0.8"},
            "0.1",
            "0.2",
        ),
    ],
)
def test_the_band_of_a_price_is_that_of_the_side_that_pays_for_it(
    band: dict[str, object], buy: str, sell: str
) -> None:
    found = _one(filters=[*BTC["filters"], band])
    assert (found.buy_band, found.sell_band) == (Decimal(buy), Decimal(sell))


@pytest.mark.parametrize(
    "strange",
    [
        {"filterType": "BRAND_NEW", "tickSize": {"not": "a text"}},
        {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10},
    ],
)
def test_unknown_filters_are_not_looked_into(strange: dict[str, object]) -> None:
    assert _one(filters=[*BTC["filters"], strange]) == _one()


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": ""},
        {"symbol": "BTC\u202eUSDT"},
        {"baseAsset": "B/C"},
        {"quoteAsset": "US\x1bDT"},
        {"baseAsset": 5},
        {"filters": "none"},
        {"filters": [{"no": "type"}]},
        {"filters": [{"filterType": "LOT_SIZE", "stepSize": "-0.1"}]},
        {"filters": [{"filterType": "LOT_SIZE", "stepSize": "NaN"}]},
        {"filters": [{"filterType": "LOT_SIZE", "stepSize": 0.1}]},
        {"filters": [], "baseAssetPrecision": 1000},
        {"filters": [], "baseAssetPrecision": -1},
    ],
)
def test_one_broken_symbol_costs_only_itself(changes: dict[str, object]) -> None:
    info = _read(BTC | changes, BTC)

    assert [found.symbol for found in info.instruments] == ["BTC/USDT"]
    assert len(info.dropped) == 1
    assert info.dropped[0].isprintable()


def test_names_of_other_alphabets_are_kept() -> None:
    instrument = _one(symbol="\u5e01\u5b89USDT", baseAsset="\u5e01\u5b89")

    assert instrument.symbol == "\u5e01\u5b89/USDT"


def test_the_venues_limits() -> None:
    limits = [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    ]

    assert _read(BTC, rateLimits=limits).quotas == [
        Quota("REQUEST_WEIGHT", "MINUTE", 1, 6000),
        Quota("ORDERS", "SECOND", 10, 100),
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"symbols":5}', b'{"code":-1003}', b"\xff"])
def test_an_answer_without_symbols_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage, match="exchangeInfo"):
        parse_exchange_info(body)
