"""Orders over a WebSocket: the frame is written before `submit` returns, its answer is an event.

A connection that is lost with orders in flight leaves them unknown: they are asked for, never
sent again. Whether a frame can be written at all is known before; where it cannot, the caller
takes another way for that order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderEvent, OrderReject, OrderRequest, OrderUnknown
from arbot_tui.exchanges.base import OrderEventSink
from arbot_tui.exchanges.transport.admission import admit
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.relay import SocketRelay
from arbot_tui.exchanges.transport.signed_socket import EntryReply, SocketDialect, Told
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wire_websockets import dial as dial_websockets

__all__ = ["EntryDialect", "OrderEntry"]

_ANSWER_WITHIN_S = 2.0


class EntryDialect(SocketDialect, Protocol):
    """How a venue takes orders over a socket."""

    def charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota; shared with REST."""
        ...

    def frame(self, order: OrderRequest, instrument: Instrument) -> bytes | OrderReject | None:
        """Return the frame of an order, whose request id is its client id.

        A rejection where it must not be sent; None where this socket cannot say it.
        """
        ...

    def events(self, reply: bytes, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Return what the answer to an order says of it.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        ...


class _Pending(msgspec.Struct):
    order: OrderRequest
    instrument: Instrument
    sink: OrderEventSink
    timer: asyncio.TimerHandle


class OrderEntry:
    """The socket for orders of one adapter; `run` it in a task of its own."""

    def __init__(
        self,
        dialect: EntryDialect,
        options: WebSocketOptions,
        *,
        clock: Clock,
        ban: BanClock,
        dial: Dial = dial_websockets,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            dialect: The venue's language.
            options: How to open and keep the connection.
            clock: Our clock.
            ban: Stops orders and attempts while the venue wants us away.
            dial: Opens a wire.
        """
        self._dialect = dialect
        self._clock = clock
        self._ban = ban
        self._pending: dict[str, _Pending] = {}
        self._socket = SocketRelay(
            lambda: (dialect, options),
            clock=clock,
            ban=ban,
            on_told=self._on_told,
            on_ready=self._on_ready,
            dial=dial,
        )

    @property
    def ready(self) -> bool:
        """Whether an order could be written now."""
        return self._socket.ready

    def __len__(self) -> int:
        """Return how many orders wait for their answer."""
        return len(self._pending)

    async def run(self) -> None:
        """Keep the socket up until cancelled; what is in flight then is unknown."""
        try:
            await self._socket.run()
        finally:
            self._give_up("given up while under way")

    def restart(self, cause: str) -> None:
        """Start over on a new connection; what waits for its answer is unknown."""
        self._socket.restart(cause)

    def submit(self, order: OrderRequest, instrument: Instrument, sink: OrderEventSink) -> bool:
        """Write an order before returning; False, and nothing written, where that cannot be.

        Its outcome comes to `sink`, never before this returns.
        """
        if not self._socket.ready:
            return False
        frame = self._dialect.frame(order, instrument)
        if frame is None:
            return False
        if isinstance(frame, bytes):
            charges = self._dialect.charges(instrument)
            refusal = admit(order, self._ban, charges, self._clock.now_ns())
            if refusal is None:
                return self._write(frame, order, instrument, sink)
        else:
            refusal = frame
        asyncio.get_running_loop().call_soon(sink, refusal)
        return True

    def _write(
        self, frame: bytes, order: OrderRequest, instrument: Instrument, sink: OrderEventSink
    ) -> bool:
        if not self._socket.send_now(frame):
            return False
        timer = asyncio.get_running_loop().call_later(
            _ANSWER_WITHIN_S, self._unanswered, order.client_id
        )
        self._pending[order.client_id] = _Pending(order, instrument, sink, timer)
        return True

    def _on_told(self, told: Told) -> None:
        if not isinstance(told, EntryReply):
            return
        pending = self._pending.pop(told.request_id, None)
        if pending is None:
            return
        pending.timer.cancel()
        try:
            events = self._dialect.events(told.raw, pending.order, pending.instrument)
        except MalformedMessage as e:
            events = [OrderUnknown(pending.order.venue, pending.order.client_id, str(e))]
        for event in events:
            pending.sink(event)

    def _on_ready(self, ready: bool, detail: str) -> None:
        if not ready:
            self._give_up(f"connection lost before the answer: {detail}")

    def _unanswered(self, client_id: str) -> None:
        pending = self._pending.pop(client_id)
        pending.sink(OrderUnknown(pending.order.venue, client_id, "no answer in time"))

    def _give_up(self, why: str) -> None:
        lost, self._pending = self._pending, {}
        for client_id, pending in lost.items():
            pending.timer.cancel()
            pending.sink(OrderUnknown(pending.order.venue, client_id, why))
