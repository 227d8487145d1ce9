"""``[storage]``: where data is kept, how much of it and for how long."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["StorageConfig"]


class StorageConfig(BaseModel):
    """Where data is kept, how much of it and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(
        default="",
        description="Data folder; empty: the platform's own.",
        json_schema_extra={"hot": False, "simulate": ""},
    )
    store_ticker_data: bool = Field(
        default=True,
        description="Keep best bids and asks over time.",
        json_schema_extra={"hot": False, "simulate": True},
    )
    ticker_storage_interval_s: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        description="One row per venue and symbol in this time, the newest.",
        json_schema_extra={"unit": "s", "hot": False, "simulate": 5.0},
    )
    max_ticker_days: int = Field(
        default=14,
        ge=1,
        le=3650,
        description="Delete best bids and asks that are older.",
        json_schema_extra={"unit": "days", "hot": False, "simulate": 14},
    )
    max_history_days: int = Field(
        default=400,
        ge=1,
        le=3650,
        description="Delete opportunities and sessions that are older; never trades or orders.",
        json_schema_extra={"unit": "days", "hot": False, "simulate": 400},
    )
