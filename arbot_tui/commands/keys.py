"""`keys set|list|test|remove`: API keys without a screen. No secret is ever an argument."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from arbot_tui.commands.local_keys import LocalKeys
from arbot_tui.commands.outcome import ExitCode, print_json, say
from arbot_tui.commands.prompts import ask_entry, passphrase_asker, passphrase_prompt
from arbot_tui.credentials.finding import BACKENDS
from arbot_tui.credentials.keeping import STORES, choose_store
from arbot_tui.credentials.vault import Vault
from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import KeyRow
from arbot_tui.settings.loading import load

__all__ = ["forget", "keep", "show", "try_out"]

_ENVIRONMENTS = ("prod", "demo", "testnet", "custom")


def keep(
    exchange: str,
    environment: str | None,
    backend: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Ask for a venue's key and keep it.

    Raises:
        ConfigError: There is no such exchange, environment or backend.
        CredentialError: Nothing was kept; the message says why and what to do.
    """
    keys = LocalKeys(load(config))
    venue, environment = _place(keys, exchange, environment)
    store, why = choose_store(_backend(backend) or keys.backend)
    ask = passphrase_asker(os.environ, new=not Vault(keys.folder).exists)
    line = keys.keep_entry(venue, environment, ask_entry(venue), store, why, ask)
    _say(line, {"exchange": venue, "environment": environment, "store": store}, as_json)
    return ExitCode.DONE


def forget(
    exchange: str,
    environment: str | None,
    backend: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Forget a venue's key wherever it is kept, or in the one store that is named.

    Raises:
        ConfigError: There is no such exchange, environment or backend.
        CredentialError: There was none, or a store could not be asked.
    """
    keys = LocalKeys(load(config))
    venue, environment = _place(keys, exchange, environment)
    named = _backend(backend)
    stores = STORES if named is None else (named,)
    ask = passphrase_asker(os.environ, new=False)
    removed = keys.forget_from(venue, environment, stores, ask)
    _say(
        f"{venue}/{environment}: key removed from {' and '.join(removed)}",
        {"exchange": venue, "environment": environment, "removed_from": removed},
        as_json,
    )
    return ExitCode.DONE


def show(config: Path | None, as_json: bool) -> int:
    """List which key each venue would use, where it is from, and what its last test found.

    Raises:
        CredentialError: A key is there in part, or what holds it cannot be read.
    """
    view = LocalKeys(load(config)).listed(passphrase_prompt())
    if as_json:
        print_json({"keys": msgspec.to_builtins(view.rows), "not_asked": view.not_asked})
        return ExitCode.DONE
    for row in view.rows:
        say(_in_words(row))
    for cause in view.not_asked:
        say(f"not asked: {cause}")
    return ExitCode.DONE


def try_out(exchange: str, config: Path | None, as_json: bool) -> int:
    """Ask a venue what its key may do.

    Raises:
        ConfigError: There is no such exchange.
        CredentialError: There is no key, or it is refused or not fit to trade with.
        ExchangeUnavailable: The venue cannot be reached.
    """
    keys = LocalKeys(load(config))
    row, report = keys.tried(keys.venue(exchange), passphrase_prompt())
    if as_json:
        found = msgspec.to_builtins(row)
        print_json({**found, "drawbacks": report.drawbacks})
        return ExitCode.DONE
    for line in (_in_words(row), *(f"note: it {note}" for note in report.drawbacks)):
        say(line)
    return ExitCode.DONE


def _place(keys: LocalKeys, exchange: str, environment: str | None) -> tuple[str, str]:
    venue = keys.venue(exchange)
    if environment is None:
        return venue, keys.environments[venue]
    if environment not in _ENVIRONMENTS:
        allowed = ", ".join(_ENVIRONMENTS)
        raise ConfigError(f'--environment "{sanitise(environment, 40)}": allowed: {allowed}')
    return venue, environment


def _backend(backend: str | None) -> str | None:
    if backend is not None and backend not in STORES:
        hint = "; the others are only read" if backend in BACKENDS else ""
        allowed = ", ".join(STORES)
        raise ConfigError(f'--backend "{sanitise(backend, 40)}": allowed: {allowed}{hint}')
    return backend


def _in_words(row: KeyRow) -> str:
    place = f"{row.exchange:<9} {row.environment:<8}"
    if not row.provider:
        return f"{place} no key"
    if not row.tested_ns:
        rights = f"not tested (arbot-tui keys test {row.exchange})"
    else:
        day = datetime.fromtimestamp(row.tested_ns / SECOND, UTC).date()
        anywhere = " from any address" if row.unbound else ""
        rights = f"{row.refusal or row.rights or 'signs'}{anywhere} (tested {day})"
    return f"{place} …{row.last_four:<5} {row.provider:<15} {rights}"


def _say(line: str, document: object, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        say(line)
