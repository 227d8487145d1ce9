"""OKX's private socket: orders with their executions, and balances (v5, 2026-07-23).

Facts page section 8. The ``orders`` channel carries each execution; the ``fills`` channel is for
VIP4 and tells no fees. A message can come twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact, parse_decimal, positive
from arbot_tui.domain.orders import Balance, Fee, Fill, OrderSide, split_fees
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.okx.answers import OrderRow, order_state
from arbot_tui.exchanges.okx.fills import fee_of, trade_id
from arbot_tui.exchanges.okx.signing import ws_login
from arbot_tui.exchanges.transport.private_dialect import TextPingDialect, is_pong
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    Farewell,
    SocketRefused,
    Told,
)
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["PrivateStream", "socket_options"]

_VENUE = "okx"
_CLOSING = "64008"
_REBATES_KEPT = 1_000
"""Orders whose rebate so far is remembered: only a maker has one, and we take."""


def socket_options(url: str) -> WebSocketOptions:
    """Return how a private connection is kept (connection rules, 2026-07-03)."""
    return WebSocketOptions(
        url=url,
        frames_per_s=5.0,
        silence_s=10.0,
        heartbeat=Heartbeat(text=b"ping", is_pong=is_pong, quiet_s=2.0),
    )


class _Order(OrderRow, frozen=True):
    """An order push: the order, and the execution that this push tells of."""

    fillSz: str = ""
    fillPx: str = ""
    fillFee: str = ""
    fillFeeCcy: str = ""
    fillTime: str = ""
    tradeId: str = ""
    rebate: str = ""
    rebateCcy: str = ""


class _Detail(msgspec.Struct):
    ccy: str
    availBal: str
    frozenBal: str


class _Account(msgspec.Struct):
    details: list[_Detail] = []


class _Arg(msgspec.Struct, frozen=True):
    channel: str = ""


class _Frame(msgspec.Struct):
    event: str = ""
    code: str = ""
    msg: str = ""
    arg: _Arg = _Arg()
    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


_decode = msgspec.json.Decoder(_Frame).decode
_orders = msgspec.json.Decoder(list[_Order]).decode
_accounts = msgspec.json.Decoder(list[_Account]).decode


class PrivateStream(TextPingDialect):
    """The language of the private socket; see `SocketDialect`."""

    venue = _VENUE
    topics = frozenset({"orders", "account"})

    def __init__(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> None:
        """Prepare."""
        super().__init__(credentials, venue_ms, instrument)
        self._rebates: dict[str, Decimal] = {}

    def opening(self) -> Sequence[bytes]:
        """Return the login; its timestamp is in seconds."""
        return [ws_login(self._credentials, self._venue_ms() // 1000).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return the subscription of both channels; each is answered for itself."""
        args = [
            {"channel": "orders", "instType": "SPOT"},
            # Without it there are periodic pushes as well.
            {"channel": "account", "extraParams": '{"updateInterval":"0"}'},
        ]
        return [msgspec.json.encode({"id": "private", "op": "subscribe", "args": args})]

    def _told(self, raw: bytes) -> Iterable[Told]:
        frame = _decode(raw)
        match frame.event or frame.arg.channel:
            case "orders":
                return [told for row in _orders(frame.data) for told in self._order(row)]
            case "account":
                return [BalancesTold(_balances(frame.data))]
            case "channel-conn-count-error":
                # Comes after a positive answer: that subscription is dead.
                return (SocketRefused(f"too many connections for {sanitise(frame.channel, 40)}"),)
            case "notice" if frame.code == _CLOSING:
                return (Farewell(f"notice {frame.code} {sanitise(frame.msg)}".strip()),)
            case _:
                return self._answered(frame.event, frame.code, frame.msg, frame.arg.channel)

    def _order(self, row: _Order) -> Iterable[Told]:
        state = order_state(row, "", "stream")
        # The closing message of an order repeats no execution: size 0, no trade. What does not
        # say what it cost is left to the list of executions, which does.
        told = row.tradeId and row.fillSz and row.fillFee and row.fillFeeCcy
        if not told or not parse_decimal(row.fillSz):
            return (state,)
        fees = self._fees(row)
        if fees is None:
            return (state,)
        fee, coin, more = split_fees(fees)
        fill = Fill(
            _VENUE,
            state.client_id,
            self._symbol(row.instId),
            trade_id(row.tradeId),
            OrderSide(row.side),
            positive(row.fillPx),
            positive(row.fillSz),
            fee,
            coin,
            from_millis(row.fillTime),
            more,
        )
        return (fill, state)

    def _fees(self, row: _Order) -> Sequence[Fee] | None:
        """Return what this execution cost, and what it brought; None where the push cannot tell.

        ``fillFee`` is of this execution, fee or rebate; ``rebate`` is the order's so far, so that
        what a fee leaves unsaid is what it grew by.
        """
        fees = [fee_of(row.fillFee, row.fillFeeCcy)]
        so_far = parse_decimal(row.rebate or "0")
        if not so_far:
            return fees
        first = parse_decimal(row.accFillSz) == parse_decimal(row.fillSz)
        before = ZERO if first else self._rebates.get(row.ordId)
        self._rebates[row.ordId] = so_far
        while len(self._rebates) > _REBATES_KEPT:
            del self._rebates[next(iter(self._rebates))]
        if fees[0][1] < 0:
            return fees
        if before is None:
            return None
        return [*fees, fee_of(str(exact.subtract(so_far, before)), row.rebateCcy)]


def _balances(data: msgspec.Raw) -> tuple[Balance, ...]:
    return tuple(
        Balance(
            sanitise(row.ccy, 20).upper(),
            parse_decimal(row.availBal or "0"),
            parse_decimal(row.frozenBal or "0"),
        )
        for account in _accounts(data)
        for row in account.details
    )
