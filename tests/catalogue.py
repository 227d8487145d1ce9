"""The catalogue of faults (`faults.toml`) and the recorded mutations (`mutations.toml`).

`faults.toml` says for each row of the fault catalogue which tests hold its expected behaviour, or
why there is none yet. `mutations.toml` holds changes that would do harm: each names the tests that
have to notice. CONTRIBUTING tells how to add to them.
"""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

__all__ = ["ROOT", "Fault", "Mutation", "faults", "missing", "mutations"]

ROOT = Path(__file__).parent.parent
"""The checkout."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the fault catalogue.

    Attributes:
        row: Its number.
        severity: ``S1`` loses money silently or without bound, ``S2`` visibly, ``S3`` none.
        name: The fault in words.
        tests: Tests of what is expected then, as pytest names them.
        open: What is not tested yet, and why; empty where nothing is missing.
    """

    row: int
    severity: Literal["S1", "S2", "S3"]
    name: str
    tests: tuple[str, ...] = ()
    open: str = ""


class Mutation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the program that would do harm.

    Attributes:
        row: The row of the fault catalogue whose protection it takes away.
        file: The file, from the checkout's root.
        old: A piece of it, which occurs once.
        new: What takes its place.
        tests: Tests of which at least one has to fail then.
    """

    row: int
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class _Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fault: list[Fault]


class _Mutations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mutation: list[Mutation]


def faults() -> list[Fault]:
    """Return the rows of the fault catalogue, as recorded."""
    return msgspec.convert(_read("faults.toml"), _Faults).fault


def mutations() -> list[Mutation]:
    """Return the recorded mutations."""
    return msgspec.convert(_read("mutations.toml"), _Mutations).mutation


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((ROOT / "tests" / name).read_text(encoding="utf-8"))


def missing(test: str) -> str:
    """Return what of the name of a test, or a file of them, does not exist; empty for nothing."""
    path, *names = test.split("[", 1)[0].split("::")
    if not (path.startswith("tests/") and path.endswith(".py") and (ROOT / path).is_file()):
        return path
    if not names:
        return ""
    found: object = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for name in names:
        found = getattr(found, name, None)
        if found is None:
            return name
    return "" if callable(found) else names[-1]
