"""The network in front of a venue's HTTP endpoints: REST calls and connecting."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.core.corruption import corrupt
from arbot_tui.simulator.core.fate import corruption_of
from arbot_tui.simulator.core.fault_args import (
    BanArgs,
    CorruptArgs,
    DelayArgs,
    DropArgs,
    RstArgs,
)
from arbot_tui.simulator.core.faults import Fault, FaultKind
from arbot_tui.simulator.core.hashing import draw_key, unit
from arbot_tui.simulator.wire.common.connection import reset_transport
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.pace import sleep_until, until
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["ConnectLimit", "Guard"]

_MS = 1_000_000
_SECOND = 1_000_000_000
_REST_DRAW = 701
# What a ban without an end promises.
_BAN_S = 30.0


class ConnectLimit(NamedTuple):
    """How many WebSockets an address may open.

    Attributes:
        attempts: New ones within the window.
        window_ms: Length of the window.
        open: Open ones at a time; None for no limit.
        status: HTTP status of the refusal.
    """

    attempts: int
    window_ms: int
    open: int | None = None
    status: int = 429


class Guard:
    """Decides for every HTTP request, upgrades included, whether and how it is answered.

    Args:
        network: The venue's network.
        limit: How many WebSockets may be opened.
        banned: Returns the venue's answer to a banned address, given the status.
    """

    def __init__(
        self, network: Network, limit: ConnectLimit, banned: Callable[[int], web.Response]
    ) -> None:
        self._network = network
        self._limit = limit
        self._banned = banned
        self._rates = Rates()
        self._calls = 0

    @web.middleware
    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, or whatever is left of it."""
        upgrade = "Upgrade" in request.headers
        if not self._network.board.on(self._network.venue):
            refused = self._count(upgrade)
            return await handler(request) if refused is None else refused
        self._calls += 1
        call = self._calls
        if self._reset(request) or await self._vanish(request, call, upgrade):
            # Nobody reads this: the connection is gone.
            return web.Response()
        slow_ns = self._slow_ns(call)
        await self._wait(slow_ns // 2)
        refused = self._ban() or self._count(upgrade)
        if refused is not None:
            await self._wait(slow_ns - slow_ns // 2)
            return refused
        response = await handler(request)
        if not upgrade:
            await self._wait(slow_ns - slow_ns // 2)
            if isinstance(response, web.Response):
                self._damage(response, call)
        return response

    def _count(self, upgrade: bool) -> web.Response | None:
        """Count an upgrade; return the refusal of one too many."""
        if not upgrade:
            return None
        limit, network = self._limit, self._network
        too_many = limit.open is not None and len(network.links) >= limit.open
        now_ms = network.now_ns() // _MS
        if too_many or self._rates.take("connect", limit.attempts, limit.window_ms, now_ms) < 0:
            return web.Response(status=limit.status, text="too many connections")
        return None

    def _reset(self, request: web.Request) -> bool:
        """Reset the connection if connecting is refused that way; return whether it was."""
        for fault in self._network.on(FaultKind.RST):
            if isinstance(fault.args, RstArgs) and fault.args.every_s is None:
                self._network.board.hit(fault, self._network.now_ns())
                reset_transport(request.transport)
                return True
        return False

    async def _vanish(self, request: web.Request, call: int, upgrade: bool) -> bool:
        """Let a request vanish without an answer if it has to; return whether it did."""
        lost = self._network.swallows(None)
        if not lost and not upgrade:
            for fault in self._network.on(FaultKind.DROP):
                args = fault.args
                if isinstance(args, DropArgs) and args.channel == "rest":
                    key = draw_key(self._network.board.seed, _REST_DRAW, fault.number, call)
                    if unit(key) < args.p:
                        lost = True
                        self._network.board.hit(fault, self._network.now_ns())
                        break
        if not lost:
            return False
        # The client gives up at some time; TCP stays until then.
        await until(lambda: request.transport is None or request.transport.is_closing())
        return True

    def _slow_ns(self, call: int) -> int:
        slow_ms = 0.0
        for fault in self._network.on(FaultKind.DELAY):
            args = fault.args
            if isinstance(args, DelayArgs) and not fault.symbol and args.channel in (None, "rest"):
                key = draw_key(self._network.board.seed, _REST_DRAW, fault.number, call)
                slow_ms += args.ms + args.spread_ms * (2 * unit(key) - 1)
                self._network.board.hit(fault, self._network.now_ns())
        return int(slow_ms * _MS)

    async def _wait(self, wait_ns: int) -> None:
        await sleep_until(self._network.now_ns, self._network.now_ns() + wait_ns)

    def _ban(self) -> web.Response | None:
        for fault in self._network.on(FaultKind.BAN):
            if isinstance(fault.args, BanArgs):
                now_ns = self._network.now_ns()
                response = self._banned(fault.args.code)
                response.headers["Retry-After"] = str(_retry_after_s(fault, fault.args, now_ns))
                self._network.board.hit(fault, now_ns)
                return response
        return None

    def _damage(self, response: web.Response, call: int) -> None:
        text = response.text
        for fault in self._network.on(FaultKind.CORRUPT):
            args = fault.args
            if not isinstance(args, CorruptArgs) or args.channel != "rest" or text is None:
                continue
            key = draw_key(self._network.board.seed, _REST_DRAW, fault.number, call)
            kind = corruption_of(args.kinds, text, key) if unit(key) < args.p else None
            damaged = None if kind is None else corrupt(text, kind, key)
            if damaged is not None:
                response.body = damaged if isinstance(damaged, bytes) else damaged.encode()
                self._network.board.hit(fault, self._network.now_ns())
                return


def _retry_after_s(fault: Fault, args: BanArgs, now_ns: int) -> int:
    """Return what is left of a ban, or what it was told to promise, in whole seconds."""
    if fault.until_ns is None:
        left_s = _BAN_S
    else:
        left_s = (fault.until_ns - now_ns) / _SECOND
        length_s = (fault.until_ns - fault.since_ns) / _SECOND
        if args.retry_after_s is not None and args.retry_after_s != length_s:
            left_s = args.retry_after_s
    return max(1, ceil(left_s))
