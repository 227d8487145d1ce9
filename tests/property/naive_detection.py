"""What detection and the gate behind it have to say, worked out again in the plainest way.

Decimals, names instead of numbers, everything looked at anew: slow, and written from MISSION and
RELIABILITY without a look at how the program does it. Nothing of the program is imported.

Depth: a book that the venue has shown since its best prices last changed says what is for sale;
of any other only the best price is. Whatever lies within both limit prices is on offer, and of
all multiples of the lot that limits, balances and the offer allow the one that earns most is taken.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import permutations
from statistics import median

from tests.property.naive_filters import PremiumMemory, TrendMemory

Level = tuple[Decimal, Decimal]
"""(price, size)."""

Pair = tuple[str, str, str]
"""(symbol, venue to buy on, venue to sell on)."""

MS = 1_000_000
TICK, LOT, MIN_NOTIONAL = Decimal("0.001"), Decimal("0.1"), Decimal(50)
AMOUNT = Decimal(1000)
MIN_PROFIT_PCT, MAX_PROFIT_PCT = Decimal("0.053"), Decimal("0.9")
SLIPPAGE_PCT = Decimal("0.023")
COOLDOWN_NS = 5_000 * MS


@dataclass
class Book:
    """One venue's best prices of one symbol; None where there never were any."""

    fee: Decimal
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_size: Decimal = Decimal(0)
    ask_size: Decimal = Decimal(0)
    heard_ns: int = 0
    changed_ns: int = 0
    condition: str = "none"  # "good", "crossed", "one-sided", "broken"
    halted: bool = False
    # The order book: price to size on either side, None before the first and after a lost message.
    asks: dict[Decimal, Decimal] | None = None
    bids: dict[Decimal, Decimal] | None = None
    shown_ns: int = 0
    gapped: bool = False

    @property
    def state(self) -> str:
        """What is known of it, in one word; what is not known cannot be crossed."""
        if self.condition not in ("good", "crossed"):
            return "unknown"
        if self.gapped:
            return "gapped"
        depth_crossed = bool(self.asks and self.bids) and max(self.bids or ()) >= min(
            self.asks or ()
        )
        return "crossed" if depth_crossed or self.condition == "crossed" else "good"

    def for_sale(self) -> list[Level]:
        """Return the levels to buy from, best first."""
        assert self.ask is not None
        return sorted((self.asks or {}).items()) if self._is_shown else [(self.ask, self.ask_size)]

    def wanted(self) -> list[Level]:
        """Return the levels to sell to, best first."""
        assert self.bid is not None
        if not self._is_shown:
            return [(self.bid, self.bid_size)]
        return sorted((self.bids or {}).items(), reverse=True)

    @property
    def _is_shown(self) -> bool:
        return self.asks is not None and not self.gapped and self.shown_ns >= self.changed_ns


@dataclass
class Life:
    """An opportunity that stands."""

    since_ns: int
    traded: bool = False
    refused: str = ""


