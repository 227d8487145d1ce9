"""Pictures of the screen as text, compared with those that are kept.

``ARBOT_PICTURES=write python -m pytest tests/ui`` writes them anew; look at the difference before
it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "ui"


def check(name: str, lines: list[str]) -> None:
    """Compare a picture with the kept one of that name."""
    path = FOLDER / f"{name}.txt"
    # Spaces at the end are part of a picture; editors and diffs would lose them.
    text = "".join(f"{line}¦\n" for line in lines)
    if os.environ.get("ARBOT_PICTURES") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no picture {name}; {__doc__}"
    assert text == path.read_text(encoding="utf-8"), f"{name} looks different; {__doc__}"
