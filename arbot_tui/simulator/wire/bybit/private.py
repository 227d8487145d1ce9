"""Bybit's private socket: orders, executions and the wallet.

Source: bybit-exchange/docs `v5/ws/connect`, `v5/websocket/wss-authentication` and
`v5/websocket/private/{order,execution,fast-execution,wallet}`, 2026-07-24. An IOC is told in its
final state only, which the documentation allows for; what is subscribed is told from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from arbot_tui.simulator.core.events import AccountEvent, BalanceEvent, EventKind, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.core.orders import TimeInForce
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.calls import AccountCalls
from arbot_tui.simulator.wire.bybit.formats import (
    execution_body,
    fast_execution_body,
    order_body,
    wallet_body,
)
from arbot_tui.simulator.wire.bybit.session import control_frame, idle_ms, refused_login
from arbot_tui.simulator.wire.common.json import Json, JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.private import PrivateClient, PrivateServer

__all__ = ["USER_CHANNELS", "PrivateSocket"]

_TOPIC = re.compile(r"(order|execution|execution\.fast|position)(\.(spot|linear|inverse|option))?")

USER_CHANNELS: dict[str, ChannelKind] = {
    "order": ChannelKind.ORDERS,
    "execution": ChannelKind.FILLS,
    "execution.fast": ChannelKind.FILLS,
    "wallet": ChannelKind.BALANCES,
}
"""The topics of the private socket, without a category."""


class _Refused(Exception):
    """A control frame that is answered with `success: false`."""


class _Client(PrivateClient):
    """A connection and how long it may be silent."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.idle_ms = idle_ms("")


class PrivateSocket(PrivateServer[_Client]):
    """All private connections of the venue.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.
        calls: Knows prices.
    """

    channels: ClassVar[Mapping[str, ChannelKind]] = USER_CHANNELS
    # The one who looks for silent connections comes by every thirty seconds; here more often.
    turn_s = 1.0

    def __init__(
        self, market: Market, keys: VenueKeys, network: Network, calls: AccountCalls
    ) -> None:
        super().__init__(market, keys, network, _Client)
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v5/private", self.serve)]

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Note a new client and how long it wants to be silent."""
        super().opened(link, path, query)
        self.clients[link].idle_ms = idle_ms(query.get("max_active_time", ""))

    def heard(self, link: Link, text: str) -> None:
        """Answer a control frame."""
        client = self.clients[link]
        client.heard_ms = self.market.elapsed_ms()
        frame = control_frame(text)
        op, req_id = frame.get("op"), frame.get("req_id")
        named: dict[str, Json] = {"req_id": req_id} if isinstance(req_id, str) else {}
        if op == "ping":
            pong: JsonObject = {"op": "pong", "args": [str(self.market.now_ms())]}
            link.send(encode({**named, **pong, "conn_id": client.conn_id}))
            return
        answer: dict[str, Json] = {"success": True, "ret_msg": "", "op": str(op)}
        try:
            self._control(link, client, str(op), frame.get("args"))
        except _Refused as refused:
            answer |= {"success": False, "ret_msg": str(refused)}
        link.send(encode({**answer, **named, "conn_id": client.conn_id}))

    def turn(self) -> None:
        """Close who is silent, and who came with a key that has expired."""
        now_ms = self.market.elapsed_ms()
        for link, client in tuple(self.clients.items()):
            if client.heard_ms < now_ms - client.idle_ms and not link.gone:
                link.close(1000, "")
        if self.market.key_rights is None:
            self.close_logged_in(1008, "api key expired")

    def _control(self, link: Link, client: _Client, op: str, args: Json) -> None:
        if op == "auth":
            wrong = refused_login(self.market, self.keys, args)
            if wrong is not None:
                raise _Refused("Params Error" if wrong == 10001 else f"error:USVC{wrong}")
            client.logged_in = True
        elif op not in ("subscribe", "unsubscribe"):
            raise _Refused("error:invalid op")
        elif not client.logged_in:
            raise _Refused("Request not authorized")
        else:
            names = _names(args)
            for name in names:
                if op == "subscribe":
                    link.subscriptions[name] = None
                else:
                    link.subscriptions.pop(name, None)

    # Events

    def order_changed(self, event: OrderEvent) -> None:
        """Tell the execution, if there is one, and the order."""
        order, trade = event.order, event.trade
        if trade is not None:
            execution = {"category": "spot", **execution_body(trade, order), "isLeverage": "0"}
            self._tell_all("execution", execution, event)
            fast = fast_execution_body(trade, order.instrument)
            self._tell_all("execution.fast", fast, event)
        resting = order.tif is TimeInForce.GTC
        if resting or not order.is_open:
            if event.kind is EventKind.NEW and not resting:
                return
            self._tell_all("order", order_body(order), event)

    def balances_changed(self, event: BalanceEvent) -> None:
        """Tell the coins that changed."""
        holdings = self.market.account.holdings
        (wallet,) = wallet_body(holdings, event.assets, self._calls.prices())
        self._tell_all("wallet", wallet, event)

    def _tell_all(self, topic: str, body: JsonObject, event: AccountEvent) -> None:
        now_ms = self.market.now_ms()
        for name in (topic, f"{topic}.spot"):
            for link in self.subscribers(name):
                client = self.clients[link]
                client.heard_ms = self.market.elapsed_ms()
                frame: JsonObject = {
                    "id": f"{client.conn_id[:8]}-20000-{event.number}",
                    "topic": name,
                    "creationTime": now_ms,
                    "data": [body],
                }
                self.tell_event(link, encode(frame), topic, event)


def _names(args: Json) -> list[str]:
    if not isinstance(args, list) or not args:
        raise _Refused("error:args is empty")
    names = [str(name) for name in args]
    for name in names:
        if name != "wallet" and not _TOPIC.fullmatch(name):
            raise _Refused(f"error:handler not found,topic:{name}")
    kinds = {"." in name.removeprefix("execution.fast") for name in names if name != "wallet"}
    if len(kinds) > 1:
        raise _Refused("error:all-in-one and categorised topics must not be mixed")
    return names
