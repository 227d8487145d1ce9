"""Keys may be changed, and every change is checked."""

from __future__ import annotations

import string

import pytest
from textual.keys import _character_to_key

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import KeyMap, written


def test_untouched_it_is_the_table() -> None:
    keys = KeyMap()
    assert {entry.id: keys.keys(entry.id) for entry in ACTIONS} == {
        entry.id: entry.keys for entry in ACTIONS
    }
    assert sorted(keys.by_key) == sorted({key for entry in ACTIONS for key in entry.keys})


def test_an_action_that_is_named_has_the_new_keys_and_no_others() -> None:
    keys = KeyMap(["halt=f12 ctrl+k", "theme=", "filter = / F", "sort=O"])
    assert keys.keys("halt") == ("f12", "ctrl+k")
    assert keys.keys("theme") == ()
    assert keys.shown("theme") == ""
    assert keys.keys("filter") == ("slash", "F")
    assert keys.shown("filter") == "/"
    assert "ctrl+x" not in keys.by_key
    assert [entry.id for entry in keys.by_key["O"]] == ["sort"]
    assert [entry.id for entry in keys.by_key["s"]] == ["start", "drain"]


def test_a_key_that_was_given_up_may_be_given_to_another() -> None:
    keys = KeyMap(["theme=T", "top=t home"])
    assert [entry.id for entry in keys.by_key["t"]] == ["top"]


def test_start_and_drain_may_part() -> None:
    keys = KeyMap(["drain=d"])
    assert [entry.id for entry in keys.by_key["s"]] == ["start"]
    assert [entry.id for entry in keys.by_key["d"]] == ["drain"]


def test_a_key_named_twice_counts_once() -> None:
    assert KeyMap(["copy=c C c", "credentials=K"]).keys("copy") == ("c", "C")


def test_every_character_is_a_key_under_the_name_the_screen_gives_it() -> None:
    for char in string.printable.rstrip(string.whitespace):
        key = KeyMap([f"theme={char}"] if char not in TAKEN else [f"{TAKEN[char]}={char}"])
        assert _character_to_key(char) in key.by_key, char
        assert written(_character_to_key(char)) == char


TAKEN = {written(key): entry.id for entry in ACTIONS for key in entry.keys if entry.id != "quit"}
TAKEN["q"] = "quit"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["halt"], 'ACTION=KEYS, such as "halt=ctrl+x f12"'),
        (["strat=f5"], 'an action, not "strat"; the nearest is start'),
        (["theme=f13"], "for theme a character, f1…f12, ctrl+LETTER but h, i, j, m, z, "),
        (["theme=ctrl+m"], 'not "ctrl+m"'),
        (["theme=t", "theme=T"], "each action once, not theme twice"),
        (["theme=s"], "one action for each key, not s for start and drain and theme"),
        (["theme=x"], "one action for each key, not x for stop and theme"),
        (["stop=t"], "one action for each key, not t for theme and stop"),
        (["halt="], "one key or more for halt"),
        (["quit="], "one key or more for quit"),
        (["palette="], "one key or more for palette"),
        (["halt=X"], "ctrl+LETTER or f1…f12 among the keys of halt, to work while text is typed"),
        (["halt=f12 delete"], "for halt ctrl+LETTER, f1…f12 or a character, not delete, which"),
        (["quit=backspace"], "for quit ctrl+LETTER, f1…f12 or a character, not backspace"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(changes: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=r"^allowed: ") as refused:
        KeyMap(changes)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
