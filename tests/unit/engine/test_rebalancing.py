"""What the engine makes of balances, wallets and prices: a plan, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import msgspec

from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.ledger import EXTERNAL
from arbot_tui.domain.transfers import Network, SuspendedTransfers
from arbot_tui.engine.answers import RebalanceView, TransferRow, UnreachedRow
from tests.unit.engine.rig import Rig
from tests.virtual_loop import run_virtual

SOL = Network("SOL", "SOL", True, True, Decimal("0.01"), False, Decimal("0.1"), Decimal(0))
TRON = Network("TRC20", "TRX", True, True, Decimal(1), False, Decimal(10), Decimal(1))


async def _rig(
    balances: Mapping[str, Mapping[str, str]],
    networks: Mapping[str, tuple[Network, ...]],
    silent: str = "",
) -> Rig:
    rig = Rig(dict.fromkeys(balances, ("SOL/USDT", "ETH/USDT")))
    await rig.bot.listings.load()
    for index, (name, amounts) in enumerate(balances.items()):
        rig.event(index, FeedEventKind.CONNECTED)
        for row in range(2):
            rig.quote(index, row, 100.0)
        rig.bot.core.venue(name).opened = True
        for asset, amount in amounts.items():
            rig.bot.core.ledger.post(
                [(name, asset, Decimal(amount)), (EXTERNAL, asset, -Decimal(amount))]
            )
        if name != silent:
            rig.venues[name].suspended = SuspendedTransfers()
            rig.venues[name].networks = dict(networks)
        await rig.bot.transfers._ask(name)
    rig.bot.core.limits = rig.bot.limits(rig.bot.options.arbitrage, rig.bot.options.risk)
    return rig


async def _plan(rig: Rig) -> RebalanceView:
    view = await rig.bot.client.query("rebalance", {})
    assert isinstance(view, RebalanceView)
    return view


UNEVEN = {
    "okx": {"SOL": "0", "USDT": "5000"},
    "bybit": {"SOL": "40", "USDT": "5000"},
    "bitget": {"SOL": "80", "USDT": "5000"},
}


def test_what_lies_unevenly_is_planned_and_priced() -> None:
    async def scenario() -> None:
        rig = await _rig(UNEVEN, {"SOL": (SOL,), "USDT": (TRON,)})
        view = await _plan(rig)
        assert view.transfers == (
            TransferRow("SOL", "bitget", "okx", "SOL", "SOL", "40", "40.01", "0.01", "1"),
        )
        assert view.unreached == ()
        assert (view.cost_quote, view.moved_quote) == ("1", "3999.6")
        # A thousand dollars a trade in simulate, so that a plan serves four of them.
        trade = float(rig.bot.options.arbitrage.trade_amount_usd)
        assert abs(float(view.cost_per_trade) - trade / 3999.6) < 0.01

    run_virtual(scenario())


def test_who_does_not_tell_is_named_and_a_band_may_be_wider() -> None:
    async def scenario() -> None:
        rig = await _rig(UNEVEN, {"SOL": (SOL,)}, silent="okx")
        view = await _plan(rig)
        assert [(t.source, t.target, t.arrives) for t in view.transfers] == [
            ("bitget", "bybit", "18")
        ]
        assert view.unreached == (
            UnreachedRow("SOL", "okx", "-22", "okx does not tell its networks"),
            UnreachedRow(
                "SOL", "bitget", "4", "the others have no room, okx does not tell its networks"
            ),
        )
        quotes = rig.bot.options.quotes.model_copy(update={"rebalance_threshold_pct": 40.0})
        rig.bot.options = replace(rig.bot.options, quotes=quotes)
        assert await _plan(rig) == RebalanceView(
            (), (), "0", "0", "", 40.0, rig.bot.quote_currency, 0
        )

    run_virtual(scenario())


def test_a_balance_in_doubt_is_not_planned_with() -> None:
    async def scenario() -> None:
        rig = await _rig(UNEVEN, {"SOL": (SOL,)})
        rig.bot.core.venue("bybit").mismatches["SOL"] = (Decimal(40), Decimal(41))
        view = await _plan(rig)
        assert view.unreached == (
            UnreachedRow("SOL", "bybit", "", "its balance differs from the ledger"),
        )
        assert view.transfers == ()

    run_virtual(scenario())


def test_what_is_not_worth_a_trade_or_traded_once_is_left_alone() -> None:
    async def scenario() -> None:
        dust = {
            "okx": {"SOL": "0", "OKB": "70"},
            "bybit": {"SOL": "0.4"},
        }
        rig = await _rig(dust, {"SOL": (SOL,)})
        view = await _plan(rig)
        assert (view.transfers, view.unreached) == ((), ())

    run_virtual(scenario())


def test_a_minimum_above_what_is_missing_is_told() -> None:
    async def scenario() -> None:
        dear = msgspec.structs.replace(SOL, minimum=Decimal(500))
        view = await _plan(await _rig(UNEVEN, {"SOL": (dear,)}))
        assert [row.why for row in view.unreached] == ["SOL moves no less than 500"] * 2

    run_virtual(scenario())
