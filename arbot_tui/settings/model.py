"""All settings as one frozen model: the packages' own, under the names of their sections."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from arbot_tui.engine.config import CredentialsConfig, EngineConfig
from arbot_tui.exchanges.config import ExchangesConfig
from arbot_tui.market.config import QuotesConfig, UniverseConfig
from arbot_tui.simulator.config import SimulatorConfig
from arbot_tui.storage.config import StorageConfig
from arbot_tui.strategy.config import (
    FilterConfig,
    IdentityConfig,
    PluginConfig,
    PremiumConfig,
    TrendConfig,
)
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.tui.config import UiConfig

__all__ = ["ArbitrageSection", "Profile", "Settings"]

Profile = Literal["simulate", "live"]
"""Which defaults apply; paper and live share theirs."""


class ArbitrageSection(UniverseConfig, ArbitrageConfig, FilterConfig, IdentityConfig, PluginConfig):
    """Which symbols are watched, which edges are traded, and how large."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(BaseSettings):
    """All settings, one frozen model for each section of ``arbot.toml``."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    engine: EngineConfig = EngineConfig()
    exchanges: ExchangesConfig = ExchangesConfig()
    arbitrage: ArbitrageSection = ArbitrageSection()
    quotes: QuotesConfig = QuotesConfig()
    trend: TrendConfig = TrendConfig()
    premium: PremiumConfig = PremiumConfig()
    risk: RiskConfig = RiskConfig()
    storage: StorageConfig = StorageConfig()
    ui: UiConfig = UiConfig()
    credentials: CredentialsConfig = CredentialsConfig()
    simulator: SimulatorConfig = SimulatorConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` has merged and nothing else: it alone knows where a value is from."""
        return (init_settings,)
