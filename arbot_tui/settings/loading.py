"""Reads and merges all sources, and validates them, with the origin of every value.

Later wins: built-in defaults of the profile, ``arbot.toml``, ``ARBOT_…``, command line. The keys,
their ranges and their defaults are declared once, in the packages' ``config.py``; everything here
and the shipped ``arbot.toml`` follow from those models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.settings import toml_file
from arbot_tui.settings.agreement import disagreements
from arbot_tui.settings.keys import keys
from arbot_tui.settings.layer import Layer, prefixes
from arbot_tui.settings.model import Profile, Settings
from arbot_tui.settings.places import find_file
from arbot_tui.settings.variables import from_options, variables
from arbot_tui.settings.words import refused, unknown

__all__ = ["Loaded", "changed", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with their provenance.

    Attributes:
        settings: The values, validated.
        profile: Which defaults applied.
        file: The file that was read; None where there is none.
        origins: Where each key's value is from: ``default``, ``FILE:LINE``, an environment
            variable or an option.
    """

    settings: Settings
    profile: Profile
    file: Path | None
    origins: Mapping[str, str]

    @property
    def source(self) -> str:
        """The file's path, or ``defaults``."""
        return str(self.file) if self.file else "defaults"

    def value(self, key: str) -> object:
        """Return the value of the key of that full name."""
        found: object = self.settings
        for part in key.split("."):
            found = getattr(found, part)
        return found


def load(
    config: Path | None = None, options: Mapping[str, tuple[str, object]] | None = None
) -> Loaded:
    """Read, merge and validate all sources.

    Args:
        config: File named on the command line; None looks for one.
        options: Values of the command line: full key name to (option, value).

    Raises:
        ConfigError: Something is missing or wrong; one line says what, where and what is allowed.
    """
    file = find_file(config)
    layers = [toml_file.read(file) if file else Layer(), variables(), from_options(options or {})]
    modes = [layer.values["engine.mode"] for layer in layers if "engine.mode" in layer.values]
    profile: Profile = "simulate" if modes[-1:] in ([], ["simulate"]) else "live"
    defaults = {name: key.default(profile) for name, key in keys().items()}
    merged = Layer(defaults, dict.fromkeys(defaults, "default"))
    for layer in layers:
        merged.values |= layer.values
        merged.origins |= layer.origins
    return Loaded(_validated(merged), profile, file, merged.origins)


def changed(loaded: Loaded, values: Mapping[str, object], origin: str) -> Loaded:
    """Return `loaded` with other values for some keys, all of it validated as `load` does.

    Args:
        loaded: What holds so far.
        values: New values by full key name; None for an unset one.
        origin: Where they are from, for the messages and the provenance.

    Raises:
        ConfigError: There is no such key, a value is not allowed, or two do not go together.
    """
    merged = Layer({name: loaded.value(name) for name in keys()}, dict(loaded.origins))
    for name, value in values.items():
        key = keys().get(name)
        if key is None:
            raise ConfigError(unknown(name, tuple(keys())))
        merged.values[name], merged.origins[name] = value, origin
    return Loaded(_validated(merged), loaded.profile, loaded.file, merged.origins)


def _validated(merged: Layer) -> Settings:
    try:
        settings = Settings(**_nested(merged.values))
    except ValidationError as e:
        raise _explained(e, merged) from None
    for names, allowed in disagreements(settings):
        # Point at the last one of them that somebody has set.
        name = next((n for n in reversed(names) if merged.origins[n] != "default"), names[-1])
        raise refused(merged.origins[name], name, merged.values[name], allowed)
    return settings


def _nested(values: Mapping[str, object]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in values.items():
        *tables, last = name.split(".")
        table = root
        for part in tables:
            table = table.setdefault(part, {})
        table[last] = value
    return root


def _explained(error: ValidationError, merged: Layer) -> ConfigError:
    """Return the first complaint as one line that names origin, key, value and what is allowed."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    key = next((keys()[part] for part in prefixes(name) if part in keys()), None)
    own = first.get("ctx", {}).get("error")
    why = sanitise(str(own)) if isinstance(own, ValueError) else ""
    if key is not None:
        where, value = merged.origins[key.name], merged.values[key.name]
        return refused(where, key.name, value, why.removeprefix("allowed: ") or key.allowed)
    # A rule over several keys: point at the last one of them that somebody has set.
    touched = [origin for part, origin in merged.origins.items() if part.startswith(name)]
    where = next((origin for origin in reversed(touched) if origin != "default"), "default")
    return ConfigError(f"{where}: {name}: {why or sanitise(first['msg'])}")
