"""Orders over Binance's WebSocket API (web-socket-api, 2026-07-21; facts page section 9).

Each order signs itself, whatever the type of key; there is no login.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderEvent, OrderReject, OrderRequest, OrderUnknown
from arbot_tui.domain.refusal import Reaction, placement_event
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.errors import refusal
from arbot_tui.exchanges.binance.execution import BinanceExecution
from arbot_tui.exchanges.binance.placement import parse_placement
from arbot_tui.exchanges.binance.quotas import Count
from arbot_tui.exchanges.binance.signing import Signer, ws_payload
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestResponse
from arbot_tui.exchanges.transport.signed_socket import EntryReply, Farewell, Told

__all__ = ["WsOrders"]

_VENUE = "binance"
_BANNED = frozenset({418, 429})
_STAY_S = 60.0


class _Event(msgspec.Struct):
    e: str = ""


class _BanData(msgspec.Struct):
    retryAfter: int = 0  # UTC milliseconds, unlike the seconds of REST


class _Error(msgspec.Struct):
    code: int
    msg: str = ""
    data: _BanData | None = None


class _Reply(msgspec.Struct):
    id: str | int | None = None
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None
    event: _Event | None = None
    rateLimits: list[Count] = []


_decode = msgspec.json.Decoder(_Reply).decode


class WsOrders:
    """The language of order entry; see `EntryDialect`."""

    venue = _VENUE
    topics: frozenset[str] = frozenset()
    needs_login = False

    def __init__(
        self, credentials: Credentials, execution: BinanceExecution, clock: Clock, ban: BanClock
    ) -> None:
        """Prepare.

        Args:
            credentials: Key that signs.
            execution: Knows deadlines, quotas and the ids of orders.
            clock: Our clock.
            ban: Learns how long to stay away.
        """
        self._key = credentials.api_key
        self._signer = Signer(credentials)
        self._execution = execution
        self._clock = clock
        self._ban = ban

    def opening(self) -> Sequence[bytes]:
        """Return nothing: each order signs itself."""
        return ()

    def subscriptions(self) -> Sequence[bytes]:
        """Return nothing."""
        return ()

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return the answer in a frame, or that the connection ends.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        reply = _read(raw)
        if reply.event is not None:
            return (Farewell(reply.event.e),) if reply.event.e == "serverShutdown" else ()
        return (EntryReply(reply.id, raw),) if isinstance(reply.id, str) else ()

    def charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs."""
        return self._execution.order_charges(instrument)

    def frame(self, order: OrderRequest, instrument: Instrument) -> bytes | OrderReject | None:
        """Return the signed frame of an order, or that its deadline has passed."""
        timing = self._execution.timing(order)
        if isinstance(timing, OrderReject):
            return timing
        timestamp_ms, window_ms = timing
        params = dict(self._execution.order_params(order, instrument))
        params |= {
            "apiKey": self._key,
            "recvWindow": str(window_ms),
            "timestamp": str(timestamp_ms),
        }
        signature = self._signer.sign(ws_payload(params))
        sent = params | {
            # Numbers, signed in the textual form in which they are sent.
            "recvWindow": window_ms,
            "timestamp": timestamp_ms,
            "signature": signature,
        }
        request = {"id": order.client_id, "method": "order.place", "params": sent}
        return msgspec.json.encode(request)

    def events(self, reply: bytes, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Return acknowledgement, executions and state, or why there are none.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        answer = _read(reply)
        self._execution.counted(answer.rateLimits, self._clock.now_ns())
        if answer.status == 200:
            placement = parse_placement(bytes(answer.result), order, instrument.wire_symbol)
            self._execution.placed(placement)
            return [placement.ack, *placement.fills, placement.state]
        if answer.error is None or answer.status >= 500:
            # The answer of a server that failed says nothing of the order.
            return [OrderUnknown(_VENUE, order.client_id, f"status {answer.status}")]
        self._heed(answer)
        body = msgspec.json.encode({"code": answer.error.code, "msg": answer.error.msg})
        refused = refusal(RestResponse(answer.status, {}, body, 0, self._clock.now_ns()))
        if refused is None:
            raise MalformedMessage(_VENUE, f"status {answer.status}")
        if refused.reaction is Reaction.LATE:
            self._execution.doubt_clock()
        return [placement_event(refused, order.client_id)]

    def _heed(self, answer: _Reply) -> None:
        """Stay away where the venue says so; an exceeded order count stops orders alone."""
        error = answer.error
        if answer.status not in _BANNED or error is None or error.code != -1003:
            return
        now_ns = self._clock.now_ns()
        until_ms = error.data.retryAfter if error.data is not None else 0
        left_s = until_ms / 1000 - (now_ns + self._execution.offset_ns) / (1000 * MS)
        self._ban.stay_away(left_s if left_s > 0 else _STAY_S, now_ns)


def _read(raw: bytes) -> _Reply:
    try:
        return _decode(raw)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"order entry: {sanitise(str(e))}") from e
