"""Bybit's trade socket: orders and cancels.

Source: bybit-exchange/docs `v5/websocket/trade/guideline`, 2026-07-24. That an order before the
login is refused with 10005 is not documented. Time stamps in the header are documented as texts;
the venue's own SDK sends numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple
from uuid import uuid4

from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.core.events import BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.calls import AccountCalls
from arbot_tui.simulator.wire.bybit.errors import ApiError, bad_field, unreasonable
from arbot_tui.simulator.wire.bybit.quota import Quota
from arbot_tui.simulator.wire.bybit.session import control_frame, idle_ms, refused_login
from arbot_tui.simulator.wire.bybit.signing import DEFAULT_WINDOW, check_window
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import Json, JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.private import PrivateClient, PrivateServer
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["TradeSocket"]

_LONGEST_ID = 36
_PER_S, _SECOND_MS = 3_000, 1_000
_LOGIN_WORDS = {
    10001: "Params Error",
    10003: "API key is invalid.",
    10004: "error sign! please check your signature generation algorithm.",
}


class _Operation(NamedTuple):
    op: Op
    bucket: str
    call: Callable[[Fields], JsonObject]


class _Request(NamedTuple):
    """A frame from a client, its id checked.

    Attributes:
        req_id: Its id; empty if it has none.
        op: What it asks for.
        header: Its time and window.
        args: Its arguments.
    """

    req_id: str
    op: str
    header: Json
    args: Json


class _Client(PrivateClient):
    """A connection and the ids that it has used."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.idle_ms = idle_ms("")
        self.used: set[str] = set()


class TradeSocket(PrivateServer[_Client]):
    """All connections that take orders.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        calls: What is answered.
        quota: Requests per second, shared with REST.
        entry: The way of orders.
    """

    channels: ClassVar[Mapping[str, ChannelKind]] = {}

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        calls: AccountCalls,
        quota: Quota,
        entry: OrderEntry,
    ) -> None:
        super().__init__(market, keys, network, _Client)
        self._calls = calls
        self._quota = quota
        self._entry = entry
        self._rates = Rates()
        self._operations = {
            "order.create": _Operation(Op.PLACE, "create", calls.create),
            "order.cancel": _Operation(Op.CANCEL, "cancel", calls.cancel),
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v5/trade", self.serve)]

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Note a new client and how long it wants to be silent."""
        super().opened(link, path, query)
        self.clients[link].idle_ms = idle_ms(query.get("max_active_time", ""))

    def turn(self) -> None:
        """Close who is silent, and who came with a key that has expired."""
        now_ms = self.market.elapsed_ms()
        for link, client in tuple(self.clients.items()):
            if client.heard_ms < now_ms - client.idle_ms and not link.gone:
                link.close(1000, "")
        if self.market.key_rights is None:
            self.close_logged_in(1008, "api key expired")

    def order_changed(self, event: OrderEvent) -> None:
        """Say nothing: what becomes of orders is for the private socket."""

    def balances_changed(self, event: BalanceEvent) -> None:
        """Say nothing."""

    def heard(self, link: Link, text: str) -> None:
        """Answer a request."""
        client = self.clients[link]
        client.heard_ms = self.market.elapsed_ms()
        frame = control_frame(text)
        op, req_id = str(frame.get("op")), frame.get("reqId")
        known = req_id if isinstance(req_id, str) else ""
        request = _Request(known, op, frame.get("header"), frame.get("args"))
        if op == "ping":
            pong: JsonObject = {"retCode": 0, "retMsg": "OK", "op": "pong"}
            now = [str(self.market.now_ms())]
            link.send(encode({**pong, "data": now, "connId": client.conn_id}))
            return
        try:
            if self._rates.take("address", _PER_S, _SECOND_MS, client.heard_ms) < 0:
                raise ApiError(10403, "Exceeded the IP rate limit.")
            self._deal_with(link, client, request)
        except ApiError as error:
            link.send(self._answer(client, request, {}, {}, error))

    def _deal_with(self, link: Link, client: _Client, request: _Request) -> None:
        if request.op == "auth":
            if client.logged_in:
                raise ApiError(20001, "Repeat auth.")
            wrong = refused_login(self.market, self.keys, request.args)
            if wrong is not None:
                raise ApiError(wrong, _LOGIN_WORDS[wrong])
            client.logged_in = True
            body: JsonObject = {"retCode": 0, "retMsg": "OK", "op": "auth"}
            link.send(encode({**body, "connId": client.conn_id}))
            return
        operation = self._operations.get(request.op)
        if operation is None:
            raise ApiError(10404, "op type is not found.")
        if not client.logged_in:
            raise ApiError(10005, "Permission denied, please check your API key permissions.")
        if len(request.req_id) > _LONGEST_ID:
            raise ApiError(10001, "params error: reqId is too long")
        if request.req_id:
            if request.req_id in client.used:
                raise ApiError(20006, "reqId is duplicated.")
            client.used.add(request.req_id)
        args = request.args
        if not isinstance(args, list) or len(args) != 1 or not isinstance(args[0], dict):
            raise ApiError(10001, "params error: args must hold one order")
        self._order(link, client, request, operation, Fields(args[0]))

    def _order(
        self,
        link: Link,
        client: _Client,
        request: _Request,
        operation: _Operation,
        fields: Fields,
    ) -> None:
        """Deal with a request about an order, which faults may meet on its way."""
        headers: dict[str, str] = {}

        def check() -> str | None:
            try:
                self._check(request.header)
                self._calls.check_rights(trades=True)
                self._quota.take(operation.bucket, headers)
            except ApiError as error:
                return self._answer(client, request, headers, {}, error)
            return None

        def act() -> str:
            try:
                return self._answer(client, request, headers, operation.call(fields), None)
            except BadField as bad:
                return self._answer(client, request, headers, {}, bad_field(bad))
            except ApiError as error:
                return self._answer(client, request, headers, {}, error)

        def word(error: ErrorAnswer) -> str:
            return self._answer(client, request, headers, {}, unreasonable(error))

        self._entry.frame(link, self._calls.about(operation.op, fields), check, act, word)

    def _check(self, header: Json) -> None:
        """Check when a request was sent.

        Raises:
            ApiError: 10001 without a time, 10002 for one outside the window.
        """
        known = header if isinstance(header, dict) else {}
        timestamp = known.get("X-BAPI-TIMESTAMP")
        window = known.get("X-BAPI-RECV-WINDOW") or DEFAULT_WINDOW
        if timestamp is None:
            raise ApiError(10001, "params error: X-BAPI-TIMESTAMP is missing")
        check_window(str(timestamp), str(window), self.market.now_ms())

    def _answer(
        self,
        client: _Client,
        request: _Request,
        headers: Mapping[str, str],
        data: JsonObject,
        error: ApiError | None,
    ) -> str:
        named: dict[str, Json] = {"reqId": request.req_id} if request.req_id else {}
        return encode(
            {
                **named,
                "retCode": 0 if error is None else error.code,
                "retMsg": "OK" if error is None else error.message,
                "op": request.op,
                "data": data,
                "retExtInfo": {},
                "header": {
                    **headers,
                    "Traceid": uuid4().hex,
                    "Timenow": str(self.market.now_ms()),
                },
                "connId": client.conn_id,
            }
        )
