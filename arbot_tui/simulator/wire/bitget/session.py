"""What Bitget's private sockets have in common: pings, login, subscriptions, order requests.

Source: Bitget websocket introductions, v2 and v3 (commit of 2025-12-05), change log to
2026-01-29. The two differ in names only; those are left to the subclasses.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.errors import ApiError, bad_field, unreasonable
from arbot_tui.simulator.wire.bitget.rest_private import check_rights, take
from arbot_tui.simulator.wire.bitget.signing import check_login
from arbot_tui.simulator.wire.common.entry import About, OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.private import PrivateClient, PrivateServer
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["BitgetSocket", "OrderRequest", "SocketClient", "SocketRefusal", "op_of"]

_LONGEST_FRAME_BYTES = 4096
_PING_WITHIN_MS = 120_000
_FRAMES_PER_S, _SECOND_MS = 10, 1_000
_REQUESTS_PER_HOUR, _HOUR_MS = 240, 3_600_000
_OPS = {"place-order": Op.PLACE, "cancel-order": Op.CANCEL}
_POLICY = 1008


class SocketRefusal(Exception):
    """A control frame that is answered with an error event.

    Attributes:
        code: Bitget's code; a number on some pages and a text on others.
    """

    def __init__(self, code: int | str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SocketClient(PrivateClient):
    """A connection and its subscriptions, as the client sent them."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.topics: dict[str, JsonObject] = {}


class OrderRequest(NamedTuple):
    """An order or a cancel on a socket.

    Attributes:
        op: What it asks for.
        ident: The request's id.
        head: What the answer repeats.
        fields: Its parameters, named as over REST.
    """

    op: Op
    ident: str
    head: JsonObject
    fields: Fields


