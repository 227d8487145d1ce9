"""Read models: what a screen or an API client sees of the engine.

All are immutable and msgspec-encodable, so the same `Frame` serves a call in the process and a
viewer on a socket. Prices are floats for display only; money is text made from `Decimal`.
Text that came from outside was sanitised at ingest and must be rendered without markup.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.opportunity import PathPoint

__all__ = [
    "CellView",
    "Frame",
    "LegView",
    "LogLine",
    "OpportunityView",
    "RowView",
    "StatusView",
    "TradeView",
    "VenueView",
]


class VenueView(msgspec.Struct, frozen=True):
    """Health of one venue.

    Attributes:
        name: Venue name, lower case.
        state: Verdict word (`FeedState`).
        reason: Why it, or one of its connections, is not live; empty while all is well.
        lag_ms: Median event lag, milliseconds; None where not measured.
        rtt_ms: Latest round trip, milliseconds; None where not measured.
        quotes: Best bid/ask updates received in this run.
        reconnects: Connections made after the first.
        books: Order books that are followed in depth and stand as the venue has them.
        connections: Connections that are to bring quotes.
        connections_live: Those whose quotes are traded.
        offset_ms: The venue's clock minus ours, milliseconds; lags are corrected by it.
        weight_used: Units used of the request quota that binds first; None where there is none.
        weight_limit: Units of that quota in its period.
        weight_period_s: Length of the period, seconds.
        banned_s: Seconds for which the venue wants no request; 0 where it does not say so.
        silence_ms: Time since anything arrived, milliseconds; None before the first connection.
        malformed: Frames dropped because they broke their schema.
    """

    name: str
    state: str
    reason: str
    lag_ms: float | None
    rtt_ms: float | None
    quotes: int
    reconnects: int
    books: int = 0
    connections: int = 1
    connections_live: int = 0
    offset_ms: float = 0.0
    weight_used: int | None = None
    weight_limit: int | None = None
    weight_period_s: float = 0.0
    banned_s: float = 0.0
    silence_ms: float | None = None
    malformed: int = 0


class CellView(msgspec.Struct, frozen=True, gc=False):
    """One symbol on one venue.

    Attributes:
        bid: Best bid; 0 where there is none.
        ask: Best ask; 0 where there is none.
        state: Verdict word.
        changed_ns: Time of the last change; 0 before the first quote.
        note: Why it is not traded although its feed may be well: the venue's own word of a halt,
            or why its coin is in doubt; empty while neither.
    """

    bid: float
    ask: float
    state: str
    changed_ns: int
    note: str = ""


class RowView(msgspec.Struct, frozen=True, gc=False):
    """One symbol of the matrix.

    Attributes:
        row: Row number, never reused in a run.
        symbol: Canonical symbol.
        decimals: Decimals that show every venue's tick.
        cells: One per venue, in venue order; None before the first quote.
        best_bid: Venue index of the highest tradeable bid; -1 where there is none.
        best_ask: Venue index of the lowest tradeable ask; -1 where there is none.
        buy: Venue index to buy on for the best net edge; -1 where no two venues are tradeable.
        sell: Venue index to sell on for the best net edge; -1 likewise.
        net_edge_pct: Best net edge after both taker fees, percent, negative included.
        changed_ns: Time of the newest change in the row.
        trend: 1 up, -1 down, 0 flat over the last 60 s of mid prices.
        spark: Best net edge once a second, oldest first, at most 60; NaN where unknown.
    """

    row: int
    symbol: str
    decimals: int
    cells: tuple[CellView | None, ...]
    best_bid: int
    best_ask: int
    buy: int
    sell: int
    net_edge_pct: float | None
    changed_ns: int
    trend: int
    spark: tuple[float, ...]


class OpportunityView(msgspec.Struct, frozen=True):
    """One opportunity, open or ended.

    Attributes:
        id: Identity within the run.
        symbol: Canonical symbol.
        buy: Venue to buy on.
        sell: Venue to sell on.
        edge_pct: Net edge now or last, percent.
        peak_pct: Highest net edge, percent.
        qty: Base quantity both tops offered.
        profit_quote: Net profit of `qty`, quote currency.
        opened_ns: When it was first seen.
        closed_ns: When it ended; 0 while open.
        outcome: ``open``, ``traded``, or the reason it was not traded.
        closed_reason: Why it closed; empty while open.
        pair_id: The pair traded on it; empty while none.
        peak_profit_quote: Highest net profit that both tops offered, quote currency.
        capturable_pct: Net edge that was left 0, 50, 100, 250 and 500 ms after it was first
            seen, percent, as far as that time has come; 0 where it had closed by then.
        path: (milliseconds since first seen, net edge in percent, base quantity) over its life,
            thinned out; empty while open.
        reason: Why it was not traded at its latest quote, also while it is open; empty where
            nothing was refused, or it was traded.
    """

    id: int
    symbol: str
    buy: str
    sell: str
    edge_pct: float
    peak_pct: float
    qty: float
    profit_quote: float
    opened_ns: int
    closed_ns: int
    outcome: str
    closed_reason: str = ""
    pair_id: str = ""
    peak_profit_quote: float = 0.0
    capturable_pct: tuple[float, ...] = ()
    path: tuple[PathPoint, ...] = ()
    reason: str = ""


class LegView(msgspec.Struct, frozen=True):
    """One order of a pair.

    Attributes:
        client_id: Its identity at the venue.
        venue: Where it went.
        side: ``buy`` or ``sell``.
        unwinding: It brings home a remainder.
        state: Leg state word (`LegState`).
        price: Limit price, text.
        qty: Ordered base quantity, text.
        filled: Base quantity executed, text.
        average: Average price of it, text; empty while nothing filled.
        fee: Fees paid, amount and asset, text; empty while there are none.
        sent_ns: When it was sent; 0 before.
        reject: Why it was refused; empty unless it was.
    """

    client_id: str
    venue: str
    side: str
    unwinding: bool
    state: str
    price: str
    qty: str
    filled: str
    average: str
    fee: str
    sent_ns: int
    reject: str


class TradeView(msgspec.Struct, frozen=True):
    """One pair, working or ended.

    Attributes:
        pair_id: Identity of the pair.
        at_ns: When it was committed.
        symbol: Canonical symbol.
        buy: Venue bought on.
        sell: Venue sold on.
        qty: Planned base quantity, text.
        buy_price: Average price paid, text; the limit while nothing filled.
        sell_price: Average price received, text; the limit while nothing filled.
        expected: Expected profit in quote currency, text.
        realised: Realised profit in quote currency after fees, text; empty while working.
        fees: Fees paid, valued in quote currency, text.
        state: Pair state word (`PairState`).
        outcome: ``completed``, ``one_sided``, ``failed`` or ``stuck``; empty while working.
        ended_ns: When it ended; 0 while working.
        reason: Why it ended other than closed.
        size_effect: Part of the difference between realised and expected profit that comes of
            sizes (`engine.attribution.Effects`), text with sign; empty while working.
        price_effect: The part that comes of prices, likewise.
        fee_effect: The part that comes of fees, likewise.
        legs: Its orders: buy leg, sell leg, then unwinding orders in turn.
    """

    pair_id: str
    at_ns: int
    symbol: str
    buy: str
    sell: str
    qty: str
    buy_price: str
    sell_price: str
    expected: str
    realised: str
    fees: str
    state: str
    outcome: str
    ended_ns: int = 0
    reason: str = ""
    size_effect: str = ""
    price_effect: str = ""
    fee_effect: str = ""
    legs: tuple[LegView, ...] = ()


class LogLine(msgspec.Struct, frozen=True):
    """One line of the log ring: time, level, event name, fields as sanitised text."""

    seq: int
    at_ns: int
    level: str
    event: str
    fields: str


class StatusView(msgspec.Struct, frozen=True):
    """What the status bar shows.

    Attributes:
        mode: ``simulate``, ``paper`` or ``live``.
        profile: Which defaults apply: ``simulate`` or ``live``.
        trading: `TradingState` word.
        trading_reason: Why it is not active; empty where there is nothing to say.
        quote_currency: Currency of the profit figures.
        realised: Realised profit of this run after fees, text with sign.
        completed: Pairs of which both legs filled equally.
        one_sided: Pairs that ended unequal.
        failed: Pairs of which nothing filled.
        stuck: Pairs stuck or unknown.
        working: Pairs in flight.
        opportunities: Opportunities seen in this run.
        signals: Opportunities handed to the money core.
        quotes: Best bid/ask updates in this run.
        quotes_per_s: The same over the last second.
        loop_lag_ms_p99: Event-loop lag over the last minute, milliseconds.
        config_source: Path of the configuration file read, or ``defaults``.
        seed: Seed of the synthetic world; None outside simulate.
        world_id: Identity of the synthetic world; empty outside simulate.
        started_ns: When the engine started.
        alarm: The newest unacknowledged alarm; empty while none.
        verdict: While nothing clears the fees: the best pair, and the fee at which it would.
        clears_at_fee_pct: That taker fee per leg, percent; None while something clears, or where
            no two books can be compared.
        loop_late_ms: Largest event-loop lag of the last two seconds, milliseconds: what of a
            venue's lag is our own.
        settings_version: Grows whenever settings change; None where they are fixed.
        settings_unread: Name of the settings file while it says something nobody has read yet: it
            was saved since; empty otherwise.
    """

    mode: str
    profile: str
    trading: str
    trading_reason: str
    quote_currency: str
    realised: str
    completed: int
    one_sided: int
    failed: int
    stuck: int
    working: int
    opportunities: int
    signals: int
    quotes: int
    quotes_per_s: float
    loop_lag_ms_p99: float
    config_source: str
    seed: int | None
    world_id: str
    started_ns: int
    alarm: str
    verdict: str = ""
    clears_at_fee_pct: float | None = None
    loop_late_ms: float = 0.0
    settings_version: int | None = None
    settings_unread: str = ""


class Frame(msgspec.Struct, frozen=True):
    """Everything that changed after a version, with the status as it is.

    Attributes:
        version: Pass it to the next `EngineClient.frame` call.
        now_ns: `Clock.now_ns` when it was made; ages are computed against it.
        status: The status bar.
        venues: All venues, in venue order.
        rows_total: Number of rows in the universe.
        rows: Rows that changed after the given version, by row number.
        opportunities: Opportunities that changed after it, by id.
        trades: Pairs that changed after it, oldest first.
        log: Log lines after it, oldest first.
        funnel: Reject reason and count, highest count first.
    """

    version: int
    now_ns: int
    status: StatusView
    venues: tuple[VenueView, ...]
    rows_total: int
    rows: tuple[RowView, ...]
    opportunities: tuple[OpportunityView, ...]
    trades: tuple[TradeView, ...]
    log: tuple[LogLine, ...]
    funnel: tuple[tuple[str, int], ...]
