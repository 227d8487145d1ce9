"""Puts paper exchanges where the adapters of a paper run would stand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from arbot_tui.trading.paper.exchange import PaperExchange
from arbot_tui.trading.paper.visible import visible_levels

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["open_accounts", "put_paper_exchanges"]


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
