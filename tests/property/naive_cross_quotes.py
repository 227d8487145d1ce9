"""What has to be said of one coin's markets in several stablecoins, worked out in the plainest way.

A stablecoin is worth the median of what the venues bid and ask for it now, in the account currency:
buying with it costs its ask, selling for it brings its bid (MISSION a2, F25). Where no tradeable
venue has confirmed a rate for `RATE_AGE_NS`, or the middle is further off par than allowed, two of
them are not comparable. Nothing of the program is imported.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations
from statistics import median

from tests.property.naive_detection import Naive

ACCOUNT = "USDT"
RATE_AGE_NS = 5_000_000_000

Across = tuple[str, str, str]
"""(``BTC/USDC>USDT``: paid in USDC, sold for USDT; venue to buy on, venue to sell on)."""


@dataclass
class NaiveCross:
    """Every edge across stablecoins; `market` is what the venues said."""

    market: Naive
    base: str
    coins: tuple[str, ...]
    most_off_par_pct: Decimal
    wanted: bool = True
    open: set[Across] = field(default_factory=set)
    ended: list[tuple[Across, str]] = field(default_factory=list)
    counts: Counter[tuple[Across, str]] = field(default_factory=Counter)

    # What is true of rates and pairs

    def rate(self, coin: str, now_ns: int) -> tuple[Decimal, Decimal] | None:
        """Return what a unit brings and what it costs; None where nobody says."""
        if coin == ACCOUNT:
            return Decimal(1), Decimal(1)
        if quotes := self._confirmed(f"{coin}/{ACCOUNT}", now_ns):
            return median(bid for bid, _ in quotes), median(ask for _, ask in quotes)
        if quotes := self._confirmed(f"{ACCOUNT}/{coin}", now_ns):
            return 1 / median(ask for _, ask in quotes), 1 / median(bid for bid, _ in quotes)
        return None

    def _confirmed(self, symbol: str, now_ns: int) -> list[tuple[Decimal, Decimal]]:
        market = self.market
        if symbol not in market.symbols:
            return []
        books = [market.books[v, symbol] for v in market.venues if market.tradeable(v, symbol)]
        return [
            (book.bid, book.ask)
            for book in books
            if book.bid and book.ask and now_ns - book.heard_ns <= RATE_AGE_NS
        ]

    def prices(self, pair: Across, now_ns: int) -> tuple[Decimal, Decimal] | None:
        """Return what a coin costs and what it brings, in account currency.

        Where there is no rate both coins are taken at par: such a pair is a candidate as well.
        """
        paid, got, buy, sell = self._parts(pair)
        ask = self.market.books[buy, f"{self.base}/{paid}"].ask
        bid = self.market.books[sell, f"{self.base}/{got}"].bid
        if ask is None or bid is None:
            return None
        par = (Decimal(1), Decimal(1))
        _, costs = self.rate(paid, now_ns) or par
        brings, _ = self.rate(got, now_ns) or par
        return ask * costs, bid * brings

    def net_pct(self, pair: Across, now_ns: int) -> Decimal:
        """Return what is left after both fees, percent of what is paid."""
        paid, got, buy, sell = self._parts(pair)
        prices = self.prices(pair, now_ns)
        assert prices is not None
        costs, brings = prices
        buy_fee = self.market.books[buy, f"{self.base}/{paid}"].fee
        sell_fee = self.market.books[sell, f"{self.base}/{got}"].fee
        return 100 * (brings * (1 - sell_fee) - costs * (1 + buy_fee)) / costs

    def offered(self, pair: Across) -> Decimal:
        """Return how many coins both best prices offer."""
        paid, got, buy, sell = self._parts(pair)
        books = self.market.books
        return min(
            books[buy, f"{self.base}/{paid}"].ask_size, books[sell, f"{self.base}/{got}"].bid_size
        )

    def refusal(self, pair: Across, now_ns: int) -> str:
        """Return why a pair that overlaps is no opportunity; empty where it is one."""
        paid, got, buy, sell = self._parts(pair)
        sides = ((buy, f"{self.base}/{paid}"), (sell, f"{self.base}/{got}"))
        if self.net_pct(pair, now_ns) <= 0:
            return "fee"
        if not all(self.market.tradeable(*side) for side in sides):
            if any(self.market.books[side].halted for side in sides):
                return "status_ok"
            heard = [self.market.books[side] for side in sides if self._is_live(side[0])]
            return "crossed" if any(b.state == "crossed" for b in heard) else "data_fresh"
        for coin in (paid, got):
            rate = self.rate(coin, now_ns)
            if rate is None or abs((rate[0] + rate[1]) / 2 - 1) * 100 > self.most_off_par_pct:
                return "quote_peg"
        return "identity_ok" if any(self.market.doubted(*side) for side in sides) else ""

    def _is_live(self, venue: str) -> bool:
        return self.market.feeds[venue] == "live"

    def _parts(self, pair: Across) -> tuple[str, str, str, str]:
        paid, got = pair[0].removeprefix(f"{self.base}/").split(">")
        return paid, got, pair[1], pair[2]

    # What has to happen

    def quoted(self, venue: str, coin: str, now_ns: int) -> None:
        """Judge every pair of a book that has changed; two markets of one venue are no pair."""
        if not self.wanted:
            return
        for paid, got in permutations(self.coins, 2):
            for buy, sell in permutations(self.market.venues, 2):
                if (venue, coin) in ((buy, paid), (sell, got)):
                    self.judge((f"{self.base}/{paid}>{got}", buy, sell), now_ns)

    def passed(self, now_ns: int) -> None:
        """Let time pass, or a rate, feed or setting change: what is open may end by it."""
        for pair in sorted(self.open):
            prices = self.prices(pair, now_ns)
            if prices is None or prices[1] <= prices[0] or self.refusal(pair, now_ns):
                self.judge(pair, now_ns)

    def want(self, wanted: bool) -> None:
        """Be interested in edges across stablecoins at all, or not."""
        self.wanted = wanted
        if not wanted:
            for pair in sorted(self.open):
                self._end(pair, "vanished")

    def judge(self, pair: Across, now_ns: int) -> None:
        """Count a pair under the one reason that ends it, if it is a candidate at all.

        What is an opportunity is shown, and not traded for being one of two currencies.
        """
        prices = self.prices(pair, now_ns)
        if prices is None or prices[1] <= prices[0]:
            self._end(pair, "vanished")
            return
        reason = self.refusal(pair, now_ns)
        self.counts[pair, reason or "quote_peg"] += 1
        if reason:
            self._end(pair, reason)
        else:
            self.open.add(pair)

    def _end(self, pair: Across, reason: str) -> None:
        if pair in self.open:
            self.open.remove(pair)
            self.ended.append((pair, reason))
