"""The control server: what the world is, what really happened, its prices and its faults."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec
from aiohttp import web

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.faults import FaultBoard
from arbot_tui.simulator.core.orders import NewOrder, Refused, TimeInForce
from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.core.world import World
from arbot_tui.simulator.endpoints import Description
from arbot_tui.simulator.fault_control import FaultControl

__all__ = ["control_application"]

_LONGEST_LIFE_S = 86_400.0
_WIDEST_PCT = Decimal(50)


class _BadAction(Exception):
    """A world action that cannot be done; the text says why."""


class _EdgeAction(msgspec.Struct, tag_field="action", tag="edge", forbid_unknown_fields=True):
    symbol: str
    buy: str
    sell: str
    pct: float | str
    size: float | str | None = None
    life_s: float = 5.0


class _PriceAction(msgspec.Struct, tag_field="action", tag="price", forbid_unknown_fields=True):
    symbol: str
    venue: str
    mid: float | str | None


class _OrderAction(msgspec.Struct, tag_field="action", tag="order", forbid_unknown_fields=True):
    """Somebody else trades on the account."""

    venue: str
    symbol: str
    side: OrderSide
    price: float | str
    qty: float | str
    tif: TimeInForce = TimeInForce.GTC
    client_id: str = ""


class _CancelAction(msgspec.Struct, tag_field="action", tag="cancel", forbid_unknown_fields=True):
    """Somebody else cancels an order of the account."""

    venue: str
    venue_id: str


class _TransferAction(
    msgspec.Struct, tag_field="action", tag="transfer", forbid_unknown_fields=True
):
    """A deposit arrives, or, negative, a withdrawal goes."""

    venue: str
    asset: str
    amount: float | str


class _BalanceAction(msgspec.Struct, tag_field="action", tag="balance", forbid_unknown_fields=True):
    """Somebody edits what is free, and the venue tells nobody."""

    venue: str
    asset: str
    free: float | str


class _AccountAction(msgspec.Struct, tag_field="action", tag="account", forbid_unknown_fields=True):
    """An account becomes a unified one, or a Classic one again; only Bitget has two kinds."""

    venue: Literal["bitget"]
    kind: Literal["unified", "classic"]


_Action = (
    _EdgeAction
    | _PriceAction
    | _OrderAction
    | _CancelAction
    | _TransferAction
    | _BalanceAction
    | _AccountAction
)
_actions = msgspec.json.Decoder(_Action)


def control_application(
    world: World,
    description: Description,
    clock: Clock,
    publish: Callable[[Sequence[BookChange]], None],
    board: FaultBoard,
) -> web.Application:
    """Return the endpoints `/venues`, `/truth`, `/world` and `/faults`.

    Args:
        world: The world.
        description: What `/venues` answers.
        clock: Drives the world.
        publish: Sends book changes to the venues' subscribers.
        board: The faults.
    """

    async def venues(request: web.Request) -> web.Response:
        return _json(description)

    async def tell(request: web.Request) -> web.Response:
        publish(world.advance(clock.now_ns()))
        return _json(truth(world))

    async def act(request: web.Request) -> web.Response:
        try:
            action = _actions.decode(await request.read())
        except msgspec.DecodeError as error:
            return _json({"error": str(error)}, 400)
        now_ns = clock.now_ns()
        try:
            told = _act(world, action, now_ns)
        except KeyError as error:
            return _json({"error": f"unknown symbol or venue: {error.args[0]}"}, 400)
        except (_BadAction, ValueError, Refused) as error:
            return _json({"error": str(error)}, 400)
        publish(world.advance(now_ns))
        return _json({"ok": True, "now_ns": world.now_ns, **told})

    application = web.Application()
    application.add_routes(
        [web.get("/venues", venues), web.get("/truth", tell), web.post("/world", act)]
    )
    application.add_routes(FaultControl(world, clock, publish, board).routes())
    return application


def _act(world: World, action: _Action, now_ns: int) -> dict[str, str]:
    """Do what an action says and return what there is to tell about it."""
    match action:
        case _EdgeAction():
            _open_edge(world, action, now_ns)
        case _PriceAction():
            mid = None if action.mid is None else _positive("mid", action.mid)
            world.set_price(action.symbol, action.venue, mid, now_ns)
        case _OrderAction():
            price, qty = _positive("price", action.price), _positive("qty", action.qty)
            new = NewOrder(action.symbol, action.side, price, qty, action.tif, action.client_id)
            return {"venue_id": str(world.place(action.venue, new, now_ns).order_id)}
        case _CancelAction():
            ident = action.venue_id
            order = world.matchers[action.venue].find(int(ident) if ident.isdigit() else 0)
            if order is None:
                raise _BadAction(f"unknown order {ident!r}")
            world.cancel(action.venue, order, now_ns)
        case _TransferAction():
            amount = _number("amount", action.amount)
            if not amount:
                raise _BadAction("amount must not be 0")
            world.move(action.venue, action.asset, amount, now_ns, told=True)
        case _BalanceAction():
            free = _number("free", action.free)
            if free < 0:
                raise _BadAction("free must not be below 0")
            held = world.matchers[action.venue].account.holdings.get(action.asset, Holding())
            world.move(action.venue, action.asset, free - held.free, now_ns, told=False)
        case _AccountAction():
            change = world.unified.add if action.kind == "unified" else world.unified.discard
            change(action.venue)
    return {}


def _open_edge(world: World, action: _EdgeAction, now_ns: int) -> None:
    pct = _number("pct", action.pct)
    if abs(pct) > _WIDEST_PCT:
        raise _BadAction(f"pct must be between -{_WIDEST_PCT} and {_WIDEST_PCT}")
    if not (math.isfinite(action.life_s) and 0 < action.life_s <= _LONGEST_LIFE_S):
        raise _BadAction(f"life_s must be above 0 and at most {_LONGEST_LIFE_S:.0f}")
    size = None if action.size is None else _positive("size", action.size)
    world.open_edge(action.symbol, action.buy, action.sell, pct, size, action.life_s, now_ns)


def _number(name: str, value: float | str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _BadAction(f"{name} is no number: {value!r}") from error
    if not number.is_finite():
        raise _BadAction(f"{name} is no number: {value!r}")
    return number


def _positive(name: str, value: float | str) -> Decimal:
    number = _number(name, value)
    if number <= 0:
        raise _BadAction(f"{name} must be above 0")
    return number


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
