"""How a unified account is asked (v3 pages of 2025-12-05; facts page section 7): pure.

A placement documents no deadline of its own. Its signature does: it is refused 30 s after its
timestamp. So an order is dated 30 s before its deadline, and expires when its signature does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.orders import Balance, OrderRequest
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.dialect import Placement, base_fields, identity
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import OrderRow, Page, TradeRow
from arbot_tui.exchanges.bitget.signing import VALID_MS
from arbot_tui.exchanges.bitget.unified import answers
from arbot_tui.exchanges.bitget.unified.private import UnifiedStream
from arbot_tui.exchanges.transport.limiter import Charge

__all__ = ["Unified"]

_TRADE, _ACCOUNT = "/api/v3/trade", "/api/v3/account"
# The longest span of one list of executions, a day less than documented.
_SPAN_MS = 29 * 24 * 3_600_000


class Unified:
    """The dialect of API v3; see `Dialect`."""

    name = "unified"
    place_path = f"{_TRADE}/place-order"
    cancel_path = f"{_TRADE}/cancel-order"
    balances_target = f"{_ACCOUNT}/assets"
    deduction_target = f"{_ACCOUNT}/deduct-info"
    permission_targets: tuple[str, ...] = (f"{_ACCOUNT}/info", f"{_ACCOUNT}/settings")
    page_word = "cursor"

    def placement(
        self, order: OrderRequest, instrument: Instrument, venue_ms: int, window_ms: int
    ) -> Placement:
        """Return a placement whose signature ends with its deadline."""
        fields = base_fields(order, instrument) | {
            "category": "SPOT",
            "timeInForce": order.time_in_force,
            "qty": plain(order.qty),
        }
        return Placement(msgspec.json.encode(fields), venue_ms + window_ms - VALID_MS)

    def cancel_body(self, instrument: Instrument, client_id: str, venue_id: str) -> bytes:
        """Return the body of a cancel."""
        del instrument
        name, value = identity(client_id, venue_id)
        return msgspec.json.encode({name: value})

    def order_target(self, client_id: str, venue_id: str) -> str:
        """Return path and query of one order."""
        name, value = identity(client_id, venue_id)
        return f"{_TRADE}/order-info?{name}={value}"

    def open_target(self, wire_symbol: str) -> str:
        """Return path and query of what rests."""
        of_symbol = f"symbol={wire_symbol}&" if wire_symbol else ""
        return f"{_TRADE}/unfilled-orders?category=SPOT&{of_symbol}"

    def history_target(self, wire_symbol: str) -> str:
        """Return path and query of what has ended."""
        return f"{_TRADE}/history-orders?category=SPOT&symbol={wire_symbol}&"

    def fills_targets(
        self, wire_symbol: str, venue_id: str, since_ms: int, now_ms: int
    ) -> Sequence[str]:
        """Return path and query of executions, by spans of at most thirty days.

        The list is the whole account's: it has no parameter for a symbol.
        """
        del wire_symbol
        target = f"{_TRADE}/fills?category=SPOT&"
        if venue_id:
            return [f"{target}orderId={venue_id}&"]
        if since_ms <= 0:
            return [target]
        ends = range(now_ms, since_ms, -_SPAN_MS)
        spans = [(max(since_ms, end - _SPAN_MS), end) for end in ends]
        # The newest has no end, so that nothing is lost to a clock that is behind the venue's.
        return [
            f"{target}startTime={start}&" + (f"endTime={end}&" if end != now_ms else "")
            for start, end in spans
        ]

    def fee_target(self, wire_symbol: str) -> str:
        """Return path and query of a symbol's rates."""
        return f"{_ACCOUNT}/fee-rate?category=SPOT&symbol={wire_symbol}"

    def fee_charges(self, quotas: Quotas) -> Sequence[Charge]:
        """Return what asking for a rate costs."""
        return quotas.unified_fees

    def read_order(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return the order asked for."""
        return answers.parse_order(data)

    def read_orders(self, data: msgspec.Raw) -> Page[OrderRow]:
        """Return a page of orders."""
        return answers.parse_orders(data)

    def read_trades(self, data: msgspec.Raw) -> Page[TradeRow]:
        """Return a page of executions."""
        return answers.parse_trades(data)

    def read_balances(self, data: msgspec.Raw) -> list[Balance]:
        """Return the non-zero balances."""
        return answers.parse_balances(data)

    def permissions(self, answers_: Sequence[msgspec.Raw]) -> KeyPermissions:
        """Return what the key may do."""
        info, settings = answers_
        return answers.parse_permissions(info, settings)

    def private_url(self, url: str) -> str:
        """Return the address of this dialect on the same host."""
        return url.replace("/v2/ws/", "/v3/ws/")

    def stream(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> UnifiedStream:
        """Return the language of the private socket."""
        return UnifiedStream(credentials, venue_ms, instrument)
