"""What the adapters of a run are told: where the venues are, which key to use, if any."""

from __future__ import annotations

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.engine.world import WorldInfo
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.config import ExchangeSettings
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.settings import Settings
from arbot_tui.trading.paper.profile import OrderProfile
from arbot_tui.trading.paper.terms import PaperTerms

__all__ = ["paper_terms", "public_configs", "world_configs"]


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


def paper_terms(settings: Settings) -> dict[str, PaperTerms]:
    """Return what each enabled venue's paper account starts with and how it is treated."""
    return {
        name: PaperTerms(
            cash=venue.paper_cash_usd,
            coin_value=venue.paper_coin_usd,
            profile=OrderProfile(
                reject_share=venue.paper_reject_pct / 100,
                cut_share=venue.paper_partial_pct / 100,
            ),
        )
        for name, venue in settings.exchanges.enabled.items()
    }


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
        fallback_fees=TradingFees(maker=venue.maker_fee, taker=venue.taker_fee),
        credentials=keys,
    )
