"""Values of one source, each with where it is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Layer", "prefixes"]


@dataclass(slots=True)
class Layer:
    """Values of one source by full key name, and where each is from; not yet validated."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


def prefixes(name: str) -> Iterator[str]:
    """Yield the full key name, then each table that holds it, from the inside out."""
    while name:
        yield name
        name = name.rpartition(".")[0]
