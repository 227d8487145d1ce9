"""`config init|check|show|path`."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

from arbot_tui.commands.names import check_strategies, check_theme
from arbot_tui.commands.outcome import ExitCode, UsageRefused, complain, print_json, say
from arbot_tui.commands.template import template, toml_value
from arbot_tui.domain.errors import ConfigError, StorageError
from arbot_tui.settings.keys import keys
from arbot_tui.settings.loading import load
from arbot_tui.settings.places import data_folder, expanded, find_file, user_file
from arbot_tui.settings.variables import log_level

__all__ = ["check", "init", "path", "show"]


def init(config: Path | None, as_json: bool) -> int:
    """Write the commented file to `config`, or to where the platform keeps it."""
    target = expanded(config or user_file(), "--config")
    if os.path.lexists(target):
        raise UsageRefused(f"{target} exists; nothing was written")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(target, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(template())
    except OSError as e:
        raise StorageError(f"{target}: {e.strerror or e}") from None
    _say(str(target), {"path": str(target)}, as_json)
    return ExitCode.DONE


def check(config: Path | None, as_json: bool) -> int:
    """Tell whether all sources are sound."""
    try:
        loaded = load(config)
        log_level()
        check_theme(loaded)
        check_strategies(loaded)
        data_folder(loaded.settings)
    except ConfigError as e:
        if as_json:
            print_json({"ok": False, "error": str(e)})
        complain(str(e))
        return ExitCode.USAGE
    _say(
        f"ok: {loaded.source}",
        {"ok": True, "source": loaded.source, "profile": loaded.profile},
        as_json,
    )
    return ExitCode.DONE


def show(config: Path | None, as_json: bool) -> int:
    """Print every value with where it is from."""
    loaded = load(config)
    if as_json:
        values = {
            name: {"value": _plain(loaded.value(name)), "source": loaded.origins[name]}
            for name in keys()
        }
        print_json({"source": loaded.source, "profile": loaded.profile, "values": values})
        return ExitCode.DONE
    say(f"# {loaded.source}, profile {loaded.profile}")
    for name in keys():
        say(f"{name} = {toml_value(loaded.value(name))}  # {loaded.origins[name]}")
    return ExitCode.DONE


def path(config: Path | None, as_json: bool) -> int:
    """Print which file is read, or where one would be looked for last."""
    found = find_file(config)
    target = str(found or user_file())
    _say(target, {"path": target, "exists": found is not None}, as_json)
    return ExitCode.DONE


def _say(line: str, document: object, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        say(line)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value
