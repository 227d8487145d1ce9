"""What a venue says about an account and its key, beside orders and balances."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.orders import Fill, OrderSide, OrderStatus

__all__ = ["AccountFill", "FeeTerms", "KeyPermissions", "OpenOrder"]


class OpenOrder(msgspec.Struct, frozen=True):
    """An order that rests at a venue, whoever placed it.

    Attributes:
        venue: Name of the venue.
        venue_id: The venue's order id.
        client_id: The id its sender gave it; empty where none.
        symbol: Canonical symbol; the venue's own name where we do not know the instrument.
        side: Buy or sell.
        price: Limit price, quote per base; 0 where it has none.
        qty: Ordered base quantity.
        filled_qty: Base quantity executed so far.
        status: New or partially filled.
    """

    venue: str
    venue_id: str
    client_id: str
    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    filled_qty: Decimal
    status: OrderStatus


class AccountFill(msgspec.Struct, frozen=True):
    """An execution of the account, whoever placed the order.

    Attributes:
        venue_id: The venue's order id.
        fill: The execution; its client id is empty where the venue does not name it.
    """

    venue_id: str
    fill: Fill


class FeeTerms(msgspec.Struct, frozen=True):
    """How an account pays its fees, beside the rates themselves.

    Attributes:
        tier: The venue's name of the account's fee tier; empty where it tells none.
        discount_asset: Coin that fees are taken in while the account holds it; empty where fees
            are taken from what is received (or from the quote, see `always_quote`).
        discount: Factor on the rate then (0.75 is a quarter off); None where it is not told.
        always_quote: Fees are taken in the quote currency, of purchases as well.
    """

    tier: str = ""
    discount_asset: str = ""
    discount: Decimal | None = None
    always_quote: bool = False


class KeyPermissions(msgspec.Struct, frozen=True):
    """What an API key may do.

    Attributes:
        trade: It may place spot orders.
        withdraw: It may withdraw: such a key is refused for live trading.
        transfer: It may move money between accounts.
        ips: Addresses it is bound to; empty where it works from anywhere.
        expires_ns: When it or its right to trade ends, UTC nanoseconds; 0 where not told.
        notes: What else a person should know, one sentence each.
    """

    trade: bool
    withdraw: bool
    transfer: bool
    ips: tuple[str, ...] = ()
    expires_ns: int = 0
    notes: tuple[str, ...] = ()
