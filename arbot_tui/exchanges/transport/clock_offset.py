"""How far a venue's clock is from ours, from its server time and the round trip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

__all__ = ["ClockSample", "TimeProbe", "measure_offset", "more_certain"]

# Two clocks that are both kept by NTP drift apart by less than this share of the time between.
_DRIFT = 200e-6


class ClockSample(msgspec.Struct, frozen=True):
    """One measurement of a venue's clock.

    Attributes:
        offset_ns: Venue clock minus ours, nanoseconds.
        rtt_ns: Round trip of the request, nanoseconds; the offset errs by at most half of it.
    """

    offset_ns: int
    rtt_ns: int

    @classmethod
    def from_times(cls, server_ns: int, sent_ns: int, recv_ns: int) -> ClockSample:
        """Compare the server's time with the midpoint between sending and receiving."""
        rtt_ns = max(0, recv_ns - sent_ns)
        return cls(server_ns - (sent_ns + rtt_ns // 2), rtt_ns)


TimeProbe = Callable[[], Awaitable[ClockSample]]
"""Asks a venue once for its time."""


async def measure_offset(probe: TimeProbe, samples: int = 3) -> ClockSample:
    """Ask `samples` times, one after the other, and return the answer that came fastest.

    The shortest round trip leaves the least room for error, and the first one also pays for
    opening the connection.

    Raises:
        ExchangeError: Whatever `probe` raised.
    """
    taken = [await probe() for _ in range(max(1, samples))]
    return min(taken, key=lambda sample: sample.rtt_ns)


def more_certain(former: ClockSample | None, age_ns: int, newest: ClockSample) -> ClockSample:
    """Return which of two measurements bounds the offset more closely now.

    A slow round trip says little: where the former one, `age_ns` old, agrees with the newest one
    and was quicker, it stands. Where they contradict each other the venue's clock was set.
    """
    if former is None:
        return newest
    former_error_ns = former.rtt_ns / 2 + age_ns * _DRIFT
    newest_error_ns = newest.rtt_ns / 2
    apart_ns = abs(former.offset_ns - newest.offset_ns)
    agree = apart_ns <= former_error_ns + newest_error_ns
    return former if agree and former_error_ns < newest_error_ns else newest
