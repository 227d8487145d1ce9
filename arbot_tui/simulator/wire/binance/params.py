"""Request parameters: from the query string and a form body, each at most once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from arbot_tui.simulator.wire.binance.errors import ApiError, missing

__all__ = ["Params"]

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_CLIENT_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}")
_PRECISION = 8


class Params:
    """The parameters of one request.

    Args:
        query: Raw query string.
        body: Raw form body.

    Raises:
        ApiError: -1101, a parameter was sent twice.
    """

    def __init__(self, query: str, body: str) -> None:
        self._values: dict[str, str] = {}
        for pair in (*query.split("&"), *body.split("&")):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            name = unquote_plus(name)
            if name in self._values:
                raise ApiError(-1101, f"Duplicate values for parameter '{name}'.")
            self._values[name] = unquote_plus(value)

    @classmethod
    def of_values(cls, values: Mapping[str, str]) -> Params:
        """Return parameters that came one by one."""
        params = cls("", "")
        params._values = dict(values)
        return params

    def allow(self, names: Iterable[str]) -> None:
        """Refuse parameters that the endpoint does not read.

        Raises:
            ApiError: -1104.
        """
        sent = set(self._values)
        read = sent & {*names, "timestamp", "recvWindow", "signature"}
        if read != sent:
            raise ApiError(
                -1104,
                f"Not all sent parameters were read; read '{len(read)}' parameter(s) "
                f"but was sent '{len(sent)}'.",
            )

    def get(self, name: str) -> str | None:
        """Return a parameter, or None if it is absent or empty."""
        return self._values.get(name) or None

    def need(self, name: str) -> str:
        """Return a mandatory parameter.

        Raises:
            ApiError: -1102.
        """
        value = self.get(name)
        if value is None:
            raise missing(name)
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number, or None if it is absent.

        Raises:
            ApiError: -1100.
        """
        value = self.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise _illegal(name, "^[0-9]{1,20}$")
        return int(value)

    def amount(self, name: str) -> Decimal:
        """Return a mandatory price or quantity.

        Raises:
            ApiError: -1102, -1100 for anything but a plain decimal, -1111 for more than eight
                decimals.
        """
        value = self.need(name)
        if not _NUMBER.fullmatch(value):
            raise _illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        if len(value.partition(".")[2]) > _PRECISION:
            raise ApiError(-1111, f"Parameter '{name}' has too much precision.")
        return Decimal(value)

    def client_id(self, name: str) -> str | None:
        """Return a client order id, or None if it is absent.

        Raises:
            ApiError: -1100.
        """
        value = self.get(name)
        if value is not None and not _CLIENT_ID.fullmatch(value):
            raise _illegal(name, "^[a-zA-Z0-9-_]{1,36}$")
        return value


def _illegal(name: str, legal: str) -> ApiError:
    return ApiError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )
