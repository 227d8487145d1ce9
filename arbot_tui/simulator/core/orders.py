"""Orders as a venue keeps them, and the reasons for which it refuses one."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.instruments import Instrument

__all__ = ["EndReason", "NewOrder", "Order", "Refusal", "Refused", "TimeInForce", "Trade"]

_ZERO = Decimal(0)


class TimeInForce(StrEnum):
    """What becomes of the part of an order that does not trade at once."""

    IOC = "ioc"
    """It expires."""
    FOK = "fok"
    """All or nothing: without the full quantity the whole order expires."""
    GTC = "gtc"
    """It rests until it trades or is cancelled."""


class Refusal(StrEnum):
    """Why an order or a cancel was not accepted; each venue words it in its own way."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    PRICE_STEP = "price_step"
    PRICE_BAND = "price_band"
    LOT_STEP = "lot_step"
    MIN_QTY = "min_qty"
    MAX_QTY = "max_qty"
    MIN_NOTIONAL = "min_notional"
    MAX_NOTIONAL = "max_notional"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    UNKNOWN_ORDER = "unknown_order"
    HALTED = "halted"
    DELISTED = "delisted"


class EndReason(StrEnum):
    """Why an order ended that did not trade in full."""

    NONE = ""
    """It has not."""
    OWNER = "owner"
    """It was cancelled."""
    REMAINDER = "remainder"
    """It was not to rest (IOC), or not to trade in part (FOK)."""
    BAND = "band"
    """What was left would have traded too far from the market."""
    REJECTED = "rejected"
    """The venue refused it after having accepted it."""
    DELISTED = "delisted"
    """Its symbol is no longer traded."""


class Refused(Exception):
    """The venue did not accept a request; nothing has changed.

    Attributes:
        reason: Why.
        asset: The asset that is short, for `INSUFFICIENT_BALANCE`.
    """

    def __init__(self, reason: Refusal, asset: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.asset = asset


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A limit order as requested; not yet checked.

    Attributes:
        symbol: Canonical symbol.
        side: Buy or sell.
        price: Limit in quote currency per base.
        qty: Base quantity.
        tif: What happens to the rest.
        client_id: The client's order id; empty where it sent none.
    """

    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    tif: TimeInForce
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution of one order.

    Attributes:
        trade_id: Grows with every trade of the venue.
        order_id: The order that traded.
        client_id: Its client order id.
        symbol: Canonical symbol.
        side: Side of the order.
        price: Execution price, quote per base.
        qty: Base quantity.
        fee: Amount taken, in `fee_asset`; negative is a maker's rebate.
        fee_asset: What was received unless other terms hold: base for a buy, quote for a sell.
        maker: The order had been resting.
        ts_ns: Matching-engine time by the venue's clock, UTC nanoseconds.
        skew_ns: By how much that clock was ahead.
        rate: The fee's fraction of the value, before any discount.
        tax: What else was taken, in quote currency.
    """

    trade_id: int
    order_id: int
    client_id: str
    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    ts_ns: int
    skew_ns: int = 0
    rate: Decimal = _ZERO
    tax: Decimal = _ZERO

    @property
    def value(self) -> Decimal:
        """Quote amount exchanged, before the fee."""
        return self.price * self.qty


@dataclass(slots=True, eq=False)
class Order:
    """An accepted order and everything that happened to it.

    Attributes:
        order_id: Grows with every order of the venue.
        client_id: As sent by the client, or made up by the venue's shell.
        instrument: What is traded.
        side: Buy or sell.
        price: Limit.
        qty: Base quantity ordered.
        tif: What happens to the rest.
        created_ns: When it was accepted.
        updated_ns: When it last changed.
        status: Where it stands.
        trades: Its executions, oldest first.
        filled: Base quantity executed.
        value: Quote amount executed.
        cancel_id: Client id of the cancel that ended it; empty otherwise.
        held: What it keeps locked: quote for a buy, base for a sell.
        end: Why it ended early.
    """

    order_id: int
    client_id: str
    instrument: Instrument
    side: OrderSide
    price: Decimal
    qty: Decimal
    tif: TimeInForce
    created_ns: int
    updated_ns: int
    status: OrderStatus = OrderStatus.NEW
    trades: list[Trade] = field(default_factory=list)
    filled: Decimal = _ZERO
    value: Decimal = _ZERO
    cancel_id: str = ""
    held: Decimal = _ZERO
    end: EndReason = EndReason.NONE

    @property
    def symbol(self) -> str:
        """Canonical symbol."""
        return self.instrument.symbol

    @property
    def remaining(self) -> Decimal:
        """Base quantity not executed."""
        return self.qty - self.filled

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        return self.status in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
