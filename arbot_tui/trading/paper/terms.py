"""What a paper account starts with and how it is treated; given by the configuration."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.profile import OrderProfile

__all__ = ["PaperTerms"]


class PaperTerms(msgspec.Struct, frozen=True):
    """Of one venue.

    Attributes:
        cash: Opening amount of every quote currency.
        coin_value: Opening value of every other coin, in the quote currency it is traded for.
        profile: How orders are treated.
        fees: What they pay; None for the configured rates, out of what is received.
    """

    cash: Decimal
    coin_value: Decimal
    profile: OrderProfile = OrderProfile()
    fees: PaperFees | None = None
