"""MISSION F26: a plan costs the least of all, against a search through every list of transfers.

The oracle knows nothing of flows or selections: it goes from pair of venues to pair of venues and
keeps for every distribution that can be reached the lowest fees that lead there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from arbot_tui.trading.inventory.plan import AssetPlan, plan_asset
from arbot_tui.trading.inventory.routes import Route
from arbot_tui.trading.inventory.spreading import Holding

VENUES = ("binance", "bybit", "okx", "bitget")
ASSETS = 5
ONE = Decimal(1)
NEVER = (Decimal("Infinity"),) * 3

Goal = tuple[Decimal, Decimal, Decimal]
"""What lies outside the bands, what it costs, how far it is from what is wanted."""


def _goal(
    holdings: Sequence[Holding], received: Sequence[int], sent: Sequence[int], fees: Sequence[int]
) -> Goal:
    outside = off = Decimal(0)
    for holding, more, less, fee in zip(holdings, received, sent, fees, strict=True):
        before_fees = holding.total + more - less
        outside += max(Decimal(0), before_fees - holding.high, holding.low - (before_fees - fee))
        off += abs(before_fees - holding.wanted)
    return outside, Decimal(sum(fees)), off


def _exhaustive(holdings: Sequence[Holding], routes: Sequence[Route]) -> Goal:
    """Return the least of all lists of transfers, each in whole lots."""
    many = range(len(holdings))
    # What every venue received, sent and paid; where both lists say the same, fees decide.
    reached = {((0,) * len(holdings), (0,) * len(holdings), (0,) * len(holdings))}
    for source in many:
        for target in many:
            ways = [
                route
                for route in routes
                if (route.source, route.target) == (VENUES[source], VENUES[target])
            ]
            for received, sent, fees in tuple(reached):
                if received[source] or sent[target]:
                    continue
                room = int(holdings[source].free) - sent[source] - fees[source]
                for way in ways:
                    for lots in range(max(1, int(way.least)), room - int(way.fee) + 1):
                        reached.add(
                            (
                                _plus(received, target, lots),
                                _plus(sent, source, lots),
                                _plus(fees, source, int(way.fee)),
                            )
                        )
    return min(_goal(holdings, *each) for each in reached)


def _plus(amounts: tuple[int, ...], at: int, more: int) -> tuple[int, ...]:
    return (*amounts[:at], amounts[at] + more, *amounts[at + 1 :])


def _of(plan: AssetPlan, holdings: Sequence[Holding]) -> Goal:
    """Return what a plan comes to by its own transfers alone, after checking that each may be."""
    received, sent, fees = ([0] * len(holdings) for _ in range(3))
    for transfer in plan.transfers:
        route = transfer.route
        assert transfer.arrives >= max(ONE, route.least)
        assert transfer.arrives % ONE == 0
        received[VENUES.index(route.target)] += int(transfer.arrives)
        sent[VENUES.index(route.source)] += int(transfer.arrives)
        fees[VENUES.index(route.source)] += int(route.fee)
    assert not any(more and less for more, less in zip(received, sent, strict=True))
    for holding, less, fee in zip(holdings, sent, fees, strict=True):
        assert less + fee <= holding.free or not less
    assert plan.fee == sum(fees)
    assert plan.proven
    outside, _, _ = goal = _goal(holdings, received, sent, fees)
    assert sum(map(abs, plan.outside.values())) == outside
    return goal


@st.composite
def _asset(draw: st.DrawFn) -> tuple[list[Holding], list[Route]]:
    holdings = []
    for venue in VENUES:
        total = draw(st.integers(0, 4))
        low = draw(st.integers(0, 3))
        high = draw(st.integers(low, 4))
        holdings.append(
            Holding(
                venue,
                Decimal(total),
                Decimal(draw(st.integers(0, total))) if draw(st.booleans()) else Decimal(total),
                Decimal(draw(st.integers(low, high))),
                Decimal(low),
                Decimal(high),
            )
        )
    routes = [
        Route(source, target, "A", "a", Decimal(fee), Decimal(least))
        for source in VENUES
        for target in VENUES
        if source != target
        for fee, least in draw(
            st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=2)
        )
    ]
    return holdings, routes


# Each example is five searches of their own.
@settings(max_examples=settings().max_examples // 4)
@given(st.lists(_asset(), min_size=ASSETS, max_size=ASSETS))
def test_the_plan_of_four_venues_and_five_assets_is_the_cheapest_of_all(
    assets: list[tuple[list[Holding], list[Route]]],
) -> None:
    found = [_of(plan_asset(holdings, routes, ONE), holdings) for holdings, routes in assets]
    best = [_exhaustive(holdings, routes) for holdings, routes in assets]
    # Nothing is done about an asset that lies within its bands, however unevenly.
    for (holdings, _), mine, least in zip(assets, found, best, strict=True):
        if not _goal(holdings, (0,) * 4, (0,) * 4, (0,) * 4)[0]:
            assert not any(mine[:2])
        else:
            assert mine == least
