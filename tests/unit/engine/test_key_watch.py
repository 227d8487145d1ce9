"""Keys are looked at hour by hour; one that is not fit closes its venue."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import AuthRefused, ExchangeUnavailable
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.trading.core.events import KeyJudged
from tests.unit.engine.rig import START_NS, Rig
from tests.virtual_loop import run_virtual

FIT = KeyPermissions(trade=True, withdraw=False, transfer=False, ips=("203.0.113.7",))
DAY_NS = 86_400 * SECOND


def rig_with_a_key(permissions: KeyPermissions | None = FIT) -> Rig:
    rig = Rig({"okx": ["BTC/USDT"], "binance": ["BTC/USDT"]})
    okx = rig.venues["okx"]
    okx.config = replace(okx.config, credentials=Credentials("key", Secret("secret")))
    okx.permissions = permissions
    return rig


async def hours(rig: Rig, count: float) -> None:
    """Watch okx's key for so long."""
    task = asyncio.create_task(rig.bot.keys.run("okx"))
    await asyncio.sleep(count * 3600 - 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_key_is_looked_at_when_a_run_begins_and_then_each_hour() -> None:
    rig = rig_with_a_key()

    run_virtual(hours(rig, 3))

    assert rig.venues["okx"].keys_asked == 3
    assert rig.told == [KeyJudged("okx", "")] * 3


def test_a_right_to_withdraw_that_appears_closes_the_venue() -> None:
    # row 86
    rig = rig_with_a_key()

    async def life() -> None:
        await hours(rig, 1)
        rig.venues["okx"].permissions = replace(FIT, withdraw=True)
        await hours(rig, 1)

    run_virtual(life())

    words = "may withdraw; make a key that may only read and trade"
    assert rig.told == [KeyJudged("okx", ""), KeyJudged("okx", words)]


def test_a_key_that_works_from_any_address_is_told_of_at_each_look() -> None:
    # row 86
    rig = rig_with_a_key(replace(FIT, ips=()))

    assert run_virtual(rig.bot.keys.look("okx"))

    assert rig.told == [KeyJudged("okx", "", unbound=True)]


def test_a_key_that_was_revoked_closes_the_venue() -> None:
    rig = rig_with_a_key()
    rig.venues["okx"].failure = AuthRefused("okx", "50111", "invalid key")

    assert run_virtual(rig.bot.keys.look("okx"))

    assert rig.told == [KeyJudged("okx", "is refused: 50111 invalid key")]


def test_no_answer_proves_nothing_and_is_asked_for_sooner() -> None:
    rig = rig_with_a_key()
    rig.venues["okx"].failure = ExchangeUnavailable("okx", "away")

    run_virtual(hours(rig, 0.1))

    assert rig.told == []
    assert rig.venues["okx"].keys_asked == 6


def test_an_environment_that_does_not_tell_is_believed() -> None:
    rig = rig_with_a_key(None)

    run_virtual(rig.bot.keys.look("okx"))

    assert rig.told == [KeyJudged("okx", "")]


def test_a_venue_without_a_key_is_not_asked() -> None:
    rig = rig_with_a_key()

    run_virtual(rig.bot.keys.run("binance"))

    assert rig.venues["binance"].keys_asked == 0


def test_a_key_that_ends_soon_is_named_once_a_day() -> None:
    rig = rig_with_a_key(replace(FIT, expires_ns=START_NS + 3 * DAY_NS + SECOND))
    said = []
    for _ in range(7):
        rig.bot.watch.alarm = ""
        run_virtual(rig.bot.keys.look("okx"))
        said.append(rig.bot.watch.alarm.removeprefix("key_expires: the key of okx expires "))
        rig.clock.advance(DAY_NS // 2)

    fix = ": renew it at the exchange"
    assert said == [f"in 3 days{fix}", "", f"in 2 days{fix}", "", f"in 1 day{fix}", "",
                    f"within a day{fix}"]  # fmt: skip
