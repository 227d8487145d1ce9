"""Who listens to what."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from arbot_tui.simulator.wire.common.link import Link

__all__ = ["Hub"]

_Topic = TypeVar("_Topic", bound=Hashable)


class Hub(Generic[_Topic]):
    """Connections by topic; a topic is whatever a shell likes to key its channels by."""

    def __init__(self) -> None:
        self._listeners: dict[_Topic, dict[Link, None]] = {}

    def join(self, topic: _Topic, link: Link) -> None:
        """Let a connection listen to a topic; joining twice is joining once."""
        self._listeners.setdefault(topic, {})[link] = None

    def leave(self, topic: _Topic, link: Link) -> None:
        """Stop a connection listening to a topic; not having listened is no error."""
        listeners = self._listeners.get(topic)
        if listeners is not None:
            listeners.pop(link, None)
            if not listeners:
                del self._listeners[topic]

    def leave_all(self, link: Link) -> None:
        """Forget a connection that has gone."""
        for topic in self.topics_of(link):
            self.leave(topic, link)

    def topics_of(self, link: Link) -> list[_Topic]:
        """Return what a connection listens to."""
        return [topic for topic, some in self._listeners.items() if link in some]

    def listeners(self, topic: _Topic) -> Collection[Link]:
        """Return who listens to a topic, in the order of joining."""
        return self._listeners.get(topic, {}).keys()

    def topics(self) -> tuple[_Topic, ...]:
        """Return every topic that somebody listens to."""
        return tuple(self._listeners)
