"""Requests about orders on their way to the venue, and answers on their way back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, TypeVar

from aiohttp import web

from arbot_tui.simulator.core.conduct import Conduct, ErrorAnswer, Journey, Op
from arbot_tui.simulator.wire.common.connection import reset_transport
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.pace import sleep_until, until

__all__ = ["About", "OrderEntry"]

_T = TypeVar("_T")


class About(NamedTuple):
    """What a request is about.

    Attributes:
        op: What it asks for.
        symbol: Canonical symbol; None if it names none that exists.
        ident: The client's id of the order, or the venue's.
    """

    op: Op
    symbol: str | None
    ident: str


class _Lost(Enum):
    """What a client gets instead of an answer."""

    SILENCE = 1
    RESET = 2


class OrderEntry:
    """The way of order requests of one venue, over HTTP and over sockets.

    What is asked of a venue is given in parts: `check` looks at key, signature and deadline and
    returns (or raises) the refusal, None if there is none; `act` does it and returns the answer;
    `word` returns the answer for an error that has no reason.

    Args:
        conduct: What faults make of the requests.
        network: What lies between the venue and its clients.
    """

    def __init__(self, conduct: Conduct, network: Network) -> None:
        self._conduct = conduct
        self._network = network
        self._under_way: set[asyncio.Task[None]] = set()

    async def request(
        self,
        request: web.Request,
        about: About,
        check: Callable[[], web.Response | None],
        act: Callable[[], web.Response],
        word: Callable[[ErrorAnswer], web.Response],
    ) -> web.Response:
        """Deal with a request over HTTP and return the answer."""
        journey = self._journey(about)
        if journey is None:
            return check() or act()

        def worded(error: ErrorAnswer) -> web.Response:
            return _gateway(error.status or 502) if error.code == "" else word(error)

        answer = await self._travel(journey, check, act, worded)
        if isinstance(answer, web.Response):
            return answer
        if answer is _Lost.RESET:
            reset_transport(request.transport)
        else:
            # The client gives up at some time; TCP stays until then.
            await until(lambda: request.transport is None or request.transport.is_closing())
        return web.Response()

    def frame(
        self,
        link: Link,
        about: About,
        check: Callable[[], str | None],
        act: Callable[[], str],
        word: Callable[[ErrorAnswer], str],
    ) -> None:
        """Deal with a request over a socket; the answer is sent whenever that is."""
        journey = self._journey(about)
        if journey is None:
            link.send(check() or act())
            return
        # What has left arrives, whether or not its client is still there.
        travel = self._answer(link, journey, check, act, word)
        task = asyncio.get_running_loop().create_task(travel)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Let nothing that is under way arrive any more."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _journey(self, about: About) -> Journey | None:
        return self._conduct.journey(*about, self._network.now_ns())

    async def _answer(
        self,
        link: Link,
        journey: Journey,
        check: Callable[[], str | None],
        act: Callable[[], str],
        word: Callable[[ErrorAnswer], str],
    ) -> None:
        answer = await self._travel(
            journey, check, act, lambda error: "" if error.code == "" else word(error)
        )
        if isinstance(answer, str) and answer:
            link.send(answer)
        elif answer is not _Lost.SILENCE:
            # A gateway that fails takes the connection with it.
            link.reset()

    async def _travel(
        self,
        journey: Journey,
        check: Callable[[], _T | None],
        act: Callable[[], _T],
        word: Callable[[ErrorAnswer], _T],
    ) -> _T | _Lost:
        if journey.lost:
            return _Lost.SILENCE
        if not journey.lenient:
            await self._wait(journey.late_ns)
        refused = check()
        if refused is not None:
            return refused
        if journey.lenient:
            await self._wait(journey.late_ns)
        if journey.error is not None and not journey.executes:
            return word(journey.error)
        answer = act()
        if journey.silent:
            return _Lost.SILENCE
        if journey.reset:
            return _Lost.RESET
        return answer if journey.error is None else word(journey.error)

    async def _wait(self, wait_ns: int) -> None:
        if wait_ns > 0:
            await sleep_until(self._network.now_ns, self._network.now_ns() + wait_ns)


def _gateway(status: int) -> web.Response:
    page = f"<html><body><h1>{status}</h1></body></html>"
    return web.Response(status=status, text=page, content_type="text/html")
