"""Hard limits of the money core, in the units it computes with."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import SECOND

__all__ = ["Limits"]


class Limits(msgspec.Struct, frozen=True):
    """Everything the gate and the timers compare against.

    Attributes:
        min_profit_pct: Smallest edge at both limit prices after fees, percent.
        max_profit_pct: Above it the edge is too good to be true, percent.
        trade_amount_quote: Wanted value of a leg, quote currency.
        slippage_pct: What both legs together may lose against their quotes, percent; half each.
        cooldown_ns: Wait per (symbol, buy, sell) after a pair was committed.
        max_order_quote: Largest value of one order, quote currency.
        max_order_equity_pct: The same in percent of the account's value; the smaller wins.
        max_pairs_per_hour: Pairs committed in any hour.
        max_concurrent_pairs: Pairs in flight.
        max_messages_per_s: Orders per venue in any second.
        daily_loss_reduce_pct: Loss of a day from which nothing new starts, percent of what the
            account was worth when it began.
        daily_loss_halt_pct: The same for a halt.
        venue_messages_per_s: The same by venue, where the venue itself allows fewer.
        max_quote_age_ns: Oldest quote a decision may rest on, by time of receipt of its signal.
        max_loop_lag_ns: Largest lag of the event loop at a decision.
        order_validity_ns: Time from the plan until the venue must refuse the order: five round
            trips at least. A venue that is slower than a fifth of it gets no pair, and what is
            to be brought home there gets more time.
        commit_wait_ns: Longest time from the plan to its durable commit; later it is stale.
        ack_timeout_ns: Time from the send until silence means unknown.
        visibility_margin_ns: Beyond expiry, how long a venue may not show an order it holds.
        unknown_grace_ns: Beyond the expiry of an order whose fate is unknown, how long what the
            other leg did waits for it before it is brought home by itself.
        longest_validity_ns: The most time that an order is given.
        collar_pct: Farthest that a limit price may be from the middle of its own book, percent.
        collar_median_pct: Farthest from the median of the middles that are compared, percent.
        unwind_bps: Price allowance of each unwinding attempt, basis points.
        unwind_give_up_ns: Time after which an open remainder is stuck.
        bound_keys_only: New pairs want keys that are bound to addresses, unless a person accepts
            others at each start.
    """

    min_profit_pct: Decimal
    max_profit_pct: Decimal
    trade_amount_quote: Decimal
    slippage_pct: Decimal
    cooldown_ns: int
    max_order_quote: Decimal
    max_order_equity_pct: Decimal
    max_pairs_per_hour: int
    max_concurrent_pairs: int
    max_messages_per_s: int
    max_quote_age_ns: int
    max_loop_lag_ns: int
    order_validity_ns: int
    commit_wait_ns: int
    ack_timeout_ns: int
    visibility_margin_ns: int
    unknown_grace_ns: int = SECOND
    longest_validity_ns: int = 10 * SECOND
    collar_pct: Decimal = Decimal(1)
    collar_median_pct: Decimal = Decimal(3)
    unwind_bps: tuple[int, ...] = (10, 25, 50, 100)
    unwind_give_up_ns: int = 30 * SECOND
    bound_keys_only: bool = False
    venue_messages_per_s: dict[str, int] = {}
    daily_loss_reduce_pct: Decimal = Decimal(1)
    daily_loss_halt_pct: Decimal = Decimal(2)

    def messages_per_s(self, venue: str) -> int:
        """Return how many orders may go to a venue in any second."""
        most = self.max_messages_per_s
        return min(most, self.venue_messages_per_s.get(venue, most))
