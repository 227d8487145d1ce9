"""One table makes keys, footer, hints and help."""

from __future__ import annotations

from textual.binding import BindingsMap

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.glyphs import ASCII, UNICODE, choose_glyphs
from arbot_tui.tui.keys import bindings, footer_actions, hint, key_names, view_keys
from arbot_tui.tui.look import Look
from arbot_tui.tui.screens.dashboard import DashboardScreen
from arbot_tui.tui.screens.help import help_keys
from arbot_tui.tui.views.matrix import MatrixView
from arbot_tui.tui.views.view import SPECIAL
from tests.ui.fakes import FakeClient

KEYS = KeyMap()


def bound(maps: BindingsMap) -> dict[str, str]:
    return {key: binding.action for key, binding in maps}


def test_every_key_of_the_table_is_bound_once() -> None:
    made = [
        key for everywhere in (True, False) for key in bound(bindings(KEYS, everywhere=everywhere))
    ]
    assert sorted(made) == sorted({key for entry in ACTIONS for key in entry.keys})


def test_only_start_and_drain_share_a_key() -> None:
    shared = {key: [entry.id for entry in entries] for key, entries in KEYS.by_key.items()}
    assert {key: ids for key, ids in shared.items() if len(ids) > 1} == {"s": ["start", "drain"]}


def test_actions_that_work_everywhere_come_before_dialogs_and_text_fields() -> None:
    urgent = {key for key, binding in bindings(KEYS, everywhere=True) if binding.priority}
    assert urgent == {"ctrl+x", "ctrl+c"}
    assert not any(binding.priority for _, binding in bindings(KEYS, everywhere=False))
    # A character is text where text is typed, however its key is called.
    halt = KeyMap(["halt=f12 !"])
    assert {key for key, found in bindings(halt, everywhere=True) if found.priority} == {
        "f12",
        "ctrl+c",
    }


def test_nothing_of_textuals_own_is_bound_beside_the_table() -> None:
    keys = KeyMap(["halt=f12", "next_panel=", "palette=ctrl+o", "quit=Q"])
    app = ArbotApp(FakeClient(), keys=keys)
    found = bound(app._bindings) | bound(DashboardScreen(Look(UNICODE, keys))._bindings)
    assert set(found) == set(keys.by_key)
    assert found["f12"] == "app.act('halt')"
    assert found["s"] == "app.act('start drain')"


def test_the_footer_leaves_out_the_least_needed_first() -> None:
    wide = [label for _, label in footer_actions(KEYS, 200, {})]
    narrow = [label for _, label in footer_actions(KEYS, 80, {})]
    assert wide[-1] == narrow[-1] == "quit"
    assert set(narrow) < set(wide)
    for kept in ("start", "stop", "halt", "keys"):
        assert kept in narrow
    assert ("s", "drain") in footer_actions(KEYS, 80, {}, running=True)
    assert ("d", "drain") in footer_actions(KeyMap(["drain=d"]), 80, {}, running=True)


def test_footer_and_hints_name_the_keys_there_are() -> None:
    keys = KeyMap(["halt=f12", "stop=", "sort=>", "view_log=L"])
    shown = dict(footer_actions(keys, 200, {}))
    assert shown["f12"] == "halt"
    assert shown[">"] == "sort"
    assert "stop" not in shown.values()
    assert shown["1 2 3 4 5 L 7"] == "views"
    assert view_keys(KEYS) == "1-7"
    assert view_keys(KeyMap(["view_log=pgdn", "page_down="])) == "1…"
    assert hint(keys, "sort") == ">"
    assert hint(keys, "stop") == "ctrl+p stop"
    assert hint(keys, "view_matrix") == "1"
    assert hint(KeyMap(["view_matrix="]), "view_matrix") == "ctrl+p view matrix"
    assert key_names(keys, "page_down") == "pgdn, ctrl+d"


def test_help_names_every_action_and_keys_as_people_write_them() -> None:
    view = MatrixView(Look(UNICODE))
    shown = help_keys(view, KEYS)
    assert len(shown) == len(ACTIONS) - len(SPECIAL)
    assert ("?, f1", "Show the keys and what this view means.") in shown
    changed = help_keys(view, KeyMap(["help=f1", "theme="]))
    assert ("f1", "Show the keys and what this view means.") in changed
    assert ("palette", "Next colour theme.") in changed


def test_glyphs_follow_the_option_or_the_streams_encoding() -> None:
    assert choose_glyphs("auto", "utf-8") is UNICODE
    assert choose_glyphs("auto", "UTF8") is UNICODE
    assert choose_glyphs("auto", "ascii") is ASCII
    assert choose_glyphs("auto", None) is ASCII
    assert choose_glyphs("unicode", "ascii") is UNICODE
    assert choose_glyphs("ascii", "utf-8") is ASCII
