"""Bitget's private socket in the v2 ("Classic") dialect: orders, executions, balances.

Pages of 2025-12-05; facts page section 8. The ``orders`` channel carries each execution with our
own id; the ``fill`` channel names only the venue's. Pushes can be lost (vendor FAQ): whoever
follows this asks by REST as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, parse_decimal
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.answers import OrderRow, order_state
from arbot_tui.exchanges.bitget.signing import ws_login
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["PrivateStream", "socket_options"]

_VENUE = "bitget"
_BROKEN = (ValueError, RecursionError, ArithmeticError)


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


def socket_options(url: str) -> WebSocketOptions:
    """Return how a private connection is kept (websocket introduction, 2025-12-05)."""
    return WebSocketOptions(
        url=url,
        # Ten a second count pings, login and subscriptions.
        frames_per_s=5.0,
        silence_s=10.0,
        heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0, every_s=30.0),
    )


class _Order(msgspec.Struct):
    """An order push: the order, and the execution that this push tells of."""

    instId: str
    orderId: str
    clientOid: str
    status: str
    side: str
    force: str = ""
    accBaseVolume: str = ""
    baseVolume: str = ""
    fillPrice: str = ""
    fillFee: str = ""
    fillFeeCoin: str = ""
    fillTime: str = ""
    tradeId: str = ""


class _Asset(msgspec.Struct):
    coin: str
    available: str = ""
    frozen: str = ""


class _Arg(msgspec.Struct, frozen=True):
    channel: str = ""


class _Frame(msgspec.Struct):
    event: str = ""
    # A JSON number in some answers, a text in others.
    code: str | int = ""
    msg: str = ""
    arg: _Arg = _Arg()
    data: msgspec.Raw = msgspec.Raw(b"[]")


_decode = msgspec.json.Decoder(_Frame).decode
_orders = msgspec.json.Decoder(list[_Order]).decode
_assets = msgspec.json.Decoder(list[_Asset]).decode


class PrivateStream:
    """The language of the private socket; see `SocketDialect`."""

    venue = _VENUE
    topics = frozenset({"orders", "account"})
    needs_login = True

    def __init__(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> None:
        """Prepare.

        Args:
            credentials: Key and passphrase that sign.
            venue_ms: Returns the venue's time, UTC milliseconds.
            instrument: Returns the instrument of a wire symbol.
        """
        self._credentials = credentials
        self._venue_ms = venue_ms
        self._instrument = instrument

    def opening(self) -> Sequence[bytes]:
        """Return the login; its timestamp is in seconds."""
        return [ws_login(self._credentials, self._venue_ms() // 1000).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return the subscription of both channels; each is answered for itself."""
        args = [
            {"instType": "SPOT", "channel": "orders", "instId": "default"},
            {"instType": "SPOT", "channel": "account", "coin": "default"},
        ]
        return [msgspec.json.encode({"op": "subscribe", "args": args})]

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        if raw == b"pong":
            return ()
        try:
            frame = _decode(raw)
            match frame.event or frame.arg.channel:
                case "orders":
                    return [told for row in _orders(frame.data) for told in self._order(row)]
                case "account":
                    return [BalancesTold(_balances(frame.data))]
        except _BROKEN as e:
            raise MalformedMessage(_VENUE, f"private stream: {sanitise(str(e))}") from e
        text = f"{frame.code} {sanitise(frame.msg)}".strip()
        match frame.event:
            case "login":
                return (LoggedIn(),) if str(frame.code) == "0" else (SocketRefused(text),)
            case "subscribe":
                return (Subscribed(frame.arg.channel),)
            case "error":
                return (SocketRefused(text),)
            case _:
                return ()

    def _order(self, row: _Order) -> Iterable[Told]:
        client_id = sanitise(row.clientOid, 64)
        order = OrderRow(row.orderId, client_id, row.status, row.accBaseVolume, row.force)
        state: OrderState = order_state(order, "stream")
        quantity = parse_decimal(row.baseVolume) if row.baseVolume else None
        if not row.tradeId or not quantity or not row.fillPrice:
            return (state,)
        instrument = self._instrument(row.instId)
        fill = Fill(
            _VENUE,
            client_id,
            instrument.symbol if instrument else sanitise(row.instId, 40),
            sanitise(row.tradeId, 64),
            OrderSide(row.side),
            parse_decimal(row.fillPrice),
            quantity,
            # Negative is paid here, positive elsewhere; a rebate is documented for neither.
            exact.abs(parse_decimal(row.fillFee or "0")),
            sanitise(row.fillFeeCoin, 20).upper(),
            int(row.fillTime) * MS,
        )
        return (fill, state)


def _balances(data: msgspec.Raw) -> tuple[Balance, ...]:
    return tuple(
        Balance(
            sanitise(row.coin, 20).upper(),
            parse_decimal(row.available or "0"),
            parse_decimal(row.frozen or "0"),
        )
        for row in _assets(data)
    )
