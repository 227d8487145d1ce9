"""A private socket that is replaced before its venue cuts it: the next one is ready first.

Venues cut a connection at a certain age, or say that they will soon. Both connections then tell
the same for a while; who listens counts each execution once, by its id. Balances carry no id and
an older one must not overwrite a newer one: those of the next connection are kept back until it
takes over, those of the former one are passed over from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.orders import Balance
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    SignedSocket,
    SocketDialect,
    Told,
)
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["SocketRelay"]

_CHECK_S = 1.0
# Venues that cut do so after 24 hours; the rest is time for a next connection that comes late.
_LIFETIME_NS = 23 * 3_600 * SECOND
_NEXT_WITHIN_NS = 30 * SECOND
_NOT_AGAIN_NS = 60 * SECOND
# What was on its way to the former connection when the next one took over still arrives.
_LINGER_NS = 5 * SECOND

_log = structlog.get_logger(__name__)


class _Leg:
    """One connection of the relay; the callbacks of its socket go through here."""

    def __init__(
        self,
        relay: SocketRelay,
        made: tuple[SocketDialect, WebSocketOptions],
        *,
        clock: Clock,
        ban: BanClock,
        dial: Dial,
    ) -> None:
        dialect, options = made
        self.venue = dialect.venue
        self.held: dict[str, Balance] = {}
        """Balances told before it took over."""
        self.until_ns = 0
        """When to give it up: as the next one, or as the former one."""
        self.socket = SignedSocket(
            dialect,
            options,
            clock=clock,
            ban=ban,
            on_told=lambda told: relay.told(self, told),
            on_ready=lambda ready, detail: relay.became(self, ready, detail),
            on_farewell=lambda cause: relay.leaving(self, cause),
            dial=dial,
        )
        self.task = asyncio.create_task(self.socket.run())

    def end(self) -> None:
        """Close it; it may be this connection that says so."""
        asyncio.get_running_loop().call_soon(self.task.cancel)


class SocketRelay:
    """One private connection after another, without a gap; `run` it in a task of its own."""

    def __init__(
        self,
        make: Callable[[], tuple[SocketDialect, WebSocketOptions]],
        *,
        clock: Clock,
        ban: BanClock,
        on_told: Callable[[Told], None],
        on_ready: Callable[[bool, str], None],
        dial: Dial = default_dial,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            make: Returns the venue's language and how to open and keep a connection; asked for
                each one.
            clock: Our clock.
            ban: Stops attempts while the venue wants us away.
            on_told: Takes what frames say; during a change the same may come twice.
            on_ready: Is told when there is a socket that is ready, and with the cause when there
                is none any more, also where there never was one.
            dial: Opens a wire.
        """
        self._make = make
        self._clock = clock
        self._ban = ban
        self._on_told = on_told
        self._on_ready = on_ready
        self._dial = dial
        self._current: _Leg | None = None
        self._next: _Leg | None = None
        self._former: list[_Leg] = []
        self._not_before_ns = 0

    @property
    def ready(self) -> bool:
        """Whether there is a socket that is logged in and subscribed."""
        return self._current is not None and self._current.socket.ready

    async def run(self) -> None:
        """Keep a socket up until cancelled."""
        self._current = self._leg()
        try:
            while True:
                await asyncio.sleep(_CHECK_S)
                self._check(self._clock.now_ns())
        finally:
            legs = [leg for leg in (self._current, self._next, *self._former) if leg is not None]
            for leg in legs:
                leg.task.cancel()
            await asyncio.gather(*(leg.task for leg in legs), return_exceptions=True)

    def send_now(self, message: bytes) -> bool:
        """Write one message before returning; False, and nothing written, where not ready."""
        return self._current is not None and self._current.socket.send_now(message)

    def reconnect(self, cause: str) -> None:
        """Drop the connection and open a new one: this one cannot be trusted."""
        if self._current is not None:
            self._current.socket.reconnect(cause)

    def restart(self, cause: str) -> None:
        """Drop everything and start over with what `make` returns now."""
        if self._current is None:
            return
        for leg in (self._current, self._next):
            if leg is not None:
                self._retire(leg, 0)
        self._current, self._next = self._leg(), None
        self._on_ready(False, cause)

    # What the connections call.

    def told(self, leg: _Leg, told: Told) -> None:
        """Take what a frame says."""
        if not isinstance(told, BalancesTold) or leg is self._current:
            self._on_told(told)
        elif leg is self._next:
            leg.held.update({balance.asset: balance for balance in told.balances})

    def became(self, leg: _Leg, ready: bool, detail: str) -> None:
        """Take that a connection is ready, or has ended."""
        if leg is self._current:
            self._on_ready(ready, detail)
        elif leg is self._next:
            if ready:
                self._take_over(leg)
        elif not ready:
            leg.end()

    def leaving(self, leg: _Leg, cause: str) -> None:
        """Take that the venue will end a connection soon."""
        if leg is self._current:
            self._replace(cause)
        elif leg is self._next:
            leg.socket.reconnect(cause)

    # Within.

    def _leg(self) -> _Leg:
        return _Leg(self, self._make(), clock=self._clock, ban=self._ban, dial=self._dial)

    def _check(self, now_ns: int) -> None:
        for leg in (self._current, self._next, *self._former):
            if leg is not None and leg.task.done() and not leg.task.cancelled():
                # A socket never ends by itself: this raises the bug that ended it.
                leg.task.result()
        for leg in self._former:
            if now_ns >= leg.until_ns:
                leg.end()
        self._former = [leg for leg in self._former if not leg.task.done()]
        if self._next is not None and now_ns >= self._next.until_ns:
            _log.warning("private_socket_not_replaced", venue=self._next.venue)
            self._retire(self._next, 0)
            self._next, self._not_before_ns = None, now_ns + _NOT_AGAIN_NS
        current = self._current
        if current is not None and current.socket.ready:
            age_ns = now_ns - current.socket.opened_ns
            if age_ns >= _LIFETIME_NS:
                self._replace("it has come of age")

    def _replace(self, cause: str) -> None:
        """Open the next connection, unless that is under way or just failed."""
        now_ns = self._clock.now_ns()
        if self._next is not None or now_ns < self._not_before_ns:
            return
        self._next = self._leg()
        self._next.until_ns = now_ns + _NEXT_WITHIN_NS
        _log.info("private_socket_replaced", venue=self._next.venue, cause=cause)

    def _take_over(self, leg: _Leg) -> None:
        was_ready = self.ready
        if self._current is not None:
            self._retire(self._current, self._clock.now_ns() + _LINGER_NS)
        self._current, self._next = leg, None
        if not was_ready:
            self._on_ready(True, "")
        if leg.held:
            self._on_told(BalancesTold(tuple(leg.held.values())))
            leg.held.clear()

    def _retire(self, leg: _Leg, until_ns: int) -> None:
        leg.until_ns = until_ns
        self._former.append(leg)
        if until_ns == 0 or not leg.socket.ready:
            leg.end()
