"""``[ui]``: how the dashboard looks and how often it draws."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arbot_tui.domain.keymap import KeyMap

__all__ = ["UiConfig"]


class UiConfig(BaseModel):
    """How the dashboard looks and how often it draws."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: int = Field(
        default=5,
        ge=1,
        le=20,
        description="Redraws per second at most; 1 suits a thin line.",
        json_schema_extra={"unit": "1/s", "hot": True, "simulate": 5},
    )
    low_bandwidth: bool = Field(
        default=False,
        description="For a thin line: 1 redraw per second, 256 colours, 2 kB/s on the average.",
        json_schema_extra={"hot": True, "simulate": False},
    )
    theme: str = Field(
        default="auto",
        min_length=1,
        max_length=40,
        description="Name of a file in themes/; auto: dark or light as the terminal is, or ansi.",
        json_schema_extra={"hot": True, "simulate": "auto"},
    )
    mouse: bool = Field(
        default=True,
        description="Use the mouse; off keeps the terminal's own text selection.",
        json_schema_extra={"hot": False, "simulate": True},
    )
    glyphs: Literal["auto", "unicode", "ascii"] = Field(
        default="auto",
        description="Signs to draw with; auto: ascii where the terminal is not UTF.",
        json_schema_extra={"hot": False, "simulate": "auto"},
    )
    notify: Literal["off", "bell", "osc9", "osc777"] = Field(
        default="bell",
        description="Call at halts, alarms, stuck pairs, lost venues; osc…: a notification too.",
        json_schema_extra={"hot": True, "simulate": "bell"},
    )
    keys: tuple[str, ...] = Field(
        default=(),
        description='Other keys for actions, such as "halt=ctrl+x f12"; nothing after =: no key.',
        json_schema_extra={"unit": "ACTION=KEYS", "hot": True, "simulate": [], "cased": True},
    )

    @field_validator("keys")
    @classmethod
    def _keys(cls, changes: tuple[str, ...]) -> tuple[str, ...]:
        KeyMap(changes)
        return changes
