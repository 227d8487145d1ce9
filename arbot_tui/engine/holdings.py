"""What the account holds, what it is worth, and for how many trades it lasts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from arbot_tui.domain.numbers import ZERO, exact, from_float, plain
from arbot_tui.engine.answers import BalanceRow, BalancesView

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["balances", "bid_of"]

_CENT = Decimal("0.01")


def balances(bot: ArBot) -> BalancesView:
    """Return every balance of the account with its value and runway."""
    core = bot.core
    trade = core.limits.trade_amount_quote if core.limits else ZERO
    rows = []
    for index, name in enumerate(bot.venues):
        for asset, total in sorted(core.ledger.book(name).items()):
            reserved = core.reserved.get((name, asset), ZERO)
            bid = Decimal(1) if asset == bot.quote_currency else bid_of(bot, index, asset)
            value, runway = "", None
            if bid is not None:
                value = plain(exact.quantize(exact.multiply(total, bid), _CENT))
                free = exact.multiply(max(ZERO, exact.subtract(total, reserved)), bid)
                runway = int(exact.divide(free, trade)) if trade > 0 else None
            rows.append(BalanceRow(name, asset, plain(total), plain(reserved), value, runway))
    return BalancesView(tuple(rows), bot.quote_currency, plain(trade))


def bid_of(bot: ArBot, venue: int, asset: str) -> Decimal | None:
    """Return what one unit brings on a venue, or else on the first that has a bid."""
    try:
        row = bot.universe.row(f"{asset}/{bot.quote_currency}")
    except KeyError:
        return None
    others = (each for each in range(len(bot.venues)) if each != venue)
    for each in (venue, *others):
        bid = bot.board.quote_view(each, row).bid
        if bid > 0:
            return from_float(bid)
    return None
