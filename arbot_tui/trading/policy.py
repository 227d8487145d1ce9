"""The configured limits in the units of the money core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.trading.core.limits import Limits

__all__ = ["limits_from"]


def limits_from(
    arbitrage: ArbitrageConfig,
    risk: RiskConfig,
    profile: Literal["simulate", "live"],
    *,
    real_money: bool = False,
    orders_per_s: Mapping[str, int] | None = None,
) -> Limits:
    """Return the limits of a run; with real money, keys bound to no address are asked about.

    Whatever is configured, a venue gets no more than half of the orders that it takes, which
    `orders_per_s` tells where it is known: beyond its quota one leg would be refused, and the
    other stand alone.

    The bounds that no key sets differ by profile: in simulate the screen shares a small
    machine with the venues, and a demo that throttles itself shows nothing.
    """
    simulate = profile == "simulate"
    return Limits(
        min_profit_pct=arbitrage.min_profit_pct,
        max_profit_pct=arbitrage.max_profit_pct,
        trade_amount_quote=arbitrage.trade_amount_usd,
        slippage_pct=arbitrage.slippage_pct,
        cooldown_ns=round(arbitrage.cooldown_s * SECOND),
        max_order_quote=risk.max_order_usd,
        max_order_equity_pct=risk.max_order_equity_pct,
        max_pairs_per_hour=risk.max_trades_per_hour,
        max_concurrent_pairs=risk.max_concurrent_pairs,
        max_messages_per_s=risk.max_messages_per_s,
        daily_loss_reduce_pct=risk.daily_loss_reduce_pct,
        daily_loss_halt_pct=risk.daily_loss_halt_pct,
        max_quote_age_ns=(1000 if simulate else 250) * MS,
        max_loop_lag_ns=(500 if simulate else 50) * MS,
        order_validity_ns=2 * SECOND,
        commit_wait_ns=(1000 if simulate else 250) * MS,
        ack_timeout_ns=2 * SECOND,
        visibility_margin_ns=round(risk.visibility_margin_s * SECOND),
        bound_keys_only=real_money,
        venue_messages_per_s={
            venue: max(1, most // 2) for venue, most in (orders_per_s or {}).items() if most
        },
    )
