"""Frames of WebSocket order entry, as documented, and what each answer means for its order."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
    TimeInForce,
)
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.entry import WsOrders as BinanceOrders
from arbot_tui.exchanges.binance.execution import BinanceExecution
from arbot_tui.exchanges.binance.quotas import Quotas as BinanceQuotas
from arbot_tui.exchanges.bybit.entry import WsOrders as BybitOrders
from arbot_tui.exchanges.bybit.execution import BybitExecution
from arbot_tui.exchanges.okx.entry import WsOrders as OkxOrders
from arbot_tui.exchanges.okx.execution import OkxExecution
from arbot_tui.exchanges.okx.quotas import Quotas as OkxQuotas
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.order_entry import EntryDialect
from arbot_tui.exchanges.transport.rest import RestClient
from arbot_tui.exchanges.transport.signed_socket import (
    EntryReply,
    Farewell,
    LoggedIn,
    SocketRefused,
    Told,
)

_NOW_NS = 1_760_000_000_000 * MS
_CLOCK = SimpleNamespace(now_ns=lambda: _NOW_NS)
_NO_REST = cast("RestClient", None)


async def _resync() -> None:
    raise AssertionError


class Doubts:
    """Counts how often the venue's clock was doubted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def order(client_id: str = "arb-20251009-0002", valid_ms: int = 3000) -> OrderRequest:
    return OrderRequest(
        client_id, "v", "BTC/USDT", OrderSide.SELL, Decimal("61234.56"), Decimal("0.00123"),
        _NOW_NS + valid_ms * MS,
    )  # fmt: skip


def instrument(name: str, wire_id: int | None = None) -> Instrument:
    wire = "BTC-USDT" if name == "okx" else "BTCUSDT"
    tick, lot = Decimal("0.01"), Decimal("0.00001")
    return Instrument(name, wire, "BTC", "USDT", tick, lot, wire_id=wire_id)


def binance() -> tuple[BinanceOrders, BinanceExecution, BanClock, Doubts]:
    key = Credentials(
        "dummyBinanceApiKey0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl",
        Secret("dummyBinanceSecret0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"),
    )
    doubts, ban = Doubts(), BanClock()
    execution = BinanceExecution(
        _NO_REST, _CLOCK, key, offset=lambda: (0, 0), resync=_resync, doubt_clock=doubts,
        quotas=BinanceQuotas(),
    )  # fmt: skip
    return BinanceOrders(key, execution, _CLOCK, ban), execution, ban, doubts


def bybit() -> tuple[BybitOrders, Doubts]:
    key = Credentials("dummyBybitKey01", Secret("dummyBybitSecret0123456789abcdefghij"))
    doubts = Doubts()
    execution = BybitExecution(
        _NO_REST, _CLOCK, key, offset_ns=lambda: 0, resync=_resync, doubt_clock=doubts,
        ip_quota=RateLimiter(480, 5 * SECOND),
    )  # fmt: skip
    return BybitOrders(key, execution, lambda: 1_760_000_000_000), doubts


def okx(mode: str = "cash") -> tuple[OkxOrders, Doubts]:
    key = Credentials(
        "a1b2c3d4-1111-2222-3333-444455556666",
        Secret("22582BD0CFF14C41EDBF1AB98506286D"),
        Secret("Test_Passphrase1"),
    )
    doubts = Doubts()
    execution = OkxExecution(
        _NO_REST, _CLOCK, key, offset_ns=lambda: 0, resync=_resync, doubt_clock=doubts,
        quotas=OkxQuotas(), fee_group=lambda symbol: "",
    )  # fmt: skip
    execution._trade_mode = mode
    return OkxOrders(key, execution, lambda: 1_795_350_896_789), doubts


def sent(dialect: EntryDialect, what: OrderRequest, where: Instrument) -> dict[str, object]:
    frame = dialect.frame(what, where)
    assert isinstance(frame, bytes)
    found = json.loads(frame)
    assert isinstance(found, dict)
    return found


def read(dialect: EntryDialect, frame: object) -> list[Told]:
    return list(dialect.read(json.dumps(frame).encode()))


def events(dialect: EntryDialect, name: str, frame: object) -> list[OrderEvent]:
    return dialect.events(json.dumps(frame).encode(), order(), instrument(name))


# -- Binance ------------------------------------------------------------------

