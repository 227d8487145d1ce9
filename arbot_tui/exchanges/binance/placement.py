"""The ``FULL`` answer of Binance to a placement (docs 2026-07-21, section 7).

Pure: bytes in, domain values or `MalformedMessage` out.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.numbers import parse_decimal, positive
from arbot_tui.domain.orders import Fill, OrderAck, OrderRequest, OrderState
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.binance.answers import (
    OrderRow,
    asset,
    order_state,
    read,
    side_of,
)

__all__ = ["Placement", "parse_placement"]

_VENUE = "binance"


class _FillRow(msgspec.Struct):
    """One execution in the ``FULL`` answer of a placement; it carries no time of its own."""

    price: str
    qty: str
    commission: str
    commissionAsset: str
    tradeId: int


class _PlacementRow(OrderRow, frozen=True):
    transactTime: int  # ms
    fills: tuple[_FillRow, ...] = ()


class Placement(msgspec.Struct, frozen=True):
    """What the answer to a placement says, in the order in which it is reported.

    Attributes:
        ack: The venue has the order.
        fills: Executions that the answer carries.
        state: Where the order stands.
    """

    ack: OrderAck
    fills: list[Fill]
    state: OrderState


_decode_placement = msgspec.json.Decoder(_PlacementRow).decode


def parse_placement(body: bytes, order: OrderRequest, wire_symbol: str) -> Placement:
    """Return what the ``FULL`` answer to a placement says.

    Args:
        body: The answer.
        order: What was asked for.
        wire_symbol: Its symbol in Binance's writing.

    Raises:
        MalformedMessage: It breaks its schema, or speaks of another order.
    """
    return read("order", lambda: _placement(_decode_placement(body), order, wire_symbol))


def _placement(row: _PlacementRow, order: OrderRequest, wire_symbol: str) -> Placement:
    if row.clientOrderId != order.client_id or row.symbol != wire_symbol:
        raise ValueError(f"answer about {sanitise(row.clientOrderId)!r}")
    if side_of(row) is not order.side:
        raise ValueError(f"side {sanitise(row.side)!r} was not asked for")
    state = order_state(row, order.client_id, "order")
    ack = OrderAck(_VENUE, order.client_id, state.venue_id)
    fills = [
        Fill(
            venue=_VENUE,
            client_id=order.client_id,
            symbol=order.symbol,
            trade_id=str(fill.tradeId),
            side=order.side,
            price=positive(fill.price),
            qty=positive(fill.qty),
            fee=parse_decimal(fill.commission),
            fee_asset=asset(fill.commissionAsset),
            event_ns=from_millis(row.transactTime),
        )
        for fill in row.fills
    ]
    return Placement(ack, fills, state)
