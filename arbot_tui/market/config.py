"""Which symbols are watched: the market's share of ``[arbitrage]``."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["UniverseConfig"]

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

    @field_validator("symbols")
    @classmethod
    def _named_once(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            if not _SYMBOL.fullmatch(symbol):
                raise ValueError("allowed: a list of BASE/QUOTE in upper case, such as BTC/USDT")
        return tuple(dict.fromkeys(symbols))
