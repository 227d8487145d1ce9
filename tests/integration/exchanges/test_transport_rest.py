"""The REST client against a real loopback server: what it sends, and what it makes of answers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import pytest
from aiohttp import web

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.domain.errors import ExchangeError, ExchangeUnavailable, OutcomeUnknown
from arbot_tui.domain.orders import (
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderUnknown,
)
from arbot_tui.exchanges.base import QuotaUse
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.rest import RestClient, RestOptions, ban_on
from arbot_tui.exchanges.transport.submissions import Submissions
from arbot_tui.exchanges.transport.traffic import RemainingHeader, Traffic

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Venue:
    """A server that answers every request with `answer`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Answer = self._ok
        self.release = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.raw_path, await request.read()))
        self.headers.append(dict(request.headers))
        return await self.answer(request)

    def says(self, status: int, body: str = "", **headers: str) -> None:
        async def answer(request: web.Request) -> web.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, text=body, headers=named)

        self.answer = answer

    async def _ok(self, request: web.Request) -> web.Response:
        return web.Response(text="{}")


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    venue = Venue()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", venue.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    venue.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield venue
    venue.release.set()
    await runner.cleanup()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1_760_000_000 * SECOND)


@pytest.fixture
async def client(venue: Venue, clock: VirtualClock) -> AsyncIterator[RestClient]:
    client = _client(venue.url, clock)
    yield client
    await client.close()


def _client(url: str, clock: VirtualClock, options: RestOptions | None = None) -> RestClient:
    return RestClient(venue="binance", base_url=url, clock=clock, options=options)


async def test_what_was_signed_is_sent_byte_for_byte(venue: Venue, client: RestClient) -> None:
    target = "/api/v3/order?symbol=%EF%BC%91&x=a%2Fb%20c~d%7E+e&symbols=%5B%22A%22%5D&sig=00ff"

    await client.request("POST", target, headers={"X-Key": "k"}, body=b'{"a" : 1}')

    assert venue.seen == [("POST", target, b'{"a" : 1}')]
    assert venue.headers[0]["X-Key"] == "k"
    assert venue.headers[0]["User-Agent"] == "arbot-tui"


async def test_the_answer_comes_with_status_headers_body_and_times(
    venue: Venue, clock: VirtualClock, client: RestClient
) -> None:
    async def answer(request: web.Request) -> web.Response:
        clock.advance(7)
        return web.Response(status=400, text='{"code":-1121}', headers={"X-MBX-Used": "12"})

    venue.answer = answer

    response = await client.request("GET", "/api/v3/depth")

    assert (response.status, response.body) == (400, b'{"code":-1121}')
    assert response.headers["x-mbx-used"] == "12"
    assert response.rtt_ns == 7
    assert response.excerpt() == '{"code":-1121}'


async def test_a_redirect_is_not_followed(venue: Venue, client: RestClient) -> None:
    venue.says(302, Location="https://evil.example/")

    with pytest.raises(ExchangeUnavailable, match="HTTP 302"):
        await client.request("GET", "/a")

    assert len(venue.seen) == 1


