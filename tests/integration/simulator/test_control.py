"""The control server: venues, truth and the operator's hand."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
import pytest

from arbot_tui.simulator.server import SyntheticVenues

PATHS = {
    "binance": ("/ws-api/v3", "/ws-api/v3"),
    "bybit": ("/v5/private", "/v5/trade"),
    "okx": ("/ws/v5/private", "/ws/v5/private"),
    "bitget": ("/v2/ws/private", "/v2/ws/private"),
}


async def test_venues_describes_every_part(
    session: aiohttp.ClientSession, venues: SyntheticVenues
) -> None:
    async with session.get(f"{venues.description['control']}/venues") as answer:
        body = await answer.json()
    assert body == venues.description
    assert body["world_id"] == venues.world.world_id
    assert set(body) == {"world_id", "seed", "control", "venues"}
    for name, about in body["venues"].items():
        assert set(about) == {
            "rest",
            "ws_public",
            "ws_private",
            "ws_trade",
            "api_key",
            "api_secret",
            "passphrase",
        }
        host = about["rest"].removeprefix("http://")
        private, trade = PATHS[name]
        assert about["ws_private"] == f"ws://{host}{private}"
        assert about["ws_trade"] == f"ws://{host}{trade}"
        assert about["rest"].startswith("http://127.0.0.1:")
        assert about["ws_public"].startswith("ws://127.0.0.1:")


async def test_worlds_have_names_and_keys_of_their_own(venues: SyntheticVenues) -> None:
    async with SyntheticVenues(venues.world.spec) as other:
        one, two = venues.description, other.description
        assert one["world_id"] != two["world_id"]
        for name in one["venues"]:
            assert one["venues"][name]["api_key"] != two["venues"][name]["api_key"]
            assert one["venues"][name]["api_secret"] != two["venues"][name]["api_secret"]


async def test_truth_has_all_four_venues(
    session: aiohttp.ClientSession, venues: SyntheticVenues
) -> None:
    async with session.get(f"{venues.description['control']}/truth") as answer:
        body = await answer.json()
    assert body["world_id"] == venues.world.world_id
    assert set(body["venues"]) == {"binance", "bybit", "okx", "bitget"}
    for row in body["venues"].values():
        assert set(row) == {"opening", "balances", "orders", "fills", "moves"}
        assert Decimal(row["opening"]["USDT"]) == Decimal(row["balances"]["USDT"]["free"])


async def test_a_price_can_be_set_and_given_back(
    session: aiohttp.ClientSession, venues: SyntheticVenues
) -> None:
    world = f"{venues.description['control']}/world"
    action = {"action": "price", "symbol": "BTC/USDT", "venue": "okx", "mid": "50000"}
    async with session.post(world, json=action) as answer:
        assert (await answer.json())["ok"] is True
    book = venues.world.books("okx")["BTC/USDT"]
    assert abs(book.instrument.price(book.best_bid.ticks) - 50_000) < 1
    async with session.post(world, json={**action, "mid": None}) as answer:
        assert answer.status == 200
    assert book.instrument.price(book.best_bid.ticks) > 55_000


EDGE = {"action": "edge", "symbol": "BTC/USDT", "buy": "okx", "sell": "bybit", "pct": 1}


async def test_an_edge_can_be_opened(
    session: aiohttp.ClientSession, venues: SyntheticVenues
) -> None:
    action = {**EDGE, "size": "0.5", "life_s": 30}
    async with session.post(f"{venues.description['control']}/world", json=action) as answer:
        assert answer.status == 200
    (edge,) = venues.world.live_edges
    assert (edge.net_e8, edge.size) == (1_000_000, Decimal("0.5"))


@pytest.mark.parametrize(
    "action",
    [
        "no json",
        "{}",
        {"action": "dance"},
        {**EDGE, "symbol": "NOPE/USDT"},
        {**EDGE, "buy": "nowhere"},
        {**EDGE, "buy": "bybit"},
        {**EDGE, "pct": "much"},
        {**EDGE, "pct": "NaN"},
        {**EDGE, "pct": 51},
        {**EDGE, "size": 0},
        {**EDGE, "size": "-1"},
        {**EDGE, "life_s": 0},
        {**EDGE, "life_s": 1e9},
        {**EDGE, "extra": 1},
        {"action": "price", "symbol": "BTC/USDT", "venue": "nowhere", "mid": 1},
        {"action": "price", "symbol": "BTC/USDT", "venue": "okx", "mid": 0},
        {"action": "price", "symbol": "BTC/USDT", "venue": "okx"},
    ],
)
async def test_a_bad_action_says_why_and_does_nothing(
    session: aiohttp.ClientSession, venues: SyntheticVenues, action: dict[str, object] | str
) -> None:
    url = f"{venues.description['control']}/world"
    sent = {"data": action} if isinstance(action, str) else {"json": action}
    async with session.post(url, data=sent.get("data"), json=sent.get("json")) as answer:
        assert answer.status == 400
        assert list(await answer.json()) == ["error"]
    assert venues.world.live_edges == ()


@pytest.mark.parametrize("path", ["/", "/nothing", "/faults/x"])
async def test_what_does_not_exist_yet_is_404(
    session: aiohttp.ClientSession, venues: SyntheticVenues, path: str
) -> None:
    async with session.get(venues.description["control"] + path) as answer:
        assert answer.status == 404
