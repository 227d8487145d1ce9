"""How a venue treats orders: how long it takes, how often it refuses, how often it cuts short.

Every draw is a function of (seed, pair, leg, attempt), never of the order of calls, so that the
same order meets the same fate in every run over the same quotes.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.order_ids import id_parts

__all__ = ["UNMEASURED_NS", "Draws", "OrderFate", "OrderProfile", "RoundTrips", "quantile"]

UNMEASURED_NS = 100 * MS
"""Round trip of an order while none has been measured; a venue on another continent."""

_KEPT = 512
_UNIT = float(1 << 53)


class OrderProfile(msgspec.Struct, frozen=True):
    """What is known of a venue's treatment of orders, measured or configured.

    Attributes:
        latencies_ns: Times from sending an order to its answer, any order; empty where none was
            measured: round trips of other requests stand in.
        reject_share: Part of the acceptable orders that are refused all the same, 0…1.
        cut_share: Part of the accepted orders that may trade less than is there, 0…1.
        cuts: Shares of the quantity that those may trade; empty: any share is as likely.
        beyond_ns: How much longer an order takes than the round trip that stands in for it.
    """

    latencies_ns: tuple[int, ...] = ()
    reject_share: float = 0.0
    cut_share: float = 0.0
    cuts: tuple[float, ...] = ()
    beyond_ns: int = 0


class OrderFate(msgspec.Struct, frozen=True):
    """What was drawn for one order.

    Attributes:
        latency_ns: From sending it to its answer.
        refused: The venue refuses it for no reason of ours.
        share: Part of its quantity that may trade; 1 for all of it.
    """

    latency_ns: int
    refused: bool
    share: Decimal


class RoundTrips:
    """The newest measured round trips of a venue, nanoseconds."""

    def __init__(self, values: Iterable[int] = ()) -> None:
        """Start with `values`."""
        self._newest: deque[int] = deque(values, _KEPT)
        self._ranked: list[int] | None = None

    def add(self, rtt_ns: int) -> None:
        """Take a measured round trip."""
        if rtt_ns > 0:
            self._newest.append(rtt_ns)
            self._ranked = None

    @property
    def ranked(self) -> list[int]:
        """All of them, shortest first; what stands for an unmeasured one where there are none."""
        if self._ranked is None:
            self._ranked = sorted(self._newest) or [UNMEASURED_NS]
        return self._ranked


def quantile(ranked: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0…1) of `ranked` lies, linear between neighbours."""
    position = share * (len(ranked) - 1)
    low = int(position)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (position - low)


class Draws:
    """Draws the fate of orders from a profile."""

    def __init__(self, seed: int, profile: OrderProfile) -> None:
        """Draw with `seed` from `profile`."""
        self._seed = seed
        self._profile = profile
        self._latencies = sorted(profile.latencies_ns)
        self._cuts = sorted(profile.cuts)

    def fate(self, client_id: str, rtts: RoundTrips) -> OrderFate:
        """Return what becomes of an order, whatever was drawn before.

        Args:
            client_id: Names pair, leg and attempt.
            rtts: Where latencies come from if no order's was measured.
        """
        latency, refused, cut, share = self._units(client_id)
        profile = self._profile
        if cut >= profile.cut_share:
            allowed = Decimal(1)
        else:
            allowed = Decimal(repr(quantile(self._cuts, share) if self._cuts else share))
        if self._latencies:
            latency_ns = round(quantile(self._latencies, latency))
        else:
            latency_ns = round(quantile(rtts.ranked, latency)) + profile.beyond_ns
        return OrderFate(
            latency_ns=latency_ns,
            refused=refused < profile.reject_share,
            share=allowed,
        )

    def _units(self, client_id: str) -> tuple[float, float, float, float]:
        """Return four independent numbers in [0, 1) that only this order has."""
        key = repr((self._seed, id_parts(client_id) or client_id)).encode()
        digest = hashlib.blake2b(key, digest_size=32).digest()
        words = (digest[i : i + 8] for i in range(0, 32, 8))
        first, second, third, fourth = ((int.from_bytes(w) >> 11) / _UNIT for w in words)
        return first, second, third, fourth
