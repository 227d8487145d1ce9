"""Which transfers would spread the account's assets again, and what they cost. Nothing is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.transfers import Wallets
from arbot_tui.engine.answers import RebalanceView, TransferRow, UnreachedRow
from arbot_tui.engine.holdings import bid_of
from arbot_tui.trading.inventory.plan import AssetPlan, lot_of, plan_asset
from arbot_tui.trading.inventory.routes import Route, routes_between
from arbot_tui.trading.inventory.spreading import Holding, distance

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["rebalance"]

_CENT = Decimal("0.01")
# A transfer pays for many trades, and each of them bears little of its fee.
_FINE = Decimal("0.0001")
# Planning takes a millisecond or a few for each; the worst ones come first.
_MOST_ASSETS = 20


class _Asset(msgspec.Struct, frozen=True):
    """An asset that lies outside its bands.

    Attributes:
        name: The asset.
        holdings: One per venue that has told its balances.
        price: What one unit brings, in quote currency; None where that is not known.
        outside: How much lies outside.
    """

    name: str
    holdings: tuple[Holding, ...]
    price: Decimal | None
    outside: Decimal

    @property
    def urgency(self) -> Decimal:
        """What lies outside in quote currency; least where there is no price."""
        return ZERO if self.price is None else exact.multiply(self.outside, self.price)


async def rebalance(bot: ArBot) -> RebalanceView:
    """Return the cheapest plan for what lies outside its bands now.

    Every venue that trades an asset should have the same of it, more or less the threshold; others
    need none. An asset worth less than one trade is left alone.
    """
    wallets = {name: bot.transfers.wallets(name) for name in bot.venues}
    found = sorted(_outside(bot), key=lambda asset: (-asset.urgency, asset.name))
    transfers: list[TransferRow] = []
    unreached: list[UnreachedRow] = []
    cost = moved = ZERO
    for asset in found[:_MOST_ASSETS]:
        if doubts := _doubts(bot, asset):
            unreached.append(UnreachedRow(asset.name, doubts[0], "", doubts[1]))
            continue
        routes, bars = _routes(asset, wallets)
        total = sum((holding.total for holding in asset.holdings), ZERO)
        plan = plan_asset(asset.holdings, routes, lot_of(total, routes))
        transfers += _rows(plan, asset)
        unreached += _unreached(plan, asset, routes, bars)
        price = asset.price or ZERO
        cost += exact.multiply(plan.fee, price)
        moved += exact.multiply(sum((t.arrives for t in plan.transfers), ZERO), price)
        # Quotes go on between one asset and the next.
        await asyncio.sleep(0)
    limits = bot.core.limits
    trade = limits.trade_amount_quote if limits else ZERO
    trades = exact.divide(moved, trade) if trade > 0 else ZERO
    return RebalanceView(
        transfers=tuple(transfers),
        unreached=tuple(unreached),
        cost_quote=_money(cost),
        moved_quote=_money(moved),
        cost_per_trade=_money(exact.divide(cost, trades), _FINE) if trades > 0 else "",
        threshold_pct=bot.options.quotes.rebalance_threshold_pct,
        quote_currency=bot.quote_currency,
        more=max(0, len(found) - _MOST_ASSETS),
    )


def _outside(bot: ArBot) -> list[_Asset]:
    """Return the assets of which something lies outside its band, and that are worth a trade."""
    core = bot.core
    venues = [name for name in bot.venues if core.venue(name).opened]
    traders: dict[str, set[str]] = {}
    for name in venues:
        for instrument in bot.listings.instruments.get(name, {}).values():
            traders.setdefault(instrument.base, set()).add(name)
            traders.setdefault(instrument.quote, set()).add(name)
    threshold = exact.divide(Decimal(str(bot.options.quotes.rebalance_threshold_pct)), Decimal(100))
    least = core.limits.trade_amount_quote if core.limits else ZERO
    found = []
    for asset, wanting in traders.items():
        if len(wanting) < 2:
            continue
        amounts = {name: max(ZERO, core.ledger.balance(name, asset)) for name in venues}
        total = sum(amounts.values(), ZERO)
        price = Decimal(1) if asset == bot.quote_currency else bid_of(bot, 0, asset)
        if not total or (price is not None and exact.multiply(total, price) < least):
            continue
        share, slack = exact.divide(total, Decimal(len(wanting))), exact.multiply(total, threshold)
        holdings = tuple(
            _holding(bot, name, asset, share if name in wanting else ZERO, slack) for name in venues
        )
        outside, _ = distance(holdings)
        if outside:
            found.append(_Asset(asset, holdings, price, outside))
    return found


def _holding(bot: ArBot, venue: str, asset: str, wanted: Decimal, slack: Decimal) -> Holding:
    return Holding(
        venue,
        max(ZERO, bot.core.ledger.balance(venue, asset)),
        max(ZERO, bot.core.available(venue, asset)),
        wanted,
        max(ZERO, exact.subtract(wanted, slack)),
        exact.add(wanted, slack),
    )


def _doubts(bot: ArBot, asset: _Asset) -> tuple[str, str] | None:
    """Return a venue whose balance of the asset is in doubt, and why; None where none is."""
    frozen = bot.core.frozen_assets()
    for holding in asset.holdings:
        if (holding.venue, asset.name) in frozen:
            return holding.venue, "an order there is unknown"
        if asset.name in bot.core.venue(holding.venue).mismatches:
            return holding.venue, "its balance differs from the ledger"
    return None


def _routes(
    asset: _Asset, wallets: Mapping[str, Wallets | None]
) -> tuple[list[Route], dict[tuple[str, str], str]]:
    """Return every way between the asset's venues, and what bars those that have none."""
    routes: list[Route] = []
    bars: dict[tuple[str, str], str] = {}
    for out in asset.holdings:
        for into in asset.holdings:
            if out is not into:
                found, why = routes_between(asset.name, out.venue, into.venue, wallets)
                routes += found
                if why:
                    bars[out.venue, into.venue] = why
    return routes, bars


