"""The engine client inside the engine's own process: plain calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.numbers import exact, plain
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import (
    DepthView,
    ExposureView,
    FunnelRow,
    FunnelView,
    IdentityRow,
    IdentityView,
    LadderView,
)
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.engine.frames import Frame
from arbot_tui.engine.keying import KEY_COMMANDS, key_command, keys_view
from arbot_tui.engine.operating import operate
from arbot_tui.engine.questions import ANSWERS, size_walk
from arbot_tui.engine.rebalancing import rebalance

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["LocalClient"]

_LEVELS = 10
_DEPTH_TIMEOUT_S = 3.0


class LocalClient:
    """`EngineClient` by direct call."""

    def __init__(self, bot: ArBot) -> None:
        """Serve the viewers of `bot`."""
        self._bot = bot

    def frame(self, since: int) -> Frame:
        """Return everything that changed after version `since`; 0 asks for all of it."""
        return self._bot.frames.frame(since)

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        """Carry out an engine action of `domain.actions`, or change settings."""
        if name == "settings":
            return await self._bot.tuning.change(args)
        if name in KEY_COMMANDS:
            return await key_command(self._bot.options.keys, name, args)
        if name == "settings_reload" and not args:
            return await self._bot.tuning.reload()
        return operate(self._bot, name, args)

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        """Answer a question of `EngineClient.query`.

        Raises:
            ValueError: There is no such query, or an argument is missing or wrong.
        """
        if (answer := ANSWERS.get(name)) is not None:
            return answer(self._bot, args)
        if name == "depth":
            return await self._depth(args.get("symbol", ""))
        if name == "exposure":
            return self._exposure()
        if name == "rebalance":
            return await rebalance(self._bot)
        if name == "funnel":
            return self._funnel(args.get("symbol", ""))
        if name == "identity":
            doubts = self._bot.strategy.identity.doubted()
            return IdentityView(tuple(IdentityRow(d.symbol, d.venue, d.why) for d in doubts))
        if name == "keys":
            return await keys_view(self._bot.options.keys, args)
        if name == "settings":
            return self._bot.tuning.view()
        if name == "settings_diff":
            return self._bot.tuning.diff(args)
        raise ValueError(f"there is no query {name!r}")

    async def _depth(self, symbol: str) -> DepthView:
        try:
            row = self._bot.universe.row(symbol)
        except KeyError:
            raise ValueError(f"symbol {symbol!r} is not followed") from None
        self._bot.depth.look_at(row)
        ladders = await asyncio.gather(*(self._ladder(n, row) for n in self._bot.venues))
        return DepthView(symbol, tuple(ladders), size_walk(self._bot, row, ladders))

    async def _ladder(self, name: str, row: int) -> LadderView:
        symbol = self._bot.universe.symbol(row)
        if symbol not in self._bot.listings.instruments.get(name, {}):
            return LadderView(name, (), (), 0, "not listed")
        kept = self._bot.depth.ladder(self._bot.venues.index(name), row, _LEVELS)
        if kept is not None:
            return kept
        try:
            async with asyncio.timeout(_DEPTH_TIMEOUT_S):
                book = await self._bot.exchanges[name].get_orderbook(row, _LEVELS)
        except TimeoutError:
            return LadderView(name, (), (), 0, f"no answer in {_DEPTH_TIMEOUT_S:g} s")
        except ExchangeError as e:
            return LadderView(name, (), (), 0, sanitise(str(e)))
        return LadderView(
            name, tuple(book.bids[:_LEVELS]), tuple(book.asks[:_LEVELS]), book.recv_ns, ""
        )

    def _funnel(self, symbol: str) -> FunnelView:
        bot = self._bot
        rows = []
        for (row, buy, sell), funnel in bot.funnel.pairs().items():
            if symbol in ("", bot.universe.symbol(row)):
                rejected = sorted(funnel.rejected.items(), key=lambda item: (-item[1], item[0]))
                rows.append(
                    FunnelRow(
                        symbol=bot.universe.symbol(row),
                        buy=bot.venues[buy],
                        sell=bot.venues[sell],
                        candidates=funnel.candidates,
                        committed=funnel.committed,
                        pending=funnel.pending,
                        rejected=tuple((reason.value, count) for reason, count in rejected),
                    )
                )
        rows.sort(key=lambda found: -found.candidates)
        return FunnelView(tuple(rows))

    def _exposure(self) -> ExposureView:
        lines = []
        for pair in self._bot.core.pairs.values():
            working = pair.state.value not in ("closed", "flat", "hedged", "dust")
            if working:
                net = pair.net
                held = f"{plain(exact.abs(net))} {pair.base} {'long' if net > 0 else 'short'}"
                what = held if net else "orders under way"
                lines.append(f"{pair.symbol} {pair.buy.venue} → {pair.sell.venue}: {what}")
        return ExposureView(tuple(lines))
