"""Best bid and ask, and depth, from the toy venue's socket."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialect import FrameParser, LineRules, Reply
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.lines import LineSet
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions
from tests.contract.toy.parsing import VENUE, Control, StreamParser

__all__ = ["ToyFeed"]


class _Dialect:
    venue = VENUE
    ticker = "top"
    depth = "book"
    continuity = Continuity.SNAPSHOT_ONLY

    def parser(self, exchange: int) -> FrameParser[Control]:
        return StreamParser(exchange)

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        return msgspec.json.encode({"do": operation, "n": request_id, "what": topics})

    def reply(self, control: Control) -> Reply:
        if control.done:
            return Reply("accepted", control.done)
        if control.no:
            return Reply("refused", control.no)
        return Reply("farewell", text=control.bye) if control.bye else Reply("other")


class ToyFeed(LineSet[Control]):
    """The public connections of one adapter."""

    def __init__(self, url: str, exchange: int, clock: Clock, ban: BanClock) -> None:
        rules = LineRules(
            symbols=3,
            requests=RequestLimits(topics_per_frame=5),
            socket=WebSocketOptions(
                url=url,
                frames_per_s=50.0,
                silence_s=10.0,
                heartbeat=Heartbeat(text=b"hi", is_pong=lambda raw: raw == b"ho"),
            ),
            connects=(RateLimiter(100, SECOND, reserve=0.0),),
        )
        super().__init__(_Dialect(), rules, exchange=exchange, clock=clock, ban=ban)
