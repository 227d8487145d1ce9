"""What the money core may do: the ``[arbitrage]`` limits and ``[risk]``.

A field's default is the one of paper and live; ``simulate`` in its extra is the other profile's.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ArbitrageConfig", "RiskConfig"]


class ArbitrageConfig(BaseModel):
    """Which edges are traded, and how large; decimals, because they decide about money."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_profit_pct: Decimal = Field(
        default=Decimal("0.10"),
        ge=0,
        le=10,
        description="Smallest net edge worth a trade, after fees and slippage.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "lower", "simulate": 0.05},
    )
    max_profit_pct: Decimal = Field(
        default=Decimal("3.0"),
        ge=Decimal("0.1"),
        le=100,
        description="A net edge above it is too good to be true and is not traded.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 3.0},
    )
    trade_amount_usd: Decimal = Field(
        default=Decimal(100),
        ge=10,
        le=10_000,
        description="Value of one leg; less where the books or balances offer less.",
        json_schema_extra={"unit": "USD", "hot": True, "looser": "higher", "simulate": 1000},
    )
    slippage_pct: Decimal = Field(
        default=Decimal("0.02"),
        ge=0,
        le=1,
        description="What both legs together may lose against their quotes, half of it on each.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 0.02},
    )
    cooldown_s: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="Pause between two pairs of the same symbol, buying and selling venue.",
        json_schema_extra={"unit": "s", "hot": True, "looser": "lower", "simulate": 1.0},
    )


class RiskConfig(BaseModel):
    """Hard limits that every pair has to pass before anything is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_order_usd: Decimal = Field(
        default=Decimal(250),
        ge=1,
        le=1_000_000,
        description="Largest value of one order; with max_order_equity_pct the smaller wins.",
        json_schema_extra={"unit": "USD", "hot": True, "looser": "higher", "simulate": 5000},
    )
    max_order_equity_pct: Decimal = Field(
        default=Decimal(2),
        ge=Decimal("0.1"),
        le=100,
        description="Largest value of one order as a share of the account's equity.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 100},
    )
    max_trades_per_hour: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="Pairs committed within any 60 minutes.",
        json_schema_extra={"unit": "pairs", "hot": True, "looser": "higher", "simulate": 100_000},
    )
    max_concurrent_pairs: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Pairs in flight at the same time.",
        json_schema_extra={"unit": "pairs", "hot": True, "looser": "higher", "simulate": 8},
    )
    daily_loss_reduce_pct: Decimal = Field(
        default=Decimal(1),
        ge=Decimal("0.1"),
        le=100,
        description="Loss of a day (UTC) from which no new pairs open, of the account's value.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 50},
    )
    daily_loss_halt_pct: Decimal = Field(
        default=Decimal(2),
        ge=Decimal("0.1"),
        le=100,
        description="Loss of a day from which trading halts, once what is unwound has ended.",
        json_schema_extra={"unit": "%", "hot": True, "looser": "higher", "simulate": 90},
    )
    visibility_margin_s: float = Field(
        default=20.0,
        ge=0,
        le=120,
        description="How long after its expiry an unknown order may still turn up at the venue.",
        json_schema_extra={"unit": "s", "hot": False, "simulate": 2.0},
    )
    max_messages_per_s: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="Order messages to one venue in a second; never above half of its quota.",
        json_schema_extra={"unit": "1/s", "hot": True, "looser": "higher", "simulate": 1000},
    )
