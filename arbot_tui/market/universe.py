"""The symbols followed in this run and their row numbers."""

from __future__ import annotations

__all__ = ["LINKS", "Universe"]

LINKS = 1 << 20
"""Rows from here on stand for no market but for two: bought in one, sold in the other."""


class Universe:
    """Gives each (base, quote) an append-only row number, never reused in a run.

    Base and quote come from the venues' own fields, never from cutting symbol strings.
    """

    def __init__(self) -> None:
        """Start without symbols."""
        self._pairs: list[tuple[str, str]] = []
        self._symbols: list[str] = []
        self._rows: dict[str, int] = {}
        self._links: list[tuple[int, int]] = []
        self._link_rows: dict[tuple[int, int], int] = {}

    def add(self, base: str, quote: str) -> int:
        """Return the row of the pair, making one where it is new.

        Raises:
            ValueError: An asset name is empty or contains a slash, so that two pairs could
                share one symbol.
        """
        if not base or not quote or "/" in base or "/" in quote:
            raise ValueError(f"not a pair of assets: {base!r}, {quote!r}")
        symbol = f"{base}/{quote}"
        row = self._rows.get(symbol)
        if row is None:
            row = self._rows[symbol] = len(self._pairs)
            self._pairs.append((base, quote))
            self._symbols.append(symbol)
        return row

    def link(self, buy_row: int, sell_row: int) -> int:
        """Return the row number of buying one market's coin and selling it in another market.

        It has no quotes of its own and is not counted; its symbol is ``BTC/USDC>USDT``.
        """
        key = (buy_row, sell_row)
        row = self._link_rows.get(key)
        if row is None:
            row = self._link_rows[key] = LINKS + len(self._links)
            self._links.append(key)
        return row

    def row(self, symbol: str) -> int:
        """Return the row of a canonical symbol.

        Raises:
            KeyError: It is not followed.
        """
        return self._rows[symbol]

    def symbol(self, row: int) -> str:
        """Return the canonical symbol of `row`, ``BTC/USDT``."""
        if row >= LINKS:
            buy_row, sell_row = self._links[row - LINKS]
            return f"{self._symbols[buy_row]}>{self.quote(sell_row)}"
        return self._symbols[row]

    def base(self, row: int) -> str:
        """Return the base asset of `row`."""
        return self._pairs[row][0]

    def quote(self, row: int) -> str:
        """Return the quote asset of `row`."""
        return self._pairs[row][1]

    def __len__(self) -> int:
        return len(self._pairs)
