"""What open pairs and the assets of a day's result are worth now, for the money core to judge."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from arbot_tui.domain.signal import QuoteView
from arbot_tui.trading.core.collar import middle
from arbot_tui.trading.core.events import Marked

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["marked_now"]


def marked_now(bot: ArBot) -> Marked:
    """Return mids of what pairs hold, rates of what a day was paid in, and the account's value."""
    core = bot.core
    mids: dict[str, Decimal] = {}
    assets = set(core.day_result)
    for pair_id in (*core.in_flight, *core.stuck):
        pair = core.pairs[pair_id]
        assets.add(pair.quote)
        assets.update(asset for leg in pair.legs for fill in leg.fills for asset, _ in fill.fees)
        if pair.remainder and (quote := _quote(bot, pair.symbol, pair.exposed.venue)) is not None:
            mids[pair_id] = middle(quote)
    valued = {asset: bot.valuation.value(asset, Decimal(1)) for asset in sorted(assets)}
    rates = {asset: value for asset, value in valued.items() if value is not None}
    return Marked(mids, rates, bot.equity_quote)


def _quote(bot: ArBot, symbol: str, venue: str) -> QuoteView | None:
    """Return a quote with two sides; None where this run has none."""
    try:
        index, row = bot.venues.index(venue), bot.universe.row(symbol)
    except (ValueError, KeyError):
        # An earlier run may have left a pair open in what this one does not follow.
        return None
    quote = bot.board.quote_view(index, row)
    sound = quote.tradeable and quote.bid > 0 and math.isfinite(quote.ask)
    return quote if sound else None
