"""Key bindings, footer and help, all made from the one table of actions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from textual.binding import Binding

from arbot_tui.domain.actions import ACTIONS, Action

__all__ = ["bindings", "by_key", "footer_actions", "key_name", "view_keys"]

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "enter": "enter",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
_FOOTER = (
    "start",
    "stop",
    "halt",
    "filter",
    "sort",
    "details",
    "apply",
    "pause",
    "next_panel",
    "view_matrix",
    "theme",
    "help",
    "palette",
    "quit",
)
"""What the footer shows, in this order; `start` stands for start and drain, a view for all."""
_DROPPED_FIRST = ("theme", "next_panel", "palette", "pause", "sort", "filter", "details", "stop")
"""What the footer leaves out first where it is narrow."""


def by_key() -> dict[str, tuple[Action, ...]]:
    """Return the actions of every key; two share one where the state decides between them."""
    table: dict[str, tuple[Action, ...]] = {}
    for entry in ACTIONS:
        for key in entry.keys:
            table[key] = (*table.get(key, ()), entry)
    return table


def bindings(*, everywhere: bool) -> list[Binding]:
    """Return the bindings of the actions that work everywhere, or of the others."""
    made = []
    for key, entries in by_key().items():
        entry = entries[0]
        if entry.everywhere is everywhere:
            made.append(
                Binding(
                    key,
                    f"app.act('{key}')",
                    entry.label,
                    show=False,
                    # Ahead of dialogs and text fields, but a letter typed there is text.
                    priority=everywhere and len(key) > 1,
                    tooltip=entry.help,
                )
            )
    return made


def key_name(key: str) -> str:
    """Return a key the way people write it."""
    return _NAMES.get(key, key)


def view_keys() -> str:
    """Return the keys of all views as a range, such as ``1-7``."""
    keys = [entry.keys[0] for entry in ACTIONS if entry.id.startswith("view_")]
    return f"{keys[0]}-{keys[-1]}"


def footer_actions(
    width: int, labels: Mapping[str, str], lacks: Container[str] = ()
) -> Iterable[tuple[str, str]]:
    """Return (key, label) pairs that fit in `width`, the least needed left out.

    Args:
        width: Cells there are.
        labels: Labels that differ from the table's, by action id.
        lacks: Actions that mean nothing here.
    """
    table = {entry.id: entry for entry in ACTIONS}
    shown = [
        (name, _short(key_name(table[name].keys[0])), labels.get(name, table[name].label))
        if not name.startswith("view_")
        else (name, view_keys(), "views")
        for name in _FOOTER
        if name not in lacks
    ]
    for dropped in (None, *_DROPPED_FIRST):
        shown = [entry for entry in shown if entry[0] != dropped]
        if sum(len(key) + len(label) + 3 for _, key, label in shown) <= width:
            break
    return [(key, label) for _, key, label in shown]


def _short(key: str) -> str:
    return key.replace("ctrl+", "^")
