"""Who listens to what."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from arbot_tui.simulator.wire.common.connection import Connection

__all__ = ["Hub"]

_Topic = TypeVar("_Topic", bound=Hashable)


class Hub(Generic[_Topic]):
    """Connections by topic; a topic is whatever a shell likes to key its channels by."""

    def __init__(self) -> None:
        self._listeners: dict[_Topic, dict[Connection, None]] = {}

    def join(self, topic: _Topic, connection: Connection) -> None:
        """Let a connection listen to a topic; joining twice is joining once."""
        self._listeners.setdefault(topic, {})[connection] = None

    def leave(self, topic: _Topic, connection: Connection) -> None:
        """Stop a connection listening to a topic; not having listened is no error."""
        listeners = self._listeners.get(topic)
        if listeners is not None:
            listeners.pop(connection, None)
            if not listeners:
                del self._listeners[topic]

    def leave_all(self, connection: Connection) -> None:
        """Forget a connection that has gone."""
        for topic in [topic for topic, some in self._listeners.items() if connection in some]:
            self.leave(topic, connection)

    def listeners(self, topic: _Topic) -> Collection[Connection]:
        """Return who listens to a topic, in the order of joining."""
        return self._listeners.get(topic, {}).keys()

    def topics(self) -> tuple[_Topic, ...]:
        """Return every topic that somebody listens to."""
        return tuple(self._listeners)
