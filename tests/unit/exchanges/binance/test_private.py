"""Frames of Binance's user data stream, as documented."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.private import UserStream, socket_options
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    Farewell,
    SocketRefused,
    Subscribed,
    Told,
)

_BTC = Instrument("binance", "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"))
# The documented vector (facts page, section 6).
_KEY = "dummyBinanceApiKey0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
_SECRET = "dummyBinanceSecret0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
_STREAM = UserStream(
    Credentials(_KEY, Secret(_SECRET)), lambda: 1_760_000_000_000, {"BTCUSDT": _BTC}.get
)
_REPORT = {
    "e": "executionReport", "E": 1760000000130, "s": "BTCUSDT", "c": "arb-20251009-0002",
    "S": "BUY", "o": "LIMIT", "f": "IOC", "q": "0.00123000", "p": "61234.56000000",
    "P": "0.00000000", "F": "0.00000000", "g": -1, "C": "", "x": "TRADE",
    "X": "PARTIALLY_FILLED", "r": "NONE", "i": 29, "l": "0.00100000", "z": "0.00100000",
    "L": "61234.56000000", "n": "0.00000100", "N": "BTC", "T": 1760000000123, "t": 57,
    "I": 8641984, "w": False, "m": False, "M": True, "O": 1760000000123, "Z": "61.23456000",
    "Y": "61.23456000", "Q": "0.00000000", "W": 1760000000123, "V": "EXPIRE_MAKER",
}  # fmt: skip


def read(event: dict[str, object]) -> Iterable[Told]:
    return list(_STREAM.read(json.dumps({"subscriptionId": 0, "event": event}).encode()))


def test_the_subscription_is_signed_as_documented() -> None:
    (frame,) = _STREAM.opening()
    sent = json.loads(frame)
    assert sent["method"] == "userDataStream.subscribe.signature"
    assert sent["params"] == {
        "apiKey": _KEY,
        "timestamp": 1_760_000_000_000,
        "signature": "4a82289b118771612904fb2cdada602dc42976772ae686e8ace88fa432604324",
    }
    text = f"apiKey={_KEY}&timestamp=1760000000000"
    mac = hmac.new(_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert sent["params"]["signature"] == mac
    assert list(_STREAM.subscriptions()) == []
    assert not _STREAM.needs_login
    answer = json.dumps({"id": sent["id"], "status": 200, "result": {"subscriptionId": 0}})
    (told,) = _STREAM.read(answer.encode())
    assert told == Subscribed(*_STREAM.topics)


def test_an_execution_is_told_before_the_state_it_leads_to() -> None:
    fill = Fill(
        "binance", "arb-20251009-0002", "BTC/USDT", "57", OrderSide.BUY, Decimal("61234.56"),
        Decimal("0.001"), Decimal("0.000001"), "BTC", 1760000000123 * MS,
    )  # fmt: skip
    state = OrderState(
        "binance", "arb-20251009-0002", OrderStatus.PARTIALLY_FILLED, Decimal("0.001"),
        ("stream",), "29",
    )  # fmt: skip
    assert read(_REPORT) == [fill, state]


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("NEW", "NEW", OrderStatus.NEW),
        ("EXPIRED", "EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", "TRADE_PREVENTION", OrderStatus.EXPIRED),
        ("REJECTED", "REJECTED", OrderStatus.REJECTED),
        ("CANCELED", "CANCELED", OrderStatus.CANCELED),
    ],
)
def test_what_is_no_trade_is_a_state_alone(status: str, kind: str, expected: OrderStatus) -> None:
    (told,) = read(_REPORT | {"x": kind, "X": status, "t": -1, "l": "0.00000000"})
    assert isinstance(told, OrderState)
    assert (told.status, told.filled_qty) == (expected, Decimal("0.001"))


def test_an_order_that_met_one_of_our_own_has_letters_of_other_kinds() -> None:
    # `B` is a list of balances elsewhere (user data stream, conditional fields).
    prevented: dict[str, object] = {
        "x": "TRADE_PREVENTION", "X": "EXPIRED_IN_MATCH", "t": -1, "l": "0.00000000",
        "v": 3, "A": "3.000000", "B": "3.000000", "u": 1, "U": 37, "Cs": "BTCUSDT",
        "pl": "2.123456", "pL": "0.10000001", "pY": "0.21234562",
    }  # fmt: skip
    (told,) = read(_REPORT | prevented)
    assert isinstance(told, OrderState)
    assert told.status is OrderStatus.EXPIRED


@pytest.mark.parametrize("letter", list("sSxXitlLznNTc"))
def test_what_a_report_must_tell_is_not_made_up(letter: str) -> None:
    with pytest.raises(MalformedMessage):
        read({key: value for key, value in _REPORT.items() if key != letter})


def test_on_a_cancel_our_id_is_the_original_one() -> None:
    (told,) = read(
        _REPORT | {"x": "CANCELED", "X": "CANCELED", "c": "cancel1", "C": "mine", "t": -1}
    )
    assert isinstance(told, OrderState)
    assert told.client_id == "mine"


@pytest.mark.parametrize(("side", "asset"), [("BUY", "BTC"), ("SELL", "USDT")])
def test_a_fee_of_nothing_has_the_asset_that_is_received(side: str, asset: str) -> None:
    fill, _ = read(_REPORT | {"S": side, "n": None, "N": None})
    assert isinstance(fill, Fill)
    assert (fill.fee, fill.fee_asset) == (Decimal(0), asset)


def test_an_execution_of_a_symbol_we_do_not_know_keeps_its_name() -> None:
    fill, _ = read(_REPORT | {"s": "DOGE\x1bBTC", "N": None})
    assert isinstance(fill, Fill)
    assert (fill.symbol, fill.fee_asset) == ("DOGEBTC", "")


def test_balances_are_absolute() -> None:
    event: dict[str, object] = {
        "e": "outboundAccountPosition", "E": 1, "u": 1,
        "B": [{"a": "eth", "f": "10000.000000", "l": "0.5"}],
    }  # fmt: skip
    assert read(event) == [BalancesTold((Balance("ETH", Decimal(10000), Decimal("0.5")),))]


def test_an_end_that_is_announced_is_a_farewell_and_one_that_came_is_not() -> None:
    assert read({"e": "serverShutdown", "E": 1}) == [Farewell("serverShutdown")]
    assert read({"e": "eventStreamTerminated", "E": 1}) == [SocketRefused("eventStreamTerminated")]


@pytest.mark.parametrize("kind", ["balanceUpdate", "listStatus", "externalLockUpdate", "news"])
def test_what_does_not_concern_us_is_nothing(kind: str) -> None:
    # Whatever its letters are.
    assert read({"e": kind, "T": "today", "B": 7, "i": [], "n": {}}) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {"id": "user-data", "status": 400, "error": {"code": -2015, "msg": "no\x1b"}},
            [SocketRefused("-2015 no")],
        ),
        (
            {"id": None, "status": 401, "error": {"code": -2015, "msg": "revoked"}},
            [SocketRefused("-2015 revoked")],
        ),
        ({"id": "user-data", "status": 500}, [SocketRefused("0")]),
        ({"id": "other", "status": 200, "result": {}}, []),
    ],
)
def test_answers_are_told_apart(answer: dict[str, object], told: list[Told]) -> None:
    assert list(_STREAM.read(json.dumps(answer).encode())) == told


@pytest.mark.parametrize(
    "change",
    [{"X": "LOST"}, {"S": "LEFT"}, {"z": "much"}, {"L": "dear"}, {"l": "1e999"}, {"t": "x"}],
)
def test_a_report_that_cannot_be_is_no_report(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        read(_REPORT | change)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"event":[]}', b"[" * 100_000])
def test_what_is_no_frame_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(_STREAM.read(raw))


def test_the_connection_pings_sooner_than_it_gives_up() -> None:
    options = socket_options("wss://x")
    assert options.heartbeat is not None
    assert options.heartbeat.quiet_s < options.silence_s
