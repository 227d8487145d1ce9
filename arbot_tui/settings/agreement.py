"""Settings that are each allowed and together are not: nothing could be traded, or not as meant."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from arbot_tui.domain.numbers import plain
from arbot_tui.exchanges.config import ExchangesConfig
from arbot_tui.settings.model import ArbitrageSection, Settings
from arbot_tui.trading.config import RiskConfig

__all__ = ["disagreements"]

_PLAY_MONEY = ("demo", "testnet")

Disagreement = tuple[tuple[str, ...], str]
"""The full names of the keys that do not go together, and what would."""


def disagreements(settings: Settings) -> Iterator[Disagreement]:
    """Yield what does not go together in `settings`, whose keys are valid one by one."""
    yield from _edges(settings.arbitrage)
    yield from _losses(settings.risk)
    yield from _symbols(settings)
    yield from _coins(settings.arbitrage)
    if settings.engine.mode != "simulate":
        yield from _money(settings.exchanges)
    world = settings.simulator
    if world.usdc_symbols > world.symbols:
        names = ("simulator.symbols", "simulator.usdc_symbols")
        yield names, f"usdc_symbols up to symbols, which is {world.symbols}"


def _edges(arbitrage: ArbitrageSection) -> Iterator[Disagreement]:
    # An edge is traded if what slippage leaves of it reaches the one and all of it not the other.
    least, slippage = Decimal(arbitrage.min_profit_pct), Decimal(arbitrage.slippage_pct)
    most = Decimal(arbitrage.max_profit_pct)
    if least + slippage > most:
        names = ("min_profit_pct", "slippage_pct", "max_profit_pct")
        yield (
            tuple(f"arbitrage.{name}" for name in names),
            "min_profit_pct + slippage_pct up to max_profit_pct;"
            f" {plain(least)} + {plain(slippage)} is above {plain(most)}",
        )


def _losses(risk: RiskConfig) -> Iterator[Disagreement]:
    reduce, halt = risk.daily_loss_reduce_pct, risk.daily_loss_halt_pct
    if reduce > halt:
        names = ("risk.daily_loss_reduce_pct", "risk.daily_loss_halt_pct")
        yield names, f"daily_loss_reduce_pct up to daily_loss_halt_pct, which is {plain(halt)}"


def _symbols(settings: Settings) -> Iterator[Disagreement]:
    symbols, most = settings.arbitrage.symbols, settings.arbitrage.max_symbols
    if len(symbols) > most:
        names = ("arbitrage.max_symbols", "arbitrage.symbols")
        yield names, f"as many symbols as max_symbols; {len(symbols)} are more than {most}"
    quotes = settings.quotes.enabled_quote_currencies
    for symbol in symbols:
        if symbol.partition("/")[2] not in quotes:
            names = ("quotes.enabled_quote_currencies", "arbitrage.symbols")
            listed = ", ".join(quotes)
            yield names, f"symbols quoted in enabled_quote_currencies ({listed}); {symbol} is not"


def _coins(arbitrage: ArbitrageSection) -> Iterator[Disagreement]:
    venues = [name.upper() for name in ExchangesConfig.model_fields]
    for name, coins in (
        ("arbitrage.identity_allow", arbitrage.identity_allow),
        ("arbitrage.identity_deny", arbitrage.identity_deny),
    ):
        for coin in coins:
            venue = coin.partition("@")[2]
            if venue and venue not in venues:
                yield (name,), f"COIN, or COIN@ and one of {', '.join(venues)}; not {coin}"


def _money(exchanges: ExchangesConfig) -> Iterator[Disagreement]:
    """Prices of real and of play money have nothing to do with each other."""
    environments = {name: venue.environment for name, venue in exchanges.enabled.items()}
    real = [name for name, environment in environments.items() if environment == "prod"]
    play = [name for name, environment in environments.items() if environment in _PLAY_MONEY]
    if real and play:
        names = tuple(f"exchanges.{name}.environment" for name in (*real, *play))
        told = f"{real[0]} is prod, {play[0]} is {environments[play[0]]}"
        yield names, f"real money or play money, for all enabled venues alike; {told}"
