"""`TradingStrategy`: a second opinion on every signal, before the money core is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe

__all__ = ["Market", "TradingStrategy"]


class Market(msgspec.Struct, frozen=True):
    """What a strategy may look at; reading only.

    Attributes:
        board: Best bids and asks: ``board.latest[row][venue]``.
        universe: Symbols and their rows.
    """

    board: QuoteBoard
    universe: Universe


class TradingStrategy(ABC):
    """Says yes or no to a signal; one no is enough.

    Both methods run on the path from a quote to an order: they must not wait for anything.

    Attributes:
        reason: What its no is counted as.
    """

    reason = Reason.FILTER

    def __init__(self, market: Market) -> None:
        """Look at `market`."""
        self.market = market

    def on_ticker(self, ticker: Ticker) -> None:  # noqa: B027 (most have nothing to remember)
        """Take note of a quote that has just changed the board."""

    @abstractmethod
    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether a signal may be handed to the money core; no is counted as `reason`."""
