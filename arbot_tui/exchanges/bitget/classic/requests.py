"""How a Classic account is asked (v2 pages of 2025-12-05; facts page section 7): pure.

Every order carries its deadline as ``requestTime`` and ``receiveWindow``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.orders import Balance, OrderRequest
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.classic import answers
from arbot_tui.exchanges.bitget.classic.private import ClassicStream
from arbot_tui.exchanges.bitget.dialect import Placement, base_fields, identity
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import OrderRow, Page, TradeRow
from arbot_tui.exchanges.transport.limiter import Charge

__all__ = ["Classic"]

_TRADE, _ACCOUNT = "/api/v2/spot/trade", "/api/v2/spot/account"


class Classic:
    """The dialect of API v2; see `Dialect`."""

    name = "classic"
    place_path = f"{_TRADE}/place-order"
    cancel_path = f"{_TRADE}/cancel-order"
    balances_target = f"{_ACCOUNT}/assets?assetType=hold_only"
    deduction_target = f"{_ACCOUNT}/deduct-info"
    permission_targets: tuple[str, ...] = (f"{_ACCOUNT}/info",)
    page_word = "idLessThan"

    def placement(
        self, order: OrderRequest, instrument: Instrument, venue_ms: int, window_ms: int
    ) -> Placement:
        """Return a placement whose deadline is in its body."""
        fields = base_fields(order, instrument) | {
            "force": order.time_in_force,
            "size": plain(order.qty),
            "requestTime": str(venue_ms),
            "receiveWindow": str(window_ms),
        }
        return Placement(msgspec.json.encode(fields), venue_ms)

    def cancel_body(self, instrument: Instrument, client_id: str, venue_id: str) -> bytes:
        """Return the body of a cancel, which has to name the symbol."""
        name, value = identity(client_id, venue_id)
        return msgspec.json.encode({"symbol": instrument.wire_symbol, name: value})

    def order_target(self, client_id: str, venue_id: str) -> str:
        """Return path and query of one order; our id is known for two hours."""
        name, value = identity(client_id, venue_id)
        return f"{_TRADE}/orderInfo?{name}={value}"

    def open_target(self, wire_symbol: str) -> str:
        """Return path and query of what rests."""
        return f"{_TRADE}/unfilled-orders?" + (f"symbol={wire_symbol}&" if wire_symbol else "")

    def history_target(self, wire_symbol: str) -> str:
        """Return path and query of what has ended."""
        return f"{_TRADE}/history-orders?symbol={wire_symbol}&"

    def fills_targets(
        self, wire_symbol: str, venue_id: str, since_ms: int, now_ms: int
    ) -> Sequence[str]:
        """Return path and query of executions: one list, back to ninety days ago."""
        del since_ms, now_ms
        of_order = f"orderId={venue_id}&" if venue_id else ""
        return [f"{_TRADE}/fills?symbol={wire_symbol}&{of_order}"]

    def fee_target(self, wire_symbol: str) -> str:
        """Return path and query of a symbol's rates."""
        return f"/api/v2/common/trade-rate?symbol={wire_symbol}&businessType=spot"

    def fee_charges(self, quotas: Quotas) -> Sequence[Charge]:
        """Return what asking for a rate costs."""
        return quotas.fees

    def read_order(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return the order asked for; an empty list where there is none."""
        return answers.parse_orders(data)

    def read_orders(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return a page of orders."""
        return answers.parse_orders(data)

    def read_trades(self, data: msgspec.Raw) -> Page[TradeRow]:
        """Return a page of executions, which name only the venue's order ids."""
        return answers.parse_trades(data)

    def read_balances(self, data: msgspec.Raw) -> list[Balance]:
        """Return the non-zero balances."""
        return answers.parse_balances(data)

    def permissions(self, answers_: Sequence[msgspec.Raw]) -> KeyPermissions:
        """Return what the key may do."""
        (info,) = answers_
        return answers.parse_permissions(info)

    def private_url(self, url: str) -> str:
        """Return the address as it is given."""
        return url

    def stream(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> ClassicStream:
        """Return the language of the private socket."""
        return ClassicStream(credentials, venue_ms, instrument)