_PLACED = {
    "symbol": "BTCUSDT", "orderId": 12569099453, "orderListId": -1,
    "clientOrderId": "arb-20251009-0002", "transactTime": 1660801715793,
    "price": "61234.56000000", "origQty": "0.00123000", "executedQty": "0.00100000",
    "cummulativeQuoteQty": "61.23456000", "status": "EXPIRED", "timeInForce": "IOC",
    "type": "LIMIT", "side": "SELL",
    "fills": [{"price": "61234.56000000", "qty": "0.00100000", "commission": "0.06",
               "commissionAsset": "USDT", "tradeId": 57}],
}  # fmt: skip


def test_binance_order_is_signed_over_all_parameters_in_order() -> None:
    dialect, *_ = binance()
    assert sent(dialect, order(), instrument("binance")) == {
        "id": "arb-20251009-0002",
        "method": "order.place",
        "params": {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": "0.00123",
            "price": "61234.56",
            "newClientOrderId": "arb-20251009-0002",
            "newOrderRespType": "FULL",
            "recvWindow": 3000,
            "timestamp": 1_760_000_000_000,
            "apiKey": "dummyBinanceApiKey0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl",
            # The documented vector.
            "signature": "8c6cfde1bc94904575f918fb159d8ebeb8a41508738b873d5e9f4c4b693e2270",
        },
    }
    assert (dialect.needs_login, list(dialect.opening()), list(dialect.subscriptions())) == (
        False,
        [],
        [],
    )


def test_binance_answer_brings_executions_and_state() -> None:
    dialect, execution, *_ = binance()
    frame = {"id": "arb-20251009-0002", "status": 200, "result": _PLACED, "rateLimits": []}
    assert [type(told) for told in read(dialect, frame)] == [EntryReply]
    ack, fill, state = events(dialect, "binance", frame)
    assert ack == OrderAck("binance", "arb-20251009-0002", "12569099453")
    assert isinstance(fill, Fill)
    assert (fill.trade_id, fill.qty) == ("57", Decimal("0.001"))
    assert isinstance(state, OrderState)
    assert (state.status, state.filled_qty) == (OrderStatus.EXPIRED, Decimal("0.001"))
    assert execution.client_id_of("12569099453") == "arb-20251009-0002"


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "fatal"),
    [
        (400, -2010, "Account has insufficient balance for requested action.", OrderReject, False),
        (400, -2010, "Duplicate order sent.", OrderUnknown, False),
        (400, -1007, "Timeout", OrderUnknown, False),
        (400, -1021, "Timestamp for this request is outside", OrderReject, False),
        (400, -1022, "Signature for this request is not valid.", OrderReject, True),
        (401, -2015, "Invalid API-key", OrderReject, True),
        (429, -1015, "Too many new orders", OrderReject, False),
        (500, -1000, "An unknown error", OrderUnknown, False),
        (503, -1008, "Server is busy", OrderUnknown, False),
        (400, -31337, "something new", OrderUnknown, False),
    ],
)
def test_binance_errors_mean_what_they_mean_over_rest(
    status: int, code: int, message: str, kind: type, fatal: bool
) -> None:
    dialect, _, ban, doubts = binance()
    frame = {"id": "x", "status": status, "error": {"code": code, "msg": message}}
    (event,) = events(dialect, "binance", frame)
    assert type(event) is kind
    assert getattr(event, "fatal", False) is fatal
    assert doubts.count == (1 if code == -1021 else 0)
    assert ban.remaining_s(_NOW_NS) == 0.0


@pytest.mark.parametrize(("until_ms", "stay_s"), [(1_760_000_030_000, 30.0), (0, 60.0)])
def test_binance_ban_names_the_moment_it_ends(until_ms: int, stay_s: float) -> None:
    dialect, _, ban, _ = binance()
    error = {"code": -1003, "msg": "banned", "data": {"serverTime": 1, "retryAfter": until_ms}}
    (event,) = events(dialect, "binance", {"id": "x", "status": 418, "error": error})
    assert isinstance(event, OrderReject)
    assert ban.remaining_s(_NOW_NS) == pytest.approx(stay_s)


def test_binance_other_frames_answer_no_order() -> None:
    dialect, *_ = binance()
    assert read(dialect, {"event": {"e": "serverShutdown", "E": 1}}) == [Farewell("serverShutdown")]
    assert read(dialect, {"event": {"e": "news"}}) == []
    assert read(dialect, {"id": None, "status": 401}) == []
    assert read(dialect, {"id": 7, "status": 200}) == []


