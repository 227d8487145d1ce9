"""Binance's WebSocket API: orders, queries and the user data stream.

Source: binance-spot-api-docs `web-socket-api.md` and `user-data-stream.md`, commit of 2026-07-21.
How a frame is refused that is no request at all is not documented there: here as -1135 and
-1130. `session.logon` needs an Ed25519 key; the keys of this world are HMAC keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.core.events import AccountEvent, BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.binance.calls import AccountCalls
from arbot_tui.simulator.wire.binance.errors import ApiError, missing, unreasonable
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.params import Params
from arbot_tui.simulator.wire.binance.rest_public import PublicRest
from arbot_tui.simulator.wire.binance.signing import check_window
from arbot_tui.simulator.wire.binance.user_data import balance_update, execution_report, position
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.json import Json, JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.private import (
    PrivateClient,
    PrivateServer,
    same_text,
    signed_hex,
)

__all__ = ["USER_CHANNELS", "WsApi"]

_SECOND = 1_000_000_000
_PING_S, _PONG_WITHIN_S = 20.0, 60.0
_CONNECT_WEIGHT = 2
_MOST_SUBSCRIPTIONS = 65_535
_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
# They are no parameters of a call.
_ENVELOPE = ("apiKey", "signature", "returnRateLimits")

USER_CHANNELS: dict[str, ChannelKind] = {
    "executionReport": ChannelKind.ORDERS,
    "outboundAccountPosition": ChannelKind.BALANCES,
    "balanceUpdate": ChannelKind.BALANCES,
}
"""The events of the user data stream; trades come as `executionReport`."""

_Call = Callable[[Params], Json]


class _Method(NamedTuple):
    """How a method is called.

    Attributes:
        weight: Its weight; None if it counts by itself.
        call: What it does.
        signed: Whether it needs a signature.
        op: What it asks for, if it is about orders.
    """

    weight: int | None
    call: _Call
    signed: bool = True
    op: Op | None = None


class _Frame(msgspec.Struct):
    """A request as it is sent; numbers are signed as they were written, so they stay texts."""

    id: msgspec.Raw = msgspec.Raw(b"null")
    method: str = ""
    params: dict[str, msgspec.Raw] = {}


_frames = msgspec.json.Decoder(_Frame)


class _Client(PrivateClient):
    """A connection, its subscription and whether it wants to see the counters."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.subscription: int | None = None
        self.subscribed = 0
        self.shows_limits = True
        self.unanswered_ns: int | None = None


