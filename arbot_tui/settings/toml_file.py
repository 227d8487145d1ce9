"""Reads the one file: TOML, with the line of every key for the messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.settings.keys import keys
from arbot_tui.settings.layer import Layer, prefixes
from arbot_tui.settings.words import refused, unknown

__all__ = ["read"]


def read(file: Path) -> Layer:
    """Return what the file says; kinds of values are checked, ranges are not.

    Raises:
        ConfigError: It cannot be read, is no TOML, or has a key or a kind of value it must not.
    """
    try:
        content = file.read_bytes()
        text = content.decode()
    except OSError as e:
        raise ConfigError(f"{file}: {e.strerror or e}") from None
    except UnicodeDecodeError as e:
        bad = e.object.count(b"\n", 0, e.start) + 1
        raise ConfigError(f"{file}:{bad}: is no UTF-8 text; save it as UTF-8") from None
    if text.startswith("\ufeff"):
        raise ConfigError(f"{file}:1: begins with a byte order mark; save it as UTF-8 without one")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{file}: broken TOML: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as e:
        place = re.search(r"at line (\d+)", str(e))
        line = place.group(1) if place else str(len(text.split("\n")))
        raise ConfigError(f"{file}:{line}: broken TOML: {sanitise(str(e))}") from None
    lines = _key_lines(text)
    layer = Layer()
    for name, value in _flat(document, ""):
        line_of = next((lines[part] for part in prefixes(name) if part in lines), 1)
        where = f"{file}:{line_of}"
        key = keys().get(name)
        if key is None and any(known.startswith(f"{name}.") for known in keys()):
            raise refused(where, name, value, f"a section [{name}]")
        if key is None:
            raise ConfigError(f"{where}: {unknown(name, tuple(keys()))}")
        if not _has_kind(value, key.kind):
            raise refused(where, name, value, key.allowed)
        layer.values[name] = tuple(value) if isinstance(value, list) else value
        layer.origins[name] = where
    return layer


def _flat(values: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and prefix + name not in keys():
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _key_lines(text: str) -> dict[str, int]:
    """Return the line of every table header and key; `tomllib` does not tell."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]", line):
            table = _plain_key(header.group(1)) + "."
            lines.setdefault(table[:-1], number)
        elif assigned := re.match(r"\s*([\w\s.\"'-]+?)\s*=", line):
            lines.setdefault(table + _plain_key(assigned.group(1)), number)
    return lines


def _plain_key(written: str) -> str:
    return ".".join(part.strip(" \t\"'") for part in written.split("."))


def _has_kind(value: object, kind: str) -> bool:
    """Tell whether a TOML value is of the kind: true is no number, "5" neither."""
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    wanted = {"int": int, "number": int | float}.get(kind, str)
    return isinstance(value, wanted)
