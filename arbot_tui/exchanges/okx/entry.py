"""Orders over OKX's private socket (v5, 2026-07-23; facts page section 9).

An instrument is named by its integer ``instIdCode`` here; where it has none, the order goes by
REST. An answer is acceptance only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderAck, OrderEvent, OrderReject, OrderRequest
from arbot_tui.domain.refusal import Reaction, Refusal, placement_event
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.okx.answers import Item, parse_item
from arbot_tui.exchanges.okx.errors import refusal
from arbot_tui.exchanges.okx.execution import OkxExecution
from arbot_tui.exchanges.okx.signing import ws_login
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.signed_socket import (
    EntryReply,
    Farewell,
    LoggedIn,
    SocketRefused,
    Told,
)

__all__ = ["WsOrders"]

_VENUE = "okx"
_CLOSING = "64008"
_BY_ITEM = frozenset({"0", "1", "2"})


class _Reply(msgspec.Struct):
    id: str = ""
    op: str = ""
    event: str = ""
    code: str = ""
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


_decode = msgspec.json.Decoder(_Reply).decode


class WsOrders:
    """The language of order entry; see `EntryDialect`."""

    venue = _VENUE
    topics: frozenset[str] = frozenset()
    needs_login = True

    def __init__(
        self, credentials: Credentials, execution: OkxExecution, venue_ms: Callable[[], int]
    ) -> None:
        """Prepare.

        Args:
            credentials: Key and passphrase that sign.
            execution: Knows deadlines, quotas and how the account trades.
            venue_ms: Returns the venue's time, UTC milliseconds.
        """
        self._credentials = credentials
        self._execution = execution
        self._venue_ms = venue_ms

    def opening(self) -> Sequence[bytes]:
        """Return the login; its timestamp is in seconds."""
        return [ws_login(self._credentials, self._venue_ms() // 1000).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return nothing."""
        return ()

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return the answer in a frame, or what it means for the connection.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        if raw == b"pong":
            return ()
        reply = _read(raw)
        text = f"{reply.code} {sanitise(reply.msg)}".strip()
        match reply.event or reply.op:
            case "login":
                return (LoggedIn(),) if reply.code == "0" else (SocketRefused(text),)
            case "order":
                return (EntryReply(reply.id, raw),)
            case "error":
                return (SocketRefused(text),)
            case "notice" if reply.code == _CLOSING:
                return (Farewell(f"notice {text}"),)
            case _:
                return ()

    def charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs."""
        return self._execution.order_charges(instrument)

    def frame(self, order: OrderRequest, instrument: Instrument) -> bytes | OrderReject | None:
        """Return the frame of an order, or that its deadline has passed."""
        mode = self._execution.trade_mode
        if instrument.wire_id is None or not mode:
            return None
        expires_ms = self._execution.expires_ms(order)
        if isinstance(expires_ms, OrderReject):
            return expires_ms
        body = self._execution.order_body(order, mode)
        request = {
            "id": order.client_id,
            "op": "order",
            "expTime": str(expires_ms),
            "args": [{"instIdCode": instrument.wire_id, **body}],
        }
        return msgspec.json.encode(request)

    def events(self, reply: bytes, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Return the acknowledgement, or why there is none.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        del instrument
        answer = _read(reply)
        item = parse_item(answer.data) if answer.code in _BY_ITEM else None
        if item is not None and item.sCode == "0":
            return [OrderAck(_VENUE, order.client_id, sanitise(item.ordId, 64))]
        refused = _why(answer, item)
        if refused.reaction is Reaction.LATE:
            self._execution.doubt_clock()
        return [placement_event(refused, order.client_id)]


def _why(answer: _Reply, item: Item | None) -> Refusal:
    """Return what a failing answer means; one that succeeds without an order says nothing."""
    if item is not None:
        return refusal(item.sCode, item.sMsg)
    return refusal(answer.code, answer.msg)


def _read(raw: bytes) -> _Reply:
    try:
        return _decode(raw)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"order entry: {sanitise(str(e))}") from e
