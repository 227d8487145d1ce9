"""Quotes that a line fetches because its subscriptions do not begin with any."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from arbot_tui.domain.errors import ExchangeError
from arbot_tui.exchanges.transport.dialect import FrameParser
from arbot_tui.exchanges.transport.line_socket import LineContext, LineSocket, Seed

__all__ = ["LineSeeds"]

ControlT = TypeVar("ControlT")

_RETRY_S = 2.0


class LineSeeds(Generic[ControlT]):
    """Which quotes of a line are still to be fetched; nothing where its venue sends them."""

    def __init__(
        self,
        context: LineContext[ControlT],
        parser: FrameParser[ControlT],
        rows: Mapping[str, int],
    ) -> None:
        """Start with nothing to fetch.

        Args:
            context: What all lines share.
            parser: Knows what the stream has told.
            rows: The line's wire symbols and rows, as they are at any time.
        """
        self._context = context
        self._parser = parser
        self._rows = rows
        self._wanted: dict[str, None] = {}
        self._fetching = False

    def restart(self) -> None:
        """Forget what a connection lacked that has ended."""
        self._wanted.clear()

    def want(self, symbols: Iterable[str]) -> None:
        """Fetch quotes of these wire symbols: their subscriptions were accepted."""
        if self._context.seed is not None:
            self._wanted.update(dict.fromkeys(symbols))

    def bring(self, socket: LineSocket[ControlT]) -> None:
        """Fetch what is wanted, once nothing can fall between the quotes and the stream."""
        seed = self._context.seed
        if seed is None or self._fetching or not self._wanted:
            return
        if socket.session.connected and socket.subscriptions.answered:
            self._fetching = True
            self._context.spawn(self._fetch(socket, seed))

    async def _fetch(self, socket: LineSocket[ControlT], seed: Seed[ControlT]) -> None:
        connects = socket.session.connects

        def stands() -> bool:
            session = socket.session
            return not socket.retired and session.connected and session.connects == connects

        try:
            while self._wanted and stands():
                asked = {name: self._rows[name] for name in self._wanted if name in self._rows}
                self._wanted.clear()
                try:
                    quiet = await seed(self._parser, asked, stands)
                except ExchangeError:
                    # A quiet symbol stays without a quote meanwhile; the stream goes on.
                    if stands():
                        self._wanted.update(dict.fromkeys(asked))
                    await asyncio.sleep(_RETRY_S)
                else:
                    if quiet and stands() and len(asked) == len(self._rows):
                        socket.stall.quote(self._context.clock.now_ns())
        finally:
            self._fetching = False
