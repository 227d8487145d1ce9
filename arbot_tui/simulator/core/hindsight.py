"""An account as it can be seen: now, or, with a fault, as it was a while ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from arbot_tui.domain.orders import OrderStatus
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.fault_args import VisLagArgs
from arbot_tui.simulator.core.faults import FaultBoard
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import EndReason, Order, Trade

__all__ = ["Hindsight", "order_as_of"]

_MS = 1_000_000
_What = Literal["orders", "fills", "balances"]


class Hindsight:
    """What queries about an account see.

    Args:
        matcher: The venue's orders and account.
        board: The faults of the world.
        venue: Name of the venue.
    """

    def __init__(self, matcher: Matcher, board: FaultBoard, venue: str) -> None:
        self._matcher = matcher
        self._board = board
        self._venue = venue
        self._now_ns = 0

    def at(self, now_ns: int) -> Hindsight:
        """Return the view at a time, UTC nanoseconds by a right clock."""
        self._now_ns = now_ns
        return self

    @property
    def orders(self) -> Sequence[Order]:
        """Every order that can be seen, oldest first."""
        until_ns = self._until_ns("orders")
        if until_ns is None:
            return self._matcher.orders
        seen = (order_as_of(order, until_ns) for order in self._matcher.orders)
        return [order for order in seen if order is not None]

    @property
    def open_orders(self) -> Sequence[Order]:
        """Orders that seem able to trade, oldest first."""
        if self._until_ns("orders") is None:
            return self._matcher.open_orders
        return [order for order in self.orders if order.is_open]

    @property
    def trades(self) -> Sequence[Trade]:
        """Every trade that can be seen, oldest first; not to be modified."""
        until_ns = self._until_ns("fills")
        if until_ns is None:
            return self._matcher.trades
        return [trade for trade in self._matcher.trades if trade.ts_ns <= until_ns]

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """Balances by asset."""
        until_ns = self._until_ns("balances")
        if until_ns is None:
            return self._matcher.account.holdings
        return self._matcher.account.as_of(until_ns - self._matcher.skew_ns)

    def find(self, order_id: int) -> Order | None:
        """Return the order with the venue's id as it is seen, or None."""
        return self._seen(self._matcher.find(order_id))

    def find_client(self, client_id: str) -> Order | None:
        """Return the newest order with a client id as it is seen, or None."""
        return self._seen(self._matcher.find_client(client_id))

    def _seen(self, order: Order | None) -> Order | None:
        until_ns = self._until_ns("orders")
        return order if order is None or until_ns is None else order_as_of(order, until_ns)

    def _until_ns(self, what: _What) -> int | None:
        """Return up to when things are seen, by the venue's clock; None for all of them."""
        lags_ms = [
            fault.args.ms
            for fault in self._board.on(self._venue)
            if isinstance(fault.args, VisLagArgs)
            and fault.args.what in ("all", what)
            and fault.is_on(self._now_ns)
        ]
        if not lags_ms:
            return None
        return self._now_ns + self._matcher.skew_ns - int(max(lags_ms) * _MS)


def order_as_of(order: Order, until_ns: int) -> Order | None:
    """Return an order as it was at a time by the venue's clock; None before it existed."""
    if order.created_ns > until_ns:
        return None
    if order.updated_ns <= until_ns:
        return order
    trades = [trade for trade in order.trades if trade.ts_ns <= until_ns]
    return replace(
        order,
        status=OrderStatus.PARTIALLY_FILLED if trades else OrderStatus.NEW,
        trades=trades,
        filled=sum((trade.qty for trade in trades), Decimal(0)),
        value=sum((trade.value for trade in trades), Decimal(0)),
        updated_ns=trades[-1].ts_ns if trades else order.created_ns,
        cancel_id="",
        end=EndReason.NONE,
    )
