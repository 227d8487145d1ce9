"""Everything an engine is given at start, resolved by the command line.

The engine reads no file, no environment and no argument of its own; each part gets the frozen
model of its package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from arbot_tui.domain.states import Mode
from arbot_tui.engine.world import WorldInfo
from arbot_tui.exchanges.base import ExchangeConfig
from arbot_tui.market.config import QuotesConfig, UniverseConfig
from arbot_tui.storage.config import StorageConfig
from arbot_tui.strategy.config import (
    FilterConfig,
    IdentityConfig,
    PluginConfig,
    PremiumConfig,
    TrendConfig,
)
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.trading.paper.terms import PaperTerms

if TYPE_CHECKING:
    from arbot_tui.engine.client import KeySource, SettingsSource
    from arbot_tui.log import LogRing

__all__ = ["EngineOptions", "HotSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSettings:
    """The models with keys that take effect while the engine runs."""

    arbitrage: ArbitrageConfig
    risk: RiskConfig
    filters: FilterConfig
    identity: IdentityConfig
    trend: TrendConfig
    premium: PremiumConfig
    quotes: QuotesConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What `ArBot` is built from.

    Attributes:
        mode: Where quotes come from and orders go to.
        profile: Which defaults applied.
        account: Name of the account; its journal and database live in `account_dir`.
        data_dir: Folder of everything that is kept.
        config_source: Path of the configuration file that was read, or ``defaults``.
        universe: Which symbols to follow.
        arbitrage: Which edges are traded, and how large.
        risk: Hard limits.
        filters: Filters that look at nothing but the quotes.
        identity: When a book is doubted to be the same coin's.
        plugins: Strategies that are not part of the program.
        trend: The trend filter.
        premium: The premium filter.
        quotes: In which stablecoins markets are followed.
        storage: What is recorded and for how long.
        venues: The enabled venues in index order, with URLs, fallback fees and keys.
        world: The synthetic world that the venues belong to; None for real ones.
        paper: Terms of each paper venue by name; None where orders go to the venues themselves.
        paper_seed: What the fate of paper orders is drawn from.
        start: Start trading as soon as two venues are live.
        log: The newest log lines, for the screen.
        settings: Where settings are read and changed while it runs; None where they are fixed.
    """

    mode: Mode
    profile: Literal["simulate", "live"]
    account: str
    data_dir: Path
    config_source: str
    universe: UniverseConfig
    arbitrage: ArbitrageConfig
    risk: RiskConfig
    storage: StorageConfig
    venues: tuple[ExchangeConfig, ...]
    world: WorldInfo | None
    start: bool
    log: LogRing
    filters: FilterConfig = field(default_factory=FilterConfig)
    identity: IdentityConfig = field(default_factory=IdentityConfig)
    plugins: PluginConfig = field(default_factory=PluginConfig)
    trend: TrendConfig = field(default_factory=TrendConfig)
    premium: PremiumConfig = field(default_factory=PremiumConfig)
    quotes: QuotesConfig = field(default_factory=QuotesConfig)
    settings: SettingsSource[HotSettings] | None = None
    keys: KeySource | None = None
    paper: Mapping[str, PaperTerms] | None = None
    paper_seed: int = 0

    @property
    def account_dir(self) -> Path:
        """Folder of the account's ``journal.sqlite`` and ``arbot.sqlite``."""
        return self.data_dir / "accounts" / self.account

    @property
    def real_money(self) -> bool:
        """Whether orders spend what a person really has."""
        return self.mode is Mode.LIVE

    @property
    def seed(self) -> int | None:
        """Seed of everything drawn; None where nothing is."""
        if self.world is not None:
            return self.world.seed
        return None if self.paper is None else self.paper_seed