@pytest.mark.parametrize(
    "frame",
    [
        {"id": "x", "status": 200, "result": {}},
        {"id": "x", "status": 200, "result": _PLACED | {"side": "BUY"}},
        {"id": "x", "status": 200, "result": _PLACED | {"clientOrderId": "other"}},
    ],
)
def test_binance_answer_of_another_order_is_none_of_this_one(frame: object) -> None:
    dialect, *_ = binance()
    with pytest.raises(MalformedMessage):
        events(dialect, "binance", frame)


def test_binance_answer_without_an_error_says_nothing_of_the_order() -> None:
    dialect, *_ = binance()
    (event,) = events(dialect, "binance", {"id": "x", "status": 400})
    assert isinstance(event, OrderUnknown)


# -- Bybit --------------------------------------------------------------------


def test_bybit_order_needs_no_signature_of_its_own() -> None:
    dialect, _ = bybit()
    (login,) = dialect.opening()
    assert json.loads(login)["args"][2] == (
        "619518ab2046f113b04ab79fbccdfbb1d459afd20b48d0b4c66708f4399ddf8a"
    )
    assert list(dialect.subscriptions()) == []
    assert sent(dialect, order("arb1"), instrument("bybit")) == {
        "reqId": "arb1",
        "header": {"X-BAPI-TIMESTAMP": "1760000000000", "X-BAPI-RECV-WINDOW": "3000"},
        "op": "order.create",
        "args": [
            {
                "category": "spot",
                "symbol": "BTCUSDT",
                "side": "Sell",
                "orderType": "Limit",
                "qty": "0.00123",
                "price": "61234.56",
                "timeInForce": "IOC",
                "orderLinkId": "arb1",
                "isLeverage": 0,
                "orderFilter": "Order",
            }
        ],
    }


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"retCode": 0, "retMsg": "OK", "op": "auth", "connId": "c"}, [LoggedIn()]),
        ({"retCode": 20001, "retMsg": "", "op": "auth"}, [LoggedIn()]),
        (
            {"retCode": 10004, "retMsg": "bad\x1b sign", "op": "auth"},
            [SocketRefused("10004 bad sign")],
        ),
        ({"op": "auth", "success": False, "ret_msg": "no"}, [SocketRefused("no code")]),
        ({"retCode": 0, "op": "pong", "data": ["1"]}, []),
        ({"retCode": 10019, "retMsg": "restarting"}, [Farewell("10019 server restarting")]),
        ({"retCode": 10404, "op": "order.create"}, []),
    ],
)
def test_bybit_frames_are_told_apart(frame: object, told: list[Told]) -> None:
    assert read(bybit()[0], frame) == told


def test_bybit_answer_without_a_code_says_nothing_of_the_order() -> None:
    frame = {"reqId": "a", "op": "order.create", "data": {"orderId": "1", "orderLinkId": "a"}}
    with pytest.raises(MalformedMessage):
        events(bybit()[0], "bybit", frame)


def test_bybit_restart_answers_the_order_and_ends_the_connection() -> None:
    dialect, _ = bybit()
    frame = {"reqId": "a", "retCode": 10019, "op": "order.create", "data": {}}
    assert [type(told) for told in read(dialect, frame)] == [EntryReply, Farewell]
    (event,) = events(dialect, "bybit", frame)
    assert isinstance(event, OrderUnknown)


@pytest.mark.parametrize(
    ("code", "kind", "fatal"),
    [
        (170131, OrderReject, False),
        (170141, OrderUnknown, False),
        (10006, OrderReject, False),
        (10005, OrderReject, True),
        (10002, OrderReject, False),
        (10403, OrderReject, False),
        (777, OrderUnknown, False),
    ],
)
def test_bybit_errors_mean_what_they_mean_over_rest(code: int, kind: type, fatal: bool) -> None:
    dialect, doubts = bybit()
    frame = {"reqId": "a", "retCode": code, "retMsg": "no", "op": "order.create", "data": {}}
    (event,) = events(dialect, "bybit", frame)
    assert type(event) is kind
    assert getattr(event, "fatal", False) is fatal
    assert doubts.count == (1 if code == 10002 else 0)


def test_bybit_acknowledgement_names_the_venues_id() -> None:
    data = {"orderId": "a4c1718e", "orderLinkId": "arb-20251009-0002"}
    frame = {"reqId": "arb-20251009-0002", "retCode": 0, "op": "order.create", "data": data}
    dialect, _ = bybit()
    assert [type(told) for told in read(dialect, frame)] == [EntryReply]
    assert events(dialect, "bybit", frame) == [OrderAck("bybit", "arb-20251009-0002", "a4c1718e")]