class WsApi(PrivateServer[_Client]):
    """All connections to the WebSocket API.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        limits: The venue's counters, shared with REST.
        calls: What is answered to an account.
        public: What is answered to anybody.
        entry: The way of orders.
    """

    channels = USER_CHANNELS
    lifetime_s = 86_400.0
    notice_s = 10.0

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        limits: Limits,
        calls: AccountCalls,
        public: PublicRest,
        entry: OrderEntry,
    ) -> None:
        super().__init__(market, keys, network, _Client)
        self._limits = limits
        self._calls = calls
        self._entry = entry
        self._pinged_ns = network.now_ns()
        self._methods: Mapping[str, _Method] = {
            "ping": _Method(None, public.ping, signed=False),
            "time": _Method(None, public.time, signed=False),
            "exchangeInfo": _Method(None, public.exchange_info, signed=False),
            "depth": _Method(None, public.depth, signed=False),
            "ticker.book": _Method(None, public.book_ticker, signed=False),
            "order.place": _Method(1, calls.place, op=Op.PLACE),
            "order.test": _Method(1, calls.test),
            "order.status": _Method(4, calls.query),
            "order.cancel": _Method(1, calls.cancel, op=Op.CANCEL),
            "openOrders.status": _Method(None, calls.open_orders),
            "openOrders.cancelAll": _Method(1, calls.cancel_all, op=Op.CANCEL),
            "allOrders": _Method(20, calls.all_orders),
            "myTrades": _Method(None, calls.my_trades),
            "account.status": _Method(20, calls.account),
            "account.commission": _Method(20, calls.commission),
            "account.rateLimits.orders": _Method(40, calls.order_counts),
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/ws-api/v3", self.serve)]

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Count a new client and note what it asked for in its URL."""
        super().opened(link, path, query)
        self.clients[link].shows_limits = query.get("returnRateLimits", "true").lower() != "false"
        try:
            self._calls.charge(_CONNECT_WEIGHT)
        except ApiError as error:
            link.close(1008, error.message)

    def heard(self, link: Link, text: str) -> None:
        """Answer a request."""
        client, ident = self.clients[link], msgspec.Raw(b"null")
        shows = client.shows_limits
        try:
            frame = _frame(text)
            ident = frame.id
            values = {name: _text_of(raw) for name, raw in frame.params.items()}
            if "returnRateLimits" in values:
                shows = values["returnRateLimits"].lower() != "false"
            self._request(link, client, frame, values, shows)
        except ApiError as error:
            link.send(self._refusal(ident, error, shows))

    def heard_control(self, link: Link, *, pong: bool) -> None:
        """Note that a client is alive."""
        if pong:
            self.clients[link].unanswered_ns = None

    def turn(self) -> None:
        """Send pings, cut who does not answer them, and end what an invalid key opened."""
        now_ns = self.network.now_ns()
        if now_ns - self._pinged_ns >= _PING_S * _SECOND:
            self._pinged_ns = now_ns
            for link, client in tuple(self.clients.items()):
                if client.unanswered_ns is None:
                    client.unanswered_ns = now_ns
                elif now_ns - client.unanswered_ns > _PONG_WITHIN_S * _SECOND:
                    link.drop()
                    continue
                link.ping()
        if self.market.key_rights is None:
            for link, client in self.clients.items():
                self._terminate(link, client)

    def notice(self, link: Link) -> str:
        """Return `serverShutdown`, as the WebSocket API sends it since May 2026."""
        return encode({"event": {"e": "serverShutdown", "E": self.market.now_ms()}})

    # Requests

    def _request(
        self, link: Link, client: _Client, frame: _Frame, values: dict[str, str], shows: bool
    ) -> None:
        params = Params.of_values({n: v for n, v in values.items() if n not in _ENVELOPE})
        method = self._methods.get(frame.method)
        if method is None:
            result = self._about_session(link, client, frame.method, params, values)
            link.send(self._answer(frame.id, result, shows))
            return
        if method.weight is not None:
            self._calls.charge(method.weight)
        if method.op is not None:
            self._order(link, frame.id, method, method.op, params, values, shows)
            return
        if method.signed:
            self._check(params, values, trades=False)
        link.send(self._answer(frame.id, method.call(params), shows))

    def _order(
        self,
        link: Link,
        ident: msgspec.Raw,
        method: _Method,
        op: Op,
        params: Params,
        values: dict[str, str],
        shows: bool,
    ) -> None:
        """Deal with a request about orders, which faults may meet on its way."""

        def check() -> str | None:
            try:
                self._check(params, values, trades=True)
            except ApiError as error:
                return self._refusal(ident, error, shows)
            return None

        def act() -> str:
            try:
                return self._answer(ident, method.call(params), shows)
            except ApiError as error:
                return self._refusal(ident, error, shows)

        def word(error: ErrorAnswer) -> str:
            return self._refusal(ident, unreasonable(error), shows)

        self._entry.frame(link, self._calls.about(op, params), check, act, word)

    def _check(self, params: Params, values: Mapping[str, str], *, trades: bool) -> None:
        """Check key, time and signature of a request.

        Raises:
            ApiError: As over REST.
        """
        self._calls.check_key(values.get("apiKey"), trades=trades)
        check_window(values.get("timestamp"), values.get("recvWindow"), self.market.now_ms())
        sent = values.get("signature")
        if not sent:
            raise missing("signature")
        # Sorted, as they were written, not percent-encoded.
        payload = "&".join(f"{n}={values[n]}" for n in sorted(values) if n != "signature")
        if not same_text(signed_hex(self.keys.api_secret, payload), sent.lower()):
            raise ApiError(-1022, "Signature for this request is not valid.")

    def _about_session(
        self, link: Link, client: _Client, method: str, params: Params, values: dict[str, str]
    ) -> Json:
        if method == "userDataStream.subscribe.signature":
            self._calls.charge(2)
            self._check(params, values, trades=False)
            return self._subscribe(client)
        if method == "userDataStream.unsubscribe":
            self._calls.charge(2)
            number = params.integer("subscriptionId")
            if client.subscription is None or number not in (None, client.subscription):
                raise ApiError(-2036, "User Data Stream subscription not active.")
            client.subscription = None
            return {}
        if method == "session.subscriptions":
            self._calls.charge(2)
            if client.subscription is None:
                return []
            return [{"subscriptionId": client.subscription}]
        if method == "session.status":
            self._calls.charge(2)
            return {
                "apiKey": None,
                "authorizedSince": None,
                "connectedSince": link.opened_ns // 1_000_000,
                "returnRateLimits": client.shows_limits,
                "serverTime": self.market.now_ms(),
                "userDataStream": client.subscription is not None,
            }
        if method == "session.logon":
            raise ApiError(-4056, "HMAC_SHA256 API key is not supported.")
        if method == "userDataStream.subscribe":
            raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        if method.startswith("userDataStream."):
            raise ApiError(-1000, "This method has been removed.", 410)
        raise ApiError(-1130, f"Invalid method: {method!r}.")

    @staticmethod
    def _subscribe(client: _Client) -> Json:
        if client.subscription is not None:
            raise ApiError(-2035, "User Data Stream subscription already active.")
        if client.subscribed >= _MOST_SUBSCRIPTIONS:
            raise ApiError(-2042, "Maximum subscription ID reached for this connection.")
        client.subscription = client.subscribed
        client.subscribed += 1
        return {"subscriptionId": client.subscription}

    # Events

    def order_changed(self, event: OrderEvent) -> None:
        """Send an `executionReport`."""
        body = execution_report(event, self.market.now_ms())
        self._tell_all(body, "executionReport", event)

    def balances_changed(self, event: BalanceEvent) -> None:
        """Send what was moved, if something was, and the balances."""
        now_ms = self.market.now_ms()
        if event.moved is not None:
            self._tell_all(balance_update(event, event.moved, now_ms), "balanceUpdate", event)
        body = position(event, self.market.account.holdings, now_ms)
        self._tell_all(body, "outboundAccountPosition", event)

    def _tell_all(self, body: JsonObject, channel: str, event: AccountEvent) -> None:
        for link, client in tuple(self.clients.items()):
            if client.subscription is not None:
                frame = encode({"subscriptionId": client.subscription, "event": body})
                self.tell_event(link, frame, channel, event)

    def _terminate(self, link: Link, client: _Client) -> None:
        if client.subscription is None:
            return
        event: JsonObject = {"e": "eventStreamTerminated", "E": self.market.now_ms()}
        link.send(encode({"subscriptionId": client.subscription, "event": event}))
        client.subscription = None

    # Answers

    def _answer(self, ident: msgspec.Raw, result: Json, shows: bool) -> str:
        return self._enveloped(ident, {"status": 200, "result": result}, shows)

    def _refusal(self, ident: msgspec.Raw, error: ApiError, shows: bool) -> str:
        body: dict[str, Json] = {"code": error.code, "msg": error.message}
        wait_s = error.headers.get("Retry-After")
        if wait_s is not None:
            # Not seconds as over REST, but when.
            now_ms = self.market.now_ms()
            body["data"] = {"serverTime": now_ms, "retryAfter": now_ms + int(wait_s) * 1000}
        return self._enveloped(ident, {"status": error.status, "error": body}, shows)

    def _enveloped(self, ident: msgspec.Raw, body: JsonObject, shows: bool) -> str:
        if shows:
            body = {**body, "rateLimits": self._limits.rows(self.market.elapsed_ms())}
        return f'{{"id":{bytes(ident).decode()},{encode(body)[1:]}'


def _frame(text: str) -> _Frame:
    try:
        frame = _frames.decode(text)
    except msgspec.DecodeError as error:
        raise ApiError(-1135, f"Invalid JSON Request: {error}") from error
    ident = msgspec.json.decode(frame.id)
    is_number = isinstance(ident, int) and not isinstance(ident, bool)
    if ident is None or is_number or (isinstance(ident, str) and _ID.fullmatch(ident)):
        return frame
    raise ApiError(-1135, "Invalid JSON Request: id must be an integer, a string or null")


def _text_of(raw: msgspec.Raw) -> str:
    """Return a parameter as it was written, a text without its quotes."""
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else bytes(raw).decode()
