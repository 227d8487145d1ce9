"""Key bindings, footer and hints, all made from one `KeyMap`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import KeyMap, written

__all__ = ["bind", "bindings", "footer_actions", "hint", "key_names", "view_keys"]

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
"""What the footer shows, in this order; `start` stands for drain as well, a view for all."""
_DROPPED_FIRST = ("theme", "next_panel", "palette", "pause", "sort", "filter", "details", "stop")
"""What the footer leaves out first where it is narrow."""
_VIEW_KEYS_MAX = 15
"""Cells that the keys of all views may take up where they are no range."""


def bindings(keys: KeyMap, *, everywhere: bool) -> BindingsMap:
    """Return the bindings of the actions that work everywhere, or of the others."""
    return BindingsMap(
        Binding(
            key,
            f"app.act('{' '.join(entry.id for entry in entries)}')",
            entries[0].label,
            show=False,
            # Ahead of dialogs and text fields, but what types a character is text there.
            priority=everywhere and len(written(key)) > 1,
            tooltip=entries[0].help,
        )
        for key, entries in keys.by_key.items()
        if entries[0].everywhere is everywhere
    )


def bind(node: DOMNode, keys: KeyMap, actions: Mapping[str, str]) -> None:
    """Let the keys of some actions do something of its own in `node`.

    Args:
        node: A dialog; keys that its class binds stay as they are.
        keys: Which keys the actions have.
        actions: What Textual is to run, by action of the table.
    """
    bound = node._bindings
    for name, run in actions.items():
        for key in keys.keys(name):
            if key not in bound.key_to_bindings:
                bound.bind(key, run, show=False)


def key_names(keys: KeyMap, action_id: str) -> str:
    """Return all keys of an action as people write them; empty where it has none."""
    return ", ".join(map(written, keys.keys(action_id)))


def hint(keys: KeyMap, action_id: str) -> str:
    """Return what to press for an action: its key, or that of the palette and its name there."""
    return keys.shown(action_id) or f"{keys.shown('palette')} {action_id.replace('_', ' ')}"


def view_keys(keys: KeyMap) -> str:
    """Return the keys of all views as a range, such as ``1-7``, or one by one; may be empty."""
    shown = [keys.shown(entry.id) for entry in ACTIONS if entry.id.startswith("view_")]
    if "".join(shown) in "123456789" and all(shown):
        return f"{shown[0]}-{shown[-1]}"
    listed = " ".join(filter(None, shown))
    return listed if len(listed) <= _VIEW_KEYS_MAX else f"{listed.split()[0]}…"


def footer_actions(
    keys: KeyMap,
    width: int,
    labels: Mapping[str, str],
    lacks: Container[str] = (),
    *,
    running: bool = False,
) -> Iterable[tuple[str, str]]:
    """Return (key, label) pairs that fit in `width`, the least needed left out.

    Args:
        keys: Which keys there are; an action without one is not shown.
        width: Cells there are.
        labels: Labels that differ from the table's, by action id.
        lacks: Actions that mean nothing here.
        running: Trading can be drained; otherwise it can be started.
    """
    table = {entry.id: entry for entry in ACTIONS}
    shown = []
    for listed in _FOOTER:
        name = "drain" if listed == "start" and running else listed
        views = name.startswith("view_")
        key = view_keys(keys) if views else keys.shown(name).replace("ctrl+", "^")
        if key and name not in lacks:
            label = "views" if views else labels.get(name, table[name].label)
            shown.append((name, key, label))
    for dropped in (None, *_DROPPED_FIRST):
        shown = [entry for entry in shown if entry[0] != dropped]
        if sum(len(key) + len(label) + 3 for _, key, label in shown) <= width:
            break
    return [(key, label) for _, key, label in shown]
