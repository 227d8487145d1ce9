"""A WebSocket session: one connection that is kept up until it is cancelled.

It connects, subscribes through the venue's hook, paces what it sends, pings when nothing is
heard, gives up on a silent connection, and comes back with full-jitter back-off. It knows no
venue: frames go to `on_frame` as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Never

import msgspec

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import FeedEvent, FeedEventKind
from arbot_tui.exchanges.transport.backoff import FullJitterBackoff
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.wire import Dial, DialFailed, DialOptions, Wire
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["FrameHandler", "Heartbeat", "WebSocketOptions", "WebSocketSession"]

FrameHandler = Callable[[bytes, int], None]
"""Takes one frame and its `Clock.now_ns` of receipt; may raise `MalformedMessage`."""

_ALIVE_EVERY_NS = 250 * MS
# Statuses that forbid further attempts, with the stay in seconds where none is named.
_BANNING_STATUS: Mapping[int, float] = MappingProxyType({429: 60.0, 418: 120.0, 403: 300.0})
_CLOSE_WITHIN_S = 1.0
# How long a connection has to last before earlier failures are forgotten.
_STABLE_NS = 60 * SECOND
# Longest wait while our own network is down, where trying harms nobody.
_OFFLINE_S = 8.0


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue wants to be pinged by its client.

    Attributes:
        text: Text message that asks for a pong; None sends a protocol ping.
        is_pong: Tells the answer to `text`; that frame is not handed on.
        quiet_s: Ping when nothing has arrived for so many seconds.
        every_s: Ping at least so often even on a busy connection, where a venue drops clients
            that do not (Bybit 20 s, Bitget 30 s); None leaves it to `quiet_s`.
    """

    text: bytes | None = None
    is_pong: Callable[[bytes], bool] | None = None
    quiet_s: float = 2.0
    every_s: float | None = None


class WebSocketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How one connection is opened and kept.

    Attributes:
        url: ``ws://`` or ``wss://`` address.
        headers: Extra headers of the opening request (demo environments).
        frames_per_s: Most messages we send per second, pings included.
        heartbeat: Pings from our side; None where the venue's own traffic suffices.
        silence_s: Nothing at all for so many seconds means the connection is dead.
        open_timeout_s: Longest time for opening, seconds.
        max_message_bytes: Larger messages close the connection.
        backoff_base_s: Ceiling of the first reconnect delay, seconds.
        backoff_cap_s: Highest ceiling of a reconnect delay, seconds.
        bans: HTTP statuses of a refused opening that forbid further attempts, with the stay in
            seconds where the answer names none.
    """

    url: str
    headers: Mapping[str, str] = {}
    frames_per_s: float = 4.0
    heartbeat: Heartbeat | None = None
    silence_s: float = 15.0
    open_timeout_s: float = 10.0
    max_message_bytes: int = 1 << 20
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 60.0
    bans: Mapping[int, float] = _BANNING_STATUS


class WebSocketSession:
    """Keeps one subscription connection up; `run` it in a task of its own.

    Attributes:
        connected: Whether the connection is open now.
        connects: Connections opened so far.
        rtt_ns: Round trip of the latest answered ping, nanoseconds; 0 before the first.
    """

    def __init__(
        self,
        *,
        venue: str,
        exchange: int,
        options: WebSocketOptions,
        clock: Clock,
        on_frame: FrameHandler,
        on_event: Callable[[FeedEvent], None],
        on_open: Callable[[], Iterable[bytes]],
        ban: BanClock | None = None,
        connection: int = 0,
        dial: Dial = default_dial,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            venue: Name of the venue, for errors.
            exchange: Dense index of the venue, stamped on every event.
            options: How to open and keep the connection.
            clock: Stamps frames and events.
            on_frame: Takes every message but recognised pongs, on the receiving call stack. It
                may raise `MalformedMessage`, which drops and counts the frame; anything else it
                raises is a bug, closes the connection and ends `run`.
            on_event: Takes every change in the connection's life.
            on_open: Returns the messages to send after (re)connecting: the subscriptions as of
                then.
            ban: Stops attempts while the venue wants us away; shared with the REST client.
            connection: Number of this connection within the venue, stamped on every event.
            dial: Opens a wire.
            draw: Even draws from [0, 1) for the jitter.
        """
        self.connected = False
        self.connects = 0
        self.rtt_ns = 0
        self._venue = venue
        self._exchange = exchange
        self._options = options
        self._clock = clock
        self._on_frame = on_frame
        self._on_event = on_event
        self._on_open = on_open
        self._ban = ban if ban is not None else BanClock()
        self._connection = connection
        self._dial = dial
        self._backoff = FullJitterBackoff(
            draw, base_s=options.backoff_base_s, cap_s=options.backoff_cap_s
        )
        self._wire: Wire | None = None
        self._closing_for = ""
        self._outbox: deque[bytes] = deque()
        self._outbox_filled = asyncio.Event()
        self._recv_ns = 0
        self._alive_ns = 0
        self._pinged_ns = 0
        self._awaits_pong = False

    async def run(self) -> Never:
        """Keep the connection up until cancelled; nothing stays open afterwards."""
        while True:
            if (banned_s := self._ban.remaining_s(self._clock.now_ns())) > 0.0:
                await asyncio.sleep(banned_s)
                continue
            self._tell(FeedEventKind.CONNECTING)
            most_s = math.inf
            try:
                wire = await self._dial(self._dial_options())
            except DialFailed as e:
                self._heed(e)
                if e.offline:
                    most_s = _OFFLINE_S
                self._tell(FeedEventKind.DISCONNECTED, str(e))
            else:
                opened_ns = self._clock.now_ns()
                await self._serve(wire)
                if self._clock.now_ns() - opened_ns >= _STABLE_NS:
                    self._backoff.succeeded()
            await asyncio.sleep(self._backoff.failed(most_s))

    def send(self, message: bytes) -> None:
        """Queue one message behind the pace; forgotten where there is no connection.

        Nothing is lost by that: after the next connect `on_open` says what to send.
        """
        if self.connected:
            self._outbox.append(message)
            self._outbox_filled.set()

    def send_now(self, message: bytes) -> bool:
        """Write one message before returning, past the pace; False where no connection takes it.

        For order entry, where the caller keeps the venue's limits itself.
        """
        return self._wire is not None and self._wire.send(message)

    def reconnect(self, cause: str) -> None:
        """Drop the connection and open a new one (notices, broken subscriptions)."""
        if self._wire is not None and not self._closing_for:
            self._closing_for = cause
            self._wire.close()

    # WireHandler: the receiving call stack.

    def on_message(self, raw: bytes) -> None:
        """Take one message from the wire."""
        now_ns = self._clock.now_ns()
        if self._awaits_pong and self._take_pong(raw, now_ns):
            return
        self._recv_ns = now_ns
        if now_ns - self._alive_ns >= _ALIVE_EVERY_NS:
            self._alive(now_ns)
        try:
            self._on_frame(raw, now_ns)
        except MalformedMessage as e:
            self._tell(FeedEventKind.MALFORMED, str(e))

    def on_control(self, *, pong: bool) -> None:
        """Take a protocol ping or pong from the wire."""
        now_ns = self._clock.now_ns()
        heartbeat = self._options.heartbeat
        if pong and self._awaits_pong and heartbeat is not None and heartbeat.text is None:
            self._answered(now_ns)
        else:
            self._recv_ns = now_ns
            self._alive(now_ns)

    # Within.

    def _dial_options(self) -> DialOptions:
        options = self._options
        return DialOptions(
            venue=self._venue,
            url=options.url,
            headers=options.headers,
            max_message_bytes=options.max_message_bytes,
            timeout_s=options.open_timeout_s,
        )

    def _heed(self, refusal: DialFailed) -> None:
        stay_s = self._options.bans.get(refusal.status)
        if stay_s is not None:
            self._ban.stay_away(refusal.retry_after_s or stay_s, self._clock.now_ns())

    async def _serve(self, wire: Wire) -> None:
        """Use one open connection until it ends."""
        cause = "stopped"
        self._closing_for = ""
        self._outbox.clear()
        self._awaits_pong = False
        self._recv_ns = self._pinged_ns = self._clock.now_ns()
        self._wire = wire
        self.connected = True
        self.connects += 1
        try:
            self._tell(FeedEventKind.CONNECTED)
            for message in self._on_open():
                self.send(message)
            wire.start(self)
            async with asyncio.TaskGroup() as helpers:
                sender = helpers.create_task(self._send_queued(wire))
                watch = helpers.create_task(self._watch(wire))
                cause = await wire.wait_closed()
                sender.cancel()
                watch.cancel()
        finally:
            self.connected = False
            self._wire = None
            self._tell(FeedEventKind.DISCONNECTED, self._closing_for or cause)
            await _end(wire)

    async def _send_queued(self, wire: Wire) -> None:
        """Send the outbox at the venue's pace."""
        pause_s = 1.0 / self._options.frames_per_s
        heartbeat = self._options.heartbeat
        while True:
            while self._outbox:
                message = self._outbox.popleft()
                if heartbeat is not None and message is heartbeat.text:
                    # The round trip starts here, not where the ping was queued.
                    self._pinged_ns = self._clock.now_ns()
                wire.send(message)
                await asyncio.sleep(pause_s)
            self._outbox_filled.clear()
            await self._outbox_filled.wait()

    async def _watch(self, wire: Wire) -> None:
        """Ping when it is due and give up on silence."""
        options = self._options
        heartbeat = options.heartbeat
        shortest_s = min(options.silence_s, heartbeat.quiet_s if heartbeat else options.silence_s)
        while True:
            await asyncio.sleep(shortest_s / 4)
            now_ns = self._clock.now_ns()
            quiet_ns = now_ns - self._recv_ns
            if quiet_ns >= options.silence_s * SECOND:
                self._closing_for = f"nothing received for {options.silence_s:g} s"
                # A silent peer will not answer a close frame either.
                wire.abort()
                return
            if heartbeat is not None and self._ping_due(heartbeat, quiet_ns, now_ns):
                self._ping(wire, heartbeat, now_ns)

    def _ping_due(self, heartbeat: Heartbeat, quiet_ns: int, now_ns: int) -> bool:
        since_ns = now_ns - self._pinged_ns
        if heartbeat.every_s is not None and since_ns >= heartbeat.every_s * SECOND:
            return True
        # One question at a time: an unanswered ping is the silence watchdog's business.
        quiet = heartbeat.quiet_s * SECOND
        return not self._awaits_pong and quiet_ns >= quiet and since_ns >= quiet

    def _ping(self, wire: Wire, heartbeat: Heartbeat, now_ns: int) -> None:
        self._pinged_ns = now_ns
        self._awaits_pong = True
        if heartbeat.text is None:
            wire.ping()
        else:
            # Ahead of queued subscriptions, but within the pace that they are sent at.
            self._outbox.appendleft(heartbeat.text)
            self._outbox_filled.set()

    def _take_pong(self, raw: bytes, now_ns: int) -> bool:
        heartbeat = self._options.heartbeat
        if heartbeat is None or heartbeat.is_pong is None or not heartbeat.is_pong(raw):
            return False
        self._answered(now_ns)
        return True

    def _answered(self, now_ns: int) -> None:
        self._awaits_pong = False
        self._recv_ns = now_ns
        self.rtt_ns = now_ns - self._pinged_ns
        self._alive(now_ns, self.rtt_ns)

    def _alive(self, now_ns: int, rtt_ns: int = 0) -> None:
        self._alive_ns = now_ns
        self._on_event(
            FeedEvent(
                self._exchange,
                FeedEventKind.ALIVE,
                now_ns,
                rtt_ns=rtt_ns,
                connection=self._connection,
            )
        )

    def _tell(self, kind: FeedEventKind, detail: str = "") -> None:
        self._on_event(
            FeedEvent(
                self._exchange,
                kind,
                self._clock.now_ns(),
                sanitise(detail),
                connection=self._connection,
            )
        )


async def _end(wire: Wire) -> None:
    """Close `wire` and see it gone, politely for a moment, then by force."""
    wire.close()
    for force in (False, True):
        if force:
            wire.abort()
        # Nothing that a transport forgets to tell may keep a reconnect or an exit waiting.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await wire.wait_closed()
                return
