"""Whether a venue may be sent an order now: no ban runs, our share of its quotas is not spent."""

from __future__ import annotations

from collections.abc import Sequence

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.orders import OrderReject, OrderRequest
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import Charge, acquire, waits_ns

__all__ = ["admit", "order_wait_ns"]


def order_wait_ns(ban: BanClock, charges: Sequence[Charge], now_ns: int) -> int:
    """Return the time until an order that costs `charges` may leave; 0 where it may now."""
    return max(ban.until_ns - now_ns, waits_ns(charges, now_ns), 0)


def admit(
    order: OrderRequest, ban: BanClock, charges: Sequence[Charge], now_ns: int
) -> OrderReject | None:
    """Take what the order costs, or return why it may not be sent."""
    if (banned_s := ban.remaining_s(now_ns)) > 0.0:
        text = f"told to stay away for {banned_s:.1f} s more"
    elif (wait_ns := acquire(charges, now_ns)) > 0:
        text = f"our share of the quota is used up for {wait_ns / SECOND:.1f} s"
    else:
        return None
    return OrderReject(order.venue, order.client_id, "not_sent", text)
