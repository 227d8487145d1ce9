import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.binance.instruments import Quota
from arbot_tui.exchanges.binance.quotas import Quotas
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

    assert quotas.weigh(20) == ((quotas.weight, 20),)


def test_answers_without_the_header_change_nothing() -> None:
    quotas = Quotas()

    quotas.observe(RestResponse(200, {}, b"", 0, SECOND))

    assert quotas.weight.used(SECOND) == 0
