"""``[engine]`` and ``[credentials]``: how the process starts and where its keys come from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CredentialsConfig", "EngineConfig"]


class EngineConfig(BaseModel):
    """How the process starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["simulate", "paper", "live"] = Field(
        default="simulate",
        description="What `arbot-tui` without a mode does.",
        json_schema_extra={"hot": False, "simulate": "simulate"},
    )


class CredentialsConfig(BaseModel):
    """Where API keys are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["auto", "systemd", "keyring", "encrypted-file", "env-file", "env"] = Field(
        default="auto",
        description="The one place to read API keys from; auto asks them in this order.",
        json_schema_extra={"hot": False, "simulate": "auto"},
    )
