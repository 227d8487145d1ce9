"""API keys from a screen in this process: off the loop, and never into a log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import KeysView
from arbot_tui.engine.client import CommandResult, KeySource

__all__ = ["KEY_COMMANDS", "key_command", "keys_view"]

KEY_COMMANDS = ("key_set", "key_test", "key_remove")
"""Commands whose arguments are secrets."""

_PARTS = ("api_key", "api_secret", "passphrase")
_NONE_HERE = "this engine keeps no keys"


async def keys_view(source: KeySource | None, args: Mapping[str, str]) -> KeysView:
    """Return which key each venue would use.

    Raises:
        ValueError: There are no keys to be seen here, or they cannot be read.
    """
    if source is None:
        raise ValueError(_NONE_HERE)
    try:
        return await asyncio.to_thread(source.view, _unlock(args))
    except ArbotError as e:
        raise ValueError(str(e)) from None


async def key_command(
    source: KeySource | None, name: str, args: Mapping[str, str]
) -> CommandResult:
    """Carry out one of `KEY_COMMANDS`."""
    if source is None:
        return CommandResult(False, _NONE_HERE)
    exchange, unlock = args.get("exchange", ""), _unlock(args)
    try:
        if name == "key_set":
            parts = [Secret(args[part]) for part in _PARTS if args.get(part)]
            line = await asyncio.to_thread(source.keep, exchange, parts, unlock)
        elif name == "key_test":
            line = await asyncio.to_thread(source.test, exchange, unlock)
        else:
            line = await asyncio.to_thread(source.forget, exchange, unlock)
    except ArbotError as e:
        return CommandResult(False, sanitise(str(e), 300))
    return CommandResult(True, sanitise(line, 300))


def _unlock(args: Mapping[str, str]) -> Secret | None:
    return Secret(args["unlock"]) if args.get("unlock") else None
