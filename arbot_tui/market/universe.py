"""The symbols followed in this run and their row numbers."""

from __future__ import annotations

__all__ = ["Universe"]


class Universe:
    """Gives each (base, quote) an append-only row number, never reused in a run.

    Base and quote come from the venues' own fields, never from cutting symbol strings.
    """

    def __init__(self) -> None:
        """Start without symbols."""
        self._pairs: list[tuple[str, str]] = []
        self._symbols: list[str] = []
        self._rows: dict[str, int] = {}

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

    def row(self, symbol: str) -> int:
        """Return the row of a canonical symbol.

        Raises:
            KeyError: It is not followed.
        """
        return self._rows[symbol]

    def symbol(self, row: int) -> str:
        """Return the canonical symbol of `row`, ``BTC/USDT``."""
        return self._symbols[row]

    def base(self, row: int) -> str:
        """Return the base asset of `row`."""
        return self._pairs[row][0]

    def quote(self, row: int) -> str:
        """Return the quote asset of `row`."""
        return self._pairs[row][1]

    def __len__(self) -> int:
        return len(self._pairs)
