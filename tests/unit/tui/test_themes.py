"""Themes: what is shipped is sound, what is broken is named and left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from arbot_tui.tui.theme_watch import ThemeWatch
from arbot_tui.tui.themes import DEFAULT_THEME, VARIABLES, load_themes, themes_folder

SOUND = """
name = "mine"
dark = true
[palette]
primary = "#6cb6ff"
secondary = "#8b9bb4"
accent = "#d2a8ff"
warning = "#e3b341"
error = "#ff7b72"
success = "#56d39b"
foreground = "#c5cedb"
background = "#0d1117"
surface = "#131a23"
panel = "#1b2430"
"""


def luminance(color: Color) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return float(part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4)

    return 0.2126 * channel(color.r) + 0.7152 * channel(color.g) + 0.0722 * channel(color.b)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_shipped_themes_are_sound_and_the_default_comes_first() -> None:
    loaded = load_themes(themes_folder())
    assert loaded.problems == ()
    assert set(loaded.themes) >= {"ansi", "deuteranopia", "high-contrast", "light", "red-up"}
    assert len(loaded.themes) >= 8
    assert next(iter(loaded.themes)) == DEFAULT_THEME
    for path in themes_folder().glob("*.toml"):
        assert path.stem in loaded.themes


def test_a_folder_that_may_not_be_looked_into_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, pattern: str) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "glob", refuse)
    assert load_themes(Path("locked")).problems == ("locked: Permission denied",)


@pytest.mark.parametrize(
    "name", [path.stem for path in themes_folder().glob("*.toml") if path.stem != "ansi"]
)
def test_every_text_colour_can_be_read_on_the_ground_and_on_the_cursor(name: str) -> None:
    theme = load_themes(themes_folder()).themes[name]
    variables = theme.variables
    assert theme.background
    read = set(VARIABLES) - {"faint", "frame", "frame-focus", "badge-text"}
    read = {key for key in read if not key.startswith(("mode-", "cursor-", "bar-"))}
    for key in read:
        assert contrast(variables[key], theme.background) >= 4.5, key
        assert contrast(variables[key], variables["cursor-ground"]) >= 3.9, key
        assert contrast(variables[key], variables["bar-ground"]) >= 4.5, key
    for mode in ("mode-simulate", "mode-paper", "mode-live"):
        assert contrast(variables["badge-text"], variables[mode]) >= 4.5, mode


def test_our_own_colours_fall_back_to_the_palette(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SOUND)
    theme = load_themes(tmp_path).themes["mine"]
    assert theme.variables["gain"] == "#56d39b"
    assert theme.variables["cursor-style"] == "none"


def test_every_fault_is_named_with_its_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        SOUND.replace('name = "mine"', 'name = "not [a] name"')
        .replace('primary = "#6cb6ff"', 'primry = "#6cb6ff"')
        .replace('panel = "#1b2430"', "panel = 7")
        .replace("dark = true", 'dark = "yes"\nextra = 1')
        + '[variables]\ngian = "#fff"\nloss = "no-colour"\ncursor-style = "blinking"\n'
    )
    loaded = load_themes(tmp_path)
    assert loaded.themes == {}
    assert loaded.problems == (
        "bad.toml: name = 'not [a] name': letters, digits and dashes, at most 40",
        "bad.toml: dark = 'yes': true or false",
        "bad.toml: extra: no such key",
        "bad.toml: palette.primry: no such key; did you mean primary?",
        "bad.toml: palette.panel = 7: no colour; write #rrggbb or a name such as ansi_green",
        "bad.toml: variables.gian: no such key; did you mean gain?",
        "bad.toml: variables.loss = 'no-colour': no colour; write #rrggbb or a name such as "
        "ansi_green",
        "bad.toml: variables.cursor-style = 'blinking': one of none, bold, reverse, underline",
        "bad.toml: palette.primary: missing",
        "bad.toml: palette.panel: missing",
    )


def test_unreadable_files_and_names_taken_twice_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SOUND)
    (tmp_path / "b.toml").write_text(SOUND)
    (tmp_path / "c.toml").write_text("name = ")
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "e.toml").write_text(SOUND.replace("[palette]", "palette = 3\n[other]"))
    loaded = load_themes(tmp_path)
    assert list(loaded.themes) == ["mine"]
    assert loaded.problems[0] == "b.toml: name = 'mine' is taken by another file"
    assert loaded.problems[1].startswith("c.toml: cannot be read")
    assert loaded.problems[2].startswith("d.toml: cannot be read")
    assert "e.toml: palette: a table of names and colours" in loaded.problems


def test_an_ansi_theme_gets_what_textual_needs_from_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SOUND.replace("dark = true", "dark = true\nansi = true"))
    assert "ansi-background" in load_themes(tmp_path).themes["mine"].variables


def test_a_persons_own_themes_are_found_beside_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "arbot-tui" / "themes"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text(SOUND)
    (own / "twice.toml").write_text(SOUND.replace('"mine"', '"dark"'))
    loaded = load_themes()
    assert {"dark", "mine"} <= set(loaded.themes)
    assert loaded.files["mine"] == own / "mine.toml"
    assert loaded.problems == ("twice.toml: name = 'dark' is taken by another file",)


def test_a_theme_is_read_again_once_when_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOUND)
    watch = ThemeWatch(load_themes(tmp_path).files)
    assert watch.saved("mine") is None
    assert watch.saved("other") is None
    path.write_text(SOUND.replace("#56d39b", "#abcdef01"[:7]))
    theme, faults = watch.saved("mine") or (None, ["not seen"])
    assert faults == []
    assert theme is not None
    assert theme.variables["gain"] == "#abcdef"
    assert watch.saved("mine") is None
    path.write_text(SOUND + "wrong = 1\n")
    assert watch.saved("mine") == (None, ["palette.wrong: no such key; did you mean warning?"])
    path.write_text(SOUND.replace('"mine"', '"yours"') + "\n")
    theme, faults = watch.saved("mine") or (None, [])
    assert theme is None
    assert "yours" in faults[0]
    path.unlink()
    assert watch.saved("mine") is None
