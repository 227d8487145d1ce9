"""`keys set|list|remove`: API keys without a screen. Secrets never come from the command line."""

from __future__ import annotations

import os
from pathlib import Path

from arbot_tui.commands.outcome import ExitCode, print_json
from arbot_tui.commands.prompts import ask_entry, passphrase_asker, passphrase_prompt
from arbot_tui.credentials.finding import BACKENDS, KeySources, look_for_keys
from arbot_tui.credentials.keeping import STORES, choose_store, forget_key, keep_key
from arbot_tui.credentials.vault import Vault
from arbot_tui.domain.errors import ConfigError, CredentialError
from arbot_tui.domain.text import sanitise
from arbot_tui.settings import Loaded, data_folder, load

__all__ = ["forget", "keep", "show"]


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
    loaded = load(config)
    venue, environment = _venue(exchange, environment, loaded)
    store, why = choose_store(_backend(backend, loaded, STORES))
    folder = data_folder(loaded.settings)
    key = keep_key(
        venue,
        environment,
        ask_entry(venue),
        store=store,
        folder=folder,
        ask_passphrase=passphrase_asker(os.environ, new=not Vault(folder).exists),
    )
    where = str(Vault(folder).path) if store == "encrypted-file" else "the keyring"
    because = f" ({why})" if why else ""
    _say(
        f"{venue}/{environment}: key …{key.last_four} kept in {where}{because}",
        {
            "exchange": venue,
            "environment": environment,
            "store": store,
            "last_four": key.last_four,
        },
        as_json,
    )
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
    loaded = load(config)
    venue, environment = _venue(exchange, environment, loaded)
    named = _backend(backend, loaded, STORES)
    if named not in (*STORES, "auto"):
        named = "auto"
    folder = data_folder(loaded.settings)
    ask = passphrase_asker(os.environ, new=False)
    removed: list[str] = []
    causes: list[str] = []
    for store in STORES if named == "auto" else (named,):
        try:
            if forget_key(venue, environment, store=store, folder=folder, ask_passphrase=ask):
                removed.append(store)
        except CredentialError as e:
            if named != "auto" or store == STORES[-1]:
                raise
            causes.append(str(e))
    if not removed:
        because = f" ({'; '.join(causes)})" if causes else ""
        raise CredentialError(f"no key of {venue}/{environment} is kept here{because}")
    _say(
        f"{venue}/{environment}: key removed from {' and '.join(removed)}",
        {"exchange": venue, "environment": environment, "removed_from": removed},
        as_json,
    )
    return ExitCode.DONE


def show(config: Path | None, as_json: bool) -> int:
    """List which key each venue would use and where it is from.

    Raises:
        CredentialError: A key is there in part, or what holds it cannot be read.
    """
    loaded = load(config)
    folder = data_folder(loaded.settings)
    environments = _environments(loaded)
    sources = KeySources(folder=folder, ask_passphrase=passphrase_prompt())
    found, causes = look_for_keys(environments, loaded.settings.credentials.backend, sources)
    rows = [
        {
            "exchange": venue,
            "environment": environment,
            "provider": found[venue].provider if venue in found else None,
            "last_four": found[venue].last_four if venue in found else None,
        }
        for venue, environment in environments.items()
    ]
    if as_json:
        print_json({"keys": rows, "not_asked": causes})
        return ExitCode.DONE
    for row in rows:
        what = f"…{row['last_four']}  {row['provider']}" if row["provider"] else "no key"
        print(f"{row['exchange']:<10}{row['environment']:<9}{what}")  # noqa: T201 (the command's output)
    for cause in causes:
        print(f"not asked: {cause}")  # noqa: T201 (the same)
    return ExitCode.DONE


def _environments(loaded: Loaded) -> dict[str, str]:
    exchanges = loaded.settings.exchanges
    return {name: getattr(exchanges, name).environment for name in type(exchanges).model_fields}


def _venue(exchange: str, environment: str | None, loaded: Loaded) -> tuple[str, str]:
    environments = _environments(loaded)
    name = exchange.strip().lower()
    if name not in environments:
        raise ConfigError(f'"{sanitise(exchange, 40)}": allowed: {", ".join(environments)}')
    if environment is None:
        return name, environments[name]
    allowed = ("prod", "demo", "testnet", "custom")
    if environment not in allowed:
        raise ConfigError(f'--environment "{sanitise(environment, 40)}": {", ".join(allowed)}')
    return name, environment


def _backend(backend: str | None, loaded: Loaded, allowed: tuple[str, ...]) -> str:
    if backend is None:
        return loaded.settings.credentials.backend
    if backend not in allowed:
        kinds = ", ".join(allowed)
        hint = "" if backend not in BACKENDS else "; the others are only read"
        raise ConfigError(f'--backend "{sanitise(backend, 40)}": allowed: {kinds}{hint}')
    return backend


def _say(line: str, document: object, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print(line)  # noqa: T201 (the command's output)
