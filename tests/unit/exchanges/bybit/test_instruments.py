from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.exchanges.bybit.instruments import parse_instruments

ROW: dict[str, Any] = json.loads(
    '{"symbolId":9,"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","innovation":"0",'
    '"status":"Trading","marginTrading":"utaOnly","stTag":"0","lotSizeFilter":{"basePrecision":'
    '"0.000001","quotePrecision":"0.0000001","minOrderQty":"0.000011","maxOrderQty":"83",'
    '"minOrderAmt":"5","maxOrderAmt":"8000000","maxLimitOrderQty":"83","maxMarketOrderQty":'
    '"41.5","postOnlyMaxLimitOrderSize":"60000"},"priceFilter":{"tickSize":"0.1"},'
    '"riskParameters":{"priceLimitRatioX":"0.005","priceLimitRatioY":"0.01"},"symbolType":""}'
)


def _parse(*rows: object) -> tuple[list[Instrument], list[str]]:
    return parse_instruments(json.dumps({"category": "spot", "list": rows}).encode())


def _with(path: str, value: object) -> dict[str, Any]:
    row = deepcopy(ROW)
    target = row
    *folders, last = path.split(".")
    for name in folders:
        target = target[name]
    target[last] = value
    return row


def test_documented_row_becomes_an_instrument() -> None:
    assert _parse(ROW) == (
        [
            Instrument(
                venue="bybit",
                wire_symbol="BTCUSDT",
                base="BTC",
                quote="USDT",
                tick_size=Decimal("0.1"),
                lot_step=Decimal("0.000001"),
                min_qty=Decimal("0.000011"),
                max_qty=Decimal(83),
                min_notional=Decimal(5),
                tradeable=True,
                buy_band=Decimal("0.005"),
                sell_band=Decimal("0.005"),
                max_notional=Decimal(8000000),
            )
        ],
        [],
    )


def test_the_older_maximum_counts_where_there_is_no_newer_one() -> None:
    old = _with("lotSizeFilter.maxLimitOrderQty", "")
    (found,), _ = _parse(old)
    assert found.max_qty == Decimal(83)
    (newer,), _ = _parse(_with("lotSizeFilter.maxLimitOrderQty", "60"))
    assert newer.max_qty == Decimal(60)


def test_where_no_band_is_named_there_is_none() -> None:
    bare = {key: value for key, value in ROW.items() if key != "riskParameters"}
    (found,), _ = _parse(bare)
    assert (found.buy_band, found.sell_band) == (None, None)


@pytest.mark.parametrize(("path", "value"), [("status", "PreLaunch"), ("symbolType", "xstocks")])
def test_what_cannot_be_traded_is_kept_and_marked(path: str, value: str) -> None:
    (instrument,), _ = _parse(_with(path, value))
    assert not instrument.tradeable
    assert instrument.status == value


def test_missing_limits_are_no_limits() -> None:
    row = deepcopy(ROW)
    row["lotSizeFilter"] = {"basePrecision": "0.01"}
    (instrument,), _ = _parse(row)
    assert {instrument.min_qty, instrument.max_qty, instrument.min_notional} == {Decimal(0)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("symbol", ""),
        ("symbol", "BTC&x=1"),
        ("symbol", "\uff11INCH"),
        ("baseCoin", ""),
        ("baseCoin", "B/TC"),
        ("quoteCoin", "US\x1bDT"),
        ("priceFilter.tickSize", "0"),
        ("priceFilter.tickSize", "nan"),
        ("lotSizeFilter.basePrecision", "-1"),
        ("lotSizeFilter.minOrderAmt", "-5"),
        ("lotSizeFilter", None),
        ("status", 7),
    ],
)
def test_a_broken_row_costs_that_row_only(path: str, value: object) -> None:
    found, dropped = _parse(_with(path, value), ROW)
    assert [instrument.wire_symbol for instrument in found] == ["BTCUSDT"]
    assert len(dropped) == 1
    assert "\x1b" not in dropped[0]


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"list":7}', b"[]"])
def test_no_list_at_all_is_an_error(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_instruments(raw)
