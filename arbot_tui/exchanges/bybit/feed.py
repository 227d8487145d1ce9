"""Best bid and ask of every followed symbol, and depth of some, from Bybit's public spot socket.

Topics ``orderbook.1.<symbol>`` and ``orderbook.50.<symbol>`` (v5 websocket/public/orderbook,
2026-07-24); `tickers` carry no bid and ask on spot. Frames are decoded and handed on in one call,
on the receiving stack.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity
from arbot_tui.exchanges.bybit.errors import IP_BAN_S
from arbot_tui.exchanges.bybit.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialect import FrameParser, LineRules, Reply
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.lines import LineSet
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["BybitFeed"]

_VENUE = "bybit"
_PING = b'{"req_id":"ping","op":"ping"}'


def _is_pong(raw: bytes) -> bool:
    # The public pong keeps op "ping" and says "pong" in its text.
    return b'"pong"' in raw and b'"topic"' not in raw


def _rules(url: str) -> LineRules:
    """Return how connections are used (connection rules, 2026-07-24)."""
    return LineRules(
        # All topics of a connection together stay below 21,000 characters: two of a symbol are
        # up to 65 long.
        symbols=200,
        # Spot takes at most ten topics per frame.
        requests=RequestLimits(topics_per_frame=10),
        socket=WebSocketOptions(
            url=url,
            frames_per_s=20.0,
            # Dead is what answers no ping for so long (RELIABILITY, fault 2).
            silence_s=10.0,
            heartbeat=Heartbeat(text=_PING, is_pong=_is_pong, quiet_s=2.0, every_s=20.0),
            bans={429: 60.0, 418: 120.0, 403: IP_BAN_S},
        ),
        # 500 in five minutes per address, less a margin for others behind it.
        connects=(
            RateLimiter(400, 300 * SECOND, reserve=0.0),
            RateLimiter(10, SECOND, reserve=0.0),
        ),
    )


class _Dialect:
    venue = _VENUE
    ticker = "orderbook.1"
    depth = "orderbook.50"
    continuity = Continuity.CONSECUTIVE

    def parser(self, exchange: int) -> FrameParser[Control]:
        return StreamParser(exchange, {})

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        args = [f"{channel}.{symbol}" for channel, symbol in topics]
        return msgspec.json.encode({"req_id": request_id, "op": operation, "args": args})

    def reply(self, control: Control) -> Reply:
        if control.op != "subscribe":
            return Reply("other")
        if control.success:
            return Reply("accepted", control.request_id)
        # One bad topic makes its whole frame fail, and the socket then stays open without data.
        # The text names it ("error:handler not found,topic:orderbook.1.X"); the id may be missing.
        channel, _, symbol = control.message.rpartition("topic:")[2].rpartition(".")
        topic = (channel, symbol) if channel else None
        return Reply("refused", control.request_id, topic, text=control.message)


class BybitFeed(LineSet[Control]):
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
            url: Address of the public spot socket.
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
