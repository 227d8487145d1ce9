"""What the adapters of a run are told: where the venues are, which key to use, if any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from arbot_tui.domain.account import FeeTerms
from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import Fill
from arbot_tui.engine.world import WorldInfo
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.config import ExchangeSettings
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.settings.model import Settings
from arbot_tui.trading.core.events import FeesChanged
from arbot_tui.trading.journal import newest_records
from arbot_tui.trading.paper.calibration import charged, measured
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.profile import OrderProfile
from arbot_tui.trading.paper.terms import PaperTerms

__all__ = ["paper_terms", "public_configs", "world_configs"]

_RECORDS = 50_000
"""Journal records that are looked at: some thousand orders."""

_Terms = dict[str, PaperTerms]


def public_configs(settings: Settings, world: WorldInfo | None = None) -> list[ExchangeConfig]:
    """Return the enabled venues without keys: market data alone.

    Args:
        settings: Which venues, and in which environment.
        world: A running synthetic world to use instead of the real venues.

    Raises:
        ConfigError: A venue has no such environment, or is missing in the world.
    """
    if world is not None:
        return world_configs(settings, world, with_keys=False)
    factory = ExchangeFactory()
    return [
        _config(name, index, venue, factory.urls(name, venue), venue.environment)
        for index, (name, venue) in enumerate(settings.exchanges.enabled.items())
    ]


def world_configs(
    settings: Settings, world: WorldInfo, *, with_keys: bool = True
) -> list[ExchangeConfig]:
    """Return the enabled venues of a synthetic world, with the keys that it minted.

    Raises:
        ConfigError: A venue is missing there.
    """
    found = []
    for index, (name, venue) in enumerate(settings.exchanges.enabled.items()):
        if name not in world.venues:
            raise ConfigError(f"this synthetic world has no {name}; switch it off")
        theirs = world.venues[name]
        keys = theirs.credentials if with_keys else None
        found.append(_config(name, index, venue, theirs.urls, "custom", keys))
    return found


def paper_terms(settings: Settings, accounts: Path, world: WorldInfo | None) -> _Terms:
    """Return what each enabled venue's paper account starts with and how it is treated.

    Orders that really went to these venues say how they treat orders and what they charge: those
    of the live account, or of the simulated one of the same world. What is configured wins.

    Args:
        settings: What is configured.
        accounts: Folder of all accounts.
        world: The synthetic world that is traded on paper; None for the real venues.
    """
    real = accounts / (f"sim-{world.world_id}" if world else "live") / "journal.sqlite"
    found = measured(newest_records(real, _RECORDS))
    venues = settings.exchanges.enabled
    paid = newest_records(real, _RECORDS, FeesChanged) + newest_records(real, _RECORDS, Fill)
    fees = charged(paid, {name: _rates(venue) for name, venue in venues.items()})
    return {
        name: PaperTerms(
            cash=venue.paper_cash_usd,
            coin_value=venue.paper_coin_usd,
            profile=_profile(venue, found.get(name, OrderProfile())),
            fees=_fees(venue, fees[name]),
        )
        for name, venue in venues.items()
    }


def _rates(venue: ExchangeSettings) -> TradingFees:
    return TradingFees(maker=venue.maker_fee, taker=venue.taker_fee)


def _profile(venue: ExchangeSettings, found: OrderProfile) -> OrderProfile:
    rejected, cut = venue.paper_reject_pct / 100, venue.paper_partial_pct / 100
    return OrderProfile(
        latencies_ns=() if venue.paper_latency_ms else found.latencies_ns,
        beyond_ns=round(venue.paper_latency_ms * MS),
        reject_share=rejected or found.reject_share,
        cut_share=cut or found.cut_share,
        cuts=() if cut else found.cuts,
    )


def _fees(venue: ExchangeSettings, found: PaperFees) -> PaperFees:
    coin = venue.paper_fee_coin
    if not coin:
        return found
    if coin == "quote":
        return PaperFees(_plain(found.others), _each(found, _plain), in_quote=True)
    factor = 1 - venue.paper_fee_coin_discount_pct.scaleb(-2)

    def reduced(rates: TradingFees) -> TradingFees:
        return _plain(rates).under(FeeTerms(discount_asset=coin, discount=factor))

    return PaperFees(reduced(found.others), _each(found, reduced))


def _each(found: PaperFees, change: Callable[[TradingFees], TradingFees]) -> dict[str, TradingFees]:
    return {symbol: change(rates) for symbol, rates in found.known.items()}


def _plain(rates: TradingFees) -> TradingFees:
    """Return the rates without any fee coin."""
    return TradingFees(rates.maker, rates.taker)


def _config(
    name: str,
    index: int,
    venue: ExchangeSettings,
    urls: VenueUrls,
    environment: str,
    keys: Credentials | None = None,
) -> ExchangeConfig:
    return ExchangeConfig(
        name=name,
        index=index,
        urls=urls,
        environment=environment,
        fallback_fees=_rates(venue),
        credentials=keys,
    )
