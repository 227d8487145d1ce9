"""Read models that a view asks for by name; the frames carry what every view needs.

All are immutable and msgspec-encodable like those of `frames`. Prices, sizes and edges are floats
for display only; None stands where nothing is known.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.opportunity import PathPoint

__all__ = [
    "BalanceRow",
    "BalancesView",
    "EdgesView",
    "KeyRow",
    "KeysView",
    "LatencyRow",
    "LatencyView",
    "PairEdges",
    "PathView",
    "PerformancePoint",
    "PerformanceView",
    "WalkView",
]


class WalkView(msgspec.Struct, frozen=True):
    """What taking more and more from two books comes to: the edge by size.

    Attributes:
        buy: Venue to buy on.
        sell: Venue to sell on.
        points: (base quantity, net edge of all of it in percent), a point where a level ends.
        qty: Base quantity that would be traded; 0 where none would.
        profit_quote: Net profit of `qty` at the levels of both books, quote currency.
        limited_by: What keeps `qty` from being larger.
    """

    buy: str
    sell: str
    points: tuple[tuple[float, float], ...]
    qty: float
    profit_quote: float
    limited_by: str


class PathView(msgspec.Struct, frozen=True, tag="path"):
    """Edge and size of one opportunity over its life so far.

    Attributes:
        id: The opportunity.
        points: (milliseconds since first seen, net edge in percent, base quantity).
    """

    id: int
    points: tuple[PathPoint, ...]


class PairEdges(msgspec.Struct, frozen=True):
    """Net edge of one direction over time, percent, oldest first; None where unknown."""

    buy: str
    sell: str
    points: tuple[float | None, ...]


class EdgesView(msgspec.Struct, frozen=True, tag="edges"):
    """Net edges of one symbol over time, every direction.

    Attributes:
        symbol: Canonical symbol.
        span_s: Time from the first point to the newest.
        step_s: Time that one point stands for; it is the highest edge of that time.
        pairs: Directions, the one with the highest newest edge first.
    """

    symbol: str
    span_s: int
    step_s: float
    pairs: tuple[PairEdges, ...]


class PerformancePoint(msgspec.Struct, frozen=True):
    """What the account was worth at a time.

    Attributes:
        at_ns: When.
        equity: All holdings in quote currency at the bids; None before they are known.
        realised: Realised profit of this run after fees, quote currency.
    """

    at_ns: int
    equity: float | None
    realised: float


class PerformanceView(msgspec.Struct, frozen=True, tag="performance"):
    """The account over this run.

    Attributes:
        points: Oldest first, thinned out as the run grows.
        equity: Value of all holdings now, text; empty before it is known.
        realised: Realised profit after fees, text with sign.
        fees: Fees paid in this run, text.
        by_symbol: Symbol and realised profit, text with sign; most profitable first.
    """

    points: tuple[PerformancePoint, ...]
    equity: str
    realised: str
    fees: str
    by_symbol: tuple[tuple[str, str], ...]


class LatencyRow(msgspec.Struct, frozen=True):
    """One kind of delay.

    Attributes:
        name: What was measured: a venue's feed, or a step of ours.
        kind: ``feed`` or ``engine``.
        p50_ms: Median, milliseconds; None where nothing was measured.
        p99_ms: 99th percentile, likewise.
        counts: How many of the newest measurements lie in each bucket of the view.
    """

    name: str
    kind: str
    p50_ms: float | None
    p99_ms: float | None
    counts: tuple[int, ...]


class LatencyView(msgspec.Struct, frozen=True, tag="latency"):
    """Delays of the feeds and of our own steps.

    Attributes:
        bounds_ms: Upper ends of the buckets; what lies above the last one is the last count.
        rows: The venues in venue order, then our own steps.
    """

    bounds_ms: tuple[float, ...]
    rows: tuple[LatencyRow, ...]


class BalanceRow(msgspec.Struct, frozen=True):
    """One asset on one venue as the ledger has it.

    Attributes:
        venue: Venue name.
        asset: The asset.
        total: Amount, text.
        reserved: How much of it is held back for orders, text.
        value_quote: Its value at the bid, quote currency, text; empty where it has no price.
        runway: How many trades of the default amount what is free still pays for: of the quote
            currency buys, of any other asset sells; None where it has no price.
    """

    venue: str
    asset: str
    total: str
    reserved: str
    value_quote: str = ""
    runway: int | None = None


class BalancesView(msgspec.Struct, frozen=True, tag="balances"):
    """All balances of the account.

    Attributes:
        rows: By venue, then by asset.
        quote_currency: Currency of the values.
        trade_quote: Value of one leg that the runway is counted in, text.
    """

    rows: tuple[BalanceRow, ...]
    quote_currency: str = ""
    trade_quote: str = ""


class KeyRow(msgspec.Struct, frozen=True):
    """The API key that a venue would use; never the secret.

    Attributes:
        exchange: Venue name, lower case.
        environment: Which of the venue's systems it is for.
        provider: Where it was found; empty where there is none.
        last_four: End of its public half.
        rights: What it may do, by its last test; empty where it was not tested.
        refusal: Why it is not to be used, by its last test; empty where nothing is wrong.
        tested_ns: When it was tested, UTC nanoseconds; 0 where it was not.
        wants_passphrase: A key of this venue has a passphrase beside its secret.
    """

    exchange: str
    environment: str
    provider: str
    last_four: str
    rights: str = ""
    refusal: str = ""
    tested_ns: int = 0
    wants_passphrase: bool = False


class KeysView(msgspec.Struct, frozen=True):
    """All venues' keys.

    Attributes:
        rows: One per venue.
        not_asked: Why stores could not be asked, one sentence each.
        store: Where a new key would be kept.
        locked: The encrypted file is there and wants its passphrase.
    """

    rows: tuple[KeyRow, ...]
    not_asked: tuple[str, ...]
    store: str
    locked: bool
