import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.binance.instruments import Quota
from arbot_tui.exchanges.binance.quotas import Count, Quotas
from arbot_tui.exchanges.transport.limiter import acquire
from arbot_tui.exchanges.transport.rest import RestResponse


def test_the_venues_own_limits_replace_ours() -> None:
    quotas = Quotas()

    quotas.learn(
        [
            Quota("REQUEST_WEIGHT", "MINUTE", 1, 1200),
            Quota("ORDERS", "SECOND", 10, 50),
            Quota("ORDERS", "DAY", 1, 160_000),
            Quota("RAW_REQUESTS", "MINUTE", 5, 6100),
        ]
    )

    assert (quotas.weight.limit, quotas.orders.limit) == (1200, 50)
    assert (quotas.orders_day.limit, quotas.raw.limit) == (160_000, 6100)


@pytest.mark.parametrize(
    ("header", "used"), [("350", 350), ("", 0), ("-5", 0), ("1e3", 0), ("9" * 40, 0), ("\u0663", 0)]
)
def test_the_used_weight_in_the_headers_is_believed_where_it_is_a_number(
    header: str, used: int
) -> None:
    quotas = Quotas()

    quotas.observe(RestResponse(200, {"x-mbx-used-weight-1m": header}, b"", 0, SECOND))

    assert quotas.weight.used(SECOND) == used


def test_a_request_costs_its_weight() -> None:
    quotas = Quotas()

    assert quotas.weigh(20) == ((quotas.weight, 20), (quotas.raw, 1))


def test_an_order_counts_for_ten_seconds_and_a_day_until_it_fills() -> None:
    quotas = Quotas()
    assert acquire(quotas.order, SECOND) == 0
    assert (quotas.orders.used(SECOND), quotas.orders_day.used(SECOND)) == (1, 1)
    quotas.filled()
    assert (quotas.orders.used(SECOND), quotas.orders_day.used(SECOND)) == (0, 0)


def test_when_the_days_orders_are_used_up_none_is_sent() -> None:
    quotas = Quotas()
    headers = {"x-mbx-order-count-1d": "200000", "x-mbx-order-count-10s": "3"}
    quotas.observe(RestResponse(200, headers, b"", 0, 3 * SECOND))
    assert quotas.orders.used(3 * SECOND) == 3
    # Until midnight, and a moment more.
    assert acquire(quotas.order, 3 * SECOND) == (24 * 3600 - 1) * SECOND
    # A larger allowance is taken at once.
    quotas.learn([Quota("ORDERS", "DAY", 1, 200_001)])
    assert acquire(quotas.order, 3 * SECOND) == 0


def test_counts_of_the_socket_are_believed_as_well() -> None:
    quotas = Quotas()
    quotas.told(
        [
            Count("ORDERS", "SECOND", 10, 50, 7),
            Count("ORDERS", "DAY", 1, 160_000, 900),
            Count("REQUEST_WEIGHT", "MINUTE", 1, 6_000, 70),
            Count("CONNECTIONS", "MINUTE", 5, 300, 1),
        ],
        SECOND,
    )
    limiters = (quotas.orders, quotas.orders_day, quotas.weight)
    assert [(one.limit, one.used(SECOND)) for one in limiters] == [
        (50, 7), (160_000, 900), (6_000, 70),
    ]  # fmt: skip


def test_answers_without_the_header_change_nothing() -> None:
    quotas = Quotas()

    quotas.observe(RestResponse(200, {}, b"", 0, SECOND))

    assert quotas.weight.used(SECOND) == 0
