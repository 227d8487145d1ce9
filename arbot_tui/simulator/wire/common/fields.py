"""What a request carries, by name: a query string or a JSON body, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar
from urllib.parse import unquote_plus

from aiohttp import web

from arbot_tui.simulator.wire.common.amounts import parse_plain
from arbot_tui.simulator.wire.common.json import Json, decode

__all__ = ["BadField", "Fields", "raw_query"]

_T = TypeVar("_T")


class BadField(Exception):
    """A parameter that is absent or not what it must be; each venue words this in its own way.

    Attributes:
        name: The parameter; empty if the request as a whole could not be read.
        missing: Whether it is absent.
    """

    def __init__(self, name: str, *, missing: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.missing = missing


def raw_query(request: web.Request) -> str:
    """Return the query string exactly as it was sent."""
    return request.raw_path.partition("?")[2]


class Fields:
    """Named parameters of one request.

    Args:
        values: As decoded.
    """

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values

    @classmethod
    def of_query(cls, query: str) -> Fields:
        """Return the parameters of a raw query string; the last of equal names counts."""
        values: dict[str, Json] = {}
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if name:
                values[unquote_plus(name)] = unquote_plus(value)
        return cls(values)

    @classmethod
    def of_body(cls, body: bytes) -> Fields:
        """Return the members of a JSON object.

        Raises:
            BadField: The body is no JSON object; `name` is empty.
        """
        try:
            values = decode(body)
        except ValueError as error:
            raise BadField("") from error
        if not isinstance(values, Mapping):
            raise BadField("")
        return cls(values)

    def get(self, name: str) -> str | None:
        """Return a text, or None if it is absent, null or empty.

        Raises:
            BadField: It is something else than a text.
        """
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise BadField(name)
        return value

    def text(self, name: str) -> str:
        """Return a text, or an empty one for whatever else there is."""
        value = self._values.get(name)
        return value if isinstance(value, str) else ""

    def need(self, name: str) -> str:
        """Return a mandatory text.

        Raises:
            BadField: It is absent, empty or something else than a text.
        """
        value = self.get(name)
        if value is None:
            raise BadField(name, missing=True)
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number sent as text or number, or None if it is absent.

        Raises:
            BadField: It is something else.
        """
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = self.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise BadField(name)
        return int(text)

    def amount(self, name: str) -> Decimal:
        """Return a mandatory price or quantity, sent as a plain decimal text.

        Raises:
            BadField: It is absent or something else.
        """
        try:
            return parse_plain(self.need(name))
        except ValueError as error:
            raise BadField(name) from error

    def choice(self, name: str, meanings: Mapping[str, _T]) -> _T:
        """Return what a mandatory word means.

        Raises:
            BadField: It is absent or none of the words.
        """
        word = self.need(name)
        if word not in meanings:
            raise BadField(name)
        return meanings[word]

    def limit(self, default: int, most: int) -> int:
        """Return the parameter `limit` within 1 and `most`.

        Raises:
            BadField: It is no number.
        """
        asked = self.integer("limit")
        return default if asked is None else min(max(asked, 1), most)
