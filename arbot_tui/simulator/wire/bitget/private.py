"""Bitget's private socket of Classic accounts, v2: orders, fills, balances, order operations.

Source: Bitget v2 spot websocket pages (commit of 2025-12-05). Order operations need an approval
by the venue; this account has it. On an account that has become unified it falls silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.events import BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.calls import ClassicCalls
from arbot_tui.simulator.wire.bitget.errors import ApiError
from arbot_tui.simulator.wire.bitget.formats import (
    assets_push,
    fill_push,
    order_push,
    wire_symbol,
)
from arbot_tui.simulator.wire.bitget.session import (
    BitgetSocket,
    OrderRequest,
    SocketRefusal,
    op_of,
)
from arbot_tui.simulator.wire.common.entry import About, OrderEntry
from arbot_tui.simulator.wire.common.fields import Fields
from arbot_tui.simulator.wire.common.json import JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["USER_CHANNELS", "ClassicSocket"]

_ALL = "default"

USER_CHANNELS: dict[str, ChannelKind] = {
    # The names of both dialects.
    "orders": ChannelKind.ORDERS,
    "order": ChannelKind.ORDERS,
    "fill": ChannelKind.FILLS,
    "account": ChannelKind.BALANCES,
}
"""The channels of the private sockets."""


class ClassicSocket(BitgetSocket):
    """All private connections of a Classic account.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        rates: Requests per second, shared with REST.
        entry: The way of orders.
        calls: What is answered.
    """

    channels: ClassVar[Mapping[str, ChannelKind]] = USER_CHANNELS
    paths: ClassVar[Mapping[Op, str]] = {
        Op.PLACE: "/api/v2/spot/trade/place-order",
        Op.CANCEL: "/api/v2/spot/trade/cancel-order",
    }

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        rates: Rates,
        entry: OrderEntry,
        calls: ClassicCalls,
    ) -> None:
        super().__init__(market, keys, network, rates, entry)
        self._calls = calls
        self._symbols = {wire_symbol(i) for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v2/ws/private", self.serve)]

    @property
    def speaks(self) -> bool:
        """Whether the account is a Classic one."""
        return not self.market.unified

    # Subscriptions

    def topic_of(self, arg: JsonObject) -> str:
        """Return the name under which a subscription is kept."""
        kind, channel = str(arg.get("instType")), str(arg.get("channel"))
        if channel == "account":
            if kind == "SPOT" and arg.get("coin"):
                return f"account {arg['coin']}"
        elif channel in ("orders", "fill") and kind == "SPOT":
            name = arg.get("instId")
            if name == _ALL or name in self._symbols:
                return f"{channel} {name}"
        about = f"instType:{kind},channel:{channel},instId:{arg.get('instId')}"
        raise SocketRefusal(30001, f"{about} doesn't exist")

    def subscribed(self, link: Link, arg: JsonObject) -> None:
        """Send the balances, if they were asked for."""
        if arg.get("channel") != "account":
            return
        holdings, coin = self.market.account.holdings, arg.get("coin")
        coins = [a for a, h in holdings.items() if a == coin or (coin == _ALL and h.total)]
        rows = assets_push(holdings, coins, self.market.now_ms())
        self.push(link, arg, "account", "", rows, self.market.now_ms())

    # Events

    def order_changed(self, event: OrderEvent) -> None:
        """Tell a change of an order, and a fill."""
        order, trade = event.order, event.trade
        symbol = wire_symbol(order.instrument)
        self._tell("orders", symbol, order_push(event), event)
        if trade is not None:
            self._tell("fill", symbol, fill_push(trade, order.instrument), event)

    def _tell(self, channel: str, symbol: str, row: JsonObject, event: OrderEvent) -> None:
        for link, client in tuple(self.clients.items() if self.speaks else ()):
            for name in (_ALL, symbol):
                arg = client.topics.get(f"{channel} {name}")
                if arg is not None:
                    self.push(link, arg, channel, event.order.symbol, [row], event.number)

    def balances_changed(self, event: BalanceEvent) -> None:
        """Tell the coins that changed."""
        holdings, now_ms = self.market.account.holdings, self.market.now_ms()
        for link, client in tuple(self.clients.items() if self.speaks else ()):
            for name in (_ALL, *event.assets):
                arg = client.topics.get(f"account {name}")
                if arg is not None:
                    coins = event.assets if name == _ALL else (name,)
                    rows = assets_push(holdings, coins, now_ms)
                    self.push(link, arg, "account", "", rows, event.number)

    # Orders

    def order_request(self, frame: JsonObject, arg: JsonObject) -> OrderRequest:
        """Return the order or cancel that an argument describes."""
        params = arg.get("params")
        if not isinstance(params, Mapping) or arg.get("instType") != "SPOT":
            raise SocketRefusal(30016, "Param error")
        head = {name: arg.get(name) for name in ("id", "instType", "channel", "instId")}
        fields = Fields({**params, "symbol": arg.get("instId")})
        return OrderRequest(op_of(arg.get("channel")), str(arg.get("id") or ""), head, fields)

    def about(self, request: OrderRequest) -> About:
        """Return what an order request is about."""
        return self._calls.about(request.op, request.fields)

    def in_time(self, request: OrderRequest) -> None:
        """Refuse an order that arrives later than it says it may."""
        if request.op is Op.PLACE:
            self._calls.check_latency(request.fields)

    def deal_with(self, request: OrderRequest) -> str:
        """Do what a request asks for and return the frame with the answer."""
        call = self._calls.place if request.op is Op.PLACE else self._calls.cancel
        answer = {**request.head, "params": call(request.fields)}
        return encode({"event": "trade", "arg": [answer], "code": 0, "msg": "Success"})

    def error_frame(self, request: OrderRequest, error: ApiError) -> str:
        """Return the frame that refuses an order request."""
        return encode(
            {
                "event": "error",
                "id": request.ident,
                "arg": [request.head],
                "code": int(error.code),
                "msg": error.message,
            }
        )
