"""Which markets are watched: the market's share of ``[arbitrage]``, and ``[quotes]``."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["QuotesConfig", "UniverseConfig"]

_SYMBOL = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}")


class UniverseConfig(BaseModel):
    """The symbols to follow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols: tuple[str, ...] = Field(
        default=(),
        description="Symbols to follow, such as BTC/USDT; empty: every one that two venues share.",
        json_schema_extra={"unit": "BASE/QUOTE", "hot": False, "simulate": []},
    )
    max_symbols: int = Field(
        default=200,
        ge=1,
        le=2000,
        description="Follow at most this many symbols.",
        json_schema_extra={"unit": "symbols", "hot": False, "simulate": 2000},
    )

    min_volume_24h_usd: Decimal = Field(
        default=Decimal(1_000_000),
        ge=0,
        le=1_000_000_000_000,
        description="Follow only symbols of which at least this was traded in a day, all venues.",
        json_schema_extra={"unit": "USD", "hot": False, "simulate": 0},
    )
    depth_symbols: int = Field(
        default=20,
        ge=0,
        le=200,
        description="Follow the whole order book of at most this many symbols a venue; 0: of none.",
        json_schema_extra={"unit": "symbols", "hot": False, "simulate": 20},
    )
    depth_near_pct: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="Follow the books of a symbol this near to an edge that would be traded.",
        json_schema_extra={"unit": "%", "hot": False, "simulate": 0.2},
    )
    symbol_refresh_s: float = Field(
        default=3600.0,
        ge=60,
        le=86_400,
        description="How often the symbols are chosen anew, where none are named.",
        json_schema_extra={"unit": "s", "hot": False, "simulate": 3600.0},
    )

    @field_validator("symbols")
    @classmethod
    def _named_once(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            if not _SYMBOL.fullmatch(symbol):
                raise ValueError("allowed: a list of BASE/QUOTE in upper case, such as BTC/USDT")
        return tuple(dict.fromkeys(symbols))


_STABLECOINS = ("USDT", "USDC", "FDUSD", "TUSD", "DAI", "BUSD")


class QuotesConfig(BaseModel):
    """In which stablecoins markets are followed, and when one is taken for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled_quote_currencies: tuple[str, ...] = Field(
        default=("USDT",),
        description="Follow markets quoted in these; profit is counted in USDT at the live rate.",
        json_schema_extra={"unit": "STABLECOIN", "hot": False, "simulate": ["USDT"]},
    )
    cross_quote: bool = Field(
        default=True,
        description="Show edges between a coin's markets in different stablecoins; not traded.",
        json_schema_extra={"hot": True, "simulate": True},
    )
    max_depeg_pct: float = Field(
        default=0.3,
        ge=0.01,
        le=10,
        description="Across stablecoins nothing is an edge while one is further off par.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 0.3},
    )
    max_rate_age_s: float = Field(
        default=5.0,
        ge=0.1,
        le=60,
        description="A cross rate that no venue has confirmed for longer is none.",
        json_schema_extra={"unit": "s", "hot": True, "looser": "higher", "simulate": 5.0},
    )
    rebalance_threshold_pct: float = Field(
        default=15.0,
        ge=1,
        le=50,
        description="Plan transfers of a coin where a venue's share is further off an equal one.",
        json_schema_extra={"unit": "%", "hot": True, "simulate": 15.0},
    )

    @field_validator("enabled_quote_currencies")
    @classmethod
    def _each_once(cls, quotes: tuple[str, ...]) -> tuple[str, ...]:
        if not quotes or not set(quotes) <= set(_STABLECOINS):
            raise ValueError(f"allowed: a list of one or more of {', '.join(_STABLECOINS)}")
        return tuple(dict.fromkeys(quotes))
