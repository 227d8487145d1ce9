"""Client order ids: a function of (instance, pair, leg, attempt), never sent twice.

Twenty characters of ``[0-9a-z]``, which every venue's alphabet and length allows (OKX is the
narrowest: 32 alphanumerics). The last one is a check character, so that a truncated or
mistyped id is not taken for one of ours.
"""

from __future__ import annotations

__all__ = ["ALPHABET", "INSTANCE_CHARS", "client_order_id", "id_parts", "is_ours"]

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
INSTANCE_CHARS = 7
"""Length of an instance name; 36^7 of them make a clash of two journals on one account remote."""

_PAIR_CHARS = 8
_LENGTH = 1 + INSTANCE_CHARS + _PAIR_CHARS + 4


def _base36(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, 36)
        digits.append(ALPHABET[digit])
    if value:
        raise ValueError("number too large for an order id")
    return "".join(reversed(digits))


def _check(text: str) -> str:
    # Weights differ by position, so that two swapped neighbours are noticed as well.
    return ALPHABET[sum((i + 1) * ALPHABET.index(c) for i, c in enumerate(text)) % 36]


def client_order_id(instance: str, pair_no: int, leg: int, attempt: int) -> str:
    """Return the id of one order.

    Args:
        instance: Name of the account's journal, `INSTANCE_CHARS` of `ALPHABET`.
        pair_no: Number of the pair in that journal.
        leg: 0 buy, 1 sell, 2 unwinding.
        attempt: Counts the orders of that leg, from 0.

    Raises:
        ValueError: A part does not fit.
    """
    if len(instance) != INSTANCE_CHARS or any(c not in ALPHABET for c in instance):
        raise ValueError(f"instance must be {INSTANCE_CHARS} of 0-9a-z, not {instance!r}")
    body = "a" + instance + _base36(pair_no, _PAIR_CHARS) + _base36(leg, 1) + _base36(attempt, 2)
    return body + _check(body)


def is_ours(client_id: str, instance: str) -> bool:
    """Tell whether `client_id` was made by that instance."""
    return (
        len(client_id) == _LENGTH
        and client_id.startswith("a" + instance)
        and all(c in ALPHABET for c in client_id)
        and _check(client_id[:-1]) == client_id[-1]
    )


def id_parts(client_id: str) -> tuple[int, int, int] | None:
    """Return (pair number, leg, attempt) of an id made here, or None for any other text."""
    start = 1 + INSTANCE_CHARS
    if not is_ours(client_id, client_id[1:start]):
        return None
    leg_at = start + _PAIR_CHARS
    parts = (client_id[start:leg_at], client_id[leg_at], client_id[leg_at + 1 : -1])
    pair_no, leg, attempt = (int(part, 36) for part in parts)
    return pair_no, leg, attempt