@dataclass
class Naive:
    """The market as the venues told it, and what has to follow from it."""

    books: dict[tuple[str, str], Book]
    venues: tuple[str, ...]
    symbols: tuple[str, ...]
    feeds: dict[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    least_life_ns: int = 0
    least_value: Decimal = Decimal(0)
    oldest_ns: int = 0
    farthest_pct: Decimal = Decimal(0)
    trend: TrendMemory | None = None
    premium: PremiumMemory | None = None
    balances: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    open: dict[Pair, Life] = field(default_factory=dict)
    young: dict[Pair, int] = field(default_factory=dict)
    cooling: dict[Pair, int] = field(default_factory=dict)
    counts: Counter[tuple[Pair, str]] = field(default_factory=Counter)
    traded: dict[Pair, dict[Decimal, Decimal]] = field(default_factory=dict)
    """What was traded, each with what every quantity allowed would have earned."""

    # What is true of books and pairs

    def tradeable(self, venue: str, symbol: str) -> bool:
        """Tell whether a book's feed, market and quote are all right."""
        book = self.books[venue, symbol]
        return self.feeds[venue] == "live" and not book.halted and book.state == "good"

    def doubted(self, venue: str, symbol: str) -> bool:
        """Tell whether a person says that it is another coin."""
        base = symbol.split("/")[0]
        return base in self.denied or f"{base}@{venue.upper()}" in self.denied

    def overlaps(self, pair: Pair) -> bool:
        """Tell whether the bid lies above the ask."""
        symbol, buy, sell = pair
        ask, bid = self.books[buy, symbol].ask, self.books[sell, symbol].bid
        return ask is not None and bid is not None and bid > ask

    def net_pct(self, pair: Pair, give_up_pct: Decimal = Decimal(0)) -> Decimal:
        """Return what is left after both fees, percent of what is paid for the coins.

        Args:
            pair: Which.
            give_up_pct: What each leg is worse than its quote, percent.
        """
        symbol, buy, sell = pair
        buying, selling = self.books[buy, symbol], self.books[sell, symbol]
        assert buying.ask is not None
        assert selling.bid is not None
        price = buying.ask * (1 + give_up_pct / 100)
        proceeds = selling.bid * (1 - give_up_pct / 100)
        paid, got = price + price * buying.fee, proceeds - proceeds * selling.fee
        return 100 * (got - paid) / price

    def offered(self, pair: Pair) -> Decimal:
        """Return how many coins both best prices offer."""
        symbol, buy, sell = pair
        return min(self.books[buy, symbol].ask_size, self.books[sell, symbol].bid_size)

    def limits(self, pair: Pair) -> tuple[Decimal, Decimal]:
        """Return the highest price to pay and the lowest to accept, on the venues' grid."""
        symbol, buy, sell = pair
        ask, bid = self.books[buy, symbol].ask, self.books[sell, symbol].bid
        assert ask is not None
        assert bid is not None
        half = SLIPPAGE_PCT / 200
        return (
            _stepped(ask * (1 + half), TICK, ROUND_FLOOR),
            _stepped(bid * (1 - half), TICK, ROUND_CEILING),
        )

    def within_limits(self, pair: Pair) -> tuple[list[Level], list[Level]]:
        """Return what may be bought and what may be sold to, best first."""
        symbol, buy, sell = pair
        highest, lowest = self.limits(pair)
        return (
            [level for level in self.books[buy, symbol].for_sale() if level[0] <= highest],
            [level for level in self.books[sell, symbol].wanted() if level[0] >= lowest],
        )

    def profit(self, pair: Pair, qty: Decimal) -> Decimal:
        """Return what taking so many coins from both books brings after both fees."""
        symbol, buy, sell = pair
        asks, bids = self.within_limits(pair)
        paid = _value(asks, qty) * (1 + self.books[buy, symbol].fee)
        return _value(bids, qty) * (1 - self.books[sell, symbol].fee) - paid

    def stands(self, pair: Pair) -> bool:
        """Tell whether there is an opportunity."""
        symbol, buy, sell = pair
        return (
            self.overlaps(pair)
            and self.net_pct(pair) > 0
            and all(self.tradeable(venue, symbol) for venue in (buy, sell))
            and not any(self.doubted(venue, symbol) for venue in (buy, sell))
        )

    def best(self, symbol: str) -> tuple[Decimal, set[Pair]] | None:
        """Return the best net edge of a symbol, negative included, and whose it is."""
        usable = [
            v for v in self.venues if self.tradeable(v, symbol) and not self.doubted(v, symbol)
        ]
        edges = {(symbol, *two): self.net_pct((symbol, *two)) for two in permutations(usable, 2)}
        if not edges:
            return None
        highest = max(edges.values())
        return highest, {pair for pair, pct in edges.items() if pct == highest}

    def _mid(self, venue: str, symbol: str) -> Decimal:
        book = self.books[venue, symbol]
        assert book.bid is not None
        assert book.ask is not None
        return (book.bid + book.ask) / 2

    def middle(self, symbol: str) -> Decimal:
        """Return the median of all tradeable books' mids; one at least has to be tradeable."""
        return median([self._mid(v, symbol) for v in self.venues if self.tradeable(v, symbol)])

    # What has to happen

    def quoted(self, venue: str, symbol: str, now_ns: int, *, moved: bool) -> None:
        """Let a book have changed: its pairs are judged, and edges that have come of age.

        `moved` is false where its sizes alone are others: they make no edge where there is none.
        """
        if self.trend and any(self.tradeable(v, symbol) for v in self.venues):
            self.trend.take(symbol, now_ns, self.middle(symbol))
        above_pct = self.above_others_pct(venue, symbol)
        if self.premium and above_pct is not None:
            self.premium.take((venue, symbol), above_pct)
        due = [pair for pair, due_ns in self.young.items() if due_ns <= now_ns]
        for pair in due:
            del self.young[pair]
        for pair in due:
            if pair[0] != symbol or venue not in pair[1:]:
                self.judge(pair, now_ns)
        if moved or any(pair[0] == symbol for pair in self.open):
            for two in permutations(self.venues, 2):
                if venue in two:
                    self.judge((symbol, *two), now_ns)

    def disturbed(self, now_ns: int) -> None:
        """Let anything but a quote have changed: only what comes or goes by that is judged."""
        for symbol in self.symbols:
            for two in permutations(self.venues, 2):
                pair = (symbol, *two)
                if self.stands(pair) != (pair in self.open):
                    self.judge(pair, now_ns)

    def judge(self, pair: Pair, now_ns: int) -> None:
        """Count a pair under the one reason that ends it, if it is a candidate at all."""
        if not self.overlaps(pair):
            self._close(pair)
            return
        reason = self._no_opportunity(pair)
        if reason:
            self.counts[pair, reason] += 1
            self._close(pair)
            return
        life = self.open.setdefault(pair, Life(now_ns))
        reason = self._not_handed_over(pair, life, now_ns) or self._denied(pair, now_ns)
        self.counts[pair, reason or "committed"] += 1
        if not reason:
            life.traded, life.refused = True, ""
            self.cooling[pair] = now_ns + COOLDOWN_NS
        elif not life.traded:
            life.refused = reason

    def _close(self, pair: Pair) -> None:
        self.open.pop(pair, None)
        self.young.pop(pair, None)

    def _no_opportunity(self, pair: Pair) -> str:
        symbol, buy, sell = pair
        if self.net_pct(pair) <= 0:
            return "fee"
        books = {venue: self.books[venue, symbol] for venue in (buy, sell)}
        if any(book.halted for book in books.values()):
            return "status_ok"
        # Of a feed that is not live nobody knows what its book is like.
        heard = [venue for venue in books if self.feeds[venue] == "live"]
        if any(books[venue].state == "crossed" for venue in heard):
            return "crossed"
        if len(heard) < 2 or any(book.state != "good" for book in books.values()):
            return "data_fresh"
        return "identity_ok" if any(self.doubted(venue, symbol) for venue in books) else ""

    def _not_handed_over(self, pair: Pair, life: Life, now_ns: int) -> str:
        symbol, buy, sell = pair
        if life.traded:
            return "duplicate_intent"
        if self.net_pct(pair, SLIPPAGE_PCT / 2) < MIN_PROFIT_PCT:
            return "fee"
        if now_ns - life.since_ns < self.least_life_ns:
            self.young[pair] = life.since_ns + self.least_life_ns
            return "filter"
        if not all(self.within_limits(pair)):
            return "depth"
        buying, selling = self.books[buy, symbol], self.books[sell, symbol]
        assert buying.ask is not None
        assert selling.bid is not None
        values = (buying.ask * buying.ask_size, selling.bid * selling.bid_size)
        if min(values) < self.least_value:
            return "filter"
        for venue in (buy, sell):
            age_ns = now_ns - self.books[venue, symbol].heard_ns
            if self.oldest_ns and age_ns > self.oldest_ns:
                return "filter"
            off = abs(self._mid(venue, symbol) / self.middle(symbol) - 1)
            if self.farthest_pct and off > self.farthest_pct / 100:
                return "filter"
        return "" if self._agreed(pair, now_ns) else "filter"

    def _agreed(self, pair: Pair, now_ns: int) -> bool:
        """Tell whether trend and premium want the pair traded, as far as they are asked."""
        symbol, *both = pair
        if self.trend and not self.trend.agrees(symbol, now_ns):
            return False
        return not self.premium or self.premium.agrees(
            [((venue, symbol), self.above_others_pct(venue, symbol)) for venue in both]
        )

    def above_others_pct(self, venue: str, symbol: str) -> Decimal | None:
        """Return how far a tradeable book's middle lies above the others'; None where unknown."""
        others = [v for v in self.venues if v != venue and self.tradeable(v, symbol)]
        if not others or not self.tradeable(venue, symbol):
            return None
        middle = median([self._mid(v, symbol) for v in others])
        return 100 * (self._mid(venue, symbol) - middle) / middle

    def _denied(self, pair: Pair, now_ns: int) -> str:
        """Return what the gate of the money core says."""
        symbol, buy, sell = pair
        if self.cooling.get(pair, 0) > now_ns:
            return "cooldown"
        if self.net_pct(pair) > MAX_PROFIT_PCT:
            return "edge_too_good"
        highest, lowest = self.limits(pair)
        buy_fee, sell_fee = (self.books[venue, symbol].fee for venue in (buy, sell))
        paid, got = highest * (1 + buy_fee), lowest * (1 - sell_fee)
        if 100 * (got - paid) / highest < MIN_PROFIT_PCT:
            return "worst_case_edge"
        base, quote = symbol.split("/")
        on_offer = min(sum(size for _, size in levels) for levels in self.within_limits(pair))
        most = [
            (AMOUNT / max(highest, lowest), "instrument_rules"),
            (Decimal(on_offer), "depth"),
            (self.balances[buy, quote] / (highest * (1 + buy_fee)), "balance_reserved"),
            (self.balances[sell, base], "balance_reserved"),
        ]
        bound, reason = min(most, key=lambda bound: bound[0])
        lots = (LOT * number for number in range(1, int(bound / LOT) + 1))
        allowed = [qty for qty in lots if qty * min(highest, lowest) >= MIN_NOTIONAL]
        if not allowed:
            return reason
        self.traded[pair] = {qty: self.profit(pair, qty) for qty in allowed}
        return ""


def _value(levels: list[Level], qty: Decimal) -> Decimal:
    """Return what so many coins are worth at the levels, one after the other."""
    value = Decimal(0)
    for price, size in levels:
        taken = min(size, qty)
        value, qty = value + taken * price, qty - taken
    assert qty == 0
    return value


def _stepped(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding) * step
