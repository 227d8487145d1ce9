"""A text that never shows itself."""

from __future__ import annotations

__all__ = ["Secret"]


class Secret:
    """Wrap a credential so that no log, screen, crash report or pickle can show it.

    Only `reveal` returns the text; call it where it is used and nowhere else.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold `text`."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare with another secret, never with plain text."""
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        """Hash without exposing the text."""
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        """Show nothing."""
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Show nothing in f-strings either."""
        return format("***", spec)

    def __reduce__(self) -> str:
        """Refuse to be pickled or deep-copied."""
        raise TypeError("a secret cannot be pickled")
