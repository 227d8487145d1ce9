"""The configured limits in the core's own units."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.trading.policy import limits_from


def test_seconds_become_nanoseconds_and_money_stays_exact() -> None:
    arbitrage = ArbitrageConfig(
        min_profit_pct=Decimal("0.15"), trade_amount_usd=Decimal("123.45"), cooldown_s=1.5
    )
    risk = RiskConfig(visibility_margin_s=0.25, max_messages_per_s=7, max_concurrent_pairs=4)
    risk = risk.model_copy(update={"daily_loss_reduce_pct": Decimal(3)})

    limits = limits_from(arbitrage, risk, "live")

    assert limits.min_profit_pct == Decimal("0.15")
    assert limits.trade_amount_quote == Decimal("123.45")
    assert limits.cooldown_ns == 1_500 * MS
    assert limits.visibility_margin_ns == 250 * MS
    assert limits.max_messages_per_s == 7
    assert limits.max_concurrent_pairs == 4
    assert (limits.daily_loss_reduce_pct, limits.daily_loss_halt_pct) == (
        Decimal(3),
        Decimal(2),
    )
    assert not limits.bound_keys_only
    assert limits_from(arbitrage, risk, "live", real_money=True).bound_keys_only


def test_live_waits_for_less_and_believes_less_than_simulate() -> None:
    live = limits_from(ArbitrageConfig(), RiskConfig(), "live")
    simulate = limits_from(ArbitrageConfig(), RiskConfig(), "simulate")

    assert live.max_quote_age_ns == live.commit_wait_ns == 250 * MS
    assert live.max_loop_lag_ns == 50 * MS
    assert simulate.max_quote_age_ns > live.max_quote_age_ns
    assert simulate.max_loop_lag_ns > live.max_loop_lag_ns
    assert live.order_validity_ns == simulate.order_validity_ns == 2 * SECOND


def test_no_venue_gets_more_than_half_of_the_orders_that_it_takes() -> None:
    risk = RiskConfig(max_messages_per_s=7)
    quotas = {"ant": 18, "bee": 8, "cat": 1, "dog": 0}

    limits = limits_from(ArbitrageConfig(), risk, "live", orders_per_s=quotas)

    found = {venue: limits.messages_per_s(venue) for venue in (*quotas, "eel")}
    assert found == {"ant": 7, "bee": 4, "cat": 1, "dog": 7, "eel": 7}
