"""The control frames of Binance's streams, read strictly."""

from __future__ import annotations

import re

from arbot_tui.simulator.wire.common.json import Json, decode

__all__ = ["Refused", "combined_property", "control_frame", "identity_of", "stream_names"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")


class Refused(Exception):
    """A control frame that is answered with an error.

    Attributes:
        code: Binance's code.
        message: Its text.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def control_frame(text: str) -> dict[str, Json]:
    """Return a control frame.

    Raises:
        Refused: It is no JSON object.
    """
    try:
        frame = decode(text)
    except ValueError as error:
        raise Refused(3, f"Invalid JSON: {error}") from error
    if not isinstance(frame, dict):
        raise Refused(2, "Invalid request: not an object")
    return frame


def identity_of(frame: dict[str, Json]) -> Json:
    """Return the id of a control frame, which its answer repeats.

    Raises:
        Refused: It can be no id.
    """
    identity = frame.get("id")
    is_number = isinstance(identity, int) and not isinstance(identity, bool)
    is_name = isinstance(identity, str) and _ID.fullmatch(identity)
    if identity is None or is_number or is_name:
        return identity
    raise Refused(2, "Invalid request: request ID must be an unsigned integer or a string")


def stream_names(params: Json) -> list[str]:
    """Return the streams that a control frame names.

    Raises:
        Refused: They are no list of texts.
    """
    if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
        raise Refused(2, "Invalid request: params must be an array of strings")
    return [str(name) for name in params]


def combined_property(params: Json) -> bool:
    """Return what the only property is to be set to.

    Raises:
        Refused: It is another property, or no Boolean.
    """
    if not isinstance(params, list) or len(params) != 2 or params[0] != "combined":
        raise Refused(0, "Unknown property")
    if not isinstance(params[1], bool):
        raise Refused(1, "Invalid value type: expected Boolean")
    return params[1]
