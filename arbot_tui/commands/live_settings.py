"""The settings of a running process: read, checked, changed and saved (`SettingsSource`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from arbot_tui.commands.settings_file import read_exactly, set_keys, write_atomically
from arbot_tui.commands.template import template, toml_value
from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import SettingChange, SettingsDiff, SettingsView, SettingView
from arbot_tui.engine.options import HotSettings
from arbot_tui.settings.keys import Key, keys
from arbot_tui.settings.loading import Loaded, changed
from arbot_tui.settings.places import user_file

__all__ = ["LiveSettings", "as_text", "from_text"]

Options = Mapping[str, tuple[str, object]]
"""Values of the command line: full key name to (option, value)."""

_HERE = "changed here"
_FORM = "settings"
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,18}\.?[0-9]{0,18}|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")


class LiveSettings:
    """What holds in this process, where it is from, and what the next start will find."""

    def __init__(self, loaded: Loaded, load_again: Callable[[Options], Loaded]) -> None:
        """Begin with what was loaded.

        Args:
            loaded: What the start has found.
            load_again: Reads all sources as the start did, with further options over them.
        """
        self._now = loaded
        self._disk = loaded
        self._load_again = load_again
        self._read = _stamp(self._target())

    @property
    def now(self) -> Loaded:
        """What holds now."""
        return self._now

    def schema(self) -> SettingsView:
        """Return every key with its value, range, meaning and source."""
        return SettingsView(
            file=str(self._disk.file or ""),
            save_to=str(self._target()),
            profile=self._now.profile,
            settings=tuple(self._setting(key) for key in keys().values()),
        )

    def _setting(self, key: Key) -> SettingView:
        value, later = self._now.value(key.name), self._disk.value(key.name)
        return SettingView(
            name=key.name,
            kind=key.kind,
            meaning=key.meaning,
            unit=key.unit,
            allowed=key.allowed,
            choices=("true", "false") if key.kind == "bool" else key.choices,
            hot=key.hot,
            value=as_text(value),
            default=as_text(key.default(self._now.profile)),
            source=self._now.origins[key.name],
            next_start="" if later == value else as_text(later) or "unset",
        )

    def validate(self, changes: Mapping[str, str]) -> str:
        """Return what is wrong with `changes` in one line; empty where nothing is."""
        return self.diff(changes).error

    def diff(self, changes: Mapping[str, str]) -> SettingsDiff:
        """Return what `changes` would do."""
        try:
            then = self._changed(changes)
        except ConfigError as e:
            return SettingsDiff((), str(e))
        found = (self._change(name, then.value(name)) for name in changes)
        return SettingsDiff(tuple(change for change in found if change is not None))

    def _change(self, name: str, after: object) -> SettingChange | None:
        key, before, disk = keys()[name], self._now.value(name), self._disk.value(name)
        if after == before == disk:
            return None
        stronger = self._disk.origins[name]
        wins = stronger.startswith(("ARBOT_", "--"))
        return SettingChange(
            name=name,
            before=as_text(before if before != after else disk),
            after=as_text(after),
            unit=key.unit,
            hot=key.hot,
            loosens=_loosens(key.looser, before, after),
            note=f"at the next start {stronger} wins over the file" if wins else "",
        )

    def apply(self, changes: Mapping[str, str]) -> HotSettings:
        """Let the hot ones among `changes` hold from now on and return what holds.

        Raises:
            ConfigError: Something is wrong with them.
        """
        self._changed(changes)
        now = self._changed({name: text for name, text in changes.items() if keys()[name].hot})
        saved = {
            name: self._disk.origins[name]
            for name in changes
            if self._disk.value(name) == now.value(name)
        }
        # What is in the file is from there, whoever typed it first.
        origins = {**now.origins, **saved}
        self._now = Loaded(now.settings, now.profile, self._disk.file, origins)
        return _hot(self._now)

    def save(self, changes: Mapping[str, str]) -> str:
        """Write `changes` to the file, everything else in it as it was; return its path.

        Raises:
            ConfigError: Something is wrong with them, or with the file.
            StorageError: The file cannot be read or written.
        """
        then, target = self._changed(changes), self._target()
        old = read_exactly(target) if target.exists() else template()
        try:
            new = set_keys(old, {name: toml_value(then.value(name)) for name in changes})
        except ConfigError as e:
            raise ConfigError(f"{target}: {e}") from None
        if new != old or not target.exists():
            write_atomically(target, new)
        self._read_disk()
        return str(target)

    def unread(self) -> str:
        """Return the settings file's name if it was saved since it was read, else nothing."""
        target = self._target()
        stamp = _stamp(target)
        return target.name if stamp is not None and stamp != self._read else ""

    def from_file(self) -> Mapping[str, str]:
        """Read all sources again and return the changes that lead to what they say now.

        Raises:
            ConfigError: A source is not sound; nothing has changed.
        """
        mode = self._read_disk()
        now, disk = self._now, self._disk
        differing = {
            name: as_text(disk.value(name))
            for name in keys()
            if disk.value(name) != now.value(name)
        }
        return differing if mode is None else {"engine.mode": mode, **differing}

    def _read_disk(self) -> str | None:
        """Read all sources; return the mode they ask for where it is not this run's."""
        # Before it is read: what is saved meanwhile is news again. And what is not sound was read.
        target = self._target()
        self._read = _stamp(target)
        fresh, mode = self._load_again({}), self._now.settings.engine.mode
        wanted = fresh.settings.engine.mode
        # Another mode has other defaults: none of them is to reach this run.
        other = wanted != mode
        self._disk = self._load_again({"engine.mode": ("this run", mode)}) if other else fresh
        if self._target() != target:
            self._read = _stamp(self._target())
        return wanted if other else None

    def _changed(self, changes: Mapping[str, str]) -> Loaded:
        values = {}
        for name, text in changes.items():
            key = keys().get(name)
            # An unknown key is refused by `changed`, with the nearest valid one.
            values[name] = text if key is None else from_text(key, text)
        now = changed(self._now, values, _FORM)
        origins = {name: _HERE if at == _FORM else at for name, at in now.origins.items()}
        return Loaded(now.settings, now.profile, now.file, origins)

    def _target(self) -> Path:
        return self._disk.file or user_file()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when `path` is saved; None where there is no such file at present."""
    try:
        found = path.stat()
    except OSError:
        # Some editors take the old file away before the new one is there.
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def from_text(key: Key, text: str) -> object:
    """Return the value that a person has written for `key`; None for an unset one.

    Raises:
        ConfigError: It is not of the key's kind.
    """
    text = text.strip()
    value: object = text
    if key.kind == "bool":
        value = {"true": True, "false": False}.get(text.lower())
    elif key.kind == "int":
        value = int(text) if _WHOLE.fullmatch(text) else None
    elif key.kind == "number":
        value = float(text) if _NUMBER.fullmatch(text) else None
    elif key.kind == "list":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    elif not text and (key.live is None or key.simulate is None):
        return None
    if value is None or sanitise(text, len(text) + 1) != text:
        shown = sanitise(text, 60)
        raise ConfigError(f'{_FORM}: {key.name} = "{shown}": allowed: {key.allowed}')
    return value


def as_text(value: object) -> str:
    """Return `value` as a person writes it; an unset one as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal):
        return plain(Decimal(str(value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(as_text, value))
    return str(value)


def _loosens(looser: str, before: object, after: object) -> bool:
    if isinstance(before, tuple) and isinstance(after, tuple):
        more, fewer = set(after) - set(before), set(before) - set(after)
        return bool(more if looser == "longer" else fewer if looser == "shorter" else ())
    if not looser or isinstance(before, bool) or before is None or after is None:
        return False
    change = Decimal(str(after)) - Decimal(str(before))
    return change > 0 if looser == "higher" else change < 0


def _hot(loaded: Loaded) -> HotSettings:
    settings = loaded.settings
    return HotSettings(
        arbitrage=settings.arbitrage,
        risk=settings.risk,
        filters=settings.arbitrage,
        identity=settings.arbitrage,
        trend=settings.trend,
        premium=settings.premium,
        quotes=settings.quotes,
    )
