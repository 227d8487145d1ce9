"""What a venue tells of the account as it happens: orders, executions, balances."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import structlog

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.orders import Fill, OrderAck, OrderEvent, OrderState
from arbot_tui.exchanges.base import AccountSink
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.relay import SocketRelay
from arbot_tui.exchanges.transport.signed_socket import BalancesTold, SocketDialect, Told
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["AccountStream", "Canary"]

_CHECK_S = 1.0
_OVERDUE_NS = 10 * SECOND
_REMEMBERED = 10_000

_log = structlog.get_logger(__name__)


class Canary:
    """Notices a stream that answers pings and tells nothing.

    What a request has proven to exist at the venue, the stream must mention as well. Plain
    state, no clock inside.
    """

    def __init__(self) -> None:
        """Start with nothing expected."""
        self._expected: dict[str, int] = {}
        self._heard: OrderedDict[str, None] = OrderedDict()

    def expect(self, client_id: str, now_ns: int) -> None:
        """The venue holds this order: the stream should have told, or tell soon."""
        if client_id not in self._heard:
            self._expected.setdefault(client_id, now_ns)

    def heard(self, client_id: str) -> None:
        """The stream told of this order."""
        self._expected.pop(client_id, None)
        self._heard[client_id] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)

    def overdue(self, now_ns: int) -> str:
        """Return an order that the stream should have told of by now, or an empty text."""
        for client_id, since_ns in self._expected.items():
            if now_ns - since_ns > _OVERDUE_NS:
                return client_id
        return ""

    def restart(self) -> None:
        """What an earlier connection owed, the next one does not."""
        self._expected.clear()


class AccountStream:
    """The private stream of one adapter; `run` it in a task of its own.

    After every loss of it, orders, executions and balances have to be asked for: nothing is
    told again.
    """

    def __init__(
        self,
        venue: str,
        make: Callable[[], tuple[SocketDialect, WebSocketOptions]],
        sink: AccountSink,
        *,
        clock: Clock,
        ban: BanClock,
        dial: Dial = default_dial,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            venue: Name of the venue.
            make: Returns the venue's language and how to open and keep a connection; asked for
                each one.
            sink: Takes what is told.
            clock: Our clock.
            ban: Stops attempts while the venue wants us away.
            dial: Opens a wire.
        """
        self._venue = venue
        self._sink = sink
        self._clock = clock
        self._canary = Canary()
        self._socket = SocketRelay(
            make,
            clock=clock,
            ban=ban,
            on_told=self._on_told,
            on_ready=self._on_ready,
            dial=dial,
        )

    async def run(self) -> None:
        """Keep the stream up until cancelled."""
        watch = asyncio.create_task(self._watch())
        try:
            await self._socket.run()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def restart(self, cause: str) -> None:
        """Start over: the account has to be followed in another way."""
        self._socket.restart(cause)

    def note(self, event: OrderEvent) -> None:
        """Note what a request proved of an order."""
        if self._socket.ready and isinstance(event, OrderAck | Fill):
            self._canary.expect(event.client_id, self._clock.now_ns())

    def _on_told(self, told: Told) -> None:
        match told:
            case Fill() | OrderState():
                self._canary.heard(told.client_id)
                self._sink.on_order_event(told)
            case BalancesTold():
                self._sink.on_balances(told.balances)
            case _:
                return

    def _on_ready(self, ready: bool, detail: str) -> None:
        self._canary.restart()
        self._sink.on_stream(ready, detail)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_S)
            silent_on = self._canary.overdue(self._clock.now_ns())
            if silent_on:
                _log.warning("private_stream_silent", venue=self._venue, order=silent_on)
                self._canary.restart()
                self._socket.reconnect(f"nothing told of order {silent_on}")
