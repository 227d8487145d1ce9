"""Row 12: no name resolves while the answer to an order is awaited, over real connectors."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import aiohttp
import pytest

from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.orders import OrderEvent, OrderSide, OrderStatus, OrderUnknown
from arbot_tui.exchanges.transport import websocket
from arbot_tui.exchanges.transport.backoff import FullJitterBackoff
from tests.integration.exchanges.test_private_world import KINDS
from tests.integration.exchanges.world import world_of
from tests.unit.exchanges.loopback import Market, until

_NAME = "venue.test"


class Names:
    """What resolves names: the venue's is that of this machine, or for now of none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.down = False
        self.refused = 0
        self._ask = loop.getaddrinfo

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        if host == _NAME and self.down:
            self.refused += 1
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return await self._ask("127.0.0.1" if host == _NAME else host, port, **hints)


@pytest.mark.parametrize("name", ["binance", "bitget"])
async def test_an_order_stays_unknown_until_names_resolve_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    names = Names(loop)
    monkeypatch.setattr(loop, "getaddrinfo", names.getaddrinfo, raising=False)
    # A name kept from before, or a connection, would hide the outage for a while.
    connector = partial(aiohttp.TCPConnector, use_dns_cache=False, force_close=True)
    monkeypatch.setattr(aiohttp, "TCPConnector", lambda **_: connector())
    quick = partial(FullJitterBackoff, base_s=0.1)
    monkeypatch.setattr(websocket, "FullJitterBackoff", lambda draw, **_: quick(draw, cap_s=0.2))
    async with world_of(KINDS[name], name) as world:
        about = world.about
        for part in ("rest", "ws_public"):
            about[part] = about[part].replace("127.0.0.1", _NAME)
        adapter = world.make(about["api_secret"])
        adapter.set_universe(
            {i.wire_symbol: world.rows[i.symbol] for i in world.instruments.values()},
            list(world.instruments.values()),
        )
        await adapter.sync_clock()
        market, told = Market(), list[OrderEvent]()
        feed = asyncio.create_task(adapter.connect_ws(market))
        try:
            await until(lambda: market.tickers)
            await world.fault("ack_lost", args={"op": "place", "how": "reset"})
            order = await world.order("t9x0y1", OrderSide.BUY, "1.01")
            adapter.submit(order, told.append)
            await until(lambda: told)
            assert [type(event) for event in told] == [OrderUnknown]

            names.down = True
            await world.fault("rst")
            for _ in range(10):
                # It cannot even be asked: that is no answer, and none is made of it.
                with pytest.raises(ExchangeUnavailable):
                    await adapter.query_order("BTC/USDT", order.client_id)
                await asyncio.sleep(0.05)
            await until(lambda: len(market.of(FeedEventKind.CONNECTING)) >= 3)
            quiet = len(market.tickers)
            await asyncio.sleep(0.1)
            assert len(market.tickers) == quiet
            assert names.refused > 10

            names.down = False
            state = await adapter.query_order("BTC/USDT", order.client_id)
            assert (state.status, state.filled_qty) == (OrderStatus.FILLED, order.qty)
            await until(lambda: len(market.tickers) > quiet)
            rows = (await world.truth())["orders"]
            assert isinstance(rows, list)
            assert [row["client_id"] for row in rows] == [order.client_id]
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
            await adapter.close()