# -- OKX ----------------------------------------------------------------------


def test_okx_order_names_the_instrument_by_its_code_and_carries_its_deadline() -> None:
    dialect, _ = okx()
    (login,) = dialect.opening()
    assert json.loads(login)["args"][0]["sign"] == "dlAE9DPlIbpDzBDtrgtg84pWzo5GeMbdTj/Y0YtJQEI="
    assert list(dialect.subscriptions()) == []
    resting = msgspec.structs.replace(order("arb1"), time_in_force=TimeInForce.GTC)
    assert sent(dialect, resting, instrument("okx", 123456)) == {
        "id": "arb1",
        "op": "order",
        "expTime": "1760000003000",
        "args": [
            {
                "instIdCode": 123456,
                "tdMode": "cash",
                "clOrdId": "arb1",
                "side": "sell",
                "ordType": "limit",
                "px": "61234.56",
                "sz": "0.00123",
            }
        ],
    }


def test_okx_order_without_a_code_or_a_known_mode_goes_elsewhere() -> None:
    assert okx()[0].frame(order(), instrument("okx")) is None
    assert okx(mode="")[0].frame(order(), instrument("okx", 1)) is None


def _okx_reply(code: str, *data: object) -> dict[str, object]:
    return {"id": "arb1", "op": "order", "data": data, "code": code, "msg": "no"}


def _item(code: str) -> dict[str, str]:
    return {"clOrdId": "arb1", "ordId": "77", "tag": "", "sCode": code, "sMsg": "no"}


@pytest.mark.parametrize(
    ("frame", "kind", "fatal"),
    [
        (_okx_reply("0", _item("0")), OrderAck, False),
        (_okx_reply("1", _item("51008")), OrderReject, False),
        (_okx_reply("1", _item("51016")), OrderUnknown, False),
        (_okx_reply("1", _item("50037")), OrderReject, False),
        (_okx_reply("1", _item("51010")), OrderReject, True),
        (_okx_reply("60013"), OrderReject, False),
        (_okx_reply("50004"), OrderUnknown, False),
        (_okx_reply("0"), OrderUnknown, False),
    ],
)
def test_okx_answers_are_judged_by_the_item(frame: object, kind: type, fatal: bool) -> None:
    dialect, doubts = okx()
    assert [type(told) for told in read(dialect, frame)] == [EntryReply]
    (event,) = events(dialect, "okx", frame)
    assert type(event) is kind
    assert getattr(event, "fatal", False) is fatal
    assert doubts.count == (1 if "50037" in json.dumps(frame) else 0)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"event": "login", "code": "0"}, [LoggedIn()]),
        ({"event": "login", "code": "60009", "msg": "no"}, [SocketRefused("60009 no")]),
        ({"event": "error", "code": "60009", "msg": "no"}, [SocketRefused("60009 no")]),
        ({"event": "notice", "code": "64008", "msg": "soon"}, [Farewell("notice 64008 soon")]),
        ({"event": "notice", "code": "1"}, []),
        ({"id": "1", "op": "cancel-order", "code": "0"}, []),
    ],
)
def test_okx_frames_are_told_apart(frame: object, told: list[Told]) -> None:
    dialect, _ = okx()
    assert read(dialect, frame) == told
    assert list(dialect.read(b"pong")) == []


# -- all ----------------------------------------------------------------------


def _all() -> list[tuple[EntryDialect, Instrument]]:
    return [
        (binance()[0], instrument("binance")),
        (bybit()[0], instrument("bybit")),
        (okx()[0], instrument("okx", 1)),
    ]


def test_an_order_whose_time_is_up_is_not_sent() -> None:
    for dialect, where in _all():
        refused = dialect.frame(order(valid_ms=0), where)
        assert isinstance(refused, OrderReject)
        assert refused.code == "expired"


def test_no_order_is_valid_for_longer_than_five_seconds() -> None:
    far = order(valid_ms=3_600_000)
    for dialect, where in _all():
        text = json.dumps(sent(dialect, far, where))
        assert '"5000"' in text or ": 5000" in text or "1760000005000" in text


def test_orders_are_counted_against_the_quotas_of_rest() -> None:
    for dialect, where in _all():
        assert dialect.charges(where)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_frame_is_malformed(raw: bytes) -> None:
    for dialect, where in _all():
        with pytest.raises(MalformedMessage):
            list(dialect.read(raw))
        with pytest.raises(MalformedMessage):
            dialect.events(raw, order(), where)
