"""Orders and cancels on OKX's private socket.

Source: OKX API guide, WS place and cancel order, 2026-06-29 to 2026-07-23.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import Json, JsonObject, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.okx.calls import AccountCalls, Reply
from arbot_tui.simulator.wire.okx.errors import ApiError, bad_field
from arbot_tui.simulator.wire.okx.formats import instrument_code, instrument_id
from arbot_tui.simulator.wire.okx.rest_private import ORDERS_PER_2S, bucket

__all__ = ["OrderOperations"]

_OPS = {"order": Op.PLACE, "cancel-order": Op.CANCEL}


class _Request(NamedTuple):
    """An order or a cancel.

    Attributes:
        name: The operation as it was sent.
        named: Its id, to be repeated; empty if it has none.
        in_ns: When it came, by the venue's clock.
        deadline: Until when it counts; None for ever.
        fields: What it asks for, the instrument by its name.
    """

    name: str
    named: Mapping[str, Json]
    in_ns: int
    deadline: str | None
    fields: Fields

    @property
    def op(self) -> Op:
        """What it asks for."""
        return _OPS[self.name]


class OrderOperations:
    """Deals with the order operations of one venue.

    Args:
        market: The venue's window on the world.
        calls: What is answered.
        entry: The way of orders.
    """

    def __init__(self, market: Market, calls: AccountCalls, entry: OrderEntry) -> None:
        self._market = market
        self._calls = calls
        self._entry = entry
        self._names = {instrument_code(i): instrument_id(i) for i in market.instruments}

    def deal_with(
        self,
        link: Link,
        frame: Mapping[str, Json],
        named: Mapping[str, Json],
        *,
        logged_in: bool,
    ) -> None:
        """Deal with a frame, which faults may meet on its way.

        Args:
            link: Who sent it.
            frame: An `order` or a `cancel-order`.
            named: Its id, to be repeated; empty if it has none.
            logged_in: Whether the sender may ask.
        """
        args, deadline = frame.get("args"), frame.get("expTime")
        arg = args[0] if isinstance(args, list) and len(args) == 1 else None
        request = _Request(
            str(frame.get("op")),
            named,
            self._market.now_ns(),
            None if deadline is None else str(deadline),
            self._named_by_code(arg if isinstance(arg, Mapping) else {}),
        )
        if not logged_in:
            link.send(self._answer(request, None, ApiError("60011", "Please log in.")))
        elif not named or not isinstance(arg, Mapping):
            link.send(self._answer(request, None, ApiError("60013", "Invalid args")))
        else:
            self._entry.frame(
                link,
                self._calls.about(request.op, request.fields),
                lambda: self._refused(request),
                lambda: self._worded(request, lambda: self._done(request, arg)),
                lambda error: self._worded(request, lambda: self._failed(request, error)),
            )

    def _refused(self, request: _Request) -> str | None:
        """Return the refusal of what comes too late, too often or without the right."""
        try:
            self._calls.check_rights(trades=True)
            self._calls.count(bucket(request.op, request.fields.text("instId")), ORDERS_PER_2S)
        except ApiError as error:
            return self._answer(request, None, error)
        until = request.deadline if request.op is Op.PLACE else None
        late = self._calls.check_deadline(request.fields, until)
        return None if late is None else self._answer(request, late)

    def _done(self, request: _Request, arg: Mapping[str, Json]) -> Reply:
        if "instIdCode" not in arg:
            raise BadField("instIdCode", missing=True)
        call = self._calls.place if request.op is Op.PLACE else self._calls.cancel
        return call(request.fields)

    def _failed(self, request: _Request, error: ErrorAnswer) -> Reply:
        return self._calls.unreasonable(request.fields, error)

    def _worded(self, request: _Request, act: Callable[[], Reply]) -> str:
        try:
            return self._answer(request, act())
        except BadField as bad:
            return self._answer(request, None, bad_field(bad))
        except ApiError as error:
            return self._answer(request, None, error)

    def _named_by_code(self, arg: Mapping[str, Json]) -> Fields:
        """Return the fields of an order with the instrument that its code means.

        A name is ignored here, since 2026-03-26 for orders and 2026-04-07 for cancels.
        """
        code = arg.get("instIdCode")
        name = self._names.get(code, "unknown") if isinstance(code, int) else "unknown"
        return Fields({**arg, "instId": name})

    def _answer(self, request: _Request, reply: Reply | None, error: ApiError | None = None) -> str:
        code = "1" if reply is not None and reply.refused else "0"
        data: list[JsonObject] = [] if reply is None else [reply.item]
        return encode(
            {
                **request.named,
                "op": request.name,
                "data": data,
                "code": code if error is None else error.code,
                "msg": "" if error is None else error.message,
                "inTime": str(request.in_ns // 1000),
                "outTime": str(self._market.now_ns() // 1000),
            }
        )
