"""Which library speaks the WebSocket protocol: picows where it is installed, else websockets."""

from __future__ import annotations

from arbot_tui.exchanges.transport.wire import Dial

__all__ = ["default_dial"]


def _fastest() -> Dial:
    try:
        from arbot_tui.exchanges.transport.wire_picows import dial
    except ImportError:
        from arbot_tui.exchanges.transport.wire_websockets import dial as dial_websockets

        return dial_websockets
    return dial


default_dial: Dial = _fastest()
"""Opens a wire on the fastest library there is; both behave alike (one suite tests them)."""
