"""What the environment and the command line say, by full key name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from arbot_tui.domain.errors import ConfigError
from arbot_tui.settings.keys import Key, keys
from arbot_tui.settings.layer import Layer
from arbot_tui.settings.words import either, refused, shown, unknown

__all__ = ["LogLevel", "from_options", "log_level", "variables"]

LogLevel = Literal["debug", "info", "warning", "error"]
"""What ``$ARBOT_LOG`` may say."""

_PREFIX = "ARBOT_"
_OTHER_NAMES = (
    "ARBOT_CONFIG",
    "ARBOT_LOG",
    "ARBOT_KEYS_PASSPHRASE",
    "ARBOT_KEYS_PASSPHRASE_FILE",
)
_LOG_LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")


def variables() -> Layer:
    """Return what ``ARBOT_…`` variables say, as texts.

    Raises:
        ConfigError: There is one that sets nothing, or a switch that is neither true nor false.
    """
    names = {_PREFIX + name.upper().replace(".", "__"): name for name in keys()}
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in names and name not in _OTHER_NAMES:
            raise ConfigError(f"environment: {unknown(name, (*names, *_OTHER_NAMES))}")
    layer = Layer()
    for variable, name in names.items():
        text = os.environ.get(variable)
        if text is None:
            continue
        key = keys()[name]
        if key.kind == "bool" and text not in ("true", "false"):
            raise refused(variable, name, text, key.allowed)
        layer.values[name] = _split(key, text)
        layer.origins[name] = variable
    return layer


def from_options(options: Mapping[str, tuple[str, object]]) -> Layer:
    """Return what the command line says: full key name to (option, value)."""
    values = {name: _split(keys()[name], value) for name, (_, value) in options.items()}
    return Layer(values, {name: option for name, (option, _) in options.items()})


def _split(key: Key, value: object) -> object:
    if key.kind != "list" or not isinstance(value, str):
        return value
    text = value if key.cased else value.upper()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def log_level() -> LogLevel:
    """Return which log lines are made, from ``$ARBOT_LOG``.

    Raises:
        ConfigError: It says something else.
    """
    said = os.environ.get("ARBOT_LOG", "").lower() or "info"
    for level in _LOG_LEVELS:
        if said == level:
            return level
    raise ConfigError(f"ARBOT_LOG = {shown(said)}: allowed: {either(_LOG_LEVELS)}")
