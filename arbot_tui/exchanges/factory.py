"""From a venue's name to its adapter, imported when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import ConfigError
from arbot_tui.exchanges.base import BaseExchange, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.config import ExchangeSettings

__all__ = ["ENTRY_POINT_GROUP", "ExchangeFactory"]

ENTRY_POINT_GROUP = "arbot_tui.exchanges"
"""A further venue: a package with `adapter` and `hosts`, listed as ``name = module:Class``."""

_BUILT_IN = {
    "binance": "BinanceExchange",
    "bybit": "BybitExchange",
    "okx": "OKXExchange",
    "bitget": "BitgetExchange",
}


class ExchangeFactory:
    """Knows every venue that is installed."""

    def __init__(self) -> None:
        """Look up which venues there are; none of them is imported."""
        self._found: Mapping[str, EntryPoint] = {
            found.name: found
            for found in entry_points(group=ENTRY_POINT_GROUP)
            # The four are part of the house: nothing installed beside it may replace them.
            if found.name not in _BUILT_IN
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all venues, the four of the house first."""
        return (*_BUILT_IN, *sorted(self._found))

    def create(self, config: ExchangeConfig, clock: Clock) -> BaseExchange:
        """Return a new adapter of the venue that `config` names; it opens nothing yet.

        Raises:
            ConfigError: There is no such venue, or what is installed under its name is none.
        """
        return self._adapter(config.name)(config, clock)

    def urls(self, name: str, settings: ExchangeSettings) -> VenueUrls:
        """Return where the venue is reached in the environment that `settings` choose.

        Raises:
            ConfigError: There is no such venue, or it has no such environment.
        """
        if settings.environment == "custom":
            return VenueUrls(
                # The settings' own check saw to it that both are there.
                settings.rest_url or "",
                settings.ws_public_url or "",
                settings.ws_private_url,
                settings.ws_trade_url,
            )
        package = self._adapter(name).__module__.rpartition(".")[0]
        hosts: object = getattr(import_module(f"{package}.hosts"), "URLS", None)
        urls = hosts.get(settings.environment) if isinstance(hosts, Mapping) else None
        if not isinstance(urls, VenueUrls):
            raise ConfigError(f"exchanges.{name}.environment: {settings.environment} is not known")
        return urls

    def _adapter(self, name: str) -> type[BaseExchange]:
        if name in _BUILT_IN:
            module = import_module(f"arbot_tui.exchanges.{name}.adapter")
            found: object = getattr(module, _BUILT_IN[name])
        elif name in self._found:
            found = self._found[name].load()
        else:
            raise ConfigError(f"exchange {name!r}: allowed: {', '.join(self.names)}")
        if not (isinstance(found, type) and issubclass(found, BaseExchange)):
            raise ConfigError(f"exchange {name!r}: {found!r} is no BaseExchange")
        return found
