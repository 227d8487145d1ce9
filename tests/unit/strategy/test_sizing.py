from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.reasons import Reason
from arbot_tui.strategy.sizing import SizePlan, SizeRefusal, common_step, plan_size

_BUY = Instrument(
    "okx",
    "X-USDT",
    "X",
    "USDT",
    Decimal("0.01"),
    Decimal("0.02"),
    Decimal("0.1"),
    min_notional=Decimal(5),
)
_SELL = Instrument(
    "bybit", "XUSDT", "X", "USDT", Decimal("0.01"), Decimal("0.03"), max_qty=Decimal(50)
)


def _plan(**changes: str) -> SizePlan | SizeRefusal:
    given = {
        "wanted": "1000",
        "offered": "100",
        "quote_free": "100000",
        "base_free": "100",
        "fee": "0.001",
        **changes,
    }
    return plan_size(
        _BUY,
        _SELL,
        Decimal(100),
        Decimal(101),
        *(Decimal(given[name]) for name in ("wanted", "offered", "quote_free", "base_free", "fee")),
    )


@pytest.mark.parametrize(
    ("one", "other", "step"),
    [("0.02", "0.03", "0.06"), ("1", "0.5", "1"), ("10", "4", "20"), ("0.001", "0.001", "0.001"),
     ("1E+2", "30", "300"), ("0.10", "0.05", "0.1")],
)  # fmt: skip
def test_the_common_step_is_the_least_common_multiple(one: str, other: str, step: str) -> None:
    assert common_step(Decimal(one), Decimal(other)) == Decimal(step)


@pytest.mark.parametrize("step", ["0", "-1"])
def test_a_step_that_is_not_positive_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        common_step(Decimal(1), Decimal(step))


@pytest.mark.parametrize(
    ("changes", "qty", "limited_by"),
    [
        # 1000 / 101 = 9.9009…, down to a multiple of 0.06
        ({}, "9.90", "amount"),
        ({"offered": "3.05"}, "3.00", "books"),
        ({"quote_free": "500.5"}, "4.98", "USDT on okx"),
        ({"quote_free": "500.5", "fee": "-0.01"}, "4.98", "USDT on okx"),
        ({"base_free": "0.5"}, "0.48", "X on bybit"),
        ({"wanted": "100000", "fee": "0"}, "49.98", "maximum on bybit"),
    ],
)
def test_the_tightest_bound_decides(changes: dict[str, str], qty: str, limited_by: str) -> None:
    plan = _plan(**changes)
    assert isinstance(plan, SizePlan)
    assert (plan.qty, plan.limited_by, plan.step) == (Decimal(qty), limited_by, Decimal("0.06"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"wanted": "10"}, Reason.INSTRUMENT_RULES),
        ({"wanted": "0"}, Reason.INSTRUMENT_RULES),
        ({"offered": "0.11"}, Reason.DEPTH),
        ({"offered": "0"}, Reason.DEPTH),
        ({"quote_free": "12"}, Reason.BALANCE_RESERVED),
        ({"quote_free": "-1"}, Reason.BALANCE_RESERVED),
        ({"base_free": "0.1"}, Reason.BALANCE_RESERVED),
    ],
)
def test_where_nothing_is_valid_the_bound_is_the_reason(
    changes: dict[str, str], reason: Reason
) -> None:
    refusal = _plan(**changes)
    assert isinstance(refusal, SizeRefusal)
    assert refusal.reason is reason
    assert "0.12 is the least both venues accept" in refusal.detail


def test_a_maximum_below_the_other_venues_minimum_is_a_matter_of_rules() -> None:
    small = Instrument("a", "XU", "X", "U", Decimal(1), Decimal(1), max_qty=Decimal(3))
    large = Instrument("b", "XU", "X", "U", Decimal(1), Decimal(1), min_qty=Decimal(4))
    many = (Decimal(10**6),) * 4
    refusal = plan_size(small, large, Decimal(1), Decimal(1), *many, Decimal(0))
    assert isinstance(refusal, SizeRefusal)
    assert refusal.reason is Reason.INSTRUMENT_RULES


def test_a_minimum_value_that_no_step_meets_exactly_takes_one_step_more() -> None:
    # 7 / 3 never ends: rounded down in its last place it would fall short of 7 by a hair.
    rules = Instrument("a", "XU", "X", "U", Decimal(1), Decimal("1E-59"), min_notional=Decimal(7))
    plan = plan_size(rules, rules, Decimal(3), Decimal(3), *(Decimal(10**6),) * 4, Decimal(0))
    assert isinstance(plan, SizePlan)
    least = Decimal("2." + "3" * 58 + "4")
    tight = plan_size(
        rules,
        rules,
        Decimal(3),
        Decimal(3),
        Decimal(10**6),
        least,
        *(Decimal(10**6),) * 2,
        Decimal(0),
    )
    assert tight == SizePlan(least, "books", least, Decimal("1E-59"))


def test_venues_maxima_bound_the_size_and_are_named() -> None:
    capped = msgspec.structs.replace(_SELL, max_notional=Decimal(200))
    many = (Decimal(10**6),) * 4
    plan = plan_size(_BUY, capped, Decimal(100), Decimal(101), *many, Decimal(0))
    assert isinstance(plan, SizePlan)
    assert plan.qty * 101 <= 200
    assert plan.limited_by == "maximum value on bybit"

    full = msgspec.structs.replace(_BUY, max_holding=Decimal(10))
    refusal = plan_size(full, _SELL, Decimal(100), Decimal(101), *many, Decimal(0), Decimal(10))
    assert isinstance(refusal, SizeRefusal)
    assert refusal.reason is Reason.INSTRUMENT_RULES
    assert f"most X that {_BUY.venue} holds allows 0" in refusal.detail