class BitgetSocket(PrivateServer[SocketClient]):
    """All private connections of one dialect.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        rates: Requests per second, shared with REST.
        entry: The way of orders.
    """

    # In older revisions of the documentation; nobody says that it has changed.
    lifetime_s = 86_400.0
    paths: ClassVar[Mapping[Op, str]]

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        rates: Rates,
        entry: OrderEntry,
    ) -> None:
        super().__init__(market, keys, network, SocketClient)
        self._rates = rates
        self._entry = entry

    # The dialect

    @abstractmethod
    def topic_of(self, arg: JsonObject) -> str:
        """Return the name under which a subscription is kept.

        Raises:
            SocketRefusal: There is no such channel.
        """

    @abstractmethod
    def subscribed(self, link: Link, arg: JsonObject) -> None:
        """Send what a subscription starts with."""

    @abstractmethod
    def order_request(self, frame: JsonObject, arg: JsonObject) -> OrderRequest:
        """Return the order or cancel that a frame with the operation `trade` asks for.

        Raises:
            SocketRefusal: It is none.
        """

    @abstractmethod
    def about(self, request: OrderRequest) -> About:
        """Return what an order request is about."""

    @abstractmethod
    def deal_with(self, request: OrderRequest) -> str:
        """Do what a request asks for and return the frame with the answer.

        Raises:
            ApiError: The venue refuses it.
            BadField: A parameter is wrong.
        """

    def in_time(self, request: OrderRequest) -> None:
        """Refuse what arrives too late.

        Raises:
            ApiError: It does.
        """

    @abstractmethod
    def error_frame(self, request: OrderRequest, error: ApiError) -> str:
        """Return the frame that refuses an order request."""

    # Clients

    def heard(self, link: Link, text: str) -> None:
        """Answer a ping, a control frame or an order."""
        client, now_ms = self.clients[link], self.market.elapsed_ms()
        if client.rates.take("frame", _FRAMES_PER_S, _SECOND_MS, now_ms) < 0:
            last = _error(SocketRefusal(30007, "request over limit, connection close"))
            link.close(_POLICY, "request over limit", last)
            return
        if text == "ping":
            client.heard_ms = now_ms
            link.send("pong")
            return
        try:
            frame, args = _request(text)
            self._answer(link, client, frame, args, now_ms)
        except SocketRefusal as refused:
            link.send(_error(refused))

    def turn(self) -> None:
        """Close who sends no pings, and who came with a key that is gone."""
        self.close_silent(_PING_WITHIN_MS, _POLICY, "no ping")
        if self.market.key_rights is None:
            self.close_logged_in(_POLICY, "api key does not exist")

    def _answer(
        self, link: Link, client: SocketClient, frame: JsonObject, args: list[JsonObject], now: int
    ) -> None:
        op = frame.get("op")
        if op == "login":
            self._login(link, client, args[0])
            return
        if op not in ("subscribe", "unsubscribe", "trade"):
            raise SocketRefusal(30003, "invalid op")
        if not client.logged_in:
            raise SocketRefusal(30004, "User not logged in / User must be logged in")
        if op == "trade":
            self._order(link, frame, args[0])
            return
        if client.rates.take("op", _REQUESTS_PER_HOUR, _HOUR_MS, now) < 0:
            raise SocketRefusal(30006, "request too many")
        for arg in args:
            try:
                name = self.topic_of(arg)
            except SocketRefusal as refused:
                link.send(_error(refused, arg))
                continue
            link.send(encode({"event": str(op), "arg": arg}))
            if op == "unsubscribe":
                client.topics.pop(name, None)
            else:
                client.topics[name] = arg
                if self.speaks:
                    self.subscribed(link, arg)

    def _login(self, link: Link, client: SocketClient, arg: JsonObject) -> None:
        valid = self.market.key_rights is not None
        wrong = check_login(arg, self.keys, self.market.now_ms(), valid=valid)
        if wrong is not None:
            # A failed login closes the socket.
            link.close(_POLICY, "login failed", _error(SocketRefusal(*wrong)))
            return
        client.logged_in = True
        link.send(encode({"event": "login", "code": "0", "msg": ""}))

    def _order(self, link: Link, frame: JsonObject, arg: JsonObject) -> None:
        """Deal with an order request, which faults may meet on its way."""
        request = self.order_request(frame, arg)

        def check() -> str | None:
            try:
                if not self.speaks:
                    raise ApiError("40725", "service return an error")
                check_rights(self.market, trades=True)
                take(self._rates, self.paths[request.op], 10, self.market.elapsed_ms())
                self.in_time(request)
            except BadField as bad:
                return self.error_frame(request, bad_field(bad))
            except ApiError as error:
                return self.error_frame(request, error)
            return None

        def act() -> str:
            try:
                return self.deal_with(request)
            except BadField as bad:
                return self.error_frame(request, bad_field(bad))
            except ApiError as error:
                return self.error_frame(request, error)

        def word(error: ErrorAnswer) -> str:
            return self.error_frame(request, unreasonable(error))

        self._entry.frame(link, self.about(request), check, act, word)

    @property
    def speaks(self) -> bool:
        """Whether the account is of the kind that this dialect is for: else all is silent."""
        return True

    # Pushes

    def push(
        self, link: Link, arg: JsonObject, channel: str, symbol: str, data: Json, ident: int
    ) -> None:
        """Send data to a subscriber, or what faults leave of it."""
        frame: JsonObject = {
            "action": "snapshot",
            "arg": arg,
            "data": data,
            "ts": self.market.now_ms(),
        }
        mark = Mark(symbol, channel, self.channels.get(channel, ChannelKind.ORDERS), ident)
        self.tell_marked((link,), encode(frame), mark)


def op_of(name: object) -> Op:
    """Return what a channel of an order request asks for.

    Raises:
        SocketRefusal: Nothing that is known.
    """
    op = _OPS.get(str(name))
    if op is None:
        raise SocketRefusal(30001, f"channel:{name} doesn't exist")
    return op


def _error(refused: SocketRefusal, arg: JsonObject | None = None) -> str:
    body: dict[str, Json] = {"event": "error"}
    if arg is not None:
        body["arg"] = arg
    return encode({**body, "code": refused.code, "msg": str(refused)})


def _request(text: str) -> tuple[JsonObject, list[JsonObject]]:
    """Return a control frame and its arguments."""
    if len(text.encode()) > _LONGEST_FRAME_BYTES:
        raise SocketRefusal(30016, "Param error")
    try:
        frame = decode(text)
    except ValueError as error:
        raise SocketRefusal(30002, "illegal request") from error
    if not isinstance(frame, dict):
        raise SocketRefusal(30002, "illegal request")
    args = frame.get("args")
    if not isinstance(args, list) or not args:
        raise SocketRefusal(30016, "Param error")
    kept: list[JsonObject] = [arg for arg in args if isinstance(arg, dict)]
    if len(kept) != len(args):
        raise SocketRefusal(30016, "Param error")
    return frame, kept
