"""Bybit's private socket: orders, executions, wallet (v5 websocket/private, 2026-07-24).

Facts page section 8. The order of ``order`` and ``execution`` messages is not guaranteed, and
both may come before the answer to the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, amount
from arbot_tui.domain.orders import OrderState
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bybit.answers import (
    CoinRow,
    ExecutionRow,
    OrderRow,
    balance_of,
    fill_of,
    is_trade,
    order_status,
)
from arbot_tui.exchanges.bybit.errors import IP_BAN_S
from arbot_tui.exchanges.bybit.signing import ws_auth
from arbot_tui.exchanges.transport.private_dialect import PrivateDialect
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["AUTH_VALID_MS", "PrivateStream", "socket_options"]

_VENUE = "bybit"
_TOPICS = ("order.spot", "execution.spot", "wallet")
_ALL = "all"
_SUBSCRIBE = "private"
AUTH_VALID_MS = 10_000
"""How far ahead a login expires: the samples' second fails on small clock errors."""


def _is_pong(raw: bytes) -> bool:
    return b'"pong"' in raw and b'"topic"' not in raw


def socket_options(url: str) -> WebSocketOptions:
    """Return how a private or trade connection is kept (connection rules, 2026-07-24)."""
    return WebSocketOptions(
        url=url,
        frames_per_s=10.0,
        silence_s=10.0,
        heartbeat=Heartbeat(text=b'{"op":"ping"}', is_pong=_is_pong, quiet_s=2.0, every_s=20.0),
        bans={429: 60.0, 418: 120.0, 403: IP_BAN_S},
    )


class _Frame(msgspec.Struct):
    topic: str = ""
    op: str = ""
    success: bool | None = None
    ret_msg: str = ""
    # How the trade socket words it.
    retCode: int | None = None
    retMsg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class _Wallet(msgspec.Struct):
    coin: list[CoinRow] = []


_decode = msgspec.json.Decoder(_Frame).decode
_orders = msgspec.json.Decoder(list[OrderRow]).decode
_executions = msgspec.json.Decoder(list[ExecutionRow]).decode
_wallets = msgspec.json.Decoder(list[_Wallet]).decode


class PrivateStream(PrivateDialect):
    """The language of the private socket; see `SocketDialect`."""

    venue = _VENUE
    topics = frozenset({_ALL})

    def opening(self) -> Sequence[bytes]:
        """Return the login."""
        return [ws_auth(self._credentials, self._venue_ms() + AUTH_VALID_MS).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return the subscription of all topics: one frame, one answer."""
        frame = {"req_id": _SUBSCRIBE, "op": "subscribe", "args": _TOPICS}
        return [msgspec.json.encode(frame)]

    def _told(self, raw: bytes) -> Iterable[Told]:
        frame = _decode(raw)
        match frame.topic or frame.op:
            case "order" | "order.spot":
                return [_state(row) for row in _orders(frame.data)]
            case "execution" | "execution.spot":
                rows = _executions(frame.data)
                return [self._fill(row) for row in rows if is_trade(row)]
            case "wallet":
                coins = [coin for account in _wallets(frame.data) for coin in account.coin]
                return [BalancesTold(tuple(map(balance_of, coins)))]
        if frame.op not in ("auth", "subscribe"):
            return ()
        if not (frame.success or (frame.success is None and frame.retCode == 0)):
            words = frame.ret_msg or frame.retMsg
            return [SocketRefused(f"{frame.op} {sanitise(words)}".strip())]
        return [LoggedIn() if frame.op == "auth" else Subscribed(_ALL)]

    def _fill(self, row: ExecutionRow) -> Told:
        instrument = self._instrument(row.symbol)
        if instrument is None:
            # An order of somebody else on what we do not follow: its name is all there is.
            name = sanitise(row.symbol, 40)
            instrument = Instrument(_VENUE, name, name, "", ZERO, ZERO)
        return fill_of(row, sanitise(row.orderLinkId, 64), instrument)


def _state(row: OrderRow) -> OrderState:
    filled = amount(row.cumExecQty)
    client_id, venue_id = sanitise(row.orderLinkId, 64), sanitise(row.orderId, 64)
    status = order_status(row, filled)
    return OrderState(_VENUE, client_id, status, filled, ("stream",), venue_id)
