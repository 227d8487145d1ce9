"""Colour themes from ``themes/*.toml``, checked before Textual sees them.

Textual takes any value when a theme is registered and crashes at the next repaint, so each value
is parsed here first and every fault is named with its file and key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import platformdirs
from textual.color import Color, ColorParseError
from textual.theme import Theme

import arbot_tui

__all__ = [
    "DEFAULT_THEME",
    "LIGHT_THEME",
    "NO_COLOR_THEME",
    "VARIABLES",
    "LoadedThemes",
    "load_theme",
    "load_themes",
    "themes_folder",
    "user_themes_folder",
]

DEFAULT_THEME = "dark"
LIGHT_THEME = "light"
"""For a terminal with a light background."""
NO_COLOR_THEME = "ansi"
"""Without colours the terminal's own ground is right, whatever it is."""

_KEYS = ("name", "dark", "ansi", "palette", "variables")
_PALETTE = (
    "primary",
    "secondary",
    "accent",
    "warning",
    "error",
    "success",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
)

VARIABLES: Mapping[str, str] = {
    "gain": "success",
    "loss": "error",
    "neutral": "secondary",
    "warn": "warning",
    "bad": "error",
    "live": "success",
    "delayed": "warning",
    "stale": "secondary",
    "down": "error",
    "bid": "primary",
    "ask": "warning",
    "strong": "foreground",
    "dim": "secondary",
    "faint": "panel",
    "title": "foreground",
    "key": "primary",
    "frame": "panel",
    "frame-focus": "primary",
    "cursor-ground": "panel",
    "cursor-ground-blurred": "surface",
    "bar-ground": "surface",
    "mode-simulate": "primary",
    "mode-paper": "accent",
    "mode-live": "error",
    "badge-text": "background",
}
"""Our own colours, and the palette entry that stands in where a theme does not name one."""

_STYLES = {"cursor-style": ("none", "bold", "reverse", "underline")}
_ANSI_VARIABLES = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "border-blurred": "ansi_black",
}
"""Textual's own style sheet needs these from an ANSI theme, and crashes without them."""
_TEXTUAL_VARIABLES = (
    *_ANSI_VARIABLES,
    "block-cursor-foreground",
    "block-cursor-background",
    "input-cursor-background",
    "input-cursor-foreground",
    "input-selection-background",
    "input-selection-foreground",
)


@dataclass(frozen=True)
class LoadedThemes:
    """What the themes folders hold.

    Attributes:
        themes: The sound ones, by name; the default first.
        files: The file of each, by name.
        problems: One line per fault: file, key, value and what is allowed.
    """

    themes: dict[str, Theme]
    files: dict[str, Path]
    problems: tuple[str, ...]


def themes_folder() -> Path:
    """Return the shipped themes: beside the package's code, or at the top of a checkout."""
    package = Path(arbot_tui.__file__).parent
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent / "themes"


def user_themes_folder() -> Path:
    """Return where a person's own themes are looked for, whether it exists or not."""
    return platformdirs.user_config_path("arbot-tui") / "themes"


def load_themes(folder: Path | None = None) -> LoadedThemes:
    """Read and check every theme in `folder`; by default the shipped ones and the person's own."""
    folders = (themes_folder(), user_themes_folder()) if folder is None else (folder,)
    themes: dict[str, Theme] = {}
    files: dict[str, Path] = {}
    problems: list[str] = []
    paths: list[Path] = []
    for each in folders:
        try:
            paths += sorted(each.glob("*.toml"))
        except OSError as e:
            problems.append(f"{each}: {e.strerror or e}")
    for path in paths:
        theme, faults = load_theme(path)
        problems += [f"{path.name}: {fault}" for fault in faults]
        if theme is None:
            continue
        if theme.name in themes:
            problems.append(f"{path.name}: name = {theme.name!r} is taken by another file")
        else:
            themes[theme.name], files[theme.name] = theme, path
    order = sorted(themes, key=lambda name: (name != DEFAULT_THEME, name))
    return LoadedThemes({name: themes[name] for name in order}, files, tuple(problems))


def load_theme(path: Path) -> tuple[Theme | None, list[str]]:
    """Read and check one theme; return it, or every fault of it with its key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        return None, [f"cannot be read: {e}"]
    faults: list[str] = []
    name = table.get("name")
    if not isinstance(name, str) or not name.replace("-", "").isalnum() or len(name) > 40:
        faults.append(f"name = {name!r}: letters, digits and dashes, at most 40")
    faults += [
        f"{key} = {table[key]!r}: true or false"
        for key in ("dark", "ansi")
        if not isinstance(table.get(key, False), bool)
    ]
    faults += [f"{key}: no such key{_nearest(key, _KEYS)}" for key in table if key not in _KEYS]
    palette = _section(table, "palette", _PALETTE, faults)
    variables = _section(table, "variables", (*VARIABLES, *_STYLES, *_TEXTUAL_VARIABLES), faults)
    faults += [
        f"palette.{key}: missing" for key in _PALETTE if key not in palette and key != "boost"
    ]
    if faults:
        return None, faults
    for own, stand_in in VARIABLES.items():
        variables.setdefault(own, palette[stand_in])
    variables.setdefault("cursor-style", "none")
    if table.get("ansi"):
        variables = {**_ANSI_VARIABLES, **variables}
    return (
        Theme(
            name=str(name),
            dark=bool(table.get("dark", True)),
            ansi=bool(table.get("ansi", False)),
            variables=variables,
            **palette,  # type: ignore[arg-type]
        ),
        [],
    )


def _section(
    table: Mapping[str, object], section: str, known: tuple[str, ...], faults: list[str]
) -> dict[str, str]:
    entries = table.get(section, {})
    if not isinstance(entries, dict):
        faults.append(f"{section}: a table of names and colours")
        return {}
    kept: dict[str, str] = {}
    for key, value in entries.items():
        if key not in known:
            faults.append(f"{section}.{key}: no such key{_nearest(key, known)}")
        elif (fault := _fault(key, value)) is not None:
            faults.append(f"{section}.{key} = {value!r}: {fault}")
        else:
            kept[key] = str(value)
    return kept


def _fault(key: str, value: object) -> str | None:
    if (allowed := _STYLES.get(key)) is not None:
        return None if value in allowed else "one of " + ", ".join(allowed)
    try:
        Color.parse(value if isinstance(value, str) else "")
    except ColorParseError:
        return "no colour; write #rrggbb or a name such as ansi_green"
    return None


def _nearest(key: str, known: tuple[str, ...]) -> str:
    match = get_close_matches(key, known, 1)
    return f"; did you mean {match[0]}?" if match else ""
