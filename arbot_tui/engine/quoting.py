"""Quotes as the money core gets them to judge on: with verdict, and with whether orders may go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
    from arbot_tui.engine.bot import ArBot

__all__ = ["judged_now", "quotes_now"]


def quotes_now(bot: ArBot, symbol: str) -> tuple[QuoteView, ...]:
    """Return a symbol's quote on every venue, with its verdict, as of now."""
    bot.judge.notice_sleep()
    try:
        row = bot.universe.row(symbol)
    except KeyError:
        # An earlier run may have left a pair open in what this one does not follow.
        return ()
    verdict = bot.judge.unjudged()
    views = (bot.board.quote_view(index, row, verdict) for index in range(len(bot.venues)))
    # An absent side is infinite on the board, which no journal could write down.
    there = [view for view in views if view.bid > 0 and math.isfinite(view.ask)]
    return tuple(_sendable(bot, view, symbol) for view in there)


def judged_now(bot: ArBot, signal: ArbitrageSignal) -> ArbitrageSignal:
    """Return a signal as what it is worth now: refused and counted with what holds now."""
    buy, sell = signal.buy, signal.sell
    slept, verdict = bot.judge.notice_sleep(), bot.judge.unjudged()
    if slept or verdict is not None:
        row = bot.universe.row(signal.symbol)
        buy, sell = (
            bot.board.quote_view(bot.venues.index(one.venue), row, verdict) for one in (buy, sell)
        )
    buy, sell = (_sendable(bot, one, signal.symbol) for one in (buy, sell))
    if buy is signal.buy and sell is signal.sell:
        return signal
    return msgspec.structs.replace(signal, buy=buy, sell=sell)


def _sendable(bot: ArBot, view: QuoteView, symbol: str) -> QuoteView:
    """Return a quote that says for how long its venue takes no order as of now."""
    wait_ns = bot.exchanges[view.venue].order_wait_ns(symbol, bot.clock.now_ns())
    return msgspec.structs.replace(view, order_wait_ns=wait_ns) if wait_ns else view
