"""What goes wrong with orders, keys and accounts on the synthetic venues, over real sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal

import aiohttp
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.wire.common.pace import until
from tests.integration.simulator.order_drivers import BTC, Driver, Known, driving
from tests.integration.simulator.venue_client import Body

VENUES = ("binance", "bybit", "okx", "bitget")
every_venue = pytest.mark.parametrize("venue", VENUES)
FILLED = {"binance": "FILLED", "bybit": "Filled", "okx": "filled", "bitget": "filled"}
QTY = Decimal("0.001")


async def unanswered(driver: Driver, ident: str) -> None:
    """Send an order, see it executed and never answered."""
    request = asyncio.create_task(driver.take(ident))
    await until(lambda: driver.client.matcher.find_client(ident) is not None)
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not request.done()
    request.cancel()
    with suppress(asyncio.CancelledError):
        await request


# Acknowledgements


@every_venue
async def test_a_lost_answer_leaves_an_order_that_is_found_once(venue: str) -> None:
    async with driving(venue) as driver:
        fault = driver.client.venues.inject(venue, "ack_lost")
        await unanswered(driver, "lost1")

        assert fault.hits == 1
        assert await driver.known("lost1") == Known(FILLED[venue], QTY)
        assert [o.client_id for o in driver.client.matcher.orders] == ["lost1"]


@every_venue
async def test_a_lost_answer_may_take_the_connection_with_it(venue: str) -> None:
    async with driving(venue) as driver:
        driver.client.venues.inject(venue, "ack_lost", args={"how": "reset", "op": "place"})
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await driver.take("lost2")
        assert await driver.known("lost2") == Known(FILLED[venue], QTY)


@every_venue
async def test_a_lost_request_is_never_seen(venue: str) -> None:
    async with driving(venue) as driver:
        fault = driver.client.venues.inject(venue, "drop", args={"channel": "trade"}, count=1)
        request = asyncio.create_task(driver.take("gone1"))
        await until(lambda: fault.hits > 0)
        assert await driver.known("gone1") is None
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        # Once only, and queries were never concerned.
        _, body = await driver.take("gone1")
        assert driver.code(body) == "0"
        assert len(driver.client.matcher.orders) == 1


@pytest.mark.parametrize(
    ("venue", "code", "status"),
    [
        ("binance", -1007, 500),
        ("binance", -2010, 400),
        ("bybit", 10016, 200),
        ("bybit", 170131, 200),
        ("okx", 50026, 500),
        ("okx", 51008, 200),
        ("bitget", 40725, 400),
        ("bitget", 43012, 400),
    ],
)
@pytest.mark.parametrize("executed", [0, 1])
async def test_an_error_says_nothing_about_what_was_done(
    venue: str, code: int, status: int, executed: int
) -> None:
    async with driving(venue) as driver:
        args: dict[str, object] = {"code": code, "executed": executed}
        driver.client.venues.inject(venue, "ack_code", args=args)
        if venue == "bybit":
            answered, body = 200, (await driver.take("e1"))[1]
        else:
            answered, body = await driver.take("e1")

        assert (answered, driver.code(body)) == (status, str(code))
        assert len(driver.client.matcher.orders) == executed


@every_venue
async def test_without_a_code_the_balance_is_said_not_to_suffice(venue: str) -> None:
    short = {"binance": "-2010", "bybit": "170131", "okx": "51008", "bitget": "43012"}
    async with driving(venue) as driver:
        driver.client.venues.inject(venue, "ack_code")
        _, body = await driver.take("e2")
        assert driver.code(body) == short[venue]
        assert not driver.client.matcher.orders


@every_venue
async def test_a_gateway_may_answer_instead(venue: str) -> None:
    async with driving(venue) as driver:
        args: dict[str, object] = {"status": 502, "executed": 1}
        driver.client.venues.inject(venue, "ack_code", args=args)
        with pytest.raises((aiohttp.ContentTypeError, ValueError, AssertionError)):
            await driver.take("e3")
        assert len(driver.client.matcher.orders) == 1


# Late


@every_venue
async def test_what_arrives_after_its_deadline_is_refused(venue: str) -> None:
    too_late = {"binance": "-1021", "bybit": "10002", "okx": "50036", "bitget": "40078"}
    async with driving(venue) as driver:
        fault = driver.client.venues.inject(venue, "arrive_late", args={"ms": 20_000})
        request = asyncio.create_task(driver.take("late1"))
        await until(lambda: fault.hits > 0)
        driver.client.clock.advance(20 * SECOND)
        _, body = await request

        assert driver.code(body) == too_late[venue]
        assert not driver.client.matcher.orders


@every_venue
async def test_a_lenient_venue_executes_what_is_late(venue: str) -> None:
    async with driving(venue) as driver:
        args: dict[str, object] = {"ms": 20_000, "lenient": True}
        fault = driver.client.venues.inject(venue, "arrive_late", args=args)
        request = asyncio.create_task(driver.take("late2"))
        await until(lambda: fault.hits > 0)
        assert not driver.client.matcher.orders
        driver.client.clock.advance(20 * SECOND)
        _, body = await request

        assert driver.code(body) == "0"
        assert [o.client_id for o in driver.client.matcher.orders] == ["late2"]


# What can be seen


@every_venue
async def test_orders_fills_and_balances_show_late(venue: str) -> None:
    async with driving(venue) as driver:
        before = await driver.free("BTC")
        driver.client.venues.inject(venue, "vis_lag", args={"ms": 8_000}, for_s=60.0)
        await driver.client.pass_time(1)
        await driver.take("seen1")
        await driver.client.pass_time(5)
        assert await driver.known("seen1") is None
        assert await driver.fees() == []
        assert await driver.free("BTC") == before

        await driver.client.pass_time(4)
        assert await driver.known("seen1") == Known(FILLED[venue], QTY)
        assert len(await driver.fees()) == 1
        assert await driver.free("BTC") == before + Decimal("0.000999")


@every_venue
async def test_only_balances_may_be_old(venue: str) -> None:
    async with driving(venue) as driver:
        before = await driver.free("BTC")
        args: dict[str, object] = {"ms": 8_000, "what": "balances"}
        driver.client.venues.inject(venue, "vis_lag", args=args)
        await driver.client.pass_time(1)
        await driver.take("seen2")
        assert await driver.known("seen2") == Known(FILLED[venue], QTY)
        assert await driver.free("BTC") == before


@every_venue
async def test_an_order_is_accepted_and_rejected_later(venue: str) -> None:
    rejected = {
        "binance": "REJECTED",
        "bybit": "Rejected",
        "okx": "canceled",
        "bitget": "cancelled",
    }
    async with driving(venue) as driver:
        free = await driver.free("USDT")
        driver.client.venues.inject(venue, "async_reject", args={"ms": 1_000})
        _, body = await driver.take("no1")
        assert driver.code(body) == "0"
        assert (await driver.free("USDT")) < free

        await driver.client.pass_time(2)
        assert await driver.known("no1") == Known(rejected[venue], Decimal(0))
        assert await driver.free("USDT") == free


@every_venue
@pytest.mark.parametrize("share", [0, 0.25])
async def test_only_a_part_trades(venue: str, share: float) -> None:
    async with driving(venue) as driver:
        driver.client.venues.inject(venue, "partial", args={"f": share})
        await driver.take("part1")
        (order,) = driver.client.matcher.orders
        assert order.status is OrderStatus.EXPIRED
        known = await driver.known("part1")
        assert known is not None
        assert known.filled == QTY * Decimal(share)


@every_venue
async def test_prices_beyond_the_band(venue: str) -> None:
    refused = {"bybit": "170132", "okx": "51137", "bitget": "43008"}
    async with driving(venue) as driver:
        driver.client.venues.inject(venue, "band", args={"pct": 0})
        _, ask = driver.best()
        _, body = await driver.place("band1", ask + 200, tif="ioc")
        if venue == "binance":
            assert (body["status"], body["expiryReason"]) == (
                "EXPIRED",
                "EXECUTION_RULE_PRICE_RANGE_EXCEEDED",
            )
        else:
            assert driver.code(body) == refused[venue]
            assert not driver.client.matcher.orders


# Fees


@pytest.mark.parametrize(
    ("venue", "coin"), [("binance", "BNB"), ("bybit", "MNT"), ("bitget", "BGB")]
)
async def test_fees_in_the_venues_own_coin_until_there_is_none(venue: str, coin: str) -> None:
    async with driving(venue) as driver:
        world, clock = driver.client.venues.world, driver.client.clock
        held = world.matchers[venue].account.holdings.get(coin)
        if held is not None:
            world.move(venue, coin, -held.free, clock.now_ns(), told=False)
        world.move(venue, coin, Decimal("0.00000001"), clock.now_ns(), told=True)
        driver.client.venues.inject(venue, "fee", args={"coin": "discount"})
        await driver.take("fee1")
        ((fee, asset),) = await driver.fees()
        assert (fee, asset) == (Decimal("0.000001"), "BTC")

        world.move(venue, coin, Decimal(1), clock.now_ns(), told=True)
        await driver.take("fee2")
        paid = next((fee, asset) for fee, asset in await driver.fees() if asset == coin)
        assert 0 < paid[0] < 1
        free = world.matchers[venue].account.holdings[coin].free
        assert free == Decimal("1.00000001") - paid[0]


async def test_okx_takes_fees_in_the_quote_currency_if_told() -> None:
    async with driving("okx") as driver:
        usdt, btc = await driver.free("USDT"), await driver.free("BTC")
        driver.client.venues.inject("okx", "fee", args={"coin": "quote", "taker_pct": "0.2"})
        await driver.take("feeq")
        ((fee, asset),) = await driver.fees()
        (trade,) = driver.client.matcher.trades
        assert asset == "USDT"
        assert fee == (trade.value * Decimal("0.002")).quantize(Decimal("0.00000001"), "ROUND_DOWN")
        assert await driver.free("BTC") == btc + QTY
        assert await driver.free("USDT") == usdt - trade.value - fee


# Keys


@every_venue
async def test_a_key_without_the_right_to_trade(venue: str) -> None:
    refused = {"binance": "-2015", "bybit": "10005", "okx": "50120", "bitget": "40014"}
    async with driving(venue) as driver:
        fault = driver.client.venues.inject(venue, "perms", args={"trade": False})
        _, body = await driver.take("key1")
        assert driver.code(body) == refused[venue]
        assert await driver.free("BTC")
        driver.client.venues.faults.lift(fault.number, driver.client.clock.now_ns())
        assert driver.code((await driver.take("key1"))[1]) == "0"


@every_venue
async def test_an_expired_key_does_nothing(venue: str) -> None:
    refused = {"binance": "-2015", "bybit": "33004", "okx": "50119", "bitget": "40037"}
    async with driving(venue) as driver:
        driver.client.venues.inject(venue, "expire")
        _, body = await driver.take("key2")
        assert driver.code(body) == refused[venue]
        assert not driver.client.matcher.orders


@every_venue
async def test_what_a_key_may_do_is_told(venue: str) -> None:
    async with driving(venue) as driver:
        args: dict[str, object] = {"withdraw": True, "ip_bound": False}
        driver.client.venues.inject(venue, "perms", args=args)
        rights = await rights_of(driver)
        assert rights == (True, False)


async def rights_of(driver: Driver) -> tuple[bool, bool]:
    """Return whether the key may withdraw, and whether it is bound to addresses."""
    client: object = driver.client
    if driver.name == "binance":
        _, body = await client.send("GET", "/sapi/v1/account/apiRestrictions")  # type: ignore[attr-defined]
        return body["enableWithdrawals"], body["ipRestrict"]
    if driver.name == "bybit":
        body = (await client.get("/v5/user/query-api", ""))["result"]  # type: ignore[attr-defined]
        return "Withdraw" in body["permissions"]["Wallet"], body["ips"] != ["*"]
    if driver.name == "okx":
        (body,) = (await client.get("/api/v5/account/config"))["data"]  # type: ignore[attr-defined]
        return "withdraw" in body["perm"].split(","), bool(body["ip"])
    info: Body = await client.get("/api/v2/spot/account/info")  # type: ignore[attr-defined]
    return "wwow" in info["authorities"], bool(info["ips"])


# Somebody else


@every_venue
async def test_other_people_use_the_account(venue: str) -> None:
    async with driving(venue) as driver:
        control = f"{driver.client.venues.description['control']}/world"

        async def act(**action: object) -> Body:
            async with driver.client.session.post(control, json=action) as answer:
                body: Body = await answer.json()
                assert answer.status == 200, body
                return body

        bid, _ = driver.best()
        order = {"venue": venue, "symbol": BTC, "side": "buy", "price": str(bid - 500)}
        placed = await act(action="order", qty="0.001", client_id="human1", **order)
        known = await driver.known("human1")
        assert known is not None
        await act(action="cancel", venue=venue, venue_id=placed["venue_id"])
        (ended,) = driver.client.matcher.orders
        assert (ended.side, ended.status) == (OrderSide.BUY, OrderStatus.CANCELED)

        before = await driver.free("BTC")
        await act(action="transfer", venue=venue, asset="BTC", amount="2.5")
        await act(action="transfer", venue=venue, asset="BTC", amount=-1)
        assert await driver.free("BTC") == before + Decimal("1.5")
        await act(action="balance", venue=venue, asset="BTC", free="0.25")
        assert await driver.free("BTC") == Decimal("0.25")
        moves = [(move.amount, move.told) for move in driver.client.matcher.account.moves]
        assert moves == [
            (Decimal("2.5"), True),
            (Decimal(-1), True),
            (Decimal("0.25") - before - Decimal("1.5"), False),
        ]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"action": "order", "venue": "okx", "symbol": "NO/USDT"}, "unknown_symbol"),
        ({"action": "order", "venue": "mtgox", "symbol": BTC}, "unknown symbol or venue"),
        ({"action": "order", "venue": "okx", "symbol": BTC, "qty": "90000"}, "max_qty"),
        ({"action": "cancel", "venue": "okx", "venue_id": "x"}, "unknown order 'x'"),
        ({"action": "transfer", "venue": "okx", "asset": "BTC", "amount": 0}, "must not be 0"),
        (
            {"action": "transfer", "venue": "okx", "asset": "BTC", "amount": -1e9},
            "insufficient_balance",
        ),
        ({"action": "balance", "venue": "okx", "asset": "BTC", "free": -1}, "must not be below 0"),
        ({"action": "account", "venue": "okx", "kind": "unified"}, "Invalid enum value 'okx'"),
    ],
)
async def test_actions_that_cannot_be_done(action: Body, words: str) -> None:
    async with driving("okx") as driver:
        control = f"{driver.client.venues.description['control']}/world"
        if action["action"] == "order":
            action = {"side": "buy", "price": "60000", "qty": "0.01", **action}
        async with driver.client.session.post(control, json=action) as answer:
            assert answer.status == 400
            assert words in (await answer.json())["error"]


async def test_bitgets_account_becomes_a_unified_one() -> None:
    async with driving("bitget") as driver:
        control = f"{driver.client.venues.description['control']}/world"
        for kind, code in (("unified", "40085"), ("classic", "0")):
            action = {"action": "account", "venue": "bitget", "kind": kind}
            async with driver.client.session.post(control, json=action) as answer:
                assert answer.status == 200
            _, body = await driver.take("uni1")
            assert driver.code(body) == code


# The venue's clock


@every_venue
@pytest.mark.parametrize("ms", [-40_000, 40_000])
async def test_a_venue_with_a_wrong_clock_refuses_who_does_not_follow_it(
    venue: str, ms: int
) -> None:
    refused = {"binance": "-1021", "bybit": "10002", "okx": "50102", "bitget": "40008"}
    async with driving(venue) as driver:
        fault = driver.client.venues.inject(venue, "clock_skew", args={"ms": ms})
        _, body = await driver.take("skew1")
        assert driver.code(body) == refused[venue]
        driver.client.venues.faults.lift(fault.number, driver.client.clock.now_ns())
        assert driver.code((await driver.take("skew1"))[1]) == "0"
