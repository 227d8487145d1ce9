"""What a Bitget account's dialect has to say: how things are asked for, and what answers mean.

An account is a Classic one (v2) or a unified one (v3), and becomes another without being asked
(facts page, "Which API"). Everything else (signatures, quotas, retries, the search for an order)
is the same for both and knows only this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.orders import Balance, OrderRequest
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.private import PrivateStream
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import OrderRow, Page, TradeRow
from arbot_tui.exchanges.transport.limiter import Charge

__all__ = ["Dialect", "Placement", "base_fields", "identity"]


class Placement(msgspec.Struct, frozen=True):
    """A placement, ready to be signed.

    Attributes:
        body: JSON text.
        timestamp_ms: What its signature has to be dated, venue time, UTC milliseconds.
    """

    body: bytes
    timestamp_ms: int


class Dialect(Protocol):
    """One of the two; its objects are stateless.

    Attributes:
        name: ``classic`` or ``unified``.
        place_path: Where orders are placed.
        cancel_path: Where they are cancelled.
        balances_target: Path and query of all balances.
        deduction_target: Path of whether fees are deducted in BGB.
        permission_targets: Paths whose answers `permissions` wants, in their order.
        page_word: Query parameter that names where a page begins.
    """

    name: str
    place_path: str
    cancel_path: str
    balances_target: str
    deduction_target: str
    permission_targets: tuple[str, ...]
    page_word: str

    def placement(
        self, order: OrderRequest, instrument: Instrument, venue_ms: int, window_ms: int
    ) -> Placement:
        """Return a placement that the venue refuses from `venue_ms` + `window_ms` on."""
        ...

    def cancel_body(self, instrument: Instrument, client_id: str, venue_id: str) -> bytes:
        """Return the body of a cancel; the venue's id wins."""
        ...

    def order_target(self, client_id: str, venue_id: str) -> str:
        """Return path and query of one order; the venue's id wins."""
        ...

    def open_target(self, wire_symbol: str) -> str:
        """Return path and query of what rests, of all symbols where none is named."""
        ...

    def history_target(self, wire_symbol: str) -> str:
        """Return path and query of what has ended."""
        ...

    def fills_targets(
        self, wire_symbol: str, venue_id: str, since_ms: int, now_ms: int
    ) -> Sequence[str]:
        """Return path and query of executions, newest span first.

        Args:
            wire_symbol: Of which symbol, where the list can be asked for one.
            venue_id: Of which order; empty for all.
            since_ms: From when on, venue time; 0 or less where that is not known.
            now_ms: Venue time.
        """
        ...

    def fee_target(self, wire_symbol: str) -> str:
        """Return path and query of a symbol's rates."""
        ...

    def fee_charges(self, quotas: Quotas) -> Sequence[Charge]:
        """Return what asking for a rate costs."""
        ...

    def read_order(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return the order asked for, where there is one."""
        ...

    def read_orders(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return a page of orders."""
        ...

    def read_trades(self, data: msgspec.Raw) -> Page[TradeRow]:
        """Return a page of executions."""
        ...

    def read_balances(self, data: msgspec.Raw) -> list[Balance]:
        """Return the non-zero balances."""
        ...

    def permissions(self, answers: Sequence[msgspec.Raw]) -> KeyPermissions:
        """Return what the key may do."""
        ...

    def private_url(self, url: str) -> str:
        """Return the address of the private socket, given that of Classic accounts."""
        ...

    def stream(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> PrivateStream:
        """Return the language of the private socket."""
        ...


def base_fields(order: OrderRequest, instrument: Instrument) -> dict[str, str]:
    """Return the parameters of a placement that both dialects call the same."""
    return {
        "symbol": instrument.wire_symbol,
        "side": order.side,
        "orderType": "limit",
        "price": plain(order.price),
        "clientOid": order.client_id,
    }


def identity(client_id: str, venue_id: str) -> tuple[str, str]:
    """Return name and value of the parameter that says which order is meant."""
    return ("orderId", venue_id) if venue_id else ("clientOid", client_id)
