"""Lists of a Bitget account, page by page: orders and executions (facts page section 7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.exchanges.bitget.calls import BitgetCalls
from arbot_tui.exchanges.bitget.dialect import Dialect
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import VENUE, OrderRow, Page, TradeRow
from arbot_tui.exchanges.transport.limiter import Charge

__all__ = ["BitgetLists", "created_ms"]

_ROWS_PER_PAGE = 100
_MOST_PAGES = 20
# A unified account's list of executions is that of all symbols.
_MOST_TRADE_PAGES = 100

RowT = TypeVar("RowT", OrderRow, TradeRow)


class BitgetLists:
    """Reads lists from the newest row backwards."""

    def __init__(self, calls: BitgetCalls, clock: Clock, quotas: Quotas) -> None:
        """Read through `calls`, within `quotas`."""
        self._calls = calls
        self._clock = clock
        self._quotas = quotas

    async def orders(
        self, dialect: Dialect, target: str, since_ms: int
    ) -> tuple[list[OrderRow], bool]:
        """Return orders of a list back to `since_ms`, and whether none can be missing.

        Args:
            dialect: In which to ask.
            target: Path and query of the list, newest first.
            since_ms: Venue time, UTC milliseconds.
        """
        charges = self._quotas.query
        return await self._pages(dialect, target, charges, dialect.read_orders, since_ms)

    async def trades(
        self, dialect: Dialect, instrument: Instrument, venue_id: str, since_ms: int
    ) -> tuple[list[TradeRow], bool]:
        """Return executions back to `since_ms`, and whether none can be missing.

        Args:
            dialect: In which to ask.
            instrument: Of which symbol.
            venue_id: Of which order; empty for all.
            since_ms: Venue time, UTC milliseconds; 0 for all.
        """
        found: list[TradeRow] = []
        now_ms = self._calls.venue_ms(self._clock.now_ns())
        symbol, charges = instrument.wire_symbol, self._quotas.fills
        for target in dialect.fills_targets(symbol, venue_id, since_ms, now_ms):
            rows, complete = await self._pages(
                dialect, target, charges, dialect.read_trades, since_ms, _MOST_TRADE_PAGES
            )
            # Nor is every list one symbol's: what is another's must not be booked as this one's.
            found += [row for row in rows if row.symbol.upper() == symbol]
            if not complete:
                return found, False
        return found, True

    async def _pages(
        self,
        dialect: Dialect,
        target: str,
        charges: Sequence[Charge],
        read: Callable[[msgspec.Raw], Page[RowT]],
        since_ms: int,
        most: int = _MOST_PAGES,
    ) -> tuple[list[RowT], bool]:
        found: list[RowT] = []
        before = ""
        for _ in range(most):
            answer = await self._calls.get(f"{target}limit={_ROWS_PER_PAGE}{before}", charges)
            page = read(answer.data)
            found += page.rows
            full = len(page.rows) >= _ROWS_PER_PAGE and page.older
            if not full or 0 < created_ms(page.rows[-1]) < since_ms:
                return found, True
            before = f"&{dialect.page_word}={_id(page.older)}"
        return found, False


def created_ms(row: OrderRow | TradeRow) -> int:
    """Return when `row` was made, UTC milliseconds; 0 where it does not say.

    Open orders are documented with seconds: too few digits to be told.
    """
    text = row.created
    return int(text) if text.isascii() and text.isdigit() and 13 <= len(text) < 16 else 0


def _id(text: str) -> str:
    """Return an id of the venue for use in a query, which must need no quoting."""
    if not (text.isascii() and text.isalnum()):
        raise MalformedMessage(VENUE, "an id that is no plain text")
    return text
