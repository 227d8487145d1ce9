"""Settings that change while the engine runs: from a form, the API or a reload to every part."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ArbotError, ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import SettingChange, SettingsDiff, SettingsView
from arbot_tui.engine.client import CommandResult, SettingsSource
from arbot_tui.engine.options import HotSettings
from arbot_tui.trading.core.events import LimitsChanged

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["Tuning"]

_FLAGS = ("save", "confirm")

_log = structlog.get_logger("settings")


class Tuning:
    """Changes settings of a running engine; books, orders and positions stay as they are."""

    def __init__(self, bot: ArBot) -> None:
        """Change the parts of `bot`."""
        self._bot = bot
        self._one_at_a_time = asyncio.Lock()
        self._changes = 0
        self._unread = ""
        self._ask_ns = 0

    @property
    def version(self) -> int | None:
        """How often settings have changed; None where they are fixed."""
        return None if self._bot.options.settings is None else self._changes

    def unread(self) -> str:
        """Return the settings file's name while it says what nobody has read; asks once a second.

        It is not taken over by itself: what is half written could loosen a limit.
        """
        source, now_ns = self._bot.options.settings, self._bot.clock.now_ns()
        if source is not None and now_ns >= self._ask_ns:
            self._ask_ns = now_ns + SECOND
            self._unread = sanitise(source.unread())
        return self._unread

    @property
    def _source(self) -> SettingsSource[HotSettings]:
        source = self._bot.options.settings
        if source is None:
            raise ConfigError("the settings of this engine are fixed")
        return source

    def view(self) -> SettingsView:
        """Return every key with its value.

        Raises:
            ValueError: The settings are fixed.
        """
        try:
            return self._source.schema()
        except ConfigError as e:
            raise ValueError(str(e)) from None

    def diff(self, args: Mapping[str, str]) -> SettingsDiff:
        """Return what the changes in `args` would do."""
        try:
            return self._source.diff(_changes(args))
        except ConfigError as e:
            return SettingsDiff((), str(e))

    async def change(self, args: Mapping[str, str]) -> CommandResult:
        """Carry out the command ``settings``."""
        for flag in _FLAGS:
            if args.get(flag, "yes") != "yes":
                return CommandResult(False, f"{flag}: allowed: yes, or leave it out")
        save, confirmed = "save" in args, "confirm" in args
        async with self._one_at_a_time:
            try:
                return await self._change(_changes(args), save=save, confirmed=confirmed)
            except ArbotError as e:
                return CommandResult(False, sanitise(str(e)))

    async def reload(self) -> CommandResult:
        """Take over what the file says now; where it is not sound, nothing changes."""
        self._ask_ns = 0
        async with self._one_at_a_time:
            try:
                changes = await asyncio.to_thread(self._source.from_file)
                diff = self._source.diff(changes)
                if diff.error:
                    raise ConfigError(diff.error)
                self._take(changes, diff)
            except ArbotError as e:
                _log.error("settings_kept", error=sanitise(str(e)))
                return CommandResult(False, f"settings stay as they are: {sanitise(str(e))}")
        if not diff.changes:
            _log.info("settings_reloaded", changes=0)
        return CommandResult(True, f"reloaded: {_summary(diff.changes)}")

    async def _change(
        self, changes: Mapping[str, str], *, save: bool, confirmed: bool
    ) -> CommandResult:
        diff = self._source.diff(changes)
        if diff.error:
            return CommandResult(False, diff.error)
        cold = [change.name for change in diff.changes if not change.hot]
        if cold and not save:
            why = "takes effect at the next start only: save it to the file"
            return CommandResult(False, f"{cold[0]} {why}")
        loose = [change.name for change in diff.changes if change.loosens]
        if loose and not confirmed:
            return CommandResult(False, f"{', '.join(loose)}: loosens a limit and needs confirming")
        saved = await asyncio.to_thread(self._source.save, changes) if save else ""
        self._take(changes, diff)
        where = f"; saved to {saved}" if saved else ""
        return CommandResult(True, f"{_summary(diff.changes)}{where}")

    def _take(self, changes: Mapping[str, str], diff: SettingsDiff) -> None:
        """Let the hot ones take effect, and say so for each."""
        if any(change.hot for change in diff.changes):
            self._use(self._source.apply(changes))
            self._changes += 1
        for change in diff.changes:
            log = _log.warning if change.loosens or not change.hot else _log.info
            event = "setting_changed" if change.hot else "setting_needs_restart"
            log(event, key=change.name, before=change.before, after=change.after)

    def _use(self, hot: HotSettings) -> None:
        bot, old = self._bot, self._bot.options
        bot.executor.handle(LimitsChanged(bot.limits(hot.arbitrage, hot.risk)))
        bot.apply_strategy(hot)
        bot.options = replace(
            old,
            arbitrage=hot.arbitrage,
            risk=hot.risk,
            filters=hot.filters,
            identity=hot.identity,
            trend=hot.trend,
            premium=hot.premium,
            quotes=hot.quotes,
        )


def _changes(args: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in args.items() if name not in _FLAGS}


def _summary(changes: tuple[SettingChange, ...]) -> str:
    if not changes:
        return "nothing changed"
    words = [
        f"{change.name} {change.before or 'unset'} → {change.after or 'unset'}"
        + ("" if change.hot else " (next start)")
        for change in changes[:3]
    ]
    more = len(changes) - len(words)
    return ", ".join([*words, *([f"{more} more"] if more > 0 else [])])
