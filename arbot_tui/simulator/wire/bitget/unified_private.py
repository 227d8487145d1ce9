"""Bitget's private socket of unified accounts, v3: orders, fills, balances, order operations.

Source: Bitget UTA websocket pages (commit of 2025-12-05), change log to 2026-10-06. One topic is
for all products; the world has spot only. On a Classic account it stays silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.events import BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.errors import ApiError
from arbot_tui.simulator.wire.bitget.private import USER_CHANNELS
from arbot_tui.simulator.wire.bitget.session import (
    BitgetSocket,
    OrderRequest,
    SocketRefusal,
    op_of,
)
from arbot_tui.simulator.wire.bitget.unified_calls import UnifiedCalls
from arbot_tui.simulator.wire.bitget.unified_formats import account_push, fill, order_row
from arbot_tui.simulator.wire.common.entry import About, OrderEntry
from arbot_tui.simulator.wire.common.fields import Fields
from arbot_tui.simulator.wire.common.json import Json, JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["UnifiedSocket"]

_TOPICS = ("order", "fill", "account")
# Balances are told again and again.
_REPEAT_TURNS = 5


class UnifiedSocket(BitgetSocket):
    """All private connections of a unified account.

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
        Op.PLACE: "/api/v3/trade/place-order",
        Op.CANCEL: "/api/v3/trade/cancel-order",
    }

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        rates: Rates,
        entry: OrderEntry,
        calls: UnifiedCalls,
    ) -> None:
        super().__init__(market, keys, network, rates, entry)
        self._calls = calls
        self._turns = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v3/ws/private", self.serve)]

    @property
    def speaks(self) -> bool:
        """Whether the account is a unified one."""
        return self.market.unified

    def turn(self) -> None:
        """Close whom it has to, and tell balances every five seconds."""
        super().turn()
        self._turns += 1
        if self._turns % _REPEAT_TURNS == 0 and self.speaks:
            for link, client in tuple(self.clients.items()):
                if "account" in client.topics:
                    self.subscribed(link, client.topics["account"])

    # Subscriptions

    def topic_of(self, arg: JsonObject) -> str:
        """Return the name under which a subscription is kept."""
        kind, topic = str(arg.get("instType")), str(arg.get("topic"))
        if kind != "UTA" or topic not in _TOPICS:
            raise SocketRefusal("30001", f"instType:{kind},topic:{topic} doesn't exist")
        return topic

    def subscribed(self, link: Link, arg: JsonObject) -> None:
        """Send the balances, if they were asked for."""
        if arg.get("topic") == "account":
            body = account_push(self.market.account.holdings, None)
            self.push(link, arg, "account", "", [body], self.market.now_ms())

    # Events

    def order_changed(self, event: OrderEvent) -> None:
        """Tell a change of an order, and a fill."""
        order, trade = event.order, event.trade
        self._tell("order", {**order_row(order), "category": "spot"}, event)
        if trade is not None:
            row = {**fill(trade, order.instrument, "execTime"), "category": "spot"}
            self._tell("fill", row, event)

    def _tell(self, topic: str, row: JsonObject, event: OrderEvent) -> None:
        for link, client in tuple(self.clients.items() if self.speaks else ()):
            arg = client.topics.get(topic)
            if arg is not None:
                self.push(link, arg, topic, event.order.symbol, [row], event.number)

    def balances_changed(self, event: BalanceEvent) -> None:
        """Tell the coins that changed."""
        body = account_push(self.market.account.holdings, event.assets)
        for link, client in tuple(self.clients.items() if self.speaks else ()):
            arg = client.topics.get("account")
            if arg is not None:
                self.push(link, arg, "account", "", [body], event.number)

    # Orders

    def order_request(self, frame: JsonObject, arg: JsonObject) -> OrderRequest:
        """Return the order or cancel that a frame describes."""
        if str(frame.get("category")).lower() != "spot":
            raise SocketRefusal("30016", "Param error")
        head = {name: frame.get(name) for name in ("id", "category", "topic")}
        fields = Fields({**arg, "category": "SPOT"})
        return OrderRequest(op_of(frame.get("topic")), str(frame.get("id") or ""), head, fields)

    def about(self, request: OrderRequest) -> About:
        """Return what an order request is about."""
        return self._calls.about(request.op, request.fields)

    def deal_with(self, request: OrderRequest) -> str:
        """Do what a request asks for and return the frame with the answer."""
        call = self._calls.place if request.op is Op.PLACE else self._calls.cancel
        answer, now = call(request.fields), str(self.market.now_ms())
        item: dict[str, Json] = {"symbol": request.fields.text("symbol"), "cTime": now}
        if isinstance(answer, Mapping):
            item |= answer
        body: JsonObject = {"event": "trade", **request.head, "args": [item]}
        return encode({**body, "code": "0", "msg": "success", "ts": now})

    def error_frame(self, request: OrderRequest, error: ApiError) -> str:
        """Return the frame that refuses an order request."""
        body: JsonObject = {"event": "error", "id": request.ident}
        return encode({**body, "code": error.code, "msg": error.message})
