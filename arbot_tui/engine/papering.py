"""Puts paper exchanges where the adapters of a paper run would stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.exchanges.base import BaseExchange
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy
from arbot_tui.trading.paper.exchange import PaperExchange
from arbot_tui.trading.paper.visible import visible_levels

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["OwnImpact", "open_accounts", "own_impact", "put_paper_exchanges"]


class OwnImpact(TradingStrategy):
    """Refuses what our own paper orders have already taken.

    The venues go on showing it, since they never heard of those orders. On the real ones it would
    be gone from the book, and no signal would be made of it.
    """

    def __init__(
        self,
        market: Market,
        exchanges: Mapping[str, BaseExchange],
        amount: Callable[[], Decimal],
    ) -> None:
        """Ask the paper ones among `exchanges`; `amount` is what a leg is worth, quote currency."""
        super().__init__(market)
        self._exchanges = exchanges
        self._amount = amount

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether both books have enough left within the signal's levels."""
        asks = signal.asks or ((signal.buy.ask, signal.qty),)
        bids = signal.bids or ((signal.sell.bid, signal.qty),)
        wanted = min(signal.qty, float(self._amount()) / signal.buy.ask)
        return self._has(signal.buy.venue, signal.symbol, OrderSide.BUY, asks, wanted) and (
            self._has(signal.sell.venue, signal.symbol, OrderSide.SELL, bids, wanted)
        )

    def _has(
        self, venue: str, symbol: str, side: OrderSide, levels: Sequence[Level], wanted: float
    ) -> bool:
        exchange = self._exchanges[venue]
        if not isinstance(exchange, PaperExchange):
            return True
        left = exchange.left(symbol, side, levels[-1][0])
        return left is None or left >= wanted


def own_impact(bot: ArBot) -> list[TradingStrategy]:
    """Return the filter that keeps a paper run off what it took; none in other modes."""
    if bot.options.paper is None:
        return []
    return [OwnImpact(bot.market, bot.exchanges, lambda: bot.core.rules().trade_amount_quote)]


def put_paper_exchanges(bot: ArBot) -> None:
    """Have orders of a paper run end here; in every other mode nothing changes."""
    options = bot.options
    if options.paper is None:
        return
    for index, (name, public) in enumerate(list(bot.exchanges.items())):
        bot.exchanges[name] = PaperExchange(
            public,
            bot.clock,
            seed=options.paper_seed,
            terms=options.paper[name],
            visible=partial(visible_levels, bot.board, bot.books, index),
        )


def open_accounts(bot: ArBot) -> None:
    """Take up the paper accounts where the journal left them."""
    for exchange in bot.exchanges.values():
        if isinstance(exchange, PaperExchange):
            exchange.open_account(bot.core, bot.executor.handle)
