"""Binance's user data stream over the WebSocket API (user-data-stream, 2026-07-21).

Listen keys are gone since 2026-02-20: the subscription signs itself, whatever the type of key
(facts page section 8). On a cancel the order's client id changes; ours is then in ``C``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import parse_decimal, positive
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.answers import (
    not_negative,
    order_status,
    side_word,
)
from arbot_tui.exchanges.binance.signing import Signer, ws_payload
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    Farewell,
    SocketRefused,
    Subscribed,
    Told,
)
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["UserStream", "socket_options"]

_VENUE = "binance"
_TOPIC = "user data"
_REQUEST = "user-data"
_TRADE = "TRADE"


def socket_options(url: str) -> WebSocketOptions:
    """Return how a connection of the WebSocket API is kept (connection rules, 2026-07-21)."""
    return WebSocketOptions(
        url=url,
        frames_per_s=5.0,
        # The server pings every 20 s only; ours tell a dead connection sooner.
        heartbeat=Heartbeat(quiet_s=5.0),
        silence_s=15.0,
    )


class _Kind(msgspec.Struct):
    """What an event is: the same letter means other things in other events."""

    e: str


class _Report(msgspec.Struct):
    """``executionReport``; what it must tell has no default."""

    s: str  # wire symbol
    c: str  # client order id; of the cancel where `C` is set
    S: str  # side
    x: str  # execution type
    X: str  # order status
    i: int  # venue order id
    t: int  # trade id
    l: str  # noqa: E741 (the wire's name) quantity of this execution
    L: str  # its price
    z: str  # cumulative quantity
    n: str | None  # its fee
    N: str | None  # the fee's asset
    T: int  # transaction time, ms
    C: str = ""  # original client order id


class _Asset(msgspec.Struct):
    a: str
    f: str
    l: str  # noqa: E741 (the wire's name)


class _Position(msgspec.Struct):
    """``outboundAccountPosition``."""

    B: list[_Asset]


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Frame(msgspec.Struct):
    id: str | int | None = None
    status: int = 0
    event: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Frame).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode
_decode_report = msgspec.json.Decoder(_Report).decode
_decode_position = msgspec.json.Decoder(_Position).decode


class UserStream:
    """The language of the user data stream; see `SocketDialect`."""

    venue = _VENUE
    topics = frozenset({_TOPIC})
    needs_login = False

    def __init__(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> None:
        """Prepare.

        Args:
            credentials: Key that signs.
            venue_ms: Returns the venue's time, UTC milliseconds.
            instrument: Returns the instrument of a wire symbol.
        """
        self._key = credentials.api_key
        self._signer = Signer(credentials)
        self._venue_ms = venue_ms
        self._instrument = instrument

    def opening(self) -> Sequence[bytes]:
        """Return the signed subscription."""
        timestamp = self._venue_ms()
        signed = ws_payload({"apiKey": self._key, "timestamp": str(timestamp)})
        params = {
            "apiKey": self._key,
            "timestamp": timestamp,
            "signature": self._signer.sign(signed),
        }
        method = "userDataStream.subscribe.signature"
        return [msgspec.json.encode({"id": _REQUEST, "method": method, "params": params})]

    def subscriptions(self) -> Sequence[bytes]:
        """Return nothing: there is no login before the subscription."""
        return ()

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        try:
            frame = _decode(raw)
            if bytes(frame.event):
                return self._event(frame.event)
        except (ValueError, RecursionError) as e:
            raise MalformedMessage(_VENUE, f"user data: {sanitise(str(e))}") from e
        if frame.id != _REQUEST:
            # Answers to nothing of ours: a revoked key is told so, without an id.
            return (SocketRefused(_words(frame)),) if frame.status == 401 else ()
        return (Subscribed(_TOPIC),) if frame.status == 200 else (SocketRefused(_words(frame)),)

    def _event(self, event: msgspec.Raw) -> Iterable[Told]:
        match kind := _decode_kind(event).e:
            case "executionReport":
                return self._report(_decode_report(event))
            case "outboundAccountPosition":
                return (
                    BalancesTold(
                        tuple(
                            Balance(
                                sanitise(row.a, 20).upper(),
                                parse_decimal(row.f),
                                parse_decimal(row.l),
                            )
                            for row in _decode_position(event).B
                        )
                    ),
                )
            case "eventStreamTerminated":
                return (SocketRefused(kind),)
            case "serverShutdown":
                return (Farewell(kind),)
            case _:
                return ()

    def _report(self, event: _Report) -> Iterable[Told]:
        client_id = sanitise(event.C or event.c, 64)
        told: list[Told] = []
        if event.x == _TRADE and event.t >= 0:
            instrument = self._instrument(event.s)
            side = side_word(event.S)
            told.append(
                Fill(
                    _VENUE,
                    client_id,
                    instrument.symbol if instrument else sanitise(event.s, 40),
                    str(event.t),
                    side,
                    positive(event.L),
                    positive(event.l),
                    parse_decimal(event.n or "0"),
                    sanitise(event.N or "", 20).upper() or _received(instrument, side),
                    from_millis(event.T),
                )
            )
        status, filled = order_status(event.X), not_negative(event.z)
        told.append(OrderState(_VENUE, client_id, status, filled, ("stream",), str(event.i)))
        return told


def _received(instrument: Instrument | None, side: OrderSide) -> str:
    """Return the asset of a fee of nothing, which the venue leaves unnamed."""
    if instrument is None:
        return ""
    return instrument.base if side is OrderSide.BUY else instrument.quote


def _words(frame: _Frame) -> str:
    error = frame.error or _Error()
    return f"{error.code} {sanitise(error.msg)}".strip()
