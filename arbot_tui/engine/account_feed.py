"""What a private stream tells goes to the money core, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arbot_tui.domain.orders import Balance, OrderEvent
from arbot_tui.domain.text import sanitise
from arbot_tui.trading.core.events import BalancesMoved, Event, PrivateStream

__all__ = ["AccountFeed"]


class AccountFeed:
    """The account sink of one adapter."""

    def __init__(self, venue: str, handle: Callable[[Event], None]) -> None:
        """Connect a venue to the core: its stream is not up before it says so."""
        self._venue = venue
        self._handle = handle
        handle(PrivateStream(venue, False, "connecting"))

    def on_order_event(self, event: OrderEvent) -> None:
        """Take an execution or the state of an order."""
        self._handle(event)

    def on_balances(self, balances: Sequence[Balance]) -> None:
        """Take what the account holds of some assets."""
        self._handle(BalancesMoved(self._venue, tuple(balances)))

    def on_stream(self, up: bool, detail: str) -> None:
        """Take that the stream is up, or is not."""
        self._handle(PrivateStream(self._venue, up, sanitise(detail)))
