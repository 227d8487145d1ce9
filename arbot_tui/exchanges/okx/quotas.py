"""What OKX allows per endpoint (rate limits, 2026-07-03), kept at four fifths.

No header tells what remains. Private limits count per account; placing, cancelling and asking
for an order count per instrument besides.
"""

from __future__ import annotations

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter

__all__ = ["Quotas"]

_PERIOD_NS = 2 * SECOND
_PER_INSTRUMENT = 48
_SUB_ACCOUNT_ORDERS = 800


class Quotas:
    """The quotas of one account and address.

    Attributes:
        time: Server time.
        instruments: Public instruments.
        tickers: All tickers.
        book: Order book.
        balance: Balances.
        fees: Fee rates.
        account: Account configuration.
        currencies: All currencies, for whether they can be moved.
        fills: Executions of the last days.
        history: Executions of the last months.
        pending: Open orders.
    """

    def __init__(self) -> None:
        """Start with nothing used."""
        self.time = _charge(8)
        self.instruments = _charge(16)
        self.tickers = _charge(16)
        self.book = _charge(32)
        self.balance = _charge(8)
        self.fees = _charge(4)
        self.account = _charge(4)
        self.currencies = _charge(8)
        self.fills = _charge(48)
        self.history = _charge(8)
        self.pending = _charge(48)
        self._orders = _charge(_SUB_ACCOUNT_ORDERS)
        self._place: dict[str, tuple[Charge, ...]] = {}
        self._cancel: dict[str, tuple[Charge, ...]] = {}
        self._query: dict[str, tuple[Charge, ...]] = {}

    def place(self, symbol: str) -> tuple[Charge, ...]:
        """Return what placing an order costs."""
        return _of(self._place, symbol) + self._orders

    def cancel(self, symbol: str) -> tuple[Charge, ...]:
        """Return what cancelling an order costs."""
        return _of(self._cancel, symbol)

    def query(self, symbol: str) -> tuple[Charge, ...]:
        """Return what asking for an order costs."""
        return _of(self._query, symbol)


def _charge(limit: int) -> tuple[Charge, ...]:
    return ((RateLimiter(limit, _PERIOD_NS, reserve=0.0), 1),)


def _of(quotas: dict[str, tuple[Charge, ...]], symbol: str) -> tuple[Charge, ...]:
    """Return the quota of one instrument, made when first asked for."""
    if symbol not in quotas:
        quotas[symbol] = _charge(_PER_INSTRUMENT)
    return quotas[symbol]
