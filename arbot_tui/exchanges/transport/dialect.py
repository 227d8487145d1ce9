"""What a line has to know of a venue's language and rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeVar

import msgspec

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import WebSocketOptions

__all__ = ["Dialect", "FrameParser", "LineRules", "Reply"]

ControlT = TypeVar("ControlT")
ControlT_co = TypeVar("ControlT_co", covariant=True)


class Reply(msgspec.Struct, frozen=True):
    """What a frame that carries no market data means to a line.

    Attributes:
        kind: ``accepted`` and ``refused`` answer a subscription; ``postponed`` refuses it for
            now, because too much was asked; ``farewell`` announces the end of the connection;
            ``other`` is of no consequence.
        request_id: Our id; empty where the venue left it out.
        topic: The topic it is about; None where the whole request is meant.
        alone: Whether a refusal is of that topic alone, not of its whole request.
        text: The venue's words, sanitised.
    """

    kind: Literal["accepted", "refused", "postponed", "farewell", "other"]
    request_id: str = ""
    topic: Topic | None = None
    alone: bool = False
    text: str = ""


class FrameParser(Protocol[ControlT_co]):
    """Reads the frames of one line; knows which quotes are news."""

    def follow(self, symbol: str, row: int) -> None:
        """Read frames of a wire symbol, stamped with its row."""
        ...

    def leave(self, symbol: str) -> None:
        """Pass over what still comes of a wire symbol."""
        ...

    def forget(self, row: int) -> None:
        """Take the next quote of a row for news, whatever it says."""
        ...

    def restart(self) -> None:
        """Take the next quote of every row for news: a new connection begins."""
        ...

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | ControlT_co | None:
        """Return what a frame says; None where it is market data but no news.

        Raises:
            UnreadableQuote: It was to change a quote, and cannot be read.
            MalformedMessage: It cannot be read.
        """
        ...


class LineRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the connections of a venue are used.

    Attributes:
        symbols: Symbols on one connection; each may have two channels.
        requests: Limits of the subscription requests.
        socket: How one connection is opened and kept.
        connects: How often an address may connect.
        lifetime_s: Age at which a connection is replaced, in the middle of an hour over which
            venues and connections are spread, seconds.
    """

    symbols: int
    requests: RequestLimits
    socket: WebSocketOptions
    connects: tuple[RateLimiter, ...]
    lifetime_s: float = 23 * 3_600.0


class Dialect(Protocol[ControlT]):
    """A venue's public stream.

    Attributes:
        venue: Name of the venue.
        ticker: Channel of best bid and ask.
        depth: Channel of depth.
        continuity: Which depth message follows which.
    """

    venue: str
    ticker: str
    depth: str
    continuity: Continuity

    def parser(self, exchange: int) -> FrameParser[ControlT]:
        """Return a parser that stamps what it reads with the venue's dense index."""
        ...

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        """Return a request frame."""
        ...

    def reply(self, control: ControlT) -> Reply:
        """Return what a control frame means."""
        ...
