"""Single keys written into a file: the value is there, and every other byte is as it was."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.commands.settings_file import read_exactly, set_keys, write_atomically
from arbot_tui.commands.template import template, toml_value
from arbot_tui.domain.errors import ConfigError, StorageError
from arbot_tui.settings.keys import keys


def changed_lines(old: str, new: str) -> list[tuple[str, str]]:
    """Return (before, after) of the lines that differ, where none was added."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    assert len(before) == len(after)
    return [(b, a) for b, a in zip(before, after, strict=True) if b != a]


@pytest.mark.parametrize("name", list(keys()))
def test_each_key_of_the_shipped_file_is_switched_on_in_its_own_line(name: str) -> None:
    key = keys()[name]
    value = toml_value(key.live)
    new = set_keys(template(), {name: value})
    ((before, after),) = changed_lines(template(), new)
    last = name.rpartition(".")[2]
    assert before == f"# {last} = {value}\n"
    assert after == f"{last} = {value}\n"


def test_a_value_that_is_set_is_replaced_with_its_comment_kept() -> None:
    old = "# mine\n[risk]   # limits\nmax_order_usd =   250  # for now\n\n[ui]\nfps = 5"
    new = set_keys(old, {"risk.max_order_usd": "100.5"})
    assert new == old.replace("250", "100.5")


def test_a_commented_key_keeps_the_note_behind_its_value() -> None:
    old = "[ui]\n#fps = 5 # slow line: 1\n"
    assert set_keys(old, {"ui.fps": "1"}) == "[ui]\nfps = 1 # slow line: 1\n"


def test_a_sentence_that_looks_like_a_key_stays_a_sentence() -> None:
    old = "[ui]\n# fps = redraws each second\ntheme = 'dark'\n"
    new = set_keys(old, {"ui.fps": "2"})
    assert new == "[ui]\nfps = 2\n# fps = redraws each second\ntheme = 'dark'\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "[ui]\nfps = 2\n"),
        ("[risk]\n", "[risk]\n\n[ui]\nfps = 2\n"),
        ("[risk]", "[risk]\n\n[ui]\nfps = 2\n"),
        ("[ui]", "[ui]\nfps = 2\n"),
        ("[ui]\r\ntheme = 'dark'\r\n", "[ui]\r\nfps = 2\r\ntheme = 'dark'\r\n"),
        ("[ui]\r\n# fps = 5\r\n", "[ui]\r\nfps = 2\r\n"),
        ("ui = { theme = 'dark' }\n", "ui = { theme = 'dark' , fps = 2}\n"),
        ("ui.theme = 'dark'\n", None),
        ("[ui]\nfps = [\n 1,\n]\n", "[ui]\nfps = 2\n"),
        ("# fps = 5\n[ui]\n", "# fps = 5\n[ui]\nfps = 2\n"),
    ],
)
def test_other_forms_of_a_file(old: str, new: str | None) -> None:
    found = set_keys(old, {"ui.fps": "2"})
    assert tomllib.loads(found)["ui"]["fps"] == 2
    if new is not None and "{" not in old:
        assert found == new


def test_a_broken_file_and_one_of_another_shape_are_not_touched() -> None:
    with pytest.raises(ConfigError, match="broken TOML"):
        set_keys("[ui\n", {"ui.fps": "2"})
    with pytest.raises(ConfigError, match="no table"):
        set_keys("ui = 3\n", {"ui.fps": "2"})


_PIECES = st.lists(
    st.sampled_from(
        [
            "# a remark\n",
            "\n",
            "[risk]\n",
            "[ui]\n",
            "[exchanges.okx]\n",
            "fps = 5\n",
            "# fps = 5\n",
            "#fps=7 # note\n",
            'theme = "dark" # nice\n',
            "max_order_usd = 12.50\n",
            "enabled = true\n",
            "names = [\n  'a', # first\n  'b',\n]\n",
        ]
    ),
    max_size=14,
)


@given(
    _PIECES.map("".join),
    st.sampled_from(["ui.fps", "risk.max_order_usd", "exchanges.okx.enabled", "engine.mode"]),
    st.sampled_from(["3", "0.25", "true", '"x # y"', '["a", "b"]']),
)
def test_the_key_has_its_value_and_nothing_else_has_changed(
    text: str, name: str, value: str
) -> None:
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    new = set_keys(text, {name: value})

    wanted = before
    table = wanted
    *tables, last = name.split(".")
    for part in tables:
        table = table.setdefault(part, {})
    table[last] = tomllib.loads(f"x = {value}")["x"]
    assert tomllib.loads(new) == wanted
    # Line by line: one was replaced, or up to three were added, and the others are as they were.
    kept = text.splitlines()
    found = new.splitlines()
    missing = [line for line in kept if kept.count(line) > found.count(line)]
    assert len(set(missing)) <= 1
    assert set_keys(new, {name: value}) == new


def test_a_file_is_replaced_at_once_with_its_mode_kept(tmp_path: Path) -> None:
    path = tmp_path / "arbot.toml"
    path.write_bytes(b"[ui]\r\n")
    path.chmod(0o644)
    before = path.stat().st_ino
    write_atomically(path, "[ui]\r\nfps = 2\r\n")
    assert path.read_bytes() == b"[ui]\r\nfps = 2\r\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.stat().st_ino != before
    assert os.listdir(tmp_path) == ["arbot.toml"]
    assert read_exactly(path) == "[ui]\r\nfps = 2\r\n"


def test_a_new_file_is_its_owners_alone_and_a_link_stays_a_link(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new" / "arbot.toml", "x = 1\n")
    assert (tmp_path / "new" / "arbot.toml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "new" / "arbot.toml")
    write_atomically(link, "x = 2\n")
    assert link.is_symlink()
    assert (tmp_path / "new" / "arbot.toml").read_text() == "x = 2\n"


def test_what_cannot_be_written_or_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"arbot\.toml"):
        write_atomically(tmp_path / "file" / "arbot.toml", "x = 1\n")
    with pytest.raises(StorageError, match="No such file"):
        read_exactly(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_exactly(tmp_path / "bad.toml")
