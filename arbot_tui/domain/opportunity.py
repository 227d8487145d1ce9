"""One contiguous time in which a (symbol, buy, sell) clears the fees."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import MS

__all__ = ["CAPTURE_DELAYS_MS", "EdgePath", "Opportunity", "PathPoint"]

CAPTURE_DELAYS_MS = (0, 50, 100, 250, 500)
"""Delays after first seen at which it is written down what was still to be had."""

PathPoint = tuple[float, float, float]
"""(milliseconds since first seen, net edge in percent, base quantity both tops offered)."""

_PATH_POINTS = 32


class EdgePath(msgspec.Struct):
    """Edge and size over time, thinned out as it grows: never more than a few dozen points.

    A point is kept when it lies at least `gap_ms` after the one before; the newest always is.
    """

    points: list[PathPoint] = []
    gap_ms: float = 0.0

    def add(self, point: PathPoint) -> None:
        """Take the newest point."""
        points = self.points
        if len(points) > 1 and points[-1][0] - points[-2][0] < self.gap_ms:
            points[-1] = point
            return
        points.append(point)
        if len(points) > _PATH_POINTS:
            # First and newest stay; from now on only as many come as remain.
            self.points = [*points[:-1:2], points[-1]]
            self.gap_ms = point[0] * 2 / _PATH_POINTS


class Opportunity(msgspec.Struct):
    """Life of one opportunity from first seen to closed.

    Attributes:
        id: Identity within this run.
        symbol: Canonical symbol.
        buy: Venue to buy on.
        sell: Venue to sell on.
        opened_ns: First tick that cleared the fees.
        last_ns: Latest tick on which it still did.
        closed_ns: Tick that ended it; 0 while open.
        edge_pct: Net edge now (or last), percent.
        peak_pct: Highest net edge seen, percent.
        buy_price: Ask at the latest tick.
        sell_price: Bid at the latest tick.
        qty: Base quantity both tops offered at the latest tick.
        profit_quote: Net profit of `qty` in quote currency at the latest tick.
        peak_profit_quote: Highest such profit seen.
        signalled: It was handed to the money core.
        pair_id: The pair committed for it; empty while none.
        reason: Why it was not traded (latest deny), else why it closed.
        closed_reason: Why it closed; empty while open.
        capturable_pct: Net edge at each of `CAPTURE_DELAYS_MS` after first seen, percent, as
            far as that time has come; 0 where it had closed by then, even if another opened.
        path: Edge and size over time.
    """

    id: int
    symbol: str
    buy: str
    sell: str
    opened_ns: int
    last_ns: int
    edge_pct: float
    peak_pct: float
    buy_price: float
    sell_price: float
    qty: float
    profit_quote: float
    peak_profit_quote: float
    closed_ns: int = 0
    signalled: bool = False
    pair_id: str = ""
    reason: str = ""
    closed_reason: str = ""
    capturable_pct: list[float] = []
    path: EdgePath = msgspec.field(default_factory=EdgePath)

    def elapse(self, now_ns: int) -> bool:
        """Write down what was capturable at the delays that ended before `now_ns`; tell of any.

        To be called before anything else changes at `now_ns`: until then it stands as it did.
        """
        done = before = len(self.capturable_pct)
        while (
            done < len(CAPTURE_DELAYS_MS) and self.opened_ns + CAPTURE_DELAYS_MS[done] * MS < now_ns
        ):
            self.capturable_pct.append(self.edge_pct)
            done += 1
        return done > before

    def trace(self, at_ns: int) -> None:
        """Add how it stands at `at_ns` to its path."""
        self.path.add(((at_ns - self.opened_ns) / MS, self.edge_pct, self.qty))

    def end(self, now_ns: int, reason: str) -> None:
        """Close it: from now on there is nothing to be had."""
        self.elapse(now_ns)
        missing = len(CAPTURE_DELAYS_MS) - len(self.capturable_pct)
        self.capturable_pct += [0.0] * missing
        self.closed_ns = now_ns
        self.closed_reason = reason
        if not self.reason and not self.pair_id:
            self.reason = reason
