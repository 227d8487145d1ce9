"""What is said of a value that is refused: one line with its origin and what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise

__all__ = ["either", "refused", "shown", "unknown"]

_SECRET_NAME = re.compile(r"secret|pass(phrase|word)|api_?key|token|private_?key", re.I)


def unknown(name: str, known: tuple[str, ...]) -> str:
    """Return that there is no key `name`, and the nearest of those `known`."""
    written = sanitise(name, 80)
    if _SECRET_NAME.search(name):
        return (
            f"{written}: no secret may be set here; keys are read from the keyring, from *_FILE or"
            " from variables such as BINANCE_API_KEY"
        )
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"unknown key {written}; the nearest valid one is {nearest[0]}"


def refused(where: str, name: str, value: object, why: str) -> ConfigError:
    """Return the error of a value at `where` that is not allowed; `why` says what is."""
    return ConfigError(f"{where}: {name} = {shown(value)}: allowed: {why}")


def shown(value: object) -> str:
    """Return a value as its line shows it: as TOML does, sanitised, 60 characters at most."""
    if isinstance(value, tuple | list):
        return sanitise("[" + ", ".join(map(shown, value)) + "]", 60)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + sanitise(value, 60) + '"'
    return sanitise(str(value), 60)


def either(words: Sequence[str]) -> str:
    """Return the words as ``a, b or c``."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
