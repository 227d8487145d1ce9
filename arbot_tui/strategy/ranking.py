"""The best pair of venues of every symbol, and the symbols by it."""

from __future__ import annotations

from arbot_tui.domain.edge import net_edge_pct
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.verdict import Edge, clears_at_pct

__all__ = ["Ranking"]


class Ranking:
    """Reads the board when asked; nothing is kept."""

    def __init__(self, board: QuoteBoard, universe: Universe, identity: IdentityGuard) -> None:
        """Rank the symbols of `universe` by what `board` holds of them."""
        self._board = board
        self._universe = universe
        self._identity = identity
        self._count = len(board.venues)

    def edge(self, row: int, buy: int, sell: int) -> Edge:
        """Return a pair of books as it stands; both must have a price."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        ask, bid = board.latest[row][buy].ask, board.latest[row][sell].bid
        return Edge(
            symbol=self._universe.symbol(row),
            buy=self._board.venues[buy],
            sell=self._board.venues[sell],
            net_pct=net_edge_pct(ask, bid, board.fee[b], board.fee[s]),
            fees_pct=100.0 * (board.fee[b] + board.fee[s]),
            clears_at_pct=clears_at_pct(ask, bid),
        )

    def best_edge(self, row: int) -> tuple[int, int, float] | None:
        """Return (buy, sell, net edge in percent) of a row's best pair, negative included.

        None where fewer than two books are tradeable.
        """
        board = self._board
        why = self._identity.why
        usable = [v for v in range(self._count) if board.is_tradeable(v, row) and not why(v, row)]
        best: tuple[int, int, float] | None = None
        for buy in usable:
            ask, cost = board.latest[row][buy].ask, board.buy_cost(buy, row)
            for sell in usable:
                if sell != buy:
                    pct = 100.0 * (board.sell_net(sell, row) - cost) / ask
                    if best is None or pct > best[2]:
                        best = (buy, sell, pct)
        return best

    def best_edges(self) -> list[tuple[int, int, int, float]]:
        """Return (row, buy, sell, net edge in percent) of every row, best edge first."""
        found = [
            (row, *best)
            for row in range(len(self._universe))
            if (best := self.best_edge(row)) is not None
        ]
        found.sort(key=lambda edge: -edge[3])
        return found
