"""Best bid and ask of every followed symbol, and depth of some, from OKX's public socket.

Channels ``bbo-tbt`` and ``books`` (order book channel, 2026-07-03): both leave out RPI
liquidity, which an API taker cannot hit. Frames are decoded and handed on in one call, on the
receiving stack. A subscription to ``books`` begins with a snapshot; OKX announced, and withdrew,
that this would end, so a stream that begins with a change is spliced to a REST snapshot instead.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.okx.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.book_fetcher import BookFetcher
from arbot_tui.exchanges.transport.dialect import FrameParser, LineRules, Reply
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.lines import LineSet
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["OkxFeed"]

_VENUE = "okx"
_TOO_OFTEN = "60014"
_CLOSING = "64008"


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


def _rules(url: str) -> LineRules:
    """Return how connections are used (connection rules, 2026-07-03)."""
    return LineRules(
        # Fewer than 30 channels with 400 levels per connection are recommended.
        symbols=29,
        # All topics of a connection are far below 64 KB; 480 requests an hour are allowed.
        requests=RequestLimits(topics_per_frame=100, per_hour=400),
        socket=WebSocketOptions(
            url=url,
            frames_per_s=5.0,
            # The server closes what was silent for 30 s; a ping in time keeps it open.
            # Dead is what answers no ping for so long (RELIABILITY, fault 2).
            silence_s=10.0,
            heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0),
        ),
        # Three a second per address, less one for others behind it; evenly, because two at once
        # and two a second later may arrive within one.
        connects=(
            RateLimiter(200, 300 * SECOND, reserve=0.0),
            RateLimiter(1, SECOND // 2, reserve=0.0),
        ),
    )


class _Dialect:
    venue = _VENUE
    ticker = "bbo-tbt"
    depth = "books"
    continuity = Continuity.PREVIOUS_ID

    def parser(self, exchange: int) -> FrameParser[Control]:
        return StreamParser(exchange, {})

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        args = [{"channel": channel, "instId": symbol} for channel, symbol in topics]
        return msgspec.json.encode({"id": request_id, "op": operation, "args": args})

    def reply(self, control: Control) -> Reply:
        text = f"{control.code} {control.message}"
        match control.event:
            case "subscribe":
                # One answer per argument; an error answers its whole frame.
                return Reply("accepted", control.request_id, (control.channel, control.symbol))
            case "error" if control.code == _TOO_OFTEN:
                return Reply("postponed", control.request_id, text=text)
            case "error":
                return Reply("refused", control.request_id, text=text)
            case "notice" if control.code == _CLOSING:
                # A service upgrade closes this connection within a minute.
                return Reply("farewell", text=f"notice {text}")
            case _:
                return Reply("other")


class OkxFeed(LineSet[Control]):
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self,
        url: str,
        exchange: int,
        clock: Clock,
        ban: BanClock,
        fetch_book: Callable[[int], Awaitable[DepthSnapshot]],
        dial: Dial = default_dial,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Address of the public socket.
            exchange: Dense index of the venue.
            clock: Stamps what arrives.
            ban: Stops attempts while the venue wants us away.
            fetch_book: Fetches the whole book of a row by REST.
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
            fetch_snapshot=lambda row: self._books.start(row),
        )
        self._books = BookFetcher(exchange, clock, fetch_book, self.wants_depth)

    async def run(self, sink: MarketDataSink) -> None:
        """Keep every line up until cancelled."""
        self._books.open(sink)
        try:
            await super().run(sink)
        finally:
            await self._books.close()
