"""The shipped ``arbot.toml``, made from the settings models: every key, commented out."""

from __future__ import annotations

import json
from decimal import Decimal

from arbot_tui.domain.numbers import plain
from arbot_tui.settings.keys import Key, keys

__all__ = ["template", "toml_value"]

_WIDTH = 98
_HEAD = """\
# arbot-tui configuration.
#
# Every key there is, commented out: untouched, this file changes nothing. A line shows the default
# of paper and live; where simulate has another one, it is named above the line. A key that you
# switch on here counts in every mode. What is marked hot takes effect while the program runs.
# Environment variables (ARBOT_ARBITRAGE__MIN_PROFIT_PCT=0.2) and the command line win over it.
# API keys never belong in here.
"""


def template() -> str:
    """Return the text of the file."""
    parts = [_HEAD]
    section = ""
    for key in keys().values():
        table, _, name = key.name.rpartition(".")
        if table != section:
            section = table
            parts.append(f"\n[{table}]\n")
        parts.append(f"\n# {key.meaning[:1].upper()}{key.meaning[1:].rstrip('.')}.\n")
        parts.append(f"# {_facts(key)}\n")
        parts.append(f"# {name} = {toml_value(key.live)}\n")
    return "".join(parts)


def toml_value(value: object) -> str:
    """Return `value` as TOML writes it; an unset one as an empty text."""
    if value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        # A JSON text is a TOML basic string, but for what no setting holds.
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _facts(key: Key) -> str:
    default = "unset" if key.live is None else toml_value(key.live)
    simulate = "unset" if key.simulate is None else toml_value(_like(key.simulate, key.live))
    facts = [f"allowed: {key.allowed}"]
    if simulate == default:
        facts.append(f"default: {default} (every mode)")
    else:
        facts.append(f"default: {simulate} (simulate), {default} (paper, live)")
    if key.hot:
        facts[-1] += "; hot"
    line = "; ".join(facts)
    return line if len(line) <= _WIDTH else ";\n# ".join(facts)


def _like(value: object, model: object) -> object:
    """Return `value` in the type of `model`, so that 1000.0 and 1000 read the same."""
    return Decimal(str(value)) if isinstance(model, Decimal) else value
