"""Has adapters follow the order books that matter, and shows them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from arbot_tui.domain.orders import OrderSide
from arbot_tui.engine.answers import LadderView
from arbot_tui.market.depth_rule import DepthRule

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["DepthFollower"]

_PERIOD_S = 0.25

_log = structlog.get_logger("engine")


class DepthFollower:
    """Carries out what `DepthRule` chooses."""

    def __init__(self, bot: ArBot) -> None:
        """Follow for `bot`; nothing is asked for yet."""
        self._bot = bot
        universe = bot.options.universe
        self.rule = DepthRule(
            bot.board,
            [exchange.depth_limits for exchange in bot.exchanges.values()],
            universe.depth_near_pct,
            universe.depth_symbols,
        )

    async def run(self) -> None:
        """Choose until cancelled."""
        while True:
            self.choose()
            await asyncio.sleep(_PERIOD_S)

    def choose(self) -> None:
        """Begin and end what the rule says as of now."""
        bot = self._bot
        settings = bot.strategy.settings
        threshold_pct = settings.min_profit_pct + settings.slippage_pct
        for change in self.rule.choose(threshold_pct, bot.clock.now_ns()):
            name = bot.venues[change.venue]
            if change.wanted:
                bot.books.follow(change.venue, change.row)
                bot.exchanges[name].request_depth(change.row, True)
            else:
                bot.exchanges[name].request_depth(change.row, False)
                bot.books.drop(change.venue, change.row)
            _log.debug(
                "depth_followed" if change.wanted else "depth_left",
                venue=name,
                symbol=bot.universe.symbol(change.row),
            )

    def look_at(self, row: int) -> None:
        """A person looks at a row's books."""
        self.rule.look_at(row, self._bot.clock.now_ns())

    def synced(self, venue: int) -> int:
        """Return how many books of a venue stand as the venue has them."""
        return self._bot.books.synced(venue)

    def ladder(self, venue: int, row: int, levels: int) -> LadderView | None:
        """Return the book as it is kept; None where it is not, or not to be trusted now."""
        bot = self._bot
        asks = bot.books.depth(venue, row, OrderSide.SELL)
        bids = bot.books.depth(venue, row, OrderSide.BUY)
        book = bot.books.book(venue, row)
        if book is None or not (asks or bids):
            return None
        name = bot.venues[venue]
        return LadderView(name, tuple(bids[:levels]), tuple(asks[:levels]), book.recv_ns, "")
