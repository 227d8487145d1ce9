"""What a plan looks like where it can be said beforehand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.trading.inventory import plan as planning
from arbot_tui.trading.inventory.plan import lot_of, plan_asset
from arbot_tui.trading.inventory.routes import Route
from arbot_tui.trading.inventory.spreading import Holding


def _holdings(**totals: str) -> list[Holding]:
    """Hold amounts of which each venue should have the same, 20 % of all more or less."""
    amounts = {venue: Decimal(total) for venue, total in totals.items()}
    everything = sum(amounts.values(), Decimal(0))
    wanted = everything / len(amounts)
    slack = everything / 5
    return [
        Holding(venue, total, total, wanted, wanted - slack, wanted + slack)
        for venue, total in amounts.items()
    ]


def _route(source: str, target: str, fee: str, least: str = "0", step: str = "0") -> Route:
    return Route(source, target, "A", "A", Decimal(fee), Decimal(least), Decimal(step))


def test_a_transfer_goes_as_far_as_wanted_on_the_cheapest_network() -> None:
    holdings = _holdings(okx="90", bybit="10")
    routes = [_route("okx", "bybit", "4"), _route("okx", "bybit", "0.5", "5")]
    plan = plan_asset(holdings, routes, Decimal(1))
    (transfer,) = plan.transfers
    assert transfer.route is routes[1]
    assert (transfer.arrives, plan.fee) == (Decimal(40), Decimal("0.5"))
    assert not plan.outside


def test_what_lies_within_its_band_is_left_alone() -> None:
    plan = plan_asset(_holdings(okx="60", bybit="40"), [_route("okx", "bybit", "0")], Decimal(1))
    assert plan.transfers == ()
    assert not plan.outside


def test_one_venue_in_the_middle_gives_where_the_fullest_one_cannot() -> None:
    holdings = _holdings(okx="50", bybit="40", bitget="0")
    plan = plan_asset(holdings, [_route("bybit", "bitget", "1")], Decimal(1))
    # Okx lies 2 above its band, and bybit may not take what okx has too much of.
    assert [t.arrives for t in plan.transfers] == [12]
    assert plan.outside == {"okx": Decimal(2)}


def test_what_is_locked_stays() -> None:
    okx, bybit = _holdings(okx="90", bybit="10")
    locked = Holding(okx.venue, okx.total, Decimal(11), okx.wanted, okx.low, okx.high)
    plan = plan_asset([locked, bybit], [_route("okx", "bybit", "1")], Decimal(1))
    assert [t.arrives for t in plan.transfers] == [10]
    assert plan.outside == {"okx": Decimal(10), "bybit": Decimal(-10)}


def test_a_minimum_that_is_more_than_there_is_to_move_bars_the_way() -> None:
    plan = plan_asset(
        _holdings(okx="90", bybit="10"), [_route("okx", "bybit", "1", "95")], Decimal(1)
    )
    assert plan.transfers == ()
    assert plan.outside == {"okx": Decimal(20), "bybit": Decimal(-20)}


def test_amounts_have_no_dust_and_fit_the_networks_steps() -> None:
    assert lot_of(Decimal("39804.8"), []) == 10
    assert lot_of(Decimal("39804.8"), [_route("a", "b", "1", step="0.01")]) == 10
    assert lot_of(Decimal("0.6"), [_route("a", "b", "1", step="0.005")]) == Decimal("0.005")
    assert lot_of(Decimal("0.6"), []) == Decimal("0.0001")
    # Steps that do not go into each other: the finer way is none.
    holdings = _holdings(okx="90", bybit="10")
    routes = [_route("okx", "bybit", "1", step="3"), _route("okx", "bybit", "2", step="4")]
    lot = lot_of(Decimal(100), routes)
    plan = plan_asset(holdings, routes, lot)
    assert [(t.route, int(t.arrives % 4)) for t in plan.transfers] == [(routes[1], 0)]


def test_too_many_selections_to_look_at_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    holdings = _holdings(okx="90", bybit="10", bitget="20")
    routes = [_route("okx", "bybit", "1"), _route("okx", "bitget", "1")]
    assert plan_asset(holdings, routes, Decimal(1)).proven
    monkeypatch.setattr(planning, "_LOOKED_AT", 1)
    assert not plan_asset(holdings, routes, Decimal(1)).proven
