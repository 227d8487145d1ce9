"""Writes what a panel lists to a file of this machine, whoever hosts the engine.

The screen writes it, not the engine: what is exported is what was seen, in its order and under
its filter. Files are 0600, their folder 0700; nothing is ever overwritten.
"""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import StorageError

__all__ = ["as_row", "write_export"]

_TRIES = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Format = Literal["csv", "json"]
Record = Mapping[str, object]


def write_export(
    folder: Path, name: str, records: Sequence[Record], kind: Format, at_ns: int
) -> Path:
    """Write `records` to a new file and return its path.

    Args:
        folder: Where to; made if it does not exist.
        name: What they are, for the file's name.
        records: One mapping per row; all names of all rows become columns.
        kind: ``csv`` or ``json``.
        at_ns: The time for the file's name, UTC nanoseconds.

    Raises:
        StorageError: The file cannot be written.
    """
    text = _csv(records) if kind == "csv" else _json(records)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(at_ns // SECOND))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(_TRIES):
            more = f"-{number + 1}" if number else ""
            path = folder / f"{name}-{stamp}{more}.{kind}"
            try:
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with open(file, "w", encoding="utf-8", newline="") as out:
                out.write(text)
            return path
    except OSError as e:
        raise StorageError(f"export to {folder}: {e.strerror or e}") from None
    raise StorageError(f"export to {folder}: too many files of this second")


def as_row(record: Record) -> str:
    """Return one record as a line of tab-separated values, as spreadsheets paste them."""
    return "\t".join(_cell(value).replace("\t", " ") for value in record.values())


def _csv(records: Sequence[Record]) -> str:
    names = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in names])
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in names])
    return out.getvalue()


def _cell(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = str(value)
    # A venue's words may begin like a formula; numbers with a sign are what they are.
    if text.startswith(_FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json(records: Sequence[Record]) -> str:
    plain = [{name: _plain(value) for name, value in record.items()} for record in records]
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON has no word for what is no number.
        return value if value == value and abs(value) != float("inf") else None
    return str(value)