def _rows(plan: AssetPlan, asset: _Asset) -> list[TransferRow]:
    return [
        TransferRow(
            asset=asset.name,
            source=transfer.route.source,
            target=transfer.route.target,
            network=transfer.route.sends_on,
            target_network=transfer.route.takes_on,
            arrives=plain(transfer.arrives),
            leaves=plain(exact.add(transfer.arrives, transfer.route.fee)),
            fee=plain(transfer.route.fee),
            cost_quote=(
                ""
                if asset.price is None
                else _money(exact.multiply(transfer.route.fee, asset.price))
            ),
        )
        for transfer in plan.transfers
    ]


def _unreached(
    plan: AssetPlan, asset: _Asset, routes: Sequence[Route], bars: Mapping[tuple[str, str], str]
) -> list[UnreachedRow]:
    return [
        UnreachedRow(asset.name, venue, plain(amount), _why(venue, amount, routes, bars))
        for venue, amount in plan.outside.items()
    ]


def _why(
    venue: str,
    amount: Decimal,
    routes: Sequence[Route],
    bars: Mapping[tuple[str, str], str],
) -> str:
    """Return in words why a venue keeps too much, or too little (negative)."""
    end = 0 if amount > 0 else 1
    mine = [route for route in routes if (route.source, route.target)[end] == venue]
    least = [route for route in mine if route.least > abs(amount)]
    if mine and len(least) == len(mine):
        route = min(least, key=lambda route: route.least)
        return f"{route.sends_on} moves no less than {plain(route.least)}"
    words = [*dict.fromkeys(why for pair, why in bars.items() if pair[end] == venue)]
    if mine:
        words.insert(0, "the others have no room" if amount > 0 else "the others can spare no more")
    return ", ".join(words)


def _money(amount: Decimal, step: Decimal = _CENT) -> str:
    return plain(exact.quantize(amount, step))
