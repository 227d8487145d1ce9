"""Best bid and ask of every followed symbol, and depth of some, from Bitget's public v2 socket.

Channels ``books1`` and ``books15`` (websocket/public/depth channel, 2025-12-05; ``books1`` every
10 ms since 2026-01-07): a snapshot each time, so that no change can be lost. ``books`` cannot prove
that it is complete. Frames are decoded and handed on in one call, on the receiving stack.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity
from arbot_tui.exchanges.bitget.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialect import FrameParser, LineRules, Reply
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.lines import LineSet
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["BitgetFeed"]

_VENUE = "bitget"
# "Request too many", and the last word before a connection is cut for that.
_TOO_OFTEN = frozenset({"30006", "30007", "429"})


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


def _rules(url: str) -> LineRules:
    """Return how connections are used (websocket introduction, 2025-12-05)."""
    return LineRules(
        # Fewer than 50 channels per connection are advised, for stability; a symbol has two.
        symbols=24,
        # A frame may be 4096 bytes long; about 40 arguments fit, 15 are advised. 240 requests an
        # hour are allowed.
        requests=RequestLimits(topics_per_frame=15, per_hour=200),
        socket=WebSocketOptions(
            url=url,
            # Ten a second, pings included; going beyond gets the address blocked.
            frames_per_s=5.0,
            # The server wants one in two minutes even while data flows.
            # Dead is what answers no ping for so long (RELIABILITY, fault 2).
            silence_s=10.0,
            heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0, every_s=30.0),
        ),
        # 300 in five minutes per address (and 100 open), less a margin for others behind it.
        connects=(
            RateLimiter(200, 300 * SECOND, reserve=0.0),
            RateLimiter(10, SECOND, reserve=0.0),
        ),
    )


class _Dialect:
    venue = _VENUE
    ticker = "books1"
    depth = "books15"
    continuity = Continuity.SNAPSHOT_ONLY

    def parser(self, exchange: int) -> FrameParser[Control]:
        return StreamParser(exchange, {})

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        args = [
            {"instType": "SPOT", "channel": channel, "instId": symbol} for channel, symbol in topics
        ]
        return msgspec.json.encode({"op": operation, "args": args})

    def reply(self, control: Control) -> Reply:
        # Answers come per argument here, without an id: one bad symbol does not fail the others.
        topic = (control.channel, control.symbol) if control.channel else None
        if control.event == "subscribe":
            return Reply("accepted", topic=topic)
        if control.event != "error":
            return Reply("other")
        text = f"{control.code} {control.message}"
        if control.code in _TOO_OFTEN:
            return Reply("postponed", topic=topic, text=text)
        return Reply("refused", topic=topic, alone=topic is not None, text=text)


class BitgetFeed(LineSet[Control]):
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self,
        url: str,
        exchange: int,
        clock: Clock,
        ban: BanClock,
        dial: Dial = default_dial,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Address of the public socket.
            exchange: Dense index of the venue.
            clock: Stamps what arrives.
            ban: Stops attempts while the venue wants us away.
            dial: Opens a wire.
            draw: Even draws from [0, 1) for jitter.
        """
        super().__init__(
            _Dialect(),
            _rules(url),
            exchange=exchange,
            clock=clock,
            ban=ban,
            dial=dial,
            draw=draw,
        )
