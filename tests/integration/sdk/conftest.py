"""The synthetic venues in a process of their own, for clients that know nothing of us."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from arbot_tui.simulator.endpoints import Description

__all__ = ["Description"]


@pytest.fixture(scope="module")
def venues() -> Iterator[Description]:
    """Run the venues, with ours the only addresses that a client is told."""
    # Few symbols, so that each has many quotes a second.
    serve = "from arbot_tui.simulator.process import main; main(symbols=4)"
    command = [sys.executable, "-c", serve]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            description: Description = json.loads(process.stdout.readline())
            yield description
        finally:
            process.terminate()
    assert process.returncode == 0
