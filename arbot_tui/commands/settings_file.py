"""Writes single keys into a TOML file and leaves every other byte of it as it was."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from arbot_tui.domain.errors import ConfigError, StorageError
from arbot_tui.domain.text import sanitise

__all__ = ["read_exactly", "set_keys", "write_atomically"]

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]")


def set_keys(text: str, values: Mapping[str, str]) -> str:
    """Return the TOML document `text` with each key set to its value.

    A key that is set gets the new value where it stands; one that is commented out is switched on
    there; any other is put under the header of its table, or with a new one at the end.

    Args:
        text: The document.
        values: Values as TOML writes them, by full key name.

    Raises:
        ConfigError: The document is broken, or has a form in which the key cannot be set.
    """
    for name, value in values.items():
        text = _set_key(text, name, value)
    return text


def _set_key(text: str, name: str, value: str) -> str:
    wanted = _parsed(text)
    *tables, last = name.split(".")
    _put(wanted, tables, last, tomllib.loads(f"x = {value}")["x"])
    ways: tuple[Callable[[str, str, str], str | None], ...] = (
        _replaced,
        _switched_on,
        _added,
        _appended,
        _inserted,
    )
    for way in ways:
        found = way(text, name, value)
        if found is not None and _says(found, wanted):
            return found
    raise ConfigError(f"{name} cannot be set in a file of this form; edit it by hand")


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"broken TOML: {sanitise(str(e))}") from None


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _put(document: dict[str, Any], tables: list[str], last: str, value: object) -> None:
    table = document
    for part in tables:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{part} is no table in this file")
        table = inner
    table[last] = value


def _replaced(text: str, name: str, value: str) -> str | None:
    """Give a key that is set its new value; comments stay."""
    *tables, last = name.split(".")
    # tomlkit takes its time; whether the key is there can be told without it.
    quick: Any = _parsed(text)
    for part in (*tables, last):
        if not isinstance(quick, dict) or part not in quick:
            return None
        quick = quick[part]
    document = tomlkit.parse(text)
    table: Any = document
    for part in tables:
        table = table[part]
    table[last] = tomlkit.value(value)
    return tomlkit.dumps(document)


def _switched_on(text: str, name: str, value: str) -> str | None:
    """Take the comment sign from the line that shows the key, and what follows the value along."""
    table, _, last = name.rpartition(".")
    lines = text.splitlines(keepends=True)
    for number in _section(lines, table) or ():
        line = lines[number]
        body = re.fullmatch(r"\s*#[ \t]?(" + re.escape(last) + r"[ \t]*=.*?)(\r?\n)?", line)
        if body is None:
            continue
        try:
            shown = tomlkit.parse(body[1])
        except TOMLKitError:
            # A sentence that only looks like it.
            continue
        shown[last] = tomlkit.value(value)
        lines[number] = tomlkit.dumps(shown) + (body[2] or "")
        return "".join(lines)
    return None


def _added(text: str, name: str, value: str) -> str | None:
    """Put the key under the header of its table."""
    table, _, last = name.rpartition(".")
    lines = text.splitlines(keepends=True)
    section = _section(lines, table)
    if section is None:
        return None
    header = section.start - 1
    end = "\r\n" if lines[header].endswith("\r\n") else "\n"
    if not lines[header].endswith("\n"):
        lines[header] += end
    lines.insert(header + 1, f"{last} = {value}{end}")
    return "".join(lines)


def _appended(text: str, name: str, value: str) -> str | None:
    """Put the table at the end."""
    table, _, last = name.rpartition(".")
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return f"{text}{gap}[{table}]{end}{last} = {value}{end}"


def _inserted(text: str, name: str, value: str) -> str | None:
    """Let tomlkit find a place: tables written inline or as dotted keys have no header."""
    document = tomlkit.parse(text)
    *tables, last = name.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    table[last] = tomlkit.value(value)
    return tomlkit.dumps(document)


def _section(lines: list[str], table: str) -> range | None:
    """Return the numbers of the lines behind the header of `table`; None where there is none."""
    start = -1
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if header is None:
            continue
        if start >= 0:
            return range(start, number)
        if _plain(header[1]) == table:
            start = number + 1
    return range(start, len(lines)) if start >= 0 else None


def _plain(written: str) -> str:
    return ".".join(part.strip(" \t\"'") for part in written.split("."))


def read_exactly(path: Path) -> str:
    """Return the file's text with its line ends as they are.

    Raises:
        ConfigError: It is no UTF-8 text.
        StorageError: It cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as e:
        raise StorageError(f"{path}: {e.strerror or e}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is no UTF-8 text") from None


def write_atomically(path: Path, text: str) -> None:
    """Replace the file at once and for good; its mode stays, a new one is its owner's alone.

    A link is followed, so that the file it leads to is replaced and not the link.

    Raises:
        StorageError: It cannot be written; the old file is untouched.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
        with _temporary(target, mode) as temporary:
            file = os.open(temporary, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            try:
                # Not text mode: line ends stay as they are.
                with open(file, "wb", closefd=False) as out:
                    out.write(text.encode())
                os.fsync(file)
            finally:
                os.close(file)
            temporary.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as e:
        raise StorageError(f"{path}: {e.strerror or e}") from None


@contextlib.contextmanager
def _temporary(target: Path, mode: int) -> Iterator[Path]:
    path = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, mode)
        os.close(file)
        yield path
    finally:
        path.unlink(missing_ok=True)
