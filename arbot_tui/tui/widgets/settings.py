"""Every setting with its value, what it means, and what was typed for it and not applied yet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from textwrap import wrap

from arbot_tui.engine.answers import SettingsView, SettingView
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, cells, clip, pad
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["SettingsList"]

_NAME, _VALUE, _WHEN, _FROM = 34, 16, 8, 14
_WIDE_FROM, _WIDEST_FROM = 110, 150
_MEANING_LEAST = 24
"""What has to be left for a key's meaning beside it."""
_TITLE_REST = 60
"""What the title holds beside the file, at most."""
_MEANING_LINES = 2


class SettingsList(Panel):
    """One line per key; below, all about the one under the cursor.

    Attributes:
        filter: Only keys that contain this are listed; any case.
        pending: What was typed and not applied yet, by full key name.
    """

    LABEL = "Settings"
    KEEPS_CURSOR = True

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.source = "settings"
        self.filter = ""
        self.pending: dict[str, str] = {}
        self._view: SettingsView | None = None
        self._settings: Mapping[str, SettingView] = {}

    @property
    def selected(self) -> SettingView | None:
        """The setting under the cursor."""
        return self._settings.get(str(self.cursor))

    def show_settings(self, view: SettingsView) -> None:
        """Display the settings of `view`."""
        self._view = view
        self._settings = {setting.name: setting for setting in view.settings}
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the names that the filter lets through, in the file's order."""
        wanted = self.filter.casefold()
        return [name for name in self._settings if wanted in name.casefold()]

    def sections(self) -> list[int]:
        """Return where in `keys` each section begins."""
        names = [str(key).rpartition(".")[0] for key in self.keys()]
        return [i for i, name in enumerate(names) if i == 0 or names[i - 1] != name]

    def head(self, width: int) -> Sequence[Line]:
        """Return the column titles."""
        name, value, origin = self._widths(width)
        room = width - name - value - _WHEN - origin - 2
        return (
            (
                (" " + pad("key", name), "dim"),
                (pad("value", value), "dim"),
                (pad("applies", _WHEN), "dim"),
                (pad("from", origin), "dim"),
                ("meaning" if room >= _MEANING_LEAST else "", "dim"),
            ),
        )

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one key."""
        setting = self._settings[str(key)]
        name, room, origin = self._widths(width)
        pending = self.pending.get(setting.name)
        value = setting.value if pending is None else f"{self.glyphs.arrow} {pending}"
        shown = f"{value or 'unset'} {setting.unit if value else ''}".rstrip()
        more = self.glyphs.more
        return (
            (
                self.cursor_mark(key),
                *_name(setting.name, name, more),
                (pad(clip(shown, room - 1, more), room), "strong" if pending is None else "warn"),
                (pad("at once" if setting.hot else "restart", _WHEN), "dim"),
                *self._rest(setting, origin, max(0, width - name - room - _WHEN - 2)),
            ),
        )

    def _rest(self, setting: SettingView, width: int, room: int) -> Line:
        """Return where a value is from and, where there is room, what it means."""
        more, origin = self.glyphs.more, _origin(setting)
        if room - width < _MEANING_LEAST:
            return ((clip(origin, room, more), "dim"),)
        return (
            (pad(clip(origin, width - 1, more), width), "dim"),
            (clip(setting.meaning, room - width, more), "dim"),
        )

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return one key's values."""
        setting = self._settings.get(str(key))
        if setting is None:
            return {}
        return {
            "key": setting.name,
            "value": setting.value,
            "unit": setting.unit,
            "default": setting.default,
            "hot": setting.hot,
            "source": setting.source,
        }

    def foot(self, width: int) -> Sequence[Line]:
        """Return all about the key under the cursor."""
        setting = self.selected
        if setting is None:
            return ()
        meaning = wrap(setting.meaning, max(20, width - 2))[:_MEANING_LINES]
        facts = (
            f"allowed: {setting.allowed} {self.glyphs.dot} default: {setting.default or 'unset'}"
        )
        when = "takes effect at once" if setting.hot else "takes effect at the next start"
        if setting.next_start:
            when += f" {self.glyphs.dot} next start: {setting.next_start}"
        clip_to = max(0, width - 2)
        rule = self.glyphs.frame[4]
        lines: list[Line] = [
            ((f"{rule} ", "frame"), (setting.name, "title"), (f" {rule * width}", "frame"))
        ]
        lines += [((" " + text, "text"),) for text in meaning]
        lines += [(("", "text"),)] * (_MEANING_LINES - len(meaning))
        for text in (facts, f"{when} {self.glyphs.dot} from {setting.source}"):
            lines.append(((" " + clip(text, clip_to, self.glyphs.more), "dim"),))
        return lines

    def summary(self) -> str:
        """Return the file, the filter, and how much waits to be applied."""
        if self._view is None:
            return ""
        room = max(44, self.area.width - _TITLE_REST)
        parts = [clip(self._view.save_to, room, self.glyphs.more), f"profile {self._view.profile}"]
        if self.filter:
            parts.append(f"/{self.filter}")
        if self.pending:
            parts.append(f"{len(self.pending)} changed: a applies, u takes back")
        return f" {self.glyphs.dot} ".join(parts)

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        if self._settings:
            return (
                f"No key contains '{self.filter}'.",
                f"{self._look.hint('back')} clears the filter",
            )
        return ("The engine has told no settings yet.",)

    def _widths(self, width: int) -> tuple[int, int, int]:
        """Return the cells of a key, its value and where that is from."""
        if width < _WIDE_FROM:
            return _NAME, _VALUE, _FROM
        longest = 1 + max(map(len, self._settings), default=_NAME)
        more = 10 if width >= _WIDEST_FROM else 0
        return min(longest, width // 3 + 8), _VALUE + more, _FROM + more


def _name(name: str, width: int, more: str) -> Line:
    """Return a key in `width` cells: its section, which many share, behind its own word."""
    section, point, key = name.rpartition(".")
    before = cells(section + point)
    if before + cells(key) >= width:
        # What tells it from the others is its end.
        section = more + section[before + cells(key) + 1 + cells(more) - width :]
    text = section + point
    return ((text, "dim"), (pad(key, max(0, width - cells(text))), "text"))


def _origin(setting: SettingView) -> str:
    """Return where the value is from, the file by its last part."""
    source = setting.source
    path, colon, line = source.rpartition(":")
    if colon and line.isdigit():
        return f"{path.rpartition('/')[2]}:{line}"
    return source
