"""The cheapest transfers that bring an asset within its band on every venue.

With a fixed fee per transfer this is the fixed-charge transportation problem, NP-hard in general
(the fewest transfers between many venues is subset sum). Four venues have some hundred selections
of ways, so they are gone through, the cheapest first: the first that leaves as little outside the
bands as is possible at all is a minimum. What goes on each way is then a small flow problem.

Every transfer can be made at once: a venue gives of an asset or takes of it, never both, so that
none waits for another to arrive.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext

import msgspec

from arbot_tui.domain.numbers import ZERO, ceil_to, exact
from arbot_tui.trading.inventory.routes import Route
from arbot_tui.trading.inventory.spreading import Holding, Way, distance, least_outside, spread

__all__ = ["AssetPlan", "Transfer", "lot_of", "plan_asset"]

_LOOKED_AT = 20_000
# Amounts in thousandths of all there is: nobody copies eight decimals gladly.
_FINENESS = Decimal(1000)


class Transfer(msgspec.Struct, frozen=True):
    """One transfer of a plan.

    Attributes:
        route: Where it goes, on which network, at what fee.
        arrives: What arrives; the source loses the fee besides.
    """

    route: Route
    arrives: Decimal


class AssetPlan(msgspec.Struct, frozen=True):
    """What to do about one asset.

    Attributes:
        transfers: None of them waits for another; empty where nothing is to be done, or can be.
        fee: All fees, in the asset.
        outside: By venue what it then still holds too much, or too little (negative).
        proven: No other selection leaves less outside, or as little at a lower fee; False where
            there are too many to go through all of them.
    """

    transfers: tuple[Transfer, ...]
    fee: Decimal
    outside: Mapping[str, Decimal]
    proven: bool = True


def lot_of(total: Decimal, routes: Sequence[Route]) -> Decimal:
    """Return what amounts of a plan are multiples of: the networks' steps, and no dust.

    Args:
        total: All that is held; positive.
        routes: Every way that there is.
    """
    lot = Decimal(1).scaleb((total / _FINENESS).adjusted())
    step = max((route.step for route in routes), default=ZERO)
    return ceil_to(lot, step) if step else lot


def plan_asset(holdings: Sequence[Holding], routes: Sequence[Route], lot: Decimal) -> AssetPlan:
    """Return the cheapest transfers after which the least lies outside the bands.

    Among plans of one cost it is the one that comes nearest to what is wanted. An asset that lies
    within all its bands is left alone.

    Args:
        holdings: One per venue.
        routes: Every way that there is between them; one whose step does not divide `lot` is none.
        lot: What arrives is a multiple of it.
    """
    with localcontext(exact):
        outside, off = distance(holdings)
        if not outside:
            return AssetPlan((), ZERO, {})
        best, chosen = (outside, ZERO, off), _NOTHING
        pairs = _useful(holdings, routes, lot)
        goal = least_outside(holdings, pairs, lot)
        proven = True
        for count, (cost, selection) in enumerate(_selections(list(pairs.values()))):
            if best[0] <= goal and cost > best[1]:
                break
            if count == _LOOKED_AT:
                proven = False
                break
            ways = [way for way, _ in selection]
            found = spread(holdings, ways, lot)
            if found is not None and (key := (found[0][0], cost, found[0][1])) < best:
                best, chosen = key, (selection, found[1])
        return _plan(holdings, *chosen, lot, proven=proven)


_Option = tuple[Way, Route]
_Selection = tuple[_Option, ...]
_NOTHING: tuple[_Selection, tuple[int, ...]] = ((), ())


def _useful(
    holdings: Sequence[Holding], routes: Sequence[Route], lot: Decimal
) -> dict[tuple[int, int], list[_Option]]:
    """Return by pair of venues the ways of which no other is both cheaper and less demanding."""
    places = {holding.venue: at for at, holding in enumerate(holdings)}
    pairs: dict[tuple[int, int], list[_Option]] = {}
    for route in sorted(routes, key=lambda route: (route.fee, route.least)):
        if route.step and lot % route.step:
            continue
        pair = (places[route.source], places[route.target])
        least = max(1, int(ceil_to(route.least, lot) / lot))
        kept = pairs.setdefault(pair, [])
        if all(way.least > least for way, _ in kept):
            kept.append((Way(*pair, route.fee, least), route))
    return pairs


def _selections(pairs: Sequence[Sequence[_Option]]) -> Iterator[tuple[Decimal, _Selection]]:
    """Yield every selection of at most one way per pair in which none gives and takes, by cost."""
    heap: list[tuple[Decimal, int, int, _Selection]] = [(ZERO, 0, 0, ())]
    number = 0
    while heap:
        cost, _, first, selection = heapq.heappop(heap)
        if selection:
            yield cost, selection
        givers = {way.source for way, _ in selection}
        takers = {way.target for way, _ in selection}
        for at in range(first, len(pairs)):
            for option in pairs[at]:
                way, route = option
                if way.source not in takers and way.target not in givers:
                    number += 1
                    more = (cost + route.fee, number, at + 1, (*selection, option))
                    heapq.heappush(heap, more)


def _plan(
    holdings: Sequence[Holding],
    selection: _Selection,
    lots: tuple[int, ...],
    lot: Decimal,
    *,
    proven: bool,
) -> AssetPlan:
    has = [holding.total for holding in holdings]
    after = list(has)
    transfers = []
    for (way, route), count in zip(selection, lots, strict=True):
        arrives = count * lot
        transfers.append(Transfer(route, arrives))
        has[way.source] -= arrives
        after[way.source] -= arrives + route.fee
        has[way.target] += arrives
        after[way.target] += arrives
    outside = {}
    for holding, gross, net in zip(holdings, has, after, strict=True):
        if gross > holding.high:
            outside[holding.venue] = gross - holding.high
        elif net < holding.low:
            outside[holding.venue] = net - holding.low
    fee = sum((transfer.route.fee for transfer in transfers), ZERO)
    return AssetPlan(tuple(transfers), fee, outside, proven)
