"""Orders over Bybit's trade socket (v5 websocket/trade, 2026-07-24; facts page section 9).

Its fields are named otherwise than on the private socket. An answer is acceptance only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderAck, OrderEvent, OrderReject, OrderRequest
from arbot_tui.domain.refusal import Reaction, placement_event
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bybit.answers import parse_order_id
from arbot_tui.exchanges.bybit.errors import refusal
from arbot_tui.exchanges.bybit.execution import BybitExecution
from arbot_tui.exchanges.bybit.private import AUTH_VALID_MS
from arbot_tui.exchanges.bybit.signing import ws_auth
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.signed_socket import (
    EntryReply,
    Farewell,
    LoggedIn,
    SocketRefused,
    Told,
)

__all__ = ["WsOrders"]

_VENUE = "bybit"
_ALREADY_LOGGED_IN = 20001
_RESTARTING = 10019


class _Reply(msgspec.Struct):
    reqId: str = ""
    retCode: int | None = None
    retMsg: str = ""
    op: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


_decode = msgspec.json.Decoder(_Reply).decode


class WsOrders:
    """The language of order entry; see `EntryDialect`."""

    venue = _VENUE
    topics: frozenset[str] = frozenset()
    needs_login = True

    def __init__(
        self, credentials: Credentials, execution: BybitExecution, venue_ms: Callable[[], int]
    ) -> None:
        """Prepare.

        Args:
            credentials: Key that signs.
            execution: Knows deadlines and quotas.
            venue_ms: Returns the venue's time, UTC milliseconds.
        """
        self._credentials = credentials
        self._execution = execution
        self._venue_ms = venue_ms

    def opening(self) -> Sequence[bytes]:
        """Return the login; orders need no signature of their own then."""
        return [ws_auth(self._credentials, self._venue_ms() + AUTH_VALID_MS).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return nothing."""
        return ()

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return the answer in a frame, or what it means for the connection.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        reply = _read(raw)
        if reply.op == "auth":
            if reply.retCode in (0, _ALREADY_LOGGED_IN):
                return (LoggedIn(),)
            code = "no code" if reply.retCode is None else reply.retCode
            return (SocketRefused(f"{code} {sanitise(reply.retMsg)}".strip()),)
        told: list[Told] = []
        if reply.op == "order.create" and reply.reqId:
            told.append(EntryReply(reply.reqId, raw))
        if reply.retCode == _RESTARTING:
            # Running requests still finish; new ones need another connection.
            told.append(Farewell("10019 server restarting"))
        return told

    def charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs."""
        return self._execution.order_charges(instrument)

    def frame(self, order: OrderRequest, instrument: Instrument) -> bytes | OrderReject | None:
        """Return the frame of an order, or that its deadline has passed."""
        window_ms = self._execution.window_ms(order)
        if isinstance(window_ms, OrderReject):
            return window_ms
        return msgspec.json.encode(
            {
                "reqId": order.client_id,
                "header": {
                    "X-BAPI-TIMESTAMP": str(self._venue_ms()),
                    "X-BAPI-RECV-WINDOW": str(window_ms),
                },
                "op": "order.create",
                "args": [self._execution.order_body(order, instrument)],
            }
        )

    def events(self, reply: bytes, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Return the acknowledgement, or why there is none.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        del instrument
        answer = _read(reply)
        if answer.retCode is None:
            raise MalformedMessage(_VENUE, "an answer to an order without a code")
        refused = refusal(200, answer.retCode, answer.retMsg)
        if refused is None:
            return [OrderAck(_VENUE, order.client_id, parse_order_id(answer.data))]
        if refused.reaction is Reaction.LATE:
            self._execution.doubt_clock()
        return [placement_event(refused, order.client_id)]


def _read(raw: bytes) -> _Reply:
    try:
        return _decode(raw)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"order entry: {sanitise(str(e))}") from e
