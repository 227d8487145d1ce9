"""OKX's private socket: login, orders, the account, and order operations.

Sources: OKX API guide (connect, login, notification; orders, account and fills channels; WS place
and cancel order), 2026-06-29 to 2026-07-23. That a subscription before the login is refused with
60011 is not in these pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from aiohttp import web

from arbot_tui.simulator.core.events import BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.private import PrivateClient, PrivateServer
from arbot_tui.simulator.wire.okx.calls import AccountCalls
from arbot_tui.simulator.wire.okx.formats import balance_body, instrument_id, order_push
from arbot_tui.simulator.wire.okx.order_operations import OrderOperations
from arbot_tui.simulator.wire.okx.signing import check_login

__all__ = ["USER_CHANNELS", "PrivateSocket"]

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_IDLE_MS = 30_000
_OPS_PER_HOUR, _HOUR_MS = 480, 3_600_000
_LONGEST_FRAME = 65_536
_MOST_CONNECTIONS = 30
# Without `updateInterval` 0 the account is told again and again.
_REPEAT_MS = 5_000
_LOGIN_FAILED, _KEY_GONE = 4001, 4007

USER_CHANNELS: dict[str, ChannelKind] = {
    "orders": ChannelKind.ORDERS,
    "account": ChannelKind.BALANCES,
}
"""The channels of the private socket; orders tell fills as well."""


class _Topic(NamedTuple):
    """A subscription.

    Attributes:
        channel: Its channel.
        sent: As the client sent it.
        arg: As it is told, with the account's number.
        instrument_id: The only one that it is about; empty for all.
        repeats: Whether the account is told again and again.
    """

    channel: str
    sent: JsonObject
    arg: JsonObject
    instrument_id: str = ""
    repeats: bool = False


class _Refused(Exception):
    """A control frame that is answered with an error event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Client(PrivateClient):
    """A connection and what it subscribed to, by channel and instrument."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.conn_id = self.conn_id[:8]
        self.topics: dict[tuple[str, str], _Topic] = {}
        self.repeated_ms = now_ms


class PrivateSocket(PrivateServer[_Client]):
    """All private connections of the venue.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        calls: What is answered.
        entry: The way of orders.
    """

    channels: ClassVar[Mapping[str, ChannelKind]] = USER_CHANNELS
    turn_s = 0.5
    # A service upgrade is announced a minute ahead.
    notice_s = 60.0

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        calls: AccountCalls,
        entry: OrderEntry,
    ) -> None:
        super().__init__(market, keys, network, _Client)
        self._calls = calls
        self._orders = OrderOperations(market, calls, entry)
        self._ids = {instrument_id(i): i for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/ws/v5/private", self.serve)]

    # Clients

    def heard(self, link: Link, text: str) -> None:
        """Answer a ping, a control frame or an order."""
        client = self.clients[link]
        if len(text) > _LONGEST_FRAME:
            link.close(1009, "Message too big")
            return
        client.heard_ms = self.market.elapsed_ms()
        if text == "ping":
            link.send("pong")
            return
        named: dict[str, Json] = {}
        try:
            frame = _object(text)
            ident = frame.get("id")
            if isinstance(ident, str) and _ID.fullmatch(ident):
                named = {"id": ident}
            elif ident is not None:
                raise _Refused("60012", f"Invalid request: {text}")
            self._deal_with(link, client, frame, named, text)
        except _Refused as refused:
            link.send(self._error(client, refused, named))

    def turn(self) -> None:
        """Close who is silent or came with a key that is gone; tell accounts again."""
        self.close_silent(_IDLE_MS, 4004, "No data received in 30s.")
        if self.market.key_rights is None:
            self.close_logged_in(_KEY_GONE, "API key has been updated or deleted.")
        now_ms = self.market.elapsed_ms()
        for link, client in tuple(self.clients.items()):
            if now_ms - client.repeated_ms < _REPEAT_MS:
                continue
            client.repeated_ms = now_ms
            for topic in client.topics.values():
                if topic.channel == "account" and topic.repeats:
                    self._tell_account(link, topic, "interval_update", None)

    def notice(self, link: Link) -> str:
        """Return notice 64008, sent before a service upgrade."""
        return encode(
            {
                "event": "notice",
                "code": "64008",
                "msg": "The connection will soon be closed for a service upgrade. "
                "Please reconnect.",
                "connId": self.clients[link].conn_id,
            }
        )

    def _deal_with(
        self,
        link: Link,
        client: _Client,
        frame: Mapping[str, Json],
        named: dict[str, Json],
        text: str,
    ) -> None:
        op, args = frame.get("op"), frame.get("args")
        if not isinstance(args, list) or not args or not all(isinstance(a, dict) for a in args):
            raise _Refused("60012", f"Invalid request: {text}")
        if op in ("order", "cancel-order"):
            self._orders.deal_with(link, frame, named, logged_in=client.logged_in)
            return
        if op not in ("login", "subscribe", "unsubscribe"):
            raise _Refused("60012", f"Invalid request: {text}")
        if client.rates.take("op", _OPS_PER_HOUR, _HOUR_MS, client.heard_ms) < 0:
            raise _Refused("60014", "Requests too frequent.")
        if op == "login":
            self._login(link, client, args[0], named)
        elif not client.logged_in:
            raise _Refused("60011", "Please log in.")
        else:
            topics = [self._topic(arg) for arg in args]
            for topic in topics:
                self._subscribe(link, client, topic, named, joins=op == "subscribe")

    def _login(
        self, link: Link, client: _Client, arg: Mapping[str, Json], named: dict[str, Json]
    ) -> None:
        if client.logged_in:
            raise _Refused("60031", "The connection is already logged in.")
        rights = self.market.key_rights
        wrong = check_login(arg, self.keys, self.market.now_ms(), valid=rights is not None)
        if wrong is not None:
            last = self._error(client, _Refused(*wrong), named)
            link.close(_LOGIN_FAILED, "Login failed.", last)
            return
        client.logged_in = True
        event: JsonObject = {"event": "login", "code": "0", "msg": "", "connId": client.conn_id}
        link.send(encode({**named, **event}))

    def _topic(self, arg: Mapping[str, Json]) -> _Topic:
        channel, name = str(arg.get("channel")), str(arg.get("instId") or "")
        if channel == "fills":
            raise _Refused("64003", "Your trading fee tier doesn't meet the requirement.")
        if channel not in USER_CHANNELS or (name and name not in self._ids):
            raise _Refused("60018", f"Wrong URL or channel:{channel},instId:{name} doesn't exist.")
        if channel == "orders":
            if arg.get("instType") not in ("SPOT", "ANY"):
                raise _Refused("60018", f"Wrong URL or channel:{channel} doesn't exist.")
            return _Topic(channel, arg, {**arg, "uid": self._calls.user_id}, name)
        repeats = '"updateInterval":"0"' not in str(arg.get("extraParams") or "").replace(" ", "")
        told = {key: value for key, value in arg.items() if key != "extraParams"}
        return _Topic(channel, arg, {**told, "uid": self._calls.user_id}, "", repeats)

    def _subscribe(
        self, link: Link, client: _Client, topic: _Topic, named: dict[str, Json], *, joins: bool
    ) -> None:
        key = topic.channel, topic.instrument_id
        event = "subscribe" if joins else "unsubscribe"
        link.send(encode({**named, "event": event, "arg": topic.sent, "connId": client.conn_id}))
        if not joins:
            client.topics.pop(key, None)
            return
        channel = topic.channel
        others = sum(
            any(name == channel for name, _ in other.topics)
            for other in self.clients.values()
            if other is not client
        )
        count: JsonObject = {"channel": channel, "connCount": str(others + 1)}
        if others >= _MOST_CONNECTIONS:
            # The acknowledgement above was a lie: this one counts.
            dead = {"event": "channel-conn-count-error", **count, "connCount": str(others)}
            link.send(encode({**dead, "connId": client.conn_id}))
            return
        link.send(encode({"event": "channel-conn-count", **count, "connId": client.conn_id}))
        client.topics[key] = topic
        if channel == "account":
            self._tell_account(link, topic, "snapshot", None)

    # Events

    def order_changed(self, event: OrderEvent) -> None:
        """Tell a change of an order, fill included."""
        body = order_push(event)
        name = instrument_id(event.order.instrument)
        for link, client in tuple(self.clients.items()):
            for topic in tuple(client.topics.values()):
                if topic.channel == "orders" and topic.instrument_id in ("", name):
                    client.heard_ms = self.market.elapsed_ms()
                    frame = encode({"arg": topic.arg, "data": [body]})
                    self.tell_event(link, frame, "orders", event)

    def balances_changed(self, event: BalanceEvent) -> None:
        """Tell the currencies that changed."""
        for link, client in tuple(self.clients.items()):
            for topic in tuple(client.topics.values()):
                if topic.channel == "account":
                    self._tell_account(link, topic, "event_update", event)

    def _tell_account(
        self, link: Link, topic: _Topic, kind: str, event: BalanceEvent | None
    ) -> None:
        """Tell an account: all of it, or what an event changed."""
        ccy = str(topic.arg.get("ccy") or "")
        only = frozenset((ccy,) if ccy else () if event is None else event.assets)
        if event is not None and ccy and ccy not in event.assets:
            return
        now_ms = self.market.now_ms()
        holdings, prices = self.market.account.holdings, self._calls.prices()
        body = balance_body(holdings, only, prices, now_ms, omit_empty=event is None)
        frame: JsonObject = {"arg": topic.arg, "eventType": kind, "data": [body]}
        if kind == "snapshot":
            frame = {**frame, "curPage": 1, "lastPage": True}
        self.clients[link].heard_ms = self.market.elapsed_ms()
        if event is not None:
            self.tell_event(link, encode(frame), "account", event)
            return
        mark = Mark("", "account", ChannelKind.BALANCES, now_ms)
        self.tell_marked((link,), encode(frame), mark)

    @staticmethod
    def _error(client: _Client, refused: _Refused, named: Mapping[str, Json]) -> str:
        error: JsonObject = {"event": "error", "code": refused.code, "msg": str(refused)}
        return encode({**named, **error, "connId": client.conn_id})


def _object(text: str) -> Mapping[str, Json]:
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused("60012", f"Invalid request: {text}") from error
    if not isinstance(frame, dict):
        raise _Refused("60012", f"Invalid request: {text}")
    return frame
