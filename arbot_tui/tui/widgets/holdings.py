"""What the account holds: per venue, per asset, and for how many trades it lasts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from arbot_tui.engine.answers import BalanceRow, BalancesView
from arbot_tui.engine.frames import VenueView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Span, clip
from arbot_tui.tui.widgets.table import Column, TablePanel

__all__ = ["AssetTable", "VenueTable"]

_SHORT_RUNWAY = 5
"""So few trades left on one side deserve to be seen."""
_SKEWED_PCT = 50.0
_BAR = 24


@dataclass(frozen=True)
class _Venue:
    """What one venue holds."""

    name: str
    state: str
    value: float
    share: float
    free_quote: float
    reserved: float
    buys: int | None
    sells: int | None
    scarcest: str


@dataclass(frozen=True)
class _Asset:
    """One asset over all venues; `rows` by venue name."""

    name: str
    rows: Mapping[str, BalanceRow]
    total: float
    value: float | None
    skew_pct: float
    fullest: str
    runway: int | None
    scarcest: str


class VenueTable(TablePanel[_Venue]):
    """One row per venue: its worth, and how many trades each of its sides still pays for."""

    LABEL = "Venues"
    FIRST_ORDER = ""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._quote = ""
        self._total = 0.0
        self._trade = ""

    def show(self, view: BalancesView | None, venues: Sequence[VenueView], now_ns: int) -> None:
        """Display the balances by venue."""
        if view is None:
            self.repaint()
            return
        self._quote, self._trade = view.quote_currency, view.trade_quote
        total = sum(_number(row.value_quote) for row in view.rows)
        self._total = total
        items: dict[Hashable, _Venue] = {venue.name: _venue(view, venue, total) for venue in venues}
        self.put(items, now_ns)

    def columns(self) -> Sequence[Column[_Venue]]:
        """Return the columns."""
        return (
            Column("venue", 9, 0, lambda v: (v.name, "strong"), align="<"),
            Column("feed", 11, 3, self._feed, lambda v: v.state, "<"),
            Column("worth", 12, 0, lambda v: (numbers.amount(v.value), "text"), lambda v: v.value),
            Column("share", 7, 0, lambda v: (f"{v.share:.1f} %", "text"), lambda v: v.share),
            Column("", _BAR, 2, self._bar, lambda v: "", "<"),
            Column("free to buy", 12, 1, lambda v: (numbers.amount(v.free_quote), "text")),
            Column("reserved", 10, 2, lambda v: (numbers.amount(v.reserved), "dim")),
            Column("buys left", 9, 0, lambda v: _runway(v.buys), lambda v: v.buys),
            Column("sells left", 10, 0, lambda v: _runway(v.sells), lambda v: v.sells),
            Column("scarcest", 9, 0, lambda v: (v.scarcest, "dim"), align="<"),
        )

    def searched(self, item: _Venue) -> str:
        """Return its name."""
        return item.name

    def summary(self) -> str:
        """Return what all of it is worth, and what a trade is."""
        if not self._items:
            return ""
        dot = self.glyphs.dot
        worth = f"{numbers.amount(self._total)} {clip(self._quote, 6, '')}"
        trade = f"{clip(self._trade, 10, '')} {clip(self._quote, 6, '')}"
        return f"{worth} in all {dot} runway in trades of {trade}"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return ("The ledger is empty: no venue has told its balances yet.",)

    def _feed(self, venue: _Venue) -> Span:
        sign = self.glyphs.feed.get(venue.state, "?")
        return f"{sign} {venue.state}", "live" if venue.state == "live" else "warn"

    def _bar(self, venue: _Venue) -> Span:
        cells = round(venue.share / 100 * _BAR)
        return self.glyphs.block * cells or self.glyphs.sliver, "neutral"


class AssetTable(TablePanel[_Asset]):
    """One row per asset: how much lies where, how unevenly, and where it runs out first."""

    LABEL = "Assets"
    FIRST_ORDER = "worth"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._venues: tuple[str, ...] = ()
        self._skewed = 0

    def show(self, view: BalancesView | None, venues: Sequence[VenueView], now_ns: int) -> None:
        """Display the balances by asset."""
        if view is None:
            self.repaint()
            return
        names = tuple(venue.name for venue in venues)
        if names != self._venues:
            self._venues = names
            self._columns = self.columns()
        found = sorted(_assets(view, names), key=lambda one: (-(one.value or 0.0), one.name))
        self._skewed = sum(1 for one in found if one.skew_pct > _SKEWED_PCT)
        items: dict[Hashable, _Asset] = {one.name: one for one in found}
        self.put(items, now_ns)

    def columns(self) -> Sequence[Column[_Asset]]:
        """Return the columns; those of the venues go where there is no room."""
        return (
            Column("asset", 7, 0, lambda a: (a.name, "strong"), align="<"),
            *(self._of(venue) for venue in self._venues),
            Column("total", 11, 1, lambda a: (numbers.quantity(a.total), "text")),
            Column("worth", 12, 0, self._worth, lambda a: a.value, order=lambda a: a.value or 0.0),
            Column(
                "skew",
                16,
                0,
                self._skew,
                lambda a: round(a.skew_pct, 2),
                order=lambda a: a.skew_pct,
            ),
            Column("runs out", 8, 0, lambda a: _runway(a.runway), lambda a: a.runway, order=_short),
            Column("first on", 9, 0, lambda a: (a.scarcest, "dim"), align="<"),
        )

    def searched(self, item: _Asset) -> str:
        """Return its name."""
        return item.name

    def summary(self) -> str:
        """Return how many are unevenly spread, and the order."""
        if not self._items:
            return ""
        dot = self.glyphs.dot
        skewed = f"{self._skewed} skewed {dot} " if self._skewed else ""
        return f"{len(self._keys)} {dot} {skewed}{self.order_words()}"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return self.nothing_matches() or (
            "The ledger is empty: no venue has told its balances yet.",
        )

    def _of(self, venue: str) -> Column[_Asset]:
        def cell(asset: _Asset) -> Span:
            row = asset.rows.get(venue)
            if row is None:
                return "-", "faint"
            text = numbers.quantity(_number(row.total))
            reserved = _number(row.reserved)
            return (f"{text}*" if reserved else f"{text} "), "warn" if reserved else "text"

        def value(asset: _Asset) -> object:
            row = asset.rows.get(venue)
            return row.total if row else ""

        return Column(venue, 10, 3, cell, value)

    def _worth(self, asset: _Asset) -> Span:
        return ("-", "faint") if asset.value is None else (numbers.amount(asset.value), "text")

    def _skew(self, asset: _Asset) -> Span:
        if len(asset.rows) < 2 or asset.skew_pct < 0.05:
            return "even", "dim"
        sign = self.glyphs.up if asset.skew_pct > _SKEWED_PCT else " "
        role = "warn" if asset.skew_pct > _SKEWED_PCT else "text"
        return f"{sign}{asset.fullest} +{asset.skew_pct:.1f}%", role


def _venue(view: BalancesView, venue: VenueView, total: float) -> _Venue:
    mine = [row for row in view.rows if row.venue == venue.name]
    worth = sum(_number(row.value_quote) for row in mine)
    quote = next((row for row in mine if row.asset == view.quote_currency), None)
    others = [row for row in mine if row.asset != view.quote_currency and row.runway is not None]
    least = min(others, key=lambda row: row.runway or 0, default=None)
    reserved = 0.0
    for row in mine:
        if (amount := _number(row.total)) > 0:
            reserved += _number(row.reserved) / amount * _number(row.value_quote)
    return _Venue(
        name=venue.name,
        state=venue.state,
        value=worth,
        share=100 * worth / total if total else 0.0,
        free_quote=_number(quote.total) - _number(quote.reserved) if quote else 0.0,
        reserved=reserved,
        buys=quote.runway if quote else None,
        sells=least.runway if least else None,
        scarcest=least.asset if least else "-",
    )


def _assets(view: BalancesView, venues: Sequence[str]) -> list[_Asset]:
    by_asset: dict[str, dict[str, BalanceRow]] = {}
    for row in view.rows:
        by_asset.setdefault(row.asset, {})[row.venue] = row
    found = []
    for name, rows in by_asset.items():
        amounts = {venue: _number(rows[venue].total) for venue in venues if venue in rows}
        total = sum(amounts.values())
        mean = total / len(amounts) if amounts else 0.0
        fullest = max(amounts, key=lambda venue: amounts[venue], default="")
        skew = 100 * (amounts[fullest] - mean) / mean if mean > 0 else 0.0
        valued = [_number(row.value_quote) for row in rows.values() if row.value_quote]
        known = [row for row in rows.values() if row.runway is not None]
        least = min(known, key=lambda row: row.runway or 0, default=None)
        found.append(
            _Asset(
                name=name,
                rows=rows,
                total=total,
                value=sum(valued) if valued else None,
                skew_pct=skew,
                fullest=fullest,
                runway=least.runway if least else None,
                scarcest=least.venue if least else "-",
            )
        )
    return found


def _runway(trades: int | None) -> Span:
    if trades is None:
        return "-", "faint"
    text = numbers.grouped(trades)
    return (text, "bad") if trades < 1 else (text, "warn" if trades < _SHORT_RUNWAY else "text")


def _skew_value(asset: _Asset) -> float:
    return round(asset.skew_pct, 2)


def _short(asset: _Asset) -> float:
    return -asset.runway if asset.runway is not None else float("-inf")


def _number(text: str) -> float:
    return numbers.number_of(text) or 0.0
