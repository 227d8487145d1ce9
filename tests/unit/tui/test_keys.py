"""One table makes keys, footer and help."""

from __future__ import annotations

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.glyphs import ASCII, UNICODE, choose_glyphs
from arbot_tui.tui.keys import bindings, by_key, footer_actions, key_name
from arbot_tui.tui.look import Look
from arbot_tui.tui.screens.dashboard import DashboardScreen
from arbot_tui.tui.screens.help import help_keys
from arbot_tui.tui.views.matrix import MatrixView
from arbot_tui.tui.views.view import SPECIAL


def test_every_key_of_the_table_is_bound_once() -> None:
    bound = [
        binding.key for everywhere in (True, False) for binding in bindings(everywhere=everywhere)
    ]
    assert sorted(bound) == sorted({key for entry in ACTIONS for key in entry.keys})


def test_only_start_and_drain_share_a_key() -> None:
    shared = {key: [entry.id for entry in entries] for key, entries in by_key().items()}
    assert {key: ids for key, ids in shared.items() if len(ids) > 1} == {"s": ["start", "drain"]}


def test_actions_that_work_everywhere_come_before_dialogs_and_text_fields() -> None:
    urgent = {binding.key for binding in bindings(everywhere=True) if binding.priority}
    assert urgent == {"ctrl+x", "ctrl+c"}
    assert not any(binding.priority for binding in bindings(everywhere=False))


def test_nothing_of_textuals_own_is_bound_beside_the_table() -> None:
    known = {key for entry in ACTIONS for key in entry.keys}
    assert {binding.key for binding in ArbotApp.BINDINGS} <= known  # type: ignore[union-attr]
    assert {binding.key for binding in DashboardScreen.BINDINGS} <= known  # type: ignore[union-attr]


def test_the_footer_leaves_out_the_least_needed_first() -> None:
    wide = [label for _, label in footer_actions(200, {})]
    narrow = [label for _, label in footer_actions(80, {})]
    assert wide[-1] == narrow[-1] == "quit"
    assert set(narrow) < set(wide)
    for kept in ("start", "stop", "halt", "keys"):
        assert kept in narrow
    assert ("s", "drain") in footer_actions(80, {"start": "drain"})


def test_help_names_every_action_and_keys_as_people_write_them() -> None:
    shown = help_keys(MatrixView(Look(UNICODE)))
    assert len(shown) == len(ACTIONS) - len(SPECIAL)
    assert ("?, f1", "Show the keys and what this view means.") in shown
    assert key_name("slash") == "/"
    assert key_name("ctrl+x") == "ctrl+x"


def test_glyphs_follow_the_option_or_the_streams_encoding() -> None:
    assert choose_glyphs("auto", "utf-8") is UNICODE
    assert choose_glyphs("auto", "UTF8") is UNICODE
    assert choose_glyphs("auto", "ascii") is ASCII
    assert choose_glyphs("auto", None) is ASCII
    assert choose_glyphs("unicode", "ascii") is UNICODE
    assert choose_glyphs("ascii", "utf-8") is ASCII
