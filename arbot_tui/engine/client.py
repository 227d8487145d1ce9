"""The one door through which screens and APIs reach the engine.

In the process it is a call; attached, the server calls the same `frame` when the viewer's last
write has drained. No per-viewer queue, no second format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from arbot_tui.engine.answers import (
    BalancesView,
    EdgesView,
    LatencyView,
    PathView,
    PerformanceView,
)
from arbot_tui.engine.frames import (
    DepthView,
    ExposureView,
    Frame,
    FunnelView,
    IdentityView,
    SettingsDiff,
    SettingsView,
)

__all__ = ["CommandResult", "EngineClient", "QueryResult", "SettingsSource"]

_HotT_co = TypeVar("_HotT_co", covariant=True)

QueryResult = (
    DepthView
    | BalancesView
    | EdgesView
    | ExposureView
    | FunnelView
    | IdentityView
    | LatencyView
    | PathView
    | PerformanceView
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

        ``settings`` changes settings: each argument is a key's full name and its new value as
        text. What is hot takes effect at once; what is not is refused unless ``save`` is ``yes``,
        which writes all of it to the file. What loosens a limit needs ``confirm`` = ``yes``.
        ``settings_reload`` takes over what the file says now.
        """
        ...

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        """Answer a question.

        ``depth`` (args: symbol), ``balances``, ``exposure``, ``identity``, ``performance``,
        ``latency``, ``path`` (args: id of an opportunity), ``edges`` (args: symbol, span_s,
        points). ``funnel`` is per pair; with the argument ``symbol`` of that symbol only.
        ``settings`` is every key with its value; ``settings_diff`` says what changes (args: as
        for the command) would do.

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

    def from_file(self) -> Mapping[str, str]:
        """Read all sources again and return the changes that lead to what they say now.

        Raises:
            ConfigError: A source is not sound; nothing has changed.
        """
        ...
