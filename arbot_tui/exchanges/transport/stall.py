"""Whether a connection that is open has stopped bringing quotes."""

from __future__ import annotations

from typing import Literal

from arbot_tui.domain.clock import SECOND

__all__ = ["StallWatch"]

# DESIGN section 3: a channel as a whole changes within max(2 s, 20 times its usual gap).
_PATIENCE_NS = 2 * SECOND
_GAPS = 20
# A venue sends the state of a book when it is subscribed; nothing at all by then is odd.
_FIRST_NS = 10 * SECOND
_ANSWER_NS = 3 * SECOND
_MOST_PATIENCE_NS = 60 * SECOND
_FORGIVEN_NS = 300 * SECOND


class StallWatch:
    """Tells a market that is quiet from a channel that is frozen, by asking.

    A new subscription brings the present state at once. Where it does, the market was only
    quiet, and the next doubt takes twice as long; where it does not, the channel is dead.
    """

    __slots__ = ("_doubted_ns", "_newest_ns", "_opened_ns", "_patience_ns", "_quotes", "_was_ns")

    def __init__(self) -> None:
        """Start without a connection."""
        self.restart(0)

    def restart(self, now_ns: int) -> None:
        """Begin with a new connection."""
        self._opened_ns = self._newest_ns = now_ns
        self._quotes = 0
        self._doubted_ns = 0
        self._was_ns = now_ns
        self._patience_ns = _PATIENCE_NS

    def quote(self, recv_ns: int) -> None:
        """Note that a quote arrived."""
        self._newest_ns = recv_ns
        self._quotes += 1

    def judge(self, now_ns: int) -> Literal["alive", "doubtful", "dead"]:
        """Return the verdict; after ``doubtful`` the caller subscribes anew."""
        if self._doubted_ns:
            if self._newest_ns > self._doubted_ns:
                self._doubted_ns = 0
                self._patience_ns = min(2 * self._patience_ns, _MOST_PATIENCE_NS)
            elif now_ns - self._doubted_ns >= _ANSWER_NS:
                self._doubted_ns = 0
                return "dead"
            return "alive"
        if now_ns - self._was_ns >= _FORGIVEN_NS:
            self._patience_ns = _PATIENCE_NS
        if now_ns - self._newest_ns < self._limit_ns():
            return "alive"
        self._doubted_ns = self._was_ns = now_ns
        return "doubtful"

    def _limit_ns(self) -> int:
        if not self._quotes:
            return _FIRST_NS
        usual_gap_ns = (self._newest_ns - self._opened_ns) // self._quotes
        return max(self._patience_ns, _GAPS * usual_gap_ns)
