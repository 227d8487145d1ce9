"""From the name of a host to a connected socket: the part of an attempt that no venue counts."""

from __future__ import annotations

import asyncio
import errno
import socket

from aiohappyeyeballs import start_connection

__all__ = ["NobodyReached", "is_offline", "reach"]

# A resolver that hangs, or packets that nobody answers, would otherwise take all of an attempt's
# time, and the wait behind it comes on top: name and connection together, seconds.
_REACH_S = 5.0
# The next address of a host is tried beside one that has not answered for so long, seconds.
_NEXT_ADDRESS_S = 0.25
_NO_WAY = frozenset((errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH))


class NobodyReached(OSError):
    """No name was told, or no address answered, in time."""


def is_offline(error: Exception) -> bool:
    """Tell whether a failure to connect means that there is no name or no way to anybody."""
    return isinstance(error, NobodyReached | socket.gaierror) or (
        isinstance(error, OSError) and error.errno in _NO_WAY
    )


async def reach(host: str, port: int) -> socket.socket:
    """Return a connected socket: the first of the host's addresses that answers.

    Raises:
        NobodyReached: The resolver or all addresses were silent for 5 s.
        OSError: The name is not known, or every address refuses.
    """
    asked = f"no answer of a resolver to {host}"
    try:
        async with asyncio.timeout(_REACH_S):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
            asked = f"no answer of {host}"
            made = await start_connection(found, happy_eyeballs_delay=_NEXT_ADDRESS_S)
    except TimeoutError as e:
        raise NobodyReached(f"{asked} within {_REACH_S:g} s") from e
    except (RuntimeError, ValueError) as e:
        # How uvloop tells of some addresses; and a name that is none, or has no address.
        raise OSError(str(e)) from e
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
