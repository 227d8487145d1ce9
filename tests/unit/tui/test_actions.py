"""The one table of actions agrees with the README, and each action has its doors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.tui.glyphs import UNICODE
from arbot_tui.tui.look import Look
from arbot_tui.tui.palette import ActionCommands
from arbot_tui.tui.screens.help import help_keys
from arbot_tui.tui.views import VIEWS
from tests.ui.readme_keys import README, actions_table, table_in


def test_the_readme_names_every_action_with_its_keys() -> None:
    """`python -m tests.ui.readme_keys` writes it anew."""
    text = README.read_text(encoding="utf-8")
    assert table_in(text) == actions_table()
    views = re.findall(r"^\| `(\d)` \| (\w+)", text, re.M)
    wanted = [entry for entry in ACTIONS if entry.id.startswith("view_")]
    assert [key for key, _ in views] == [entry.keys[0] for entry in wanted]
    assert [word for _, word in views] == [entry.label for entry in wanted]


@dataclass
class _App:
    key_map: KeyMap


@dataclass
class _Screen:
    app: _App


def test_the_palette_has_every_action_but_itself_and_says_its_keys() -> None:
    palette = ActionCommands(_Screen(_App(KeyMap(["halt=f12"]))))  # type: ignore[arg-type]
    entries = [entry.id for entry in palette._entries()]
    assert entries == [entry.id for entry in ACTIONS if entry.id != "palette"]
    halt = next(entry for entry in ACTIONS if entry.id == "halt")
    assert palette._help(halt) == f"{halt.help} (f12)"
    flatten = next(entry for entry in ACTIONS if entry.id == "flatten")
    assert palette._help(flatten) == flatten.help


def test_every_action_has_its_line_in_the_help_of_some_view() -> None:
    keys, views = KeyMap(), [view(Look(UNICODE)) for view in VIEWS.values()]
    said = {sentence for view in views for _, sentence in help_keys(view, keys)}
    for entry in ACTIONS:
        meant = [view for view in views if entry.id not in view.lacks]
        assert meant, entry.id
        assert {view.SAYS.get(entry.id, entry.help) for view in meant} <= said


def test_what_is_grave_has_no_key_and_asks_for_its_own_name() -> None:
    typed = {entry.id: entry for entry in ACTIONS if entry.typed}
    assert set(typed) == {"reset", "flatten"}
    for name, entry in typed.items():
        assert entry.typed == name
        assert entry.confirm
        assert not entry.keys
