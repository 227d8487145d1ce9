"""What adapters and paper venues are told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from arbot_tui.commands.venue_configs import paper_terms
from arbot_tui.domain.fees import TradingFees
from arbot_tui.engine.world import WorldInfo
from arbot_tui.settings.loading import load
from arbot_tui.trading.account import make_private_dir
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import Event, FeesChanged
from arbot_tui.trading.journal import Journal
from arbot_tui.trading.paper.profile import OrderProfile
from tests.unit.trading.paper.test_calibration import CUT, LATE, REFUSED, really

WORLD = WorldInfo("w1", 7, "http://127.0.0.1:1", {})


def keep(account: Path, *before: Event) -> None:
    """Write a journal in which OKX was slow, refused orders and cut them short."""
    make_private_dir(account)
    journal = Journal.open(account / "journal.sqlite", "k3f9x0z")
    list(journal.records())
    journal.start()
    _, records = really(200, LATE, REFUSED, CUT)
    events = [*((0, event) for event in before), *((at_ns, event) for _, at_ns, event in records)]
    for number, (at_ns, event) in enumerate(events, 1):
        journal.append(Commit(number, at_ns, event))
    journal.close()


def test_orders_that_really_went_to_a_world_say_how_paper_is_treated_there(tmp_path: Path) -> None:
    keep(tmp_path / "sim-w1")

    terms = paper_terms(load().settings, tmp_path, WORLD)

    okx = terms["okx"].profile
    assert len(okx.latencies_ns) == 200
    assert 0.1 < okx.reject_share < 0.4
    assert 0.2 < okx.cut_share < 0.6
    assert terms["bybit"].profile == OrderProfile()
    assert terms["okx"].cash == Decimal(10_000)
    # The real venues are not this world.
    assert paper_terms(load().settings, tmp_path, None)["okx"].profile == OrderProfile()


def test_the_real_venues_are_known_from_the_live_account_and_what_is_configured_wins(
    tmp_path: Path,
) -> None:
    keep(tmp_path / "live")
    file = tmp_path / "arbot.toml"
    file.write_text("[exchanges.okx]\npaper_reject_pct = 1.5\npaper_partial_pct = 3\n")

    okx = paper_terms(load(file).settings, tmp_path, None)["okx"].profile

    assert len(okx.latencies_ns) == 200
    assert (okx.reject_share, okx.cut_share, okx.cuts) == (0.015, 0.03, ())


def test_fees_are_charged_in_the_coin_that_is_set_at_the_rates_that_are_known(
    tmp_path: Path,
) -> None:
    own = TradingFees(Decimal("0.0004"), Decimal("0.0008"))
    keep(tmp_path / "live", FeesChanged("okx", {"BTC/USDT": own}))
    file = tmp_path / "arbot.toml"
    file.write_text(
        '[exchanges.binance]\npaper_fee_coin = "BNB"\n'
        '[exchanges.okx]\npaper_fee_coin = "quote"\n'
        '[exchanges.bybit]\npaper_fee_coin = "MNT"\npaper_fee_coin_discount_pct = 20\n'
        "paper_latency_ms = 4\n"
    )

    terms = paper_terms(load(file).settings, tmp_path, None)

    found = {name: each.fees for name, each in terms.items() if each.fees is not None}
    taker = Decimal("0.001")
    assert found["binance"].of("A/B").coin_taker == Decimal("0.00075")
    assert found["binance"].of("A/B").coin == "BNB"
    assert found["bybit"].of("A/B") == TradingFees(taker, taker, "MNT", Decimal("0.0008"))
    assert found["okx"].in_quote
    assert found["okx"].of("BTC/USDT") == own
    assert found["okx"].of("ETH/USDT") == TradingFees(Decimal("0.0008"), taker)
    assert (terms["bybit"].profile.beyond_ns, terms["okx"].profile.beyond_ns) == (4_000_000, 0)
    known = paper_terms(load().settings, tmp_path, None)["okx"].fees
    assert known is not None
    assert (known.in_quote, known.of("BTC/USDT")) == (False, own)
