"""The `[simulator]` section of arbot.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SimulatorConfig"]


class SimulatorConfig(BaseModel):
    """What fixes the synthetic world of `--simulate` and `venues`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(
        default=1, ge=0, le=2**63 - 1, description="fixes prices and edges of the world"
    )
    symbols: int = Field(
        default=20, ge=1, le=2000, description="number of symbols; BTC and ETH come first"
    )
    rate_hz: float = Field(
        default=400.0,
        ge=1.0,
        le=50_000.0,
        description="best bid/ask updates per second over all venues and symbols",
    )
    edges_per_min: float = Field(
        default=12.0,
        ge=0.0,
        le=600.0,
        description="scheduled dislocations per minute that open an edge after fees; 0 for none",
    )
    usdc_symbols: int = Field(
        default=0,
        ge=0,
        le=2000,
        description="how many symbols have a market in USDC as well; USDC/USDT comes with them",
    )
