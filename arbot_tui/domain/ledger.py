"""Double-entry ledger per venue and asset, exact decimals.

Every transaction sums to zero per asset. An account is (book, asset); the book of a venue's
holdings is the venue's name, the counter-books start with ``:`` and never name a venue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from arbot_tui.domain.errors import LedgerError
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import Fill, OrderSide

__all__ = [
    "ADJUSTMENT",
    "EXTERNAL",
    "FEES",
    "OPENING",
    "TRADING",
    "Ledger",
    "Posting",
    "external_postings",
    "fill_postings",
]

OPENING = ":opening"
"""Counter-book of what was there when the account was first seen."""
TRADING = ":trading"
"""Counter-book of everything bought and sold."""
FEES = ":fees"
"""Counter-book of fees paid, less rebates received."""
EXTERNAL = ":external"
"""Counter-book of deposits, withdrawals and other moves that no order explains."""
ADJUSTMENT = ":adjustment"
"""Counter-book of differences that a person took over from a venue without an explanation."""

Posting = tuple[str, str, Decimal]
"""(book, asset, signed amount)."""


def fill_postings(fill: Fill, base: str, quote: str) -> list[Posting]:
    """Return the postings of one execution: base and quote exchanged, fees taken, rebates given."""
    # A plain minus would round to the thread's 28 digits.
    bought, paid = fill.qty, exact.multiply(fill.price, fill.qty)
    if fill.side is OrderSide.SELL:
        bought, paid = exact.minus(bought), exact.minus(paid)
    postings = [
        (fill.venue, base, bought),
        (TRADING, base, exact.minus(bought)),
        (fill.venue, quote, exact.minus(paid)),
        (TRADING, quote, paid),
    ]
    for asset, fee in fill.fees:
        postings += [(fill.venue, asset, exact.minus(fee)), (FEES, asset, fee)]
    return postings


def external_postings(fill: Fill, base: str, quote: str) -> list[Posting]:
    """Return the postings of an execution of somebody else's order on the same account.

    It moves our holdings like any other, but is no trading and no cost of ours.
    """
    return [
        (book if book == fill.venue else EXTERNAL, asset, amount)
        for book, asset, amount in fill_postings(fill, base, quote)
    ]


class Ledger:
    """Balances of all books, changed only by transactions that sum to zero."""

    def __init__(self) -> None:
        """Start empty."""
        self._balances: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)

    def post(self, postings: Iterable[Posting]) -> None:
        """Book one transaction, all of it or nothing.

        Raises:
            LedgerError: An asset does not sum to zero.
        """
        postings = list(postings)
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for _, asset, amount in postings:
            sums[asset] = exact.add(sums[asset], amount)
        for asset, total in sums.items():
            if total != 0:
                raise LedgerError(f"transaction is off by {total} {asset}")
        for book, asset, amount in postings:
            key = (book, asset)
            self._balances[key] = exact.add(self._balances[key], amount)

    def balance(self, book: str, asset: str) -> Decimal:
        """Return the balance of one account; zero where nothing was ever booked."""
        return self._balances.get((book, asset), ZERO)

    def book(self, book: str) -> dict[str, Decimal]:
        """Return the balances of one book by asset, zeros included."""
        return {asset: amount for (name, asset), amount in self._balances.items() if name == book}

    def is_balanced(self) -> bool:
        """Tell whether every asset sums to zero over all books."""
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for (_, asset), amount in self._balances.items():
            sums[asset] = exact.add(sums[asset], amount)
        return all(total == 0 for total in sums.values())

    def snapshot(self) -> list[tuple[str, str, str]]:
        """Return all accounts as (book, asset, amount text), sorted; equal states compare equal."""
        return sorted(
            (book, asset, str(amount.normalize(exact)))
            for (book, asset), amount in self._balances.items()
            if amount != 0
        )
