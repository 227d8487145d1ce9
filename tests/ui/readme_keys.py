"""Writes the README's table of actions anew: ``python -m tests.ui.readme_keys``."""

from __future__ import annotations

from pathlib import Path

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import written

README = Path(__file__).parents[2] / "README.md"
_BEGIN, _END = "<!-- actions: python -m tests.ui.readme_keys -->\n", "<!-- end of actions -->\n"


def actions_table() -> str:
    """Return the table of all actions but the views, which the README describes itself."""
    rows = ["| key | action | does |", "|---|---|---|"]
    for entry in ACTIONS:
        if not entry.id.startswith("view_"):
            keys = " ".join(f"`{written(key)}`" for key in entry.keys) or "palette"
            rows.append(f"| {keys} | `{entry.id}` | {entry.help} |")
    return "\n".join(rows) + "\n"


def table_in(text: str) -> str:
    """Return what stands between the marks."""
    return text.partition(_BEGIN)[2].partition(_END)[0]


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    new = old.replace(_BEGIN + table_in(old) + _END, _BEGIN + actions_table() + _END)
    README.write_text(new, encoding="utf-8")
