"""The API keys kept on this machine: what `keys` and the credentials screen do (`KeySource`)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence

from arbot_tui.credentials.finding import KeySources, find_keys, look_for_keys
from arbot_tui.credentials.keeping import STORES, choose_store, forget_key, keep_key
from arbot_tui.credentials.passphrase import given_passphrase
from arbot_tui.credentials.tested import note_test, tested
from arbot_tui.credentials.vault import Vault
from arbot_tui.credentials.venue_key import Entry, VenueKey, part_names
from arbot_tui.domain.clock import SystemClock
from arbot_tui.domain.errors import ConfigError, CredentialError, ExchangeUnavailable
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import KeyRow, KeysView
from arbot_tui.engine.key_check import KeyReport, check_key
from arbot_tui.exchanges.base import Credentials, ExchangeConfig
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.settings.loading import Loaded
from arbot_tui.settings.places import data_folder

__all__ = ["LocalKeys"]

_MOST_PARTS = 3

Ask = Callable[[], Secret]
"""Gets the passphrase of the encrypted file."""


class LocalKeys:
    """Keys by the settings of one start."""

    def __init__(self, loaded: Loaded) -> None:
        """Use the stores that `loaded` names."""
        self._loaded = loaded
        self.folder = data_folder(loaded.settings)
        self.backend: str = loaded.settings.credentials.backend
        exchanges = loaded.settings.exchanges
        self.environments: dict[str, str] = {
            name: getattr(exchanges, name).environment for name in type(exchanges).model_fields
        }

    # For the screen.

    def view(self, unlock: Secret | None) -> KeysView:
        """Return which key each venue would use (see `KeySource`)."""
        return self.listed(_known(unlock))

    def keep(self, exchange: str, parts: Sequence[Secret], unlock: Secret | None) -> str:
        """Keep a venue's key (see `KeySource`)."""
        venue = self.venue(exchange)
        store, why = choose_store(self.backend)
        entry = Entry(*([part.reveal() for part in parts] + [""] * _MOST_PARTS)[:_MOST_PARTS])
        return self.keep_entry(venue, self.environments[venue], entry, store, why, _known(unlock))

    def forget(self, exchange: str, unlock: Secret | None) -> str:
        """Forget a venue's key (see `KeySource`)."""
        venue = self.venue(exchange)
        environment = self.environments[venue]
        removed = self.forget_from(venue, environment, STORES, _needed(unlock))
        return f"{venue}/{environment}: key removed from {' and '.join(removed)}"

    def test(self, exchange: str, unlock: Secret | None) -> str:
        """Ask the venue what its key may do (see `KeySource`)."""
        venue = self.venue(exchange)
        row, report = self.tried(venue, _known(unlock))
        notes = f" ({'; '.join(report.drawbacks)})" if report.drawbacks else ""
        return f"{venue}/{row.environment}: key …{row.last_four} may {row.rights or 'sign'}{notes}"

    # For the commands as well.

    def venue(self, exchange: str) -> str:
        """Return the venue of that name.

        Raises:
            ConfigError: There is none.
        """
        name = exchange.strip().lower()
        if name not in self.environments:
            allowed = ", ".join(self.environments)
            raise ConfigError(f'"{sanitise(exchange, 40)}": allowed: {allowed}')
        return name

    def listed(self, ask: Ask | None) -> KeysView:
        """Return which key each venue would use; `ask` only where the file has to be opened.

        Raises:
            CredentialError: A key is there in part, or what holds it cannot be read.
        """
        found, causes = look_for_keys(self.environments, self.backend, self._sources(ask))
        rows = tuple(
            self._row(venue, environment, found.get(venue))
            for venue, environment in self.environments.items()
        )
        locked = Vault(self.folder).exists and ask is None and not given_passphrase(os.environ)
        try:
            store, _ = choose_store(self.backend)
        except CredentialError:
            # That backend is only read: whoever sets a key is told so then.
            store = ""
        return KeysView(rows, tuple(causes), store, locked)

    def keep_entry(
        self, venue: str, environment: str, entry: Entry, store: str, why: str, ask: Ask | None
    ) -> str:
        """Keep a key in `store` and return a line that says where, and `why` not elsewhere.

        Raises:
            CredentialError: Nothing was kept.
        """
        key = keep_key(
            venue,
            environment,
            entry,
            store=store,
            folder=self.folder,
            ask_passphrase=ask or _needed(None),
        )
        where = str(Vault(self.folder).path) if store == "encrypted-file" else "the keyring"
        because = f" ({why})" if why else ""
        return f"{venue}/{environment}: key …{key.last_four} kept in {where}{because}"

    def forget_from(
        self, venue: str, environment: str, stores: Sequence[str], ask: Ask
    ) -> list[str]:
        """Forget a key in every one of `stores` and return those that had it.

        Raises:
            CredentialError: None had it, or the last one could not be asked.
        """
        removed: list[str] = []
        causes: list[str] = []
        for store in stores:
            try:
                if forget_key(
                    venue, environment, store=store, folder=self.folder, ask_passphrase=ask
                ):
                    removed.append(store)
            except CredentialError as e:
                if store == stores[-1]:
                    raise
                causes.append(str(e))
        if not removed:
            because = f" ({'; '.join(causes)})" if causes else ""
            raise CredentialError(f"no key of {venue}/{environment} is kept here{because}")
        return removed

    def tried(self, venue: str, ask: Ask | None) -> tuple[KeyRow, KeyReport]:
        """Ask the venue what the key may do, and remember what it said.

        Raises:
            CredentialError: There is no key, or it is not fit to trade with.
            ExchangeUnavailable: The venue cannot be reached.
        """
        environment = self.environments[venue]
        user = f"{venue}/{environment}"
        key = find_keys({venue: environment}, self.backend, self._sources(ask))[venue]
        clock = SystemClock()
        report = asyncio.run(check_key(self._config(venue, key), clock))
        if not report.reached:
            raise ExchangeUnavailable(venue, report.refusal)
        note_test(
            self.folder,
            user,
            key,
            at_ns=clock.now_ns(),
            rights=report.rights,
            refusal=report.refusal,
            unbound=report.unbound,
        )
        if report.refusal:
            raise CredentialError(f"{user}: key …{key.last_four} {report.refusal}")
        return self._row(venue, environment, key), report

    def _row(self, venue: str, environment: str, key: VenueKey | None) -> KeyRow:
        last = tested(self.folder, f"{venue}/{environment}", key) if key is not None else None
        return KeyRow(
            exchange=venue,
            environment=environment,
            provider=key.provider if key is not None else "",
            last_four=key.last_four if key is not None else "",
            rights=last.rights if last is not None else "",
            refusal=last.refusal if last is not None else "",
            tested_ns=last.at_ns if last is not None else 0,
            wants_passphrase=len(part_names(venue)) == _MOST_PARTS,
            unbound=last.unbound if last is not None else False,
        )

    def _sources(self, ask: Ask | None) -> KeySources:
        return KeySources(folder=self.folder, ask_passphrase=ask)

    def _config(self, venue: str, key: VenueKey) -> ExchangeConfig:
        settings = getattr(self._loaded.settings.exchanges, venue)
        return ExchangeConfig(
            name=venue,
            index=0,
            urls=ExchangeFactory().urls(venue, settings),
            environment=settings.environment,
            fallback_fees=TradingFees(maker=settings.maker_fee, taker=settings.taker_fee),
            credentials=Credentials(key.api_key.reveal(), key.api_secret, key.passphrase),
        )


def _known(unlock: Secret | None) -> Ask | None:
    return None if unlock is None else (lambda: unlock)


def _needed(unlock: Secret | None) -> Ask:
    def ask() -> Secret:
        found = unlock or given_passphrase(os.environ)
        if found is None:
            raise CredentialError("the encrypted file needs its passphrase")
        return found

    return ask
