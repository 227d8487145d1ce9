"""A theme that is being edited: read again when its file was saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

from arbot_tui.tui.themes import load_theme

__all__ = ["ThemeWatch"]


class ThemeWatch:
    """Looks at the file of the theme in use; one `stat` each time it is asked."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Watch the files of themes, by theme name."""
        self._files = dict(files)
        self._stamps = {name: _stamp(path) for name, path in self._files.items()}

    def saved(self, name: str) -> tuple[Theme | None, list[str]] | None:
        """Return the theme anew, or what is wrong with it; None where the file is as it was."""
        path = self._files.get(name)
        if path is None:
            return None
        stamp = _stamp(path)
        if stamp is None or stamp == self._stamps[name]:
            return None
        self._stamps[name] = stamp
        theme, faults = load_theme(path)
        if theme is not None and theme.name != name:
            return None, [
                f'name = "{theme.name}": was "{name}"; a new name counts at the next start'
            ]
        return theme, faults


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        # Some editors take the old file away before the new one is there.
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
