from __future__ import annotations

import pytest

from arbot_tui.credentials import vault


@pytest.fixture(autouse=True)
def quick_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for each derivation adds up; what is tested does not depend on it."""
    monkeypatch.setattr(vault, "_MEMORY_KIB", 64)
    monkeypatch.setattr(vault, "_ITERATIONS", 1)
