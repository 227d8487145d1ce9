"""Which channels one connection has, and the requests that bring it where it should be.

Sans-I/O: told what is wanted and what the venue answers, it says which frames to send next.
Changes asked for between two sendings are merged, so that asking to and fro costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.limiter import RateLimiter

__all__ = ["Operation", "RequestLimits", "RequestWriter", "Subscriptions", "Topic"]

Topic = tuple[str, str]
"""Channel and symbol, both as the venue writes them."""

Operation = Literal["subscribe", "unsubscribe"]

RequestWriter = Callable[[Operation, str, Sequence[Topic]], bytes]
"""Returns the frame for an operation, our request id and some topics."""

_HOUR_NS = 3_600 * SECOND
_PAUSE_NS = 10 * SECOND
# How soon what was refused is tried again, and the longest that this grows to by doubling.
_AGAIN_NS, _MOST_AGAIN_NS = 60 * SECOND, 1_800 * SECOND


class RequestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue allows on one connection.

    Attributes:
        topics_per_frame: Most topics in one request.
        per_hour: Most requests an hour; None where the venue names no limit.
        answer_within_s: How long an answer to a request may take, seconds.
    """

    topics_per_frame: int
    per_hour: int | None = None
    answer_within_s: float = 10.0


class Subscriptions:
    """The topics of one connection.

    A topic is wanted or not, and the venue has been asked for it or not; `due` returns the
    frames for the difference. A frame that was refused as a whole is taken apart until the
    topic is found that the venue does not know; that one is asked for again by itself, after a
    minute and then ever more seldom, since a venue in trouble refuses what it knows.
    """

    def __init__(self, write: RequestWriter, limits: RequestLimits) -> None:
        """Start with nothing wanted.

        Args:
            write: Writes a request in the venue's language.
            limits: What the venue allows.
        """
        self._write = write
        self._limits = limits
        self._wanted: dict[Topic, None] = {}
        self._have: set[Topic] = set()
        self._to_ask: dict[Topic, None] = {}
        self._to_leave: dict[Topic, None] = {}
        self._alone: dict[Topic, None] = {}
        # When what was refused is tried again, and how long the wait was that was last begun.
        self._refused: dict[Topic, int] = {}
        self._waited_ns: dict[Topic, int] = {}
        self._asked: dict[str, tuple[int, dict[Topic, None]]] = {}
        self._requests = 0
        self._not_before_ns = 0
        self._hour = self._new_hour()
        self.blocked = False
        """Whether requests wait because the hour's share of this connection is used up."""

    def __contains__(self, topic: Topic) -> bool:
        """Tell whether `topic` is wanted."""
        return topic in self._wanted

    @property
    def answered(self) -> bool:
        """Whether everything wanted was asked for, and every question answered."""
        return not (self._asked or self._to_ask or self._alone)

    @property
    def any(self) -> bool:
        """Whether the venue was asked for anything that it did not refuse."""
        return bool(self._have)

    def restart(self) -> None:
        """Begin anew on a fresh connection: nothing is subscribed, everything is to be asked."""
        self._have.clear()
        self._to_leave.clear()
        self._alone.clear()
        self._asked.clear()
        self._to_ask = {topic: None for topic in self._wanted if topic not in self._refused}
        self._not_before_ns = 0
        self._hour = self._new_hour()
        self.blocked = False

    def follow(self, topics: Iterable[Topic]) -> None:
        """Want `topics`."""
        for topic in topics:
            self._wanted[topic] = None
            if topic in self._refused or topic in self._alone:
                continue
            if topic not in self._have:
                self._to_ask[topic] = None
            elif topic not in self._to_ask:
                # Left a moment ago, and the venue has not been told yet.
                self._to_leave.pop(topic, None)

    def leave(self, topics: Iterable[Topic]) -> None:
        """Want `topics` no longer."""
        for topic in topics:
            self._wanted.pop(topic, None)
            self._to_ask.pop(topic, None)
            self._alone.pop(topic, None)
            self._refused.pop(topic, None)
            self._waited_ns.pop(topic, None)
            if topic in self._have:
                self._to_leave[topic] = None

    def renew(self, topics: Iterable[Topic]) -> None:
        """Leave `topics` and ask for them again, as far as the venue has been asked already."""
        for topic in topics:
            if topic in self._wanted and topic in self._have:
                self._to_leave[topic] = None
                self._to_ask[topic] = None

    def due(self, now_ns: int) -> list[bytes]:
        """Return the frames to send now; none while the hour's share does not cover them all."""
        if self._refused:
            self._try_again(now_ns)
        if not (self._to_leave or self._to_ask or self._alone) or now_ns < self._not_before_ns:
            return []
        batches: list[tuple[Operation, list[Topic]]] = [
            *(("unsubscribe", batch) for batch in self._batches(self._to_leave)),
            *(("subscribe", batch) for batch in self._batches(self._to_ask)),
            *(("subscribe", [topic]) for topic in self._alone),
        ]
        if self._hour is not None:
            self.blocked = self._hour.wait_ns(len(batches), now_ns) > 0
            if self.blocked:
                return []
            self._hour.take(len(batches), now_ns)
        self._have.difference_update(self._to_leave)
        self._have.update(self._to_ask, self._alone)
        for pending in (self._to_leave, self._to_ask, self._alone):
            pending.clear()
        return [self._frame(operation, batch, now_ns) for operation, batch in batches]

    def accepted(self, request_id: str, topic: Topic | None) -> list[Topic]:
        """Note that a request, or one topic of it, was accepted; return the topics.

        Args:
            request_id: Our id; empty where the venue does not repeat it.
            topic: The topic; None where the whole request is meant.
        """
        if request_id and topic is None and request_id not in self._asked:
            return []  # it answers something else, such as an unsubscription
        found = self._request_of(request_id, topic)
        if found is None:
            return []
        topics = self._asked[found][1]
        taken = list(topics) if topic is None else [topic]
        for each in taken:
            topics.pop(each, None)
            self._waited_ns.pop(each, None)
        if not topics:
            del self._asked[found]
        return taken

    def refused(
        self, request_id: str, topic: Topic | None, *, alone: bool, now_ns: int
    ) -> list[Topic] | None:
        """Note that a request was refused, and return the topics given up for now.

        Args:
            request_id: Our id; empty where the venue left it out.
            topic: The topic to blame; None where the venue does not name one.
            alone: Whether only that topic was refused, not its whole request.
            now_ns: When it was.

        Returns:
            None where the answer belongs to no request of ours.
        """
        if self._is_settled(request_id):
            return []  # an unsubscription, from what is gone already
        found = self._request_of(request_id, topic)
        if found is None:
            return None
        topics = self._asked[found][1]
        if topic in topics:
            del topics[topic]
            given_up = [topic]
        elif len(topics) == 1:
            given_up = list(topics)
            topics.clear()
        else:
            given_up = []
        if not (alone and topics):
            del self._asked[found]
            again = [other for other in topics if other in self._wanted]
            self._have.difference_update(topics)
            # Where one was blamed the others may go together; otherwise each has to prove itself.
            (self._to_ask if given_up else self._alone).update(dict.fromkeys(again))
        self._have.difference_update(given_up)
        for each in given_up:
            wait_ns = min(2 * self._waited_ns.get(each, _AGAIN_NS // 2), _MOST_AGAIN_NS)
            self._waited_ns[each] = wait_ns
            self._refused[each] = now_ns + wait_ns
        return given_up

    def postponed(self, request_id: str, now_ns: int) -> None:
        """Note that a request came too soon for the venue: ask again after a pause."""
        self._not_before_ns = now_ns + _PAUSE_NS
        if self._is_settled(request_id):
            return
        found = self._request_of(request_id, None)
        if found is not None:
            _, topics = self._asked.pop(found)
            self._have.difference_update(topics)
            self._to_ask.update({topic: None for topic in topics if topic in self._wanted})

    def overdue(self, now_ns: int) -> bool:
        """Tell whether an answer is missing for longer than the venue may take."""
        if not self._asked:
            return False
        asked_ns, _ = next(iter(self._asked.values()))
        return now_ns - asked_ns >= self._limits.answer_within_s * SECOND

    def _is_settled(self, request_id: str) -> bool:
        """Tell whether an id is one of ours, and nothing is awaited under it any more."""
        ours = request_id.isdecimal() and int(request_id) <= self._requests
        return ours and request_id not in self._asked

    def _try_again(self, now_ns: int) -> None:
        """Ask by itself for what was refused long enough ago."""
        for topic in [topic for topic, at_ns in self._refused.items() if at_ns <= now_ns]:
            del self._refused[topic]
            self._alone[topic] = None

    def _request_of(self, request_id: str, topic: Topic | None) -> str | None:
        """Return the request that an answer belongs to; answers come in order of the questions."""
        if request_id in self._asked:
            return request_id
        for asked, (_, topics) in self._asked.items():
            if topic is None or topic in topics:
                return asked
        return None

    def _frame(self, operation: Operation, topics: Sequence[Topic], now_ns: int) -> bytes:
        self._requests += 1
        request_id = str(self._requests)
        if operation == "subscribe":
            self._asked[request_id] = (now_ns, dict.fromkeys(topics))
        return self._write(operation, request_id, topics)

    def _batches(self, topics: Iterable[Topic]) -> list[list[Topic]]:
        every, size = list(topics), self._limits.topics_per_frame
        return [every[start : start + size] for start in range(0, len(every), size)]

    def _new_hour(self) -> RateLimiter | None:
        per_hour = self._limits.per_hour
        return None if per_hour is None else RateLimiter(per_hour, _HOUR_NS, reserve=0.0)
