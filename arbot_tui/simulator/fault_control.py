"""`/faults` on the control server: what is wrong with the venues, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web

from arbot_tui.domain.clock import Clock
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.faults import BadFault, Fault, FaultBoard, FaultRequest
from arbot_tui.simulator.core.world import World

__all__ = ["FaultControl"]

_SECOND = 1_000_000_000
_requests = msgspec.json.Decoder(FaultRequest)


class FaultControl:
    """The endpoints that post, list and lift faults.

    Args:
        world: The world.
        clock: Drives the world.
        publish: Sends book changes to the venues' subscribers.
        board: The faults.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        publish: Callable[[Sequence[BookChange]], None],
        board: FaultBoard,
    ) -> None:
        self._world = world
        self._clock = clock
        self._publish = publish
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/faults", self._post),
            web.get("/faults", self._list),
            web.delete("/faults", self._clear),
            web.delete("/faults/{number:[0-9]{1,9}}", self._lift),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        try:
            asked = _requests.decode(await request.read())
        except msgspec.DecodeError as error:
            return _error(str(error))
        now_ns = self._now()
        try:
            fault = self._board.post(asked, now_ns)
        except BadFault as bad:
            return _error(str(bad))
        # What a fault did to the world is on the wire before its poster knows of it.
        self._publish(self._world.advance(now_ns))
        return _json(_body(fault, now_ns))

    async def _list(self, request: web.Request) -> web.Response:
        now_ns = self._now()
        return _json(
            {
                "faults": [_body(fault, now_ns) for fault in self._board.on()],
                "ended": [_body(fault, now_ns) for fault in self._board.ended],
            }
        )

    async def _clear(self, request: web.Request) -> web.Response:
        now_ns = self._now()
        lifted = self._board.clear(now_ns)
        self._publish(self._world.advance(now_ns))
        return _json({"ok": True, "lifted": lifted})

    async def _lift(self, request: web.Request) -> web.Response:
        now_ns, number = self._now(), int(request.match_info["number"])
        if not self._board.lift(number, now_ns):
            return _error(f"no fault {number} is on", 404)
        self._publish(self._world.advance(now_ns))
        return _json({"ok": True, "lifted": 1})

    def _now(self) -> int:
        """Return the time, with world and faults brought up to it."""
        now_ns = self._clock.now_ns()
        self._publish(self._world.advance(now_ns))
        self._board.advance(now_ns)
        return now_ns


def _body(fault: Fault, now_ns: int) -> dict[str, object]:
    left_ns = None if fault.until_ns is None else max(0, fault.until_ns - now_ns)
    return {
        "id": fault.number,
        "venue": fault.venue,
        "fault": fault.kind.value,
        "symbol": fault.symbol,
        "args": msgspec.to_builtins(fault.args),
        "count": fault.count,
        "left_s": None if left_ns is None else left_ns / _SECOND,
        "hits": fault.hits,
        "since_ns": fault.since_ns,
    }


def _error(text: str, status: int = 400) -> web.Response:
    return _json({"error": text}, status)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
