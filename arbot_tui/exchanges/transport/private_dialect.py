"""What the languages of private sockets share: whose account, whose clock, which instruments.

A venue's own module says how a login is signed, what is subscribed and what a frame means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.transport.signed_socket import LoggedIn, SocketRefused, Subscribed, Told

__all__ = ["PrivateDialect", "TextPingDialect", "is_pong"]

_BROKEN = (ValueError, RecursionError, ArithmeticError, IndexError)
_PONG = b"pong"


def is_pong(raw: bytes) -> bool:
    """Tell whether a frame is the answer to a ``ping`` in plain text."""
    return raw == _PONG


class PrivateDialect(ABC):
    """A language; see `SocketDialect`."""

    venue: str
    topics: frozenset[str]
    needs_login = True

    def __init__(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> None:
        """Prepare.

        Args:
            credentials: Key that signs, and passphrase where the venue has one.
            venue_ms: Returns the venue's time, UTC milliseconds.
            instrument: Returns the instrument of a wire symbol.
        """
        self._credentials = credentials
        self._venue_ms = venue_ms
        self._instrument = instrument

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        try:
            return list(self._told(raw))
        except MalformedMessage:
            raise
        except _BROKEN as e:
            raise MalformedMessage(self.venue, f"private stream: {sanitise(str(e))}") from e

    @abstractmethod
    def _told(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            ValueError: It breaks its schema.
        """

    def _symbol(self, wire_symbol: str) -> str:
        """Return the canonical symbol, or the venue's name where it is not followed."""
        instrument = self._instrument(wire_symbol)
        return instrument.symbol if instrument else sanitise(wire_symbol, 40)


class TextPingDialect(PrivateDialect):
    """A language of ``event`` frames, kept alive by ``ping`` in plain text (OKX, Bitget)."""

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        return () if is_pong(raw) else super().read(raw)

    @staticmethod
    def _answered(event: str, code: str, words: str, topic: str) -> Iterable[Told]:
        """Return what an answer to a login or a subscription says; nothing for other events."""
        text = f"{code} {sanitise(words)}".strip()
        match event:
            case "login":
                return (LoggedIn(),) if code == "0" else (SocketRefused(text),)
            case "subscribe":
                return (Subscribed(topic),)
            case "error":
                return (SocketRefused(text),)
            case _:
                return ()
