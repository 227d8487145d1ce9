"""Many random walks of keys, frames, resizes and stalls; by hand.

python -m pytest -s tests/ui/long_picture.py

Each ends as the two short ones of `test_picture` do: the terminal shows what drawing anew shows.
``ARBOT_WALKS=100`` walks more of them, ``ARBOT_WALKS=17:18`` one alone.
"""

from __future__ import annotations

import os

import pytest

from tests.ui.test_picture import _in_memory, walk

__all__ = ["_in_memory"]

pytestmark = pytest.mark.ui


def seeds() -> range:
    """Return the seeds asked for: all below one, or those from one to another."""
    first, _, last = os.environ.get("ARBOT_WALKS", "60").rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.parametrize("seed", seeds())
async def test_the_picture_of_a_long_walk_is_what_drawing_it_anew_gives(seed: int) -> None:
    await walk(seed, rests=40)
