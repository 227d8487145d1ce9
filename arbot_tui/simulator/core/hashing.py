"""Keyed hashing: the only source of randomness in the world.

Every draw is a pure function of its key, so that asking in another order, or not asking at
all, changes nothing. Integers only up to the last step, and that step is one exact division:
the same key gives the same draw on every platform.
"""

from __future__ import annotations

__all__ = ["draw_key", "mix", "text_key", "unit"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UNIT = 2.0**-53


def mix(value: int) -> int:
    """Return the splitmix64 finaliser of `value`: 64 well-scrambled bits."""
    value = (value + _GOLDEN) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def draw_key(seed: int, *parts: int) -> int:
    """Return one 64-bit key for `seed` and any number of integer parts, order included."""
    key = mix(seed & _MASK)
    for part in parts:
        key = mix(key ^ (part & _MASK))
    return key


def text_key(text: str) -> int:
    """Return the 64-bit FNV-1a hash of `text`; unlike `hash`, the same in every process."""
    key = 0xCBF29CE484222325
    for byte in text.encode():
        key = ((key ^ byte) * 0x100000001B3) & _MASK
    return key


def unit(key: int) -> float:
    """Return a float in [0, 1) from the upper 53 bits of `key`."""
    return (key >> 11) * _UNIT
