from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.exchanges.bitget.instruments import parse_instruments

ROW: dict[str, Any] = json.loads(
    '{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","minTradeAmount":"0",'
    '"maxTradeAmount":"900000000000000000000","takerFeeRate":"0.002","makerFeeRate":"0.002",'
    '"pricePrecision":"2","quantityPrecision":"6","quotePrecision":"8","status":"online",'
    '"minTradeUSDT":"1","buyLimitPriceRatio":"0.05","sellLimitPriceRatio":"0.05","areaSymbol":'
    '"no","orderQuantity":"200","openTime":"1532454360000","offTime":""}'
)

NOW_MS = 1_790_000_000_000


def _parse(*rows: object, now_ms: int = NOW_MS) -> tuple[list[Instrument], list[str]]:
    return parse_instruments(json.dumps(rows).encode(), now_ms)


def test_documented_row_becomes_an_instrument() -> None:
    expected = Instrument(
        venue="bitget",
        wire_symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_step=Decimal("0.000001"),
        min_qty=Decimal(0),
        max_qty=Decimal("9e20"),
        min_notional=Decimal(1),
        tradeable=True,
        buy_band=Decimal("0.05"),
        sell_band=Decimal("0.05"),
    )
    assert _parse(ROW) == ([expected], [])


def test_the_largest_value_is_kept_to_where_it_is_named() -> None:
    (found, old), _ = _parse(ROW | {"maxLimitOrderValue": "200000"}, ROW | {"maxTradeAmount": ""})
    assert (found.max_notional, old.max_notional) == (Decimal(200000), Decimal(0))
    assert old.max_qty == Decimal(0)


def test_where_no_band_is_named_there_is_none() -> None:
    (found,), _ = _parse(ROW | {"buyLimitPriceRatio": "", "sellLimitPriceRatio": ""})
    assert (found.buy_band, found.sell_band) == (None, None)


@pytest.mark.parametrize("status", ["gray", "offline", "halt"])
def test_only_symbols_online_are_tradeable(status: str) -> None:
    (found,), _ = _parse(ROW | {"status": status})
    assert not found.tradeable
    assert found.status == status


def test_trading_ends_before_a_symbol_is_delisted() -> None:
    row = ROW | {"offTime": str(NOW_MS)}
    for early_ms, status in ((300_000, ""), (299_999, "delisting"), (-1, "delisting")):
        (found,), _ = _parse(row, now_ms=NOW_MS - early_ms)
        assert (found.tradeable, found.status) == (not status, status)


@pytest.mark.parametrize("time", ["", "0", "soon", "-5", "9" * 20])
def test_what_is_no_time_delists_nothing(time: str) -> None:
    (found,), dropped = _parse(ROW | {"offTime": time})
    assert found.tradeable
    assert dropped == []


def test_names_may_come_in_lower_case() -> None:
    lower = {"symbol": "btcusdt", "baseCoin": "btc", "quoteCoin": "usdt"}
    assert _parse(ROW | lower) == _parse(ROW)


@pytest.mark.parametrize(
    ("changes", "min_qty", "min_notional"),
    [
        ({"quoteCoin": "BTC"}, "0", "0"),
        ({"quoteCoin": "USDC", "minTradeAmount": "0.5"}, "0.5", "1"),
        ({"minTradeUSDT": "", "minTradeAmount": ""}, "0", "0"),
    ],
)
def test_minimum_value_counts_only_where_the_quote_is_a_dollar(
    changes: dict[str, str], min_qty: str, min_notional: str
) -> None:
    (found,), _ = _parse(ROW | changes)
    assert (found.min_qty, found.min_notional) == (Decimal(min_qty), Decimal(min_notional))


def test_no_decimals_is_a_step_of_one() -> None:
    (found,), _ = _parse(ROW | {"quantityPrecision": "0"})
    assert found.lot_step == Decimal(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": ""},
        {"symbol": "BTC/USDT"},
        {"symbol": "\uff22TC"},
        {"baseCoin": ""},
        {"baseCoin": "B/TC"},
        {"quoteCoin": "US\u200bDT"},
        {"pricePrecision": "-1"},
        {"pricePrecision": "21"},
        {"quantityPrecision": "x"},
        {"minTradeAmount": "-1"},
        {"status": None},
    ],
)
def test_a_broken_row_costs_that_row_only(changes: dict[str, object]) -> None:
    found, dropped = _parse(ROW | changes, ROW)
    assert [row.wire_symbol for row in found] == ["BTCUSDT"]
    assert len(dropped) == 1


@pytest.mark.parametrize("raw", [b"", b"{}", b"null"])
def test_no_list_at_all_is_an_error(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_instruments(raw, NOW_MS)
