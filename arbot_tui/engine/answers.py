"""Read models that a view asks for by name; the frames carry what every view needs.

All are immutable and msgspec-encodable like those of `frames`. Prices, sizes and edges are floats
for display only; None stands where nothing is known.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.opportunity import PathPoint
from arbot_tui.domain.quotes import Level

__all__ = [
    "BalanceRow",
    "BalancesView",
    "DepthView",
    "EdgesView",
    "ExposureView",
    "FunnelRow",
    "FunnelView",
    "IdentityRow",
    "IdentityView",
    "KeyRow",
    "KeysView",
    "LadderView",
    "LatencyRow",
    "LatencyView",
    "PairEdges",
    "PathView",
    "PerformancePoint",
    "PerformanceView",
    "RebalanceView",
    "SettingChange",
    "SettingView",
    "SettingsDiff",
    "SettingsView",
    "TransferRow",
    "UnreachedRow",
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


class TransferRow(msgspec.Struct, frozen=True):
    """One transfer that a person may make; amounts are text, in the asset.

    Attributes:
        asset: What is to be moved.
        source: Venue to withdraw from.
        target: Venue to deposit at.
        network: The network as the source writes it.
        target_network: The same network as the target writes it.
        arrives: What is to arrive.
        leaves: What the source loses: that and the fee.
        fee: The source's fee.
        cost_quote: The fee in quote currency; empty where the asset has no price.
    """

    asset: str
    source: str
    target: str
    network: str
    target_network: str
    arrives: str
    leaves: str
    fee: str
    cost_quote: str = ""


class UnreachedRow(msgspec.Struct, frozen=True):
    """What stays outside its band.

    Attributes:
        asset: The asset.
        venue: Where it lies, or where its balance is in doubt.
        amount: How much too much stays there, or too little (negative), text; empty where the
            asset was not planned for.
        why: Why, in words.
    """

    asset: str
    venue: str
    amount: str
    why: str


class RebalanceView(msgspec.Struct, frozen=True, tag="rebalance"):
    """The cheapest transfers that bring every asset within its band; nothing moves by itself.

    Attributes:
        transfers: What to do, the asset first of which most lies outside.
        unreached: What cannot be reached, likewise.
        cost_quote: All fees, quote currency, text.
        moved_quote: Value of all that arrives, quote currency, text.
        cost_per_trade: The fees divided by the trades of the default amount that what is moved
            pays for, quote currency, text; empty where nothing is moved.
        threshold_pct: How far the share of a venue may be from the wanted one, percent of all.
        quote_currency: Currency of the values.
        more: Assets outside their bands that were not planned for, the least urgent ones.
    """

    transfers: tuple[TransferRow, ...]
    unreached: tuple[UnreachedRow, ...] = ()
    cost_quote: str = ""
    moved_quote: str = ""
    cost_per_trade: str = ""
    threshold_pct: float = 0.0
    quote_currency: str = ""
    more: int = 0


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
        unbound: It works from any address, by its last test.
    """

    exchange: str
    environment: str
    provider: str
    last_four: str
    rights: str = ""
    refusal: str = ""
    tested_ns: int = 0
    wants_passphrase: bool = False
    unbound: bool = False


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


class LadderView(msgspec.Struct, frozen=True, tag="ladder"):
    """One venue's order book of a symbol.

    Attributes:
        venue: Venue name.
        bids: (price, size), highest first.
        asks: (price, size), lowest first.
        at_ns: When it was received; 0 where there is none.
        error: Why there is none; empty where there is one.
    """

    venue: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at_ns: int
    error: str


class DepthView(msgspec.Struct, frozen=True, tag="depth"):
    """All venues' ladders of one symbol, in venue order.

    Attributes:
        symbol: Canonical symbol.
        ladders: The order books.
        walk: The edge by size of the symbol's best pair; None where no two books are tradeable.
    """

    symbol: str
    ladders: tuple[LadderView, ...]
    walk: WalkView | None = None


class FunnelRow(msgspec.Struct, frozen=True):
    """What became of one pair's candidates: ``candidates == rejected + committed + pending``.

    Attributes:
        symbol: Canonical symbol.
        buy: Venue to buy on.
        sell: Venue to sell on.
        candidates: Evaluations with a positive gross spread.
        committed: Those that became a pair of orders.
        pending: Those under judgement.
        rejected: Reason and count, highest count first.
    """

    symbol: str
    buy: str
    sell: str
    candidates: int
    committed: int
    pending: int
    rejected: tuple[tuple[str, int], ...]


class FunnelView(msgspec.Struct, frozen=True, tag="funnel"):
    """The reject funnel per pair, most candidates first."""

    rows: tuple[FunnelRow, ...]


class IdentityRow(msgspec.Struct, frozen=True):
    """A book that is not traded because it may be another coin's, and why."""

    symbol: str
    venue: str
    why: str


class IdentityView(msgspec.Struct, frozen=True, tag="identity"):
    """Every book whose coin is in doubt or denied."""

    rows: tuple[IdentityRow, ...]


class ExposureView(msgspec.Struct, frozen=True, tag="exposure"):
    """What is open: asked before quitting.

    Attributes:
        lines: One sentence per pair in flight or stuck leg; empty when there is nothing open.
    """

    lines: tuple[str, ...]


class SettingView(msgspec.Struct, frozen=True):
    """One key of the configuration with its value; values are text as a person writes them.

    Attributes:
        name: Full name, ``arbitrage.min_profit_pct``.
        kind: ``bool``, ``int``, ``number``, ``text``, ``choice`` or ``list`` (comma-separated).
        meaning: One line that says what it does.
        unit: Unit of its value; empty where it has none.
        allowed: What a value may be, in words, with range and unit.
        choices: All values of a ``choice`` or ``bool``.
        hot: A change takes effect without a restart.
        value: What holds now.
        default: What holds where nobody sets it, in this profile.
        source: Where the value is from: ``default``, ``FILE:LINE``, a variable, an option, or
            ``changed here``.
        next_start: What is saved for the next start; empty where that is the value.
    """

    name: str
    kind: str
    meaning: str
    unit: str
    allowed: str
    choices: tuple[str, ...]
    hot: bool
    value: str
    default: str
    source: str
    next_start: str = ""


class SettingsView(msgspec.Struct, frozen=True, tag="settings"):
    """The whole configuration.

    Attributes:
        file: The file that was read; empty where there is none.
        save_to: The file that saving writes.
        profile: Which defaults apply.
        settings: Every key, in the order of the file.
    """

    file: str
    save_to: str
    profile: str
    settings: tuple[SettingView, ...]


class SettingChange(msgspec.Struct, frozen=True):
    """What one change would do.

    Attributes:
        name: Full name of the key.
        before: Value that holds now.
        after: Value that was asked for, as it would be written.
        unit: Unit of both.
        hot: It takes effect at once; otherwise at the next start, once it is saved.
        loosens: It lets more be risked than before; needs a confirmation.
        note: What else there is to know; empty where nothing.
    """

    name: str
    before: str
    after: str
    unit: str
    hot: bool
    loosens: bool
    note: str = ""


class SettingsDiff(msgspec.Struct, frozen=True, tag="settings_diff"):
    """What changes would do, or why they are refused.

    Attributes:
        changes: Those that make a difference; empty where they are refused.
        error: What is wrong, which value, and what is allowed; empty where nothing is.
    """

    changes: tuple[SettingChange, ...]
    error: str = ""
