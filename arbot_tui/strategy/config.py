"""What the filters compare with: ``[trend]``, ``[premium]`` and a share of ``[arbitrage]``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["FilterConfig", "IdentityConfig", "PluginConfig", "PremiumConfig", "TrendConfig"]

_COIN = re.compile(r"[A-Z0-9]{1,20}(@[A-Z0-9]{1,20})?")


class FilterConfig(BaseModel):
    """Filters that look at nothing but the quotes; 0 switches each one off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_top_volume_usd: Decimal = Field(
        default=Decimal(0),
        ge=0,
        le=1_000_000,
        description="Least value at the best price of both books; 0 for any.",
        json_schema_extra={"unit": "USD", "hot": True, "simulate": 0},
    )
    max_signal_age_ms: int = Field(
        default=0,
        ge=0,
        le=60_000,
        description="Oldest quote that a signal may rest on; 0 for any that its feed vouches for.",
        json_schema_extra={"unit": "ms", "hot": True, "simulate": 0},
    )
    min_edge_life_ms: int = Field(
        default=50,
        ge=0,
        le=10_000,
        description="An edge has to last so long to be traded, against flashes; 0: at once.",
        json_schema_extra={"unit": "ms", "hot": True, "looser": "lower", "simulate": 0},
    )
    max_price_deviation_pct: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="How far a book may lie off the median of all venues; 0 for any.",
        json_schema_extra={"unit": "%", "hot": True, "simulate": 0.0},
    )


class PluginConfig(BaseModel):
    """Strategies that are not part of the program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategies: tuple[str, ...] = Field(
        default=(),
        description="Installed strategies (entry points arbot_tui.strategies) that have to agree.",
        json_schema_extra={"unit": "NAME", "hot": False, "simulate": [], "cased": True},
    )


class IdentityConfig(BaseModel):
    """Whether one ticker on two venues is one coin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity_ratio_pct: float = Field(
        default=3.0,
        ge=0.1,
        le=100,
        description="A book lastingly this far off the median of all venues is another coin's.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 3.0},
    )
    identity_allow: tuple[str, ...] = Field(
        default=(),
        description="Coins that were proven to be the same, such as ABC or ABC@OKX.",
        json_schema_extra={
            "unit": "COIN or COIN@VENUE",
            "hot": True,
            "looser": "longer",
            "simulate": [],
        },
    )
    identity_deny: tuple[str, ...] = Field(
        default=(),
        description="Coins that are never traded, such as ABC or ABC@OKX; wins over allow.",
        json_schema_extra={
            "unit": "COIN or COIN@VENUE",
            "hot": True,
            "looser": "shorter",
            "simulate": [],
        },
    )

    @field_validator("identity_allow", "identity_deny")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _COIN.fullmatch(name):
                raise ValueError("allowed: a list of COIN or COIN@VENUE in upper case")
        return tuple(dict.fromkeys(names))


class TrendConfig(BaseModel):
    """Trade a symbol only while its price moves a wanted way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use_trend_filter: bool = Field(
        default=False,
        description="Whether the trend decides at all.",
        json_schema_extra={"hot": True, "simulate": False},
    )
    trend_filter_mode: Literal["uptrend_buy_low", "downtrend_sell_high", "both", "disabled"] = (
        Field(
            default="both",
            description="Which trends are traded: rising, falling, either, or any and none.",
            json_schema_extra={"hot": True, "simulate": "both"},
        )
    )
    moving_average_s: float = Field(
        default=30.0,
        ge=5,
        le=300,
        description="Window of which the newer half is compared with the older.",
        json_schema_extra={"unit": "s", "hot": True, "simulate": 30.0},
    )
    trend_confirmation_threshold_pct: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="Smallest move from half to half that is a trend.",
        json_schema_extra={"unit": "%", "hot": True, "simulate": 0.1},
    )


class PremiumConfig(BaseModel):
    """Trade a book only while its premium over the other venues is usual, or is not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=False,
        description="Whether the premium decides at all.",
        json_schema_extra={"hot": True, "simulate": False},
    )
    premium_filter_mode: Literal["skip_outliers", "only_outliers"] = Field(
        default="skip_outliers",
        description="Whether unusual premiums are skipped or the only ones traded.",
        json_schema_extra={"hot": True, "simulate": "skip_outliers"},
    )
    lookback_periods: int = Field(
        default=100,
        ge=10,
        le=1000,
        description="How many quotes of a book tell what is usual.",
        json_schema_extra={"unit": "quotes", "hot": True, "simulate": 100},
    )
    min_samples: int = Field(
        default=50,
        ge=2,
        le=1000,
        description="With fewer quotes nothing is traded; lookback_periods at most.",
        json_schema_extra={"unit": "quotes", "hot": True, "simulate": 50},
    )
    outlier_threshold: float = Field(
        default=2.0,
        ge=0.5,
        le=10,
        description="Standard deviations off the median from which a premium is unusual.",
        json_schema_extra={"unit": "σ", "hot": True, "simulate": 2.0},
    )
