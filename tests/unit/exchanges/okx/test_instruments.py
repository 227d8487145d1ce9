from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.exchanges.okx.instruments import OkxInstrument, parse_instruments

ROW: dict[str, Any] = json.loads(
    '{"baseCcy":"BTC","contTdSwTime":"1704876947000","groupId":"1","instFamily":"","instId":'
    '"BTC-USDT","instIdCode":1000000000,"instCategory":"1","instType":"SPOT","lever":"10",'
    '"listTime":"1606468572000","lotSz":"0.00000001","maxLmtAmt":"1000000","maxLmtSz":'
    '"9999999999","maxMktAmt":"1000000","maxMktSz":"","minSz":"0.00001","openType":'
    '"call_auction","quoteCcy":"USDT","ruleType":"normal","state":"live","tickSz":"0.1",'
    '"tradeQuoteCcyList":["USDT"],"upcChg":[{"param":"tickSz","newValue":"0.0001","effTime":'
    '"1704876947000"}]}'
)

NOW_MS = 1_790_000_000_000


def _parse(*rows: object, now_ms: int = NOW_MS) -> tuple[list[OkxInstrument], list[str]]:
    return parse_instruments(json.dumps(rows).encode(), now_ms)


def test_documented_row_becomes_an_instrument() -> None:
    expected = Instrument(
        venue="okx",
        wire_symbol="BTC-USDT",
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_step=Decimal("0.00000001"),
        min_qty=Decimal("0.00001"),
        max_qty=Decimal(9999999999),
        min_notional=Decimal(0),
        tradeable=True,
        wire_id=1000000000,
        max_notional=Decimal(1000000),
    )
    assert _parse(ROW) == ([OkxInstrument(expected, "1")], [])


@pytest.mark.parametrize(
    ("named", "band"),
    [
        ({"initPxLmtPct": "0.05", "floatPxLmtPct": "0.03", "maxPxLmtPct": "0.1"}, "0.03"),
        ({"initPxLmtPct": "", "floatPxLmtPct": "0", "maxPxLmtPct": "0.1"}, "0.1"),
    ],
)
def test_the_narrowest_band_is_kept_to(named: dict[str, str], band: str) -> None:
    (found,), _ = _parse(ROW | named)
    assert found.instrument.buy_band == found.instrument.sell_band == Decimal(band)


def test_an_amount_in_dollars_bounds_only_what_is_quoted_in_them() -> None:
    (euro, unbounded), _ = _parse(ROW | {"quoteCcy": "EUR"}, ROW | {"maxLmtAmt": ""})
    assert euro.instrument.max_notional == unbounded.instrument.max_notional == Decimal(0)


@pytest.mark.parametrize("state", ["suspend", "preopen", "test", "rebase"])
def test_only_live_instruments_are_tradeable(state: str) -> None:
    (found,), _ = _parse(ROW | {"state": state})
    assert not found.instrument.tradeable
    assert found.instrument.status == state


@pytest.mark.parametrize("name", ["listTime", "contTdSwTime"])
def test_before_continuous_trading_nothing_is_tradeable(name: str) -> None:
    row = ROW | {name: str(NOW_MS)}
    for now_ms, status in ((NOW_MS - 1, "not open yet"), (NOW_MS, "")):
        (found,), _ = _parse(row, now_ms=now_ms)
        assert (found.instrument.tradeable, found.instrument.status) == (not status, status)


@pytest.mark.parametrize("time", ["", "soon", "-5", "9" * 20])
def test_what_is_no_time_keeps_nothing_closed(time: str) -> None:
    (found,), dropped = _parse(ROW | {"contTdSwTime": time, "listTime": time})
    assert found.instrument.tradeable
    assert dropped == []


def test_numeric_id_may_be_missing_or_null() -> None:
    old = {key: value for key, value in ROW.items() if key != "instIdCode"}
    found, dropped = _parse(old, ROW | {"instIdCode": None, "maxLmtSz": ""})
    assert [row.instrument.wire_id for row in found] == [None, None]
    assert found[1].instrument.max_qty == Decimal(0)
    assert dropped == []


@pytest.mark.parametrize(
    "changes",
    [
        {"instId": ""},
        {"instId": "-"},
        {"instId": "BTC-USDT&x=1"},
        {"instId": "\uff22TC-USDT"},
        {"baseCcy": ""},
        {"baseCcy": "B/TC"},
        {"quoteCcy": "US\u200bDT"},
        {"tickSz": "0"},
        {"lotSz": "inf"},
        {"minSz": "-1"},
        {"instIdCode": "7"},
        {"state": None},
    ],
)
def test_a_broken_row_costs_that_row_only(changes: dict[str, object]) -> None:
    found, dropped = _parse(ROW | changes, ROW)
    assert [row.instrument.wire_symbol for row in found] == ["BTC-USDT"]
    assert len(dropped) == 1


@pytest.mark.parametrize("raw", [b"", b"{}", b"7"])
def test_no_list_at_all_is_an_error(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_instruments(raw, NOW_MS)
