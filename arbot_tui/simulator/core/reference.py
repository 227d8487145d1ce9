"""The reference mid of every symbol on every venue, at any step, without any history.

A symbol's mid is its catalogue price times bounded value noise: eleven octaves of hashed
lattice points whose amplitudes grow with the square root of their period, which makes the
moves look like a random walk from a fifth of a second to days while each step can be computed
alone. A venue adds its basis, which is noise of the same kind on two short periods: it
wanders and always comes back. Only `+ - * /` and `sqrt` are used, all exactly rounded by IEEE
754, so the same (seed, symbol, venue, k) gives the same mid on every platform.

Two bounds keep a world honest outside its edges: the basis never exceeds `BASIS_BPS`, and no
mid moves more than `MOVE_BPS` while all books are quoted once. Together they stay well below
the two taker fees, so a quote that is as old as it can get still opens no edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from arbot_tui.simulator.core.catalogue import SECOND_QUOTE, Coin
from arbot_tui.simulator.core.hashing import draw_key, text_key, unit

__all__ = ["BASIS_BPS", "MOVE_BPS", "STEP_NS", "ReferencePrices"]

STEP_NS = 10_000_000
"""Length of one step: the mid is defined every 10 ms."""

BASIS_BPS = 5.0
"""Largest distance of a venue's mid from the symbol's, in basis points."""

MOVE_BPS = 5.0
"""Largest move of a symbol's mid within one round of quotes, in basis points."""

_MID, _BASIS = 201, 202
_STEPS_PER_SECOND = 1_000_000_000 // STEP_NS
_SHORTEST_STEPS = 20
_OCTAVES = 11
_SECONDS_PER_DAY = 86_400
# Makes the variance of a move over one octave's period about that of a random walk.
_AMPLITUDE = 0.9
_CALM = 0.2
_BASIS_OCTAVES = ((800, 0.4), (6400, 0.6))


class _Octave:
    """Value noise of one period: hashed lattice points, joined by smooth steps."""

    __slots__ = ("_amplitude", "_at", "_key", "_left", "_rise", "period")

    def __init__(self, key: int, period: int, amplitude: float) -> None:
        self.period = period
        self._key = key
        self._amplitude = amplitude
        self._load(0)

    def _load(self, cell: int) -> None:
        # The last cell is remembered for speed only; the value does not depend on it.
        self._at = cell
        self._left = self._lattice(cell)
        self._rise = self._lattice(cell + 1) - self._left

    def _lattice(self, point: int) -> float:
        return self._amplitude * (2.0 * unit(draw_key(self._key, point)) - 1.0)

    def at(self, k: int) -> float:
        cell, rest = divmod(k, self.period)
        if cell != self._at:
            self._load(cell)
        share = rest / self.period
        return self._left + self._rise * (share * share * (3.0 - 2.0 * share))


def _largest_move(period: int, amplitude: float, steps: float) -> float:
    """Return the bound on what one octave can move within `steps`."""
    # A smooth step is at most 1.5 times as steep as the straight line.
    return min(2.0 * amplitude, 3.0 * amplitude * steps / period)


class ReferencePrices:
    """Reference mids as a pure function of (seed, symbol, venue, k).

    Args:
        seed: The world's seed.
        listed: The world's coins, in order.
        venues: Names of the venues, in order.
        round_s: Seconds in which every book is quoted once. Worlds with many symbols and few
            quotes get calmer prices, see `MOVE_BPS`.
    """

    def __init__(
        self, seed: int, listed: Sequence[Coin], venues: Sequence[str], round_s: float
    ) -> None:
        self._base = [float(coin.price) for coin in listed]
        self._waves = [_mid_octaves(seed, coin, round_s) for coin in listed]
        self._basis = [[_basis_octaves(seed, coin, venue) for venue in venues] for coin in listed]

    def mid(self, symbol: int, venue: int, k: int) -> float:
        """Return the mid of the symbol and venue with these indexes at step `k`, in quote."""
        basis = 0.0
        for octave in self._basis[symbol][venue]:
            basis += octave.at(k)
        return self.symbol_mid(symbol, k) * (1.0 + basis)

    def symbol_mid(self, symbol: int, k: int) -> float:
        """Return the mid of the symbol with this index at step `k`, no venue's basis in it."""
        move = 0.0
        for octave in self._waves[symbol]:
            move += octave.at(k)
        # (1 + x/2) / (1 - x/2) is exp(x) to third order, and exact arithmetic everywhere.
        half = move * 0.5
        return self._base[symbol] * ((1.0 + half) / (1.0 - half))


def _mid_octaves(seed: int, coin: Coin, round_s: float) -> list[_Octave]:
    per_root_second = coin.volatility_pct / 100.0 / sqrt(_SECONDS_PER_DAY)
    periods = [_SHORTEST_STEPS * 4**octave for octave in range(_OCTAVES)]
    amplitudes = [
        _AMPLITUDE * per_root_second * sqrt(period / _STEPS_PER_SECOND) for period in periods
    ]
    steps = round_s * _STEPS_PER_SECOND
    move = sum(map(_largest_move, periods, amplitudes, [steps] * _OCTAVES))
    calm = min(1.0, MOVE_BPS * 1e-4 / move)
    name = text_key(coin.name)
    return [
        _Octave(draw_key(seed, _MID, name, octave), period, amplitude * calm)
        for octave, (period, amplitude) in enumerate(zip(periods, amplitudes, strict=True))
    ]


def _basis_octaves(seed: int, coin: Coin, venue: str) -> list[_Octave]:
    # Across quotes a rate's basis adds to those of two markets: together within the fees, too.
    share_of_it = _CALM if SECOND_QUOTE in (coin.name, coin.quote) else 1.0
    return [
        _Octave(
            draw_key(seed, _BASIS, coin.key, text_key(venue), period),
            period,
            share * BASIS_BPS * 1e-4 * share_of_it,
        )
        for period, share in _BASIS_OCTAVES
    ]
