"""Asks a venue what a key may do, before anybody trades with it."""

from __future__ import annotations

import asyncio

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import AuthRefused, ExchangeError
from arbot_tui.domain.key_policy import drawbacks, is_unbound, refusal, rights_in_words
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import ExchangeConfig
from arbot_tui.exchanges.factory import ExchangeFactory

__all__ = ["KeyReport", "check_key"]

_LIMIT_S = 10.0


class KeyReport(msgspec.Struct, frozen=True):
    """What a venue says of a key.

    Attributes:
        reached: The venue answered.
        refusal: Why the key is not to be used; empty where it is fit, or nothing is known.
        rights: What it may do, in words; empty where the venue did not tell.
        drawbacks: What a person should know of a key that is fit.
        unbound: It works from any address.
    """

    reached: bool
    refusal: str = ""
    rights: str = ""
    drawbacks: tuple[str, ...] = ()
    unbound: bool = False


async def check_key(config: ExchangeConfig, clock: Clock) -> KeyReport:
    """Sign a request with the key that `config` carries and judge what comes back.

    Never raises an `ExchangeError`: what went wrong is in the report.
    """
    exchange = ExchangeFactory().create(config, clock)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await exchange.sync_clock()
            permissions = await exchange.get_key_permissions()
            if permissions is None:
                # Environments that do not tell still check the signature.
                await exchange.get_balance()
    except TimeoutError:
        return KeyReport(False, f"no answer in {_LIMIT_S:g} s")
    except AuthRefused as e:
        why = sanitise(str(e).removeprefix(f"{config.name}: "), 160)
        return KeyReport(True, f"is refused: {why}")
    except ExchangeError as e:
        return KeyReport(False, sanitise(str(e).removeprefix(f"{config.name}: "), 160))
    finally:
        await exchange.close()
    if permissions is None:
        return KeyReport(True, drawbacks=("what it may do is not told in this environment",))
    now_ns = clock.now_ns()
    return KeyReport(
        True,
        refusal(permissions, now_ns),
        rights_in_words(permissions),
        drawbacks(permissions, now_ns),
        is_unbound(permissions),
    )
