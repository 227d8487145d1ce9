"""What becomes of a book whose fetching fails."""

from __future__ import annotations

import asyncio

import pytest

from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.transport.book_fetcher import BookFetcher
from tests.unit.exchanges.loopback import Market
from tests.virtual_loop import LoopClock, run_virtual

_BOOK = DepthSnapshot(7, [(1.0, 1.0)], [(2.0, 1.0)], 0, 0)


async def _fail_once(error: Exception) -> list[int]:
    """Have the first fetch fail and ask again later; return the books that came by row."""
    failures = [error]
    shown: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: shown.append(context))

    async def fetch(row: int) -> DepthSnapshot:
        if failures:
            raise failures.pop()
        return _BOOK

    market = Market()
    fetcher = BookFetcher(0, LoopClock(), fetch, lambda row: True)
    fetcher.open(market)
    fetcher.start(3)
    await asyncio.sleep(10)
    known = isinstance(error, ExchangeUnavailable)
    assert len(market.books) == (1 if known else 0)
    assert len(shown) == (0 if known else 1)
    fetcher.start(3)
    await asyncio.sleep(10)
    await fetcher.close()
    return [book.row for book in market.books]


@pytest.mark.parametrize(
    ("error", "books"), [(ExchangeUnavailable("okx", "busy"), [3, 3]), (KeyError("bug"), [3])]
)
def test_no_failure_keeps_a_book_from_being_fetched_for_ever(
    error: Exception, books: list[int]
) -> None:
    assert run_virtual(_fail_once(error)) == books
