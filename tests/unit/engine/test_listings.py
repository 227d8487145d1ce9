"""What becomes of symbols that are halted, delisted or named anew while the engine runs."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.orders import OrderRequest, OrderSide
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.market.config import UniverseConfig
from arbot_tui.trading.core.events import InstrumentsChanged
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.plans import PlannedOrder
from tests.unit.engine.rig import Rig, instrument
from tests.virtual_loop import run_virtual

_BOTH = ("BTC/USDT", "ETH/USDT")


async def _loaded() -> Rig:
    rig = Rig({"binance": _BOTH, "okx": _BOTH})
    await rig.bot.listings.load()
    for venue in range(2):
        rig.event(venue, FeedEventKind.CONNECTED)
        for row in range(2):
            rig.bot.board.set_fee(venue, row, 0.001)
            rig.quote(venue, row, 100.0)
        rig.bot.judge.judge(venue)
    assert all(rig.bot.board.is_tradeable(v, r) for v in range(2) for r in range(2))
    return rig


async def _refresh(rig: Rig, passed_s: int = 0) -> None:
    task = asyncio.create_task(rig.bot.listings.run_refresh())
    await asyncio.sleep(1)
    rig.clock.advance(passed_s * SECOND)
    await asyncio.sleep(50)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _halt_and_open() -> None:
    rig = await _loaded()
    okx = rig.venues["okx"]
    okx.listing[1] = msgspec.structs.replace(okx.listing[1], tradeable=False)
    await _refresh(rig)
    board = rig.bot.board
    assert (board.book_state(1, 1), board.book_state(1, 0), board.book_state(0, 1)) == (
        "down",
        "live",
        "live",
    )
    told = [e for e in rig.told if isinstance(e, InstrumentsChanged) and e.venue == "okx"]
    assert [i.tradeable for i in told[-1].instruments] == [True, False]
    # Quotes that still come change nothing of it.
    rig.quote(1, 1, 101.0)
    assert not board.is_tradeable(1, 1)
    okx.listing[1] = msgspec.structs.replace(okx.listing[1], tradeable=True)
    await _refresh(rig)
    assert board.is_tradeable(1, 1)


async def _delist_and_list() -> None:
    rig = await _loaded()
    gone = rig.venues["okx"].listing.pop(0)
    await _refresh(rig)
    assert rig.venues["okx"].rows == {"ETH-USDT": 1}
    assert rig.bot.board.book_state(1, 0) == "down"
    assert rig.bot.board.is_tradeable(1, 1)
    told = [e for e in rig.told if isinstance(e, InstrumentsChanged)]
    told_of = [i.tradeable for e in told for i in e.instruments if i.symbol == gone.symbol]
    assert told_of[-1] is False
    rig.venues["okx"].listing.insert(0, gone)
    await _refresh(rig)
    assert rig.venues["okx"].rows == {"BTC-USDT": 0, "ETH-USDT": 1}
    assert rig.bot.board.is_tradeable(1, 0)


async def _list_a_new_one() -> None:
    rig = await _loaded()
    binance, okx = rig.venues["binance"], rig.venues["okx"]
    period_s = rig.bot.options.universe.symbol_refresh_s
    okx.listing.insert(0, instrument("okx", "NEW/USDT"))
    await _refresh(rig, passed_s=round(period_s) + 1)
    # One venue alone is no market for us.
    assert okx.rows == {"BTC-USDT": 0, "ETH-USDT": 1}
    binance.listing.append(instrument("binance", "NEW/USDT", tradeable=False))
    await _refresh(rig, passed_s=round(period_s) + 1)
    assert okx.rows == {"BTC-USDT": 0, "ETH-USDT": 1}
    binance.listing[-1] = instrument("binance", "NEW/USDT")
    await _refresh(rig, passed_s=round(period_s) + 1)
    # What was followed before keeps its row, wherever the venues list the new one.
    every = {"BTC-USDT": 0, "ETH-USDT": 1, "NEW-USDT": 2}
    assert (binance.rows, okx.rows) == (every, every)
    board = rig.bot.board
    assert [board.book_state(v, 2) for v in range(2)] == ["connecting"] * 2
    for venue in range(2):
        rig.quote(venue, 2, 5.0)
        rig.bot.judge.judge(venue)
    # Its fees are those of the configuration until the account's own are told.
    assert all(board.is_tradeable(v, row) for v in range(2) for row in (0, 1, 2))
    assert [row.symbol for row in rig.bot.client.frame(0).rows] == [*_BOTH, "NEW/USDT"]


async def _close_a_named_one() -> None:
    universe = UniverseConfig(symbols=_BOTH, symbol_refresh_s=60.0)
    rig = Rig({"binance": _BOTH, "okx": _BOTH}, universe=universe)
    await rig.bot.listings.load()
    rig.venues["okx"].listing.pop()
    await _refresh(rig, passed_s=61)
    assert rig.venues["okx"].rows == {"BTC-USDT": 0}
    assert rig.bot.board.book_state(1, 1) == "down"


class _Records:
    """Stands where the database would be."""

    def note_pair(self, pair: Pair) -> None:
        pass


def _refused(venue: str) -> Pair:
    """A pair whose buying leg the venue refused."""
    legs = []
    for name, side in ((venue, OrderSide.BUY), ("binance", OrderSide.SELL)):
        price, qty = Decimal("100.01"), Decimal(1)
        order = OrderRequest(f"x{side}", name, "BTC/USDT", side, price, qty, 0)
        legs.append(Leg.planned(PlannedOrder(order, "USDT", qty), unwinding=False))
    legs[0].state = LegState.REJECTED
    state = PairState.WORKING
    return Pair("p1", 1, 1, "BTC/USDT", "BTC", "USDT", legs, Decimal(1), 7, state, 0)


async def _refuse_and_learn() -> None:
    rig = await _loaded()
    rig.bot._recording = _Records()  # type: ignore[assignment]
    rig.bot.core.session_from = 2
    okx = rig.venues["okx"]
    task = asyncio.create_task(rig.bot.listings.run_refresh())
    await asyncio.sleep(5)
    before = okx.loads
    okx.listing[0] = msgspec.structs.replace(okx.listing[0], tick_size=Decimal("0.0001"))
    for _ in range(100):
        rig.bot.watch.on_pairs([_refused("okx")])
        await asyncio.sleep(0.019)
    told = [e for e in rig.told if isinstance(e, InstrumentsChanged) and e.venue == "okx"]
    assert told[-1].instruments[0].tick_size == Decimal("0.0001")
    # Nor does the screen round what can be quoted now.
    assert rig.bot.client.frame(0).rows[0].decimals == 4
    assert okx.loads - before == 1
    # What was refused while they were fetched is looked into as well, and not more often.
    await asyncio.sleep(3)
    assert okx.loads - before == 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _drop_and_hold() -> None:
    universe = UniverseConfig(max_symbols=1, min_volume_24h_usd=Decimal(0), symbol_refresh_s=60.0)
    rig = Rig({"binance": _BOTH, "okx": _BOTH}, universe=universe)
    await rig.bot.listings.load()
    assert rig.venues["okx"].rows == {"BTC-USDT": 0}
    core = rig.bot.core
    core.in_flight["p1"] = core.pairs["p1"] = _refused("okx")
    for venue in rig.venues.values():
        venue.listing.reverse()

    await _refresh(rig, passed_s=61)

    # What is bought most comes in, what is open stays: it has to be sold somewhere.
    assert rig.venues["okx"].rows == {"ETH-USDT": 1, "BTC-USDT": 0}
    assert not rig.bot.board.is_closed(1, 0)
    core.stuck.add("p1")
    del core.in_flight["p1"]
    await _refresh(rig, passed_s=61)
    assert rig.venues["okx"].rows == {"ETH-USDT": 1, "BTC-USDT": 0}
    core.stuck.clear()
    await _refresh(rig, passed_s=61)
    assert rig.venues["okx"].rows == {"ETH-USDT": 1}


async def _hold_from_before(symbols: tuple[str, ...], listed: tuple[str, ...]) -> dict[str, int]:
    """Start with a pair open in BTC/USDT, and return what is followed."""
    universe = UniverseConfig(symbols=symbols, max_symbols=1, min_volume_24h_usd=Decimal(0))
    rig = Rig({"binance": listed, "okx": listed}, universe=universe)
    rig.bot.core.in_flight["p1"] = rig.bot.core.pairs["p1"] = _refused("okx")
    await rig.bot.listings.load()
    return rig.venues["okx"].rows


@pytest.mark.parametrize(
    ("symbols", "listed", "rows"),
    [
        ((), ("ETH/USDT", "BTC/USDT"), {"ETH-USDT": 0, "BTC-USDT": 1}),
        ((), ("ETH/USDT", "SOL/USDT"), {"ETH-USDT": 0}),
        (("ETH/USDT",), ("ETH/USDT", "BTC/USDT"), {"ETH-USDT": 0}),
    ],
)
def test_a_run_follows_what_an_earlier_one_left_open_unless_a_person_names_the_symbols(
    symbols: tuple[str, ...], listed: tuple[str, ...], rows: dict[str, int]
) -> None:
    assert run_virtual(_hold_from_before(symbols, listed)) == rows


def test_a_symbol_in_which_a_pair_is_open_is_followed_until_it_has_ended() -> None:
    run_virtual(_drop_and_hold())


def test_a_symbol_that_nobody_follows_has_no_quotes() -> None:
    # The pair of an earlier run may be open in it; what waits for its quotes must not fail.
    rig = run_virtual(_loaded())
    assert len(rig.bot.quotes("BTC/USDT")) == 2
    assert rig.bot.quotes("SOL/USDT") == ()


def test_a_refused_order_has_the_rules_fetched_again_within_two_seconds() -> None:
    run_virtual(_refuse_and_learn())


def test_a_halted_symbol_is_not_traded_on_that_venue_until_it_is_open_again() -> None:
    run_virtual(_halt_and_open())


def test_a_delisted_symbol_is_unsubscribed_told_and_not_traded() -> None:
    run_virtual(_delist_and_list())


def test_a_symbol_that_two_venues_list_meanwhile_is_followed() -> None:
    run_virtual(_list_a_new_one())


def test_a_named_symbol_that_closes_ends_nothing() -> None:
    run_virtual(_close_a_named_one())


async def _nothing_shared() -> None:
    rig = Rig({"binance": ("BTC/USDT",), "okx": ("ETH/USDT",)})
    with pytest.raises(ConfigError, match="no market quoted in USDT"):
        await rig.bot.listings.load()


def test_a_run_that_would_follow_nothing_ends_with_the_reason() -> None:
    run_virtual(_nothing_shared())
