"""Faults that change what a venue really does: halts, other rules, fees, a wrong clock."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.fault_args import (
    ClockSkewArgs,
    FeeArgs,
    FiltersArgs,
    StatusArgs,
)
from arbot_tui.simulator.core.faults import BadFault, Fault, FaultBoard, FaultKind
from arbot_tui.simulator.core.fees import DISCOUNTS, TAXED, FeeCoin, FeeTerms
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.listing import ListingStatus, bounded, coarser
from arbot_tui.simulator.core.world import World

__all__ = ["WorldEffects"]

_LISTING = (FaultKind.STATUS, FaultKind.FILTERS)
_TEN, _HUNDRED = Decimal(10), Decimal(100)


class WorldEffects:
    """Keeps the venues of a world as the faults on the board want them.

    Args:
        world: The world.
        board: Its faults.
    """

    def __init__(self, world: World, board: FaultBoard) -> None:
        self._world = world
        self._board = board
        board.watch(self._changed)

    def _changed(self, fault: Fault, started: bool) -> None:
        if fault.kind is FaultKind.CLOCK_SKEW:
            self._skew(fault.venue)
        elif fault.kind is FaultKind.FEE:
            self._charge(fault.venue)
        elif fault.kind in _LISTING:
            self._list(fault, started)

    def _skew(self, venue: str) -> None:
        skews = [f.args.ms for f in self._board.on(venue) if isinstance(f.args, ClockSkewArgs)]
        self._world.set_skew(venue, int(sum(skews) * 1_000_000))

    def _charge(self, venue: str) -> None:
        """Work out what trades cost now; the latest fault about a symbol counts."""
        matcher = self._world.matchers[venue]
        terms: dict[str, FeeTerms] = {}
        for fault in self._board.on(venue):
            if not isinstance(fault.args, FeeArgs):
                continue
            if fault.args.coin is FeeCoin.DISCOUNT and venue not in DISCOUNTS:
                raise BadFault(f"{venue} has no coin of its own to pay fees in")
            if fault.args.tax_pct and venue not in TAXED:
                raise BadFault(f"{venue} tells of no taxes")
            symbols = self._world.symbols if fault.symbol is None else (fault.symbol,)
            terms |= dict.fromkeys(symbols, _terms(fault.args, matcher.profile))
        matcher.terms = terms

    def _list(self, fault: Fault, started: bool) -> None:
        """Work out what holds now, so that faults may overlap and end in any order."""
        world, venue = self._world, fault.venue
        books = world.books(venue)
        chosen = [books[fault.symbol]] if fault.symbol else list(books.values())
        faults = [f for f in self._board.on(venue) if f.kind in _LISTING]
        # First all that can go wrong, so that a bad fault changes nothing.
        wanted = [(book, *self._wanted(book, faults)) for book in chosen]
        now_ns = max(world.now_ns, fault.since_ns)
        for book, rules, status in wanted:
            world.set_listing(venue, book.instrument.symbol, rules, status, now_ns)

    @staticmethod
    def _wanted(book: Book, faults: list[Fault]) -> tuple[Instrument, ListingStatus]:
        rules, status = book.instrument, ListingStatus.TRADING
        for fault in faults:
            if fault.symbol not in (None, book.instrument.symbol):
                continue
            if isinstance(fault.args, StatusArgs) and fault.args.suspended is None:
                status = fault.args.status
            elif isinstance(fault.args, FiltersArgs):
                rules = _filtered(book.instrument, fault.args)
        return rules, status


def _terms(args: FeeArgs, profile: VenueProfile) -> FeeTerms:
    taker = profile.taker_fee if args.taker_pct is None else args.taker_pct / _HUNDRED
    maker = profile.maker_fee if args.maker_pct is None else args.maker_pct / _HUNDRED
    return FeeTerms(taker, maker, args.coin, args.discount_pct, args.tax_pct / _HUNDRED)


def _filtered(instrument: Instrument, args: FiltersArgs) -> Instrument:
    tick, step = args.tick, args.step
    if args == FiltersArgs():
        tick = instrument.tick * _TEN if instrument.price_decimals else None
        step = instrument.lot * _TEN if instrument.qty_decimals else None
    try:
        coarse = coarser(instrument, tick, step, args.min_qty, args.min_notional)
        return bounded(coarse, args.max_qty, args.max_notional)
    except ValueError as error:
        raise BadFault(f"{instrument.symbol}: {error}") from error
