"""The one door through which screens and APIs reach the engine.

In the process it is a call; attached, the server calls the same `frame` when the viewer's last
write has drained. No per-viewer queue, no second format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from arbot_tui.domain.secret import Secret
from arbot_tui.engine.answers import (
    BalancesView,
    DepthView,
    EdgesView,
    ExposureView,
    FunnelView,
    IdentityView,
    KeysView,
    LatencyView,
    PathView,
    PerformanceView,
    RebalanceView,
    SettingsDiff,
    SettingsView,
)
from arbot_tui.engine.frames import Frame

__all__ = ["CommandResult", "EngineClient", "KeySource", "QueryResult", "SettingsSource"]

_HotT_co = TypeVar("_HotT_co", covariant=True)

QueryResult = (
    DepthView
    | BalancesView
    | EdgesView
    | ExposureView
    | FunnelView
    | IdentityView
    | KeysView
    | LatencyView
    | PathView
    | PerformanceView
    | RebalanceView
    | SettingsView
    | SettingsDiff
)


class CommandResult(msgspec.Struct, frozen=True):
    """Whether a command was taken, and one line that says what happened or why not."""

    ok: bool
    message: str


class EngineClient(Protocol):
    """What a viewer may ask of an engine."""

    def frame(self, since: int) -> Frame:
        """Return everything that changed after version `since`; 0 asks for all of it."""
        ...

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        """Carry out an action of `domain.actions` (``start``, ``drain``, ``stop``, ``halt``, …).

        ``flatten`` brings home what pairs hold, reduce-only, after a halt as well; the message
        names what cannot be and why. ``resolve`` (args: ``id`` of a pair) asks all sources about
        it again; with ``accept`` = ``yes`` a stuck pair, its orders all ended, ends as it is.
        ``adopt`` (args: ``venue``) names by how much that venue differs from the ledger; with
        ``confirm`` = ``yes`` its balances are taken for true and the difference is booked.

        ``settings`` changes settings: each argument is a key's full name and its new value as
        text. What is hot takes effect at once; what is not is refused unless ``save`` is ``yes``,
        which writes all of it to the file. What loosens a limit needs ``confirm`` = ``yes``.
        ``settings_reload`` takes over what the file says now.

        ``key_set``, ``key_test`` and ``key_remove`` (args: ``exchange``; to set a key ``api_key``,
        ``api_secret`` and ``passphrase``; ``unlock`` with the encrypted file's passphrase where it
        has to be known) are for a screen in the engine's own process: their arguments are secrets.
        """
        ...

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        """Answer a question.

        ``depth`` (args: symbol), ``balances``, ``exposure``, ``identity``, ``performance``,
        ``latency``, ``path`` (args: id of an opportunity), ``edges`` (args: symbol, span_s,
        points). ``rebalance`` is which transfers would spread the balances again. ``funnel`` is
        per pair; with the argument ``symbol`` of that symbol only.
        ``settings`` is every key with its value; ``settings_diff`` says what changes (args: as
        for the command) would do. ``keys`` is which API key each venue would use (args:
        ``unlock``).

        Raises:
            ValueError: There is no such query, or an argument is missing or wrong.
        """
        ...


class SettingsSource(Protocol[_HotT_co]):
    """The configuration of this process: what forms, the API and a reload read and change.

    Changes are texts by full key name. Whoever changes something calls `diff`, shows it, and then
    `save` or `apply`; each method checks all of it first and does all or nothing. `save` and
    `from_file` touch the disk and may be called from a thread, one at a time. What `apply` returns
    is for the engine alone: the models of its parts.
    """

    def schema(self) -> SettingsView:
        """Return every key with its value, range, meaning and source."""
        ...

    def validate(self, changes: Mapping[str, str]) -> str:
        """Return what is wrong with `changes` in one line; empty where nothing is."""
        ...

    def diff(self, changes: Mapping[str, str]) -> SettingsDiff:
        """Return what `changes` would do."""
        ...

    def apply(self, changes: Mapping[str, str]) -> _HotT_co:
        """Let the hot ones among `changes` hold from now on and return what holds.

        Raises:
            ConfigError: Something is wrong with them.
        """
        ...

    def save(self, changes: Mapping[str, str]) -> str:
        """Write `changes` to the file, everything else in it as it was; return its path.

        Raises:
            ConfigError: Something is wrong with them, or with the file.
            StorageError: The file cannot be written.
        """
        ...

    def unread(self) -> str:
        """Return the settings file's name if it was saved since it was read, else nothing.

        Costs one `stat`.
        """
        ...

    def from_file(self) -> Mapping[str, str]:
        """Read all sources again and return the changes that lead to what they say now.

        Raises:
            ConfigError: A source is not sound; nothing has changed.
        """
        ...


class KeySource(Protocol):
    """The API keys kept on this machine, for a screen in the same process.

    Every method may wait for a keyring or derive a key, and is called from a thread.
    """

    def view(self, unlock: Secret | None) -> KeysView:
        """Return which key each venue would use.

        Args:
            unlock: Passphrase of the encrypted file; None where it is not known.

        Raises:
            CredentialError: A key is there in part, or what holds it cannot be read.
        """
        ...

    def keep(self, exchange: str, parts: Sequence[Secret], unlock: Secret | None) -> str:
        """Keep a venue's key and return a line that says where.

        Args:
            exchange: Venue.
            parts: API key, secret and, where the venue has one, passphrase.
            unlock: Passphrase of the encrypted file; None where it is not known.

        Raises:
            ArbotError: Nothing was kept.
        """
        ...

    def forget(self, exchange: str, unlock: Secret | None) -> str:
        """Forget a venue's key and return a line that says from where.

        Raises:
            ArbotError: There was none, or a store could not be asked.
        """
        ...

    def test(self, exchange: str, unlock: Secret | None) -> str:
        """Ask the venue what its key may do and return that in a line.

        Raises:
            ArbotError: There is none, it is not fit to trade with, or the venue cannot be reached.
        """
        ...
