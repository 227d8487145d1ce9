from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.domain.orders import OrderAck, OrderEvent, OrderRequest, OrderSide, OrderUnknown
from arbot_tui.exchanges.transport.submissions import Submissions

ORDER = OrderRequest("id1", "toy", "BTC/USDT", OrderSide.BUY, Decimal(1), Decimal(1), 0)
ACK = OrderAck("toy", "id1", "77")


async def _accept(order: OrderRequest) -> list[OrderEvent]:
    await asyncio.sleep(0)
    return [OrderAck("toy", order.client_id, "77")]


async def _hang(order: OrderRequest) -> list[OrderEvent]:
    await asyncio.Event().wait()
    return []


async def _drain(submissions: Submissions) -> None:
    while submissions:  # noqa: ASYNC110 - the number has no event
        await asyncio.sleep(0)


async def test_events_reach_the_sink_once_in_order() -> None:
    submissions, events = Submissions("toy"), list[OrderEvent]()
    submissions.start(ORDER, _accept, events.append)
    assert len(submissions) == 1
    await _drain(submissions)
    assert events == [ACK]


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_cut_off_submission_is_unknown_however_far_it_came(turns: int) -> None:
    submissions, events = Submissions("toy"), list[OrderEvent]()
    submissions.start(ORDER, _hang, events.append)
    for _ in range(turns):
        await asyncio.sleep(0)
    await submissions.close()
    (event,) = events
    assert isinstance(event, OrderUnknown)
    assert len(submissions) == 0


async def test_an_error_of_the_venue_is_unknown_and_no_bug() -> None:
    async def fail(order: OrderRequest) -> list[OrderEvent]:
        raise ExchangeUnavailable("toy", "gone")

    bugs: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: bugs.append(context))
    submissions, events = Submissions("toy"), list[OrderEvent]()
    submissions.start(ORDER, fail, events.append)
    await _drain(submissions)
    assert isinstance(events[0], OrderUnknown)
    assert bugs == []


async def test_a_bug_is_unknown_and_shown() -> None:
    async def fail(order: OrderRequest) -> list[OrderEvent]:
        raise ZeroDivisionError("oops")

    bugs: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: bugs.append(context))
    submissions, events = Submissions("toy"), list[OrderEvent]()
    submissions.start(ORDER, fail, events.append)
    await _drain(submissions)
    assert isinstance(events[0], OrderUnknown)
    assert "oops" in events[0].message
    assert len(bugs) == 1


async def test_closing_with_nothing_under_way_does_nothing() -> None:
    await Submissions("toy").close()
