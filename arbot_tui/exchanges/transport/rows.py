"""Lists of an account in which other people's rows may stand beside ours.

A venue lists whatever was placed on the account: orders of a kind that we never send, of fields
that no page names. One of those that cannot be read must not hide ours. It is skipped and counted
where its client order id proves that no engine of this program made it; of anything else
nothing is known, and the whole list fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.order_ids import id_parts
from arbot_tui.domain.text import sanitise

__all__ = ["Rows", "read_rows"]

T = TypeVar("T")
_BROKEN = (MalformedMessage, ValueError, RecursionError, ArithmeticError)


class Rows(msgspec.Struct, Generic[T]):
    """What could be read of a list.

    Attributes:
        read: Its rows, those left out that are not ours and cannot be read.
        unreadable: Why not, one text for each.
    """

    read: list[T]
    unreadable: list[str] = []

    def add(self, more: Rows[T]) -> None:
        """Take in the rows of the next page."""
        self.read += more.read
        self.unreadable += more.unreadable


def read_rows(
    rows: Iterable[msgspec.Raw],
    read: Callable[[msgspec.Raw], T],
    client_id: Callable[[msgspec.Raw], str | None],
) -> Rows[T]:
    """Read row by row.

    Args:
        rows: As the venue sends them.
        read: Reads one; what it raises decides the fate of the list where the row may be ours.
        client_id: Reads only the id that the order's sender gave it; None where it gave none.

    Raises:
        MalformedMessage: A row of ours, or one that does not say whose it is, cannot be read.
        ValueError: The same, in the words of `read`.
    """
    found: Rows[T] = Rows([])
    for raw in rows:
        try:
            found.read.append(read(raw))
        except _BROKEN as e:
            # All that we send has an id of ours.
            if id_parts(client_id(raw) or "") is not None:
                raise
            found.unreadable.append(sanitise(str(e)))
    return found
