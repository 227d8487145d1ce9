"""Which keys do what: the table of actions, with what a person has changed of it.

A change is a text ``ACTION=KEYS``, keys separated by blanks, such as ``halt=ctrl+x f12``: an action
that is named has these keys and no others. Textual's own key maps accept unknown actions and keys
in silence, and drop an action whose key another one takes; here all of that is an error.
"""

from __future__ import annotations

import difflib
import string
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from arbot_tui.domain.actions import ACTIONS, Action, action

__all__ = ["KeyMap", "written"]

_OF_CHARACTER = {
    "/": "slash",
    "\\": "backslash",
    "@": "at",
    "-": "minus",
    "+": "plus",
    "_": "underscore",
}
"""Characters whose key is not called as Unicode calls them."""
_CHARACTERS = {
    char: char
    if char.isalnum()
    else _OF_CHARACTER.get(char, unicodedata.name(char).lower().replace("-", "_").replace(" ", "_"))
    for char in string.printable.rstrip(string.whitespace)
}
"""Names of the keys that type a character, by the character."""
_URGENT = frozenset(
    {f"f{number}" for number in range(1, 13)}
    # A terminal sends the others for tab, enter, backspace and the like, or stops the program.
    | {f"ctrl+{letter}" for letter in string.ascii_lowercase if letter not in "hijmz"}
)
"""Keys that mean nothing in dialogs and text fields."""
_MOVES = ("up", "down", "left", "right")
_NAMED = (
    *("space", "enter", "tab", "shift+tab", "escape", "backspace", "delete", "insert"),
    *("home", "end", "pageup", "pagedown", *_MOVES),
    *(f"{held}+{move}" for held in ("shift", "ctrl") for move in _MOVES),
)
_KEYS = frozenset({*_CHARACTERS.values(), *_URGENT, *_NAMED})
_SHOWN = {name: char for char, name in _CHARACTERS.items()} | {
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
}
"""How people write keys, where that differs from their names."""
_MEANT = {shown: name for name, shown in _SHOWN.items()}
_ALLOWED = (
    "a character, f1…f12, ctrl+LETTER but h, i, j, m, z, space, enter, tab, shift+tab, esc,"
    " backspace, delete, insert, home, end, pgup, pgdn, up, down, left or right"
)
_KEPT = ("halt", "quit", "palette")
"""Actions that keep a key: through the palette every other one can be reached."""
_TOGGLE = frozenset({"start", "drain"})
"""Actions that may share a key: the state decides between them."""


class KeyMap:
    """The keys of every action; immutable.

    Attributes:
        by_key: The actions of every key; two share one where the state decides between them.
    """

    def __init__(self, changes: Iterable[str] = ()) -> None:
        """Change the table's keys.

        Args:
            changes: Texts ``ACTION=KEYS``; without keys an action has none.

        Raises:
            ValueError: One of them is wrong; the text says what is allowed instead.
        """
        keys = {entry.id: entry.keys for entry in ACTIONS}
        named: set[str] = set()
        for change in changes:
            name, parsed = _parsed(change)
            if name in named:
                raise ValueError(f"allowed: each action once, not {name} twice")
            named.add(name)
            keys[name] = parsed
        self._keys = keys
        self.by_key: Mapping[str, tuple[Action, ...]] = MappingProxyType(_checked(keys, named))

    def keys(self, action_id: str) -> tuple[str, ...]:
        """Return the keys of an action, the one to show first; empty where it has none."""
        return self._keys[action_id]

    def shown(self, action_id: str) -> str:
        """Return the first key of an action as people write it; empty where it has none."""
        keys = self._keys[action_id]
        return written(keys[0]) if keys else ""


def written(key: str) -> str:
    """Return a key the way people write it."""
    return _SHOWN.get(key, key)


def _parsed(change: str) -> tuple[str, tuple[str, ...]]:
    name, sign, said = change.partition("=")
    name = name.strip()
    names = [entry.id for entry in ACTIONS]
    if not sign:
        raise ValueError('allowed: ACTION=KEYS, such as "halt=ctrl+x f12"')
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
        raise ValueError(f'allowed: an action, not "{name}"; the nearest is {nearest}')
    keys = []
    for word in said.split():
        key = _MEANT.get(word, word)
        if key not in _KEYS:
            raise ValueError(f'allowed: for {name} {_ALLOWED}, not "{word}"')
        if key not in keys:
            keys.append(key)
    return name, tuple(keys)


def _checked(keys: Mapping[str, tuple[str, ...]], named: set[str]) -> dict[str, tuple[Action, ...]]:
    by_key: dict[str, tuple[Action, ...]] = {}
    for name, own in keys.items():
        entry = action(name)
        for key in own:
            if entry.everywhere and key not in _URGENT and key not in _CHARACTERS.values():
                raise ValueError(
                    f"allowed: for {name} ctrl+LETTER, f1…f12 or a character, not {written(key)},"
                    " which dialogs need"
                )
            by_key[key] = (*by_key.get(key, ()), entry)
    for key, entries in by_key.items():
        ids = [entry.id for entry in entries]
        if len(ids) > 1 and not _TOGGLE.issuperset(ids):
            # Those that a person has named come last: the other one has to move.
            ids.sort(key=named.__contains__)
            raise ValueError(
                f"allowed: one action for each key, not {written(key)} for {' and '.join(ids)}"
            )
    for name in _KEPT:
        if not keys[name]:
            raise ValueError(f"allowed: one key or more for {name}")
    if not _URGENT.intersection(keys["halt"]):
        raise ValueError(
            "allowed: ctrl+LETTER or f1…f12 among the keys of halt, to work while text is typed"
        )
    return by_key
