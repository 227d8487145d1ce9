"""How a run ended, for whoever started it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from arbot_tui.domain.states import TradingState
from arbot_tui.engine.summary import Summary, exit_code, shortfalls

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot


@pytest.mark.parametrize(
    ("failed", "trading", "stuck", "other_ns", "code"),
    [
        (False, TradingState.STOPPED, 0, 0, 0),
        (False, TradingState.STOPPED, 0, 99, 0),
        (False, TradingState.STOPPED, 0, 100, 5),
        (False, TradingState.HALTED, 0, 100, 4),
        (False, TradingState.STOPPED, 1, 0, 4),
        (True, TradingState.HALTED, 1, 100, 1),
    ],
)
@pytest.mark.parametrize(
    ("journal_ok", "loss"), [(True, ""), (False, ""), (True, "disk full; 3 rows could not be kept")]
)
def test_the_exit_code_names_the_worst(
    failed: bool,
    trading: TradingState,
    stuck: int,
    other_ns: int,
    code: int,
    journal_ok: bool,
    loss: str,
) -> None:
    event = asyncio.Event()
    if failed:
        event.set()
    venue = SimpleNamespace(other_engine_ns=other_ns)
    bot = SimpleNamespace(
        failed=event,
        core=SimpleNamespace(trading=trading, venues={"okx": venue}, journal_ok=journal_ok),
        recording=SimpleNamespace(loss=loss),
        # An engine that was seen before this run is an earlier run's news.
        started_ns=100,
    )
    summary = SimpleNamespace(trades=SimpleNamespace(stuck=stuck))

    if (loss or not journal_ok) and code != 4:
        # A full disk has ended trading: what is open is worse, nothing else is.
        code = 1
    assert exit_code(cast("ArBot", bot), cast("Summary", summary)) == code


@pytest.mark.parametrize(
    ("journal_ok", "loss", "told"),
    [
        (True, "", []),
        (True, "disk full; 3 rows could not be kept", ["disk full; 3 rows could not be kept"]),
        (False, "", ["the journal could not be written; trading has ended"]),
    ],
)
def test_what_could_not_be_written_is_named(journal_ok: bool, loss: str, told: list[str]) -> None:
    bot = SimpleNamespace(
        core=SimpleNamespace(journal_ok=journal_ok), recording=SimpleNamespace(loss=loss)
    )
    assert shortfalls(cast("ArBot", bot)) == told
