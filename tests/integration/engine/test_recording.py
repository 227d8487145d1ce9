"""The account's database beside its journal: which of the two may know more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.states import Mode
from arbot_tui.engine.recording import Recording
from arbot_tui.storage.config import StorageConfig
from arbot_tui.storage.database import Database
from arbot_tui.storage.rows import OrderRow
from arbot_tui.trading.core.state import CoreState

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

INSTANCE = "k3f9x0z"


def recording(account_dir: Path) -> Recording:
    bot = SimpleNamespace(
        options=SimpleNamespace(
            account_dir=account_dir, storage=StorageConfig(), mode=Mode.PAPER, seed=1, world=None
        ),
        clock=VirtualClock(),
        started_ns=0,
        venues=(),
        strategy=SimpleNamespace(advance=lambda now_ns: None),
        opportunities=SimpleNamespace(changed_since=lambda version: (), version=0),
    )
    return Recording(cast("ArBot", bot))


def order(pair: int, *, order_id: str = "", filled: str = "0") -> OrderRow:
    return OrderRow(
        at_ns=pair,
        client_id=client_order_id(INSTANCE, pair, 0, 0),
        pair_id=f"p{pair}",
        exchange="okx",
        order_id=order_id,
        symbol="BTC/USDT",
        side=OrderSide.BUY,
        order_type="limit_ioc",
        price=Decimal(1),
        quantity=Decimal(1),
        filled_quantity=Decimal(filled),
        average_price=Decimal(0),
        status="planned",
        message="",
        updated_ns=pair,
    )


@pytest.mark.parametrize(
    "newest", [order(8, order_id="4711"), order(8, filled="0.5")], ids=["taken", "filled"]
)
async def test_a_journal_that_was_cut_is_noticed_by_what_the_database_knows(
    tmp_path: Path, newest: OrderRow
) -> None:
    async with Database(tmp_path / "arbot.sqlite", VirtualClock()) as database:
        await database.write([order(7, order_id="4710"), newest])
    core = CoreState()
    core.pair_no = 7
    async with recording(tmp_path) as kept:
        with pytest.raises(StorageError, match=f"does not know order {newest.client_id}"):
            await kept.catch_up(core, INSTANCE)
        core.pair_no = 8
        await kept.catch_up(core, INSTANCE)
        with pytest.raises(StorageError, match="does not know order"):
            await kept.catch_up(core, "another")


async def test_an_order_that_never_left_proves_nothing(tmp_path: Path) -> None:
    # Its plan could not be made durable: the journal's disk was full, this one was not.
    async with Database(tmp_path / "arbot.sqlite", VirtualClock()) as database:
        await database.write([order(8)])
    async with recording(tmp_path) as kept:
        await kept.catch_up(CoreState(), INSTANCE)