@pytest.mark.parametrize(
    ("effect", "error"), [(False, ExchangeUnavailable), (True, OutcomeUnknown)]
)
class TestAnAnswerThatIsNone:
    """For a read the venue is unavailable; for an order nobody knows what happened."""

    async def test_a_server_error(
        self, venue: Venue, client: RestClient, effect: bool, error: type[ExchangeError]
    ) -> None:
        venue.says(503, '{"code":-1008,"msg":"Server \x1b[31mbusy"}')

        with pytest.raises(error, match=r"HTTP 503: .*busy") as caught:
            await client.request("POST", "/api/v3/order", effect=effect)

        assert "\x1b" not in str(caught.value)

    async def test_no_answer_in_time(
        self, venue: Venue, client: RestClient, effect: bool, error: type[ExchangeError]
    ) -> None:
        async def wait(request: web.Request) -> web.Response:
            await venue.release.wait()
            return web.Response()

        venue.answer = wait

        with pytest.raises(error, match=r"no answer in time to POST /api/v3/order$"):
            await client.request(
                "POST", "/api/v3/order?signature=secret", effect=effect, timeout_s=0.05
            )

    async def test_a_connection_that_is_reset_after_the_request_was_written(
        self, venue: Venue, client: RestClient, effect: bool, error: type[ExchangeError]
    ) -> None:
        async def reset(request: web.Request) -> web.Response:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        venue.answer = reset

        with pytest.raises(error):
            await client.request("POST", "/api/v3/order", effect=effect)

        assert len(venue.seen) == 1

    async def test_a_body_that_breaks_off(
        self, venue: Venue, client: RestClient, effect: bool, error: type[ExchangeError]
    ) -> None:
        async def half(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Length": "100"})
            await answer.prepare(request)
            await answer.write(b'{"orderId":')
            assert request.transport is not None
            request.transport.abort()
            return answer

        venue.answer = half

        with pytest.raises(error):
            await client.request("POST", "/api/v3/order", effect=effect)

    async def test_a_body_beyond_its_bound_even_when_packed(
        self,
        venue: Venue,
        clock: VirtualClock,
        effect: bool,
        error: type[ExchangeError],
    ) -> None:
        async def bomb(request: web.Request) -> web.Response:
            packed = gzip.compress(b"0" * 5_000_000)
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

        venue.answer = bomb
        client = _client(venue.url, clock, RestOptions(max_body_bytes=100_000))

        with pytest.raises(error, match="more than 100000 bytes"):
            await client.request("POST", "/api/v3/order", effect=effect)
        await client.close()


async def test_an_order_that_was_surely_not_sent_is_not_unknown(clock: VirtualClock) -> None:
    client = _client("http://127.0.0.1:9", clock)

    with pytest.raises(ExchangeUnavailable, match="no connection"):
        await client.request("POST", "/api/v3/order", effect=True)

    await client.close()


async def test_a_ban_stops_every_request_until_it_has_passed(
    venue: Venue, clock: VirtualClock, client: RestClient
) -> None:
    venue.says(429, '{"code":-1003}', Retry_After="30")
    with pytest.raises(ExchangeUnavailable) as caught:
        await client.request("GET", "/a")
    assert caught.value.retry_after_s == 30.0

    venue.says(200, "{}")
    for urgent in (False, True):
        with pytest.raises(ExchangeUnavailable) as caught:
            await client.request("DELETE", "/b", effect=True, urgent=urgent)
        assert caught.value.retry_after_s == 30.0
    clock.advance(29 * SECOND)
    with pytest.raises(ExchangeUnavailable):
        await client.request("GET", "/c")
    assert len(venue.seen) == 1

    clock.advance(SECOND)
    assert (await client.request("GET", "/d")).status == 200


@pytest.mark.parametrize(("status", "stay_s"), [(418, 120.0), (403, 300.0), (429, 60.0)])
async def test_a_ban_without_a_time_has_a_default(
    venue: Venue, client: RestClient, status: int, stay_s: float
) -> None:
    venue.says(status, "<html>blocked</html>")

    with pytest.raises(ExchangeUnavailable) as caught:
        await client.request("POST", "/api/v3/order", effect=True)

    assert caught.value.retry_after_s == stay_s


async def test_a_venue_may_say_itself_what_a_ban_is(venue: Venue, clock: VirtualClock) -> None:
    ban = BanClock()
    client = RestClient(
        venue="bybit", base_url=venue.url, clock=clock, ban=ban, ban_rule=ban_on({403: 600.0})
    )
    venue.says(429, "{}")

    assert (await client.request("GET", "/a")).status == 429
    assert ban.until_ns == 0
    await client.close()


async def test_a_used_up_quota_refuses_at_once_and_sends_nothing(
    venue: Venue, client: RestClient
) -> None:
    limiter = RateLimiter(10, SECOND, reserve=0.2)
    limiter.take(8, 1_760_000_000 * SECOND)

    with pytest.raises(ExchangeUnavailable, match="quota") as caught:
        await client.request("POST", "/api/v3/order", effect=True, charges=[(limiter, 1)])
    assert caught.value.retry_after_s == 1.0
    assert venue.seen == []

    await client.request("DELETE", "/api/v3/order", charges=[(limiter, 1)], urgent=True)
    assert limiter.used(1_760_000_000 * SECOND) == 9


async def test_a_patient_read_waits_for_the_quota(
    venue: Venue, clock: VirtualClock, client: RestClient
) -> None:
    limiter = RateLimiter(1, SECOND // 100, reserve=0.0)
    limiter.take(1, clock.now_ns())

    waiting = asyncio.create_task(
        client.request("GET", "/a", charges=[(limiter, 1)], max_wait_s=10.0)
    )
    await asyncio.sleep(0.005)
    assert venue.seen == []
    clock.advance(SECOND)

    assert (await waiting).status == 200


async def test_one_connection_serves_request_after_request(
    venue: Venue, client: RestClient
) -> None:
    peers: set[object] = set()

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response(text="{}")

    venue.answer = answer
    for _ in range(5):
        await client.request("GET", "/api/v3/time")

    assert len(peers) == 1


async def test_closing_twice_or_unused_is_harmless(clock: VirtualClock) -> None:
    client = _client("http://127.0.0.1:9", clock)

    await client.close()
    await client.close()


async def test_what_the_venue_says_remains_of_a_quota_counts(venue: Venue) -> None:
    traffic, quota = Traffic(), RateLimiter(10, SECOND)
    client = RestClient(
        venue="bybit",
        base_url=venue.url,
        clock=VirtualClock(SECOND),
        traffic=traffic,
        remaining=RemainingHeader("x-left", "x-whole"),
    )
    venue.says(200, "{}", X_Left="1", X_Whole="10")
    await client.request("GET", "/a", charges=((quota, 1),))
    assert traffic.busiest(SECOND) == QuotaUse(9, 10, 1.0)
    # Of what is left, a share is kept for cancels.
    with pytest.raises(ExchangeUnavailable, match="quota"):
        await client.request("GET", "/a", charges=((quota, 1),))
    await client.request("POST", "/cancel", charges=((quota, 1),), urgent=True)
    assert len(venue.seen) == 2
    await client.close()


async def test_an_order_in_line_for_a_connection_is_taken_back_and_never_leaves(
    venue: Venue, clock: VirtualClock
) -> None:
    # row 59: a halt cancels; what waits in the pool would leave long after it
    async def hold(request: web.Request) -> web.Response:
        await venue.release.wait()
        return web.Response(text="{}")

    venue.answer = hold
    client = _client(venue.url, clock, RestOptions(max_connections=1))
    submissions, told = Submissions("binance"), list[OrderEvent]()

    async def place(order: OrderRequest) -> list[OrderEvent]:
        await client.request("POST", f"/{order.client_id}", effect=True)
        return [OrderAck("binance", order.client_id, "1")]

    for number in (1, 2, 3):
        submissions.start(_order(f"o{number}"), place, told.append)
    while not venue.seen:  # noqa: ASYNC110 (the server has no event for it)
        await asyncio.sleep(0.005)
    # The first has left, the others stand in line.
    assert not submissions.withdraw("o1")
    assert submissions.withdraw("o2")
    assert not submissions.withdraw("o2")
    while not told:  # noqa: ASYNC110 (the sink has no event)
        await asyncio.sleep(0)
    assert told == [OrderReject("binance", "o2", "not_sent", "taken back before it left")]
    venue.release.set()
    while len(submissions):  # noqa: ASYNC110 (the number has no event)
        await asyncio.sleep(0.005)
    assert [target for _, target, _ in venue.seen] == ["/o1", "/o3"]
    assert {type(event) for event in told[1:]} == {OrderAck}
    assert not submissions.withdraw("o3")
    await client.close()


async def test_an_order_that_has_its_connection_counts_as_gone(
    venue: Venue, clock: VirtualClock
) -> None:
    client = _client(venue.url, clock)
    submissions, told = Submissions("binance"), list[OrderEvent]()

    async def place(order: OrderRequest) -> list[OrderEvent]:
        await client.request("POST", "/read-first")
        await client.request("POST", f"/{order.client_id}", effect=True)
        return [OrderAck("binance", order.client_id, "1")]

    venue.answer = _hold(venue, "/o1")
    submissions.start(_order("o1"), place, told.append)
    while len(venue.seen) < 2:  # noqa: ASYNC110 (the server has no event for it)
        await asyncio.sleep(0.005)
    assert not submissions.withdraw("o1")
    await submissions.close()
    # Given up after it had left, whatever took it back: nobody knows its fate.
    assert [type(event) for event in told] == [OrderUnknown]
    venue.release.set()
    await client.close()


async def test_quotas_that_are_taken_already_are_not_taken_twice(
    venue: Venue, clock: VirtualClock, client: RestClient
) -> None:
    quota = RateLimiter(1, SECOND, reserve=0.0)
    quota.take(1, clock.now_ns())

    async def place(order: OrderRequest) -> list[OrderEvent]:
        await client.request("POST", "/o", effect=True, charges=((quota, 1),))
        return [OrderAck("binance", order.client_id, "1")]

    submissions, told = Submissions("binance"), list[OrderEvent]()
    submissions.start(_order("o1"), place, told.append, admitted=True)
    while not told:  # noqa: ASYNC110 (the sink has no event)
        await asyncio.sleep(0.005)
    assert [type(event) for event in told] == [OrderAck]
    assert quota.used(clock.now_ns()) == 1


def _hold(venue: Venue, path: str) -> Answer:
    """Return an answer that waits for `venue.release` where `path` is asked for."""

    async def answer(request: web.Request) -> web.Response:
        if request.path == path:
            await venue.release.wait()
        return web.Response(text="{}")

    return answer


def _order(client_id: str) -> OrderRequest:
    return OrderRequest(client_id, "binance", "X/Y", OrderSide.BUY, Decimal(1), Decimal(1), 0)
