"""A perpetual has the name of the spot market beside it, and is never taken for it (fault 34)."""

from __future__ import annotations

import json

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.exchanges.binance.instruments import parse_exchange_info
from arbot_tui.exchanges.bitget.instruments import parse_instruments as parse_bitget
from arbot_tui.exchanges.bybit.instruments import parse_instruments as parse_bybit
from arbot_tui.exchanges.okx.instruments import parse_instruments as parse_okx


def test_a_perpetual_of_binance_is_left_out() -> None:
    names = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING"}
    kept = parse_exchange_info(json.dumps({"symbols": [names]}).encode())
    assert [found.symbol for found in kept.instruments] == ["BTC/USDT"]
    perpetual = names | {"pair": "BTCUSDT", "contractType": "PERPETUAL"}
    info = parse_exchange_info(json.dumps({"symbols": [perpetual]}).encode())
    assert info.instruments == []
    assert info.dropped == ["BTCUSDT is a contract: PERPETUAL"]


@pytest.mark.parametrize("category", ["linear", "inverse", "option", None])
def test_a_list_of_bybit_that_is_not_of_spot_is_refused(category: str | None) -> None:
    row = {
        "symbol": "BTCUSDT",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "status": "Trading",
        "lotSizeFilter": {"basePrecision": "0.000001"},
        "priceFilter": {"tickSize": "0.01"},
    }
    found, _ = parse_bybit(json.dumps({"category": "spot", "list": [row]}).encode())
    assert [instrument.symbol for instrument in found] == ["BTC/USDT"]
    with pytest.raises(MalformedMessage):
        parse_bybit(json.dumps({"category": category, "list": [row]}).encode())


@pytest.mark.parametrize("kind", ["SWAP", "FUTURES", "OPTION", "MARGIN", None])
def test_a_row_of_okx_that_is_not_of_spot_is_left_out(kind: str | None) -> None:
    row = {
        "instType": "SPOT",
        "instId": "BTC-USDT",
        "baseCcy": "BTC",
        "quoteCcy": "USDT",
        "state": "live",
        "tickSz": "0.1",
        "lotSz": "0.00000001",
    }
    found, _ = parse_okx(json.dumps([row, row | {"instType": kind}]).encode(), 1)
    assert [each.instrument.symbol for each in found] == ["BTC/USDT"]


def test_a_contract_of_bitget_has_not_the_rules_of_a_spot_market() -> None:
    contract = {
        "symbol": "BTCUSDT",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "symbolType": "perpetual",
        "symbolStatus": "normal",
        "pricePlace": "1",
        "volumePlace": "4",
        "minTradeNum": "0.0001",
    }
    found, dropped = parse_bitget(json.dumps([contract]).encode(), 1)
    assert found == []
    assert len(dropped) == 1
