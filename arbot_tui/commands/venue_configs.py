"""What the adapters of a run are told: where the venues are, which key to use, if any."""

from __future__ import annotations

from pathlib import Path

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.engine.world import WorldInfo
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.config import ExchangeSettings
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.settings import Settings
from arbot_tui.trading.journal import newest_records
from arbot_tui.trading.paper.calibration import measured
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

    Orders that really went to these venues say how they treat orders: those of the live account,
    or of the simulated one of the same world. What is configured wins.

    Args:
        settings: What is configured.
        accounts: Folder of all accounts.
        world: The synthetic world that is traded on paper; None for the real venues.
    """
    real = accounts / (f"sim-{world.world_id}" if world else "live") / "journal.sqlite"
    found = measured(newest_records(real, _RECORDS))
    return {
        name: PaperTerms(
            cash=venue.paper_cash_usd,
            coin_value=venue.paper_coin_usd,
            profile=_profile(venue, found.get(name, OrderProfile())),
        )
        for name, venue in settings.exchanges.enabled.items()
    }


def _profile(venue: ExchangeSettings, found: OrderProfile) -> OrderProfile:
    rejected, cut = venue.paper_reject_pct / 100, venue.paper_partial_pct / 100
    return OrderProfile(
        latencies_ns=found.latencies_ns,
        reject_share=rejected or found.reject_share,
        cut_share=cut or found.cut_share,
        cuts=() if cut else found.cuts,
    )


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
