"""Every key that may be set, with its kind, range, unit and defaults, as the models declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from arbot_tui.domain.numbers import plain
from arbot_tui.settings.model import Profile, Settings
from arbot_tui.settings.words import either

__all__ = ["Key", "keys"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key that may be set.

    Attributes:
        name: Full name, ``arbitrage.min_profit_pct``.
        kind: ``bool``, ``int``, ``number``, ``text``, ``choice`` or ``list``.
        meaning: One line that says what it does.
        unit: Unit of its value; empty where it has none.
        hot: A change takes effect without a restart.
        low: Smallest value; None where there is no bound.
        high: Largest value, likewise.
        choices: All values of a ``choice``.
        simulate: Default of the profile ``simulate``.
        live: Default of the profile ``live``.
        looser: Which way a change lets more be risked: ``higher``, ``lower``, for lists
            ``longer`` or ``shorter``; empty where it does not.
        cased: Texts of a list are taken as they are written; otherwise they are symbols.
    """

    name: str
    kind: str
    meaning: str
    unit: str
    hot: bool
    low: object
    high: object
    choices: tuple[str, ...]
    simulate: object
    live: object
    looser: str = ""
    cased: bool = False

    def default(self, profile: Profile) -> object:
        """Return the default of that profile."""
        return self.simulate if profile == "simulate" else self.live

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        words = {
            "bool": "true or false",
            "int": "a whole number",
            "number": "a number",
            "text": "a text",
            "choice": either([f'"{choice}"' for choice in self.choices]),
            "list": "a list of texts",
        }[self.kind]
        return " ".join(part for part in (words, self.range, self.unit) if part)

    @property
    def range(self) -> str:
        """The bounds as ``low…high``; empty where there are none."""
        if self.low is None or self.high is None:
            return ""
        return f"{_bound(self.low)}…{_bound(self.high)}"


@cache
def keys() -> Mapping[str, Key]:
    """Return every key by its full name, in the order of the file."""
    return {key.name: key for key in _walk(Settings, "")}


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, info in model.model_fields.items():
        annotation = _without_none(info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, f"{prefix}{name}.")
        else:
            yield _key(prefix + name, annotation, info)


def _key(name: str, annotation: object, info: FieldInfo) -> Key:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    choices = tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()
    kinds: dict[object, str] = {bool: "bool", int: "int", float: "number", Decimal: "number"}
    kind = "choice" if choices else kinds.get(annotation, "text")
    bounds = {
        side: getattr(item, side, None)
        for item in info.metadata
        for side in ("ge", "le")
        if getattr(item, side, None) is not None
    }
    live = info.get_default(call_default_factory=True)
    return Key(
        name=name,
        kind="list" if get_origin(annotation) is tuple else kind,
        meaning=info.description or "",
        unit=str(extra.get("unit", "")),
        hot=bool(extra.get("hot", False)),
        low=bounds.get("ge"),
        high=bounds.get("le"),
        choices=choices,
        simulate=extra.get("simulate", live),
        live=live,
        looser=str(extra.get("looser", "")),
        cased=bool(extra.get("cased", False)),
    )


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not NoneType]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _bound(value: object) -> str:
    return plain(Decimal(str(value)))
