"""`themes list|check`."""

from __future__ import annotations

from arbot_tui.commands.outcome import ExitCode, complain, print_json, say
from arbot_tui.tui.themes import load_themes, themes_folder, user_themes_folder

__all__ = ["check", "show"]


def show(as_json: bool) -> int:
    """List the themes there are, with the file of each."""
    loaded = load_themes()
    if as_json:
        print_json(
            {
                "themes": [
                    {"name": name, "dark": theme.dark, "file": str(loaded.files[name])}
                    for name, theme in loaded.themes.items()
                ],
                "folders": [str(themes_folder()), str(user_themes_folder())],
            }
        )
        return ExitCode.DONE
    for name, theme in loaded.themes.items():
        ground = "dark" if theme.dark else "light"
        say(f"{name:<20} {ground:<5}  {loaded.files[name]}")
    return ExitCode.DONE


def check(as_json: bool) -> int:
    """Tell whether all themes are sound; each fault is one line."""
    loaded = load_themes()
    if as_json:
        print_json({"ok": not loaded.problems, "problems": list(loaded.problems)})
    for problem in loaded.problems:
        complain(problem)
    if loaded.problems:
        return ExitCode.USAGE
    if not as_json:
        say(f"ok: {len(loaded.themes)} themes")
    return ExitCode.DONE
