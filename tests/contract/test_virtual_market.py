"""A virtual minute on all venues at once; `long_market.py` is the hour."""

from __future__ import annotations

import pytest

from arbot_tui.market.book import Book
from tests.contract.virtual_market import play_market


def test_no_signal_uses_a_book_that_the_venue_never_had() -> None:
    found = play_market(45.0, rate_hz=24.0)
    late = sorted(found.late_ms)
    assert found.wrong == []
    assert found.signals > 100
    assert found.gaps > 0
    assert late[len(late) * 99 // 100] < 250.0
    assert found.malformed == 0
    assert found.refused == 0


def test_a_book_that_passes_over_gaps_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "_follows", lambda self, update: True)
    assert play_market(20.0, rate_hz=24.0, lost=0.1).wrong != []
