import pytest

from arbot_tui.domain.edge import net_edge_pct
from arbot_tui.strategy.verdict import Edge, clears_at_pct, no_edge_words, run_words

_EDGE = Edge("BTC/USDT", "bybit", "okx", -0.142, 0.2, 0.029)


@pytest.mark.parametrize(("ask", "bid"), [(100.0, 100.1), (100.0, 99.0), (0.001, 0.0010001)])
def test_at_the_fee_named_the_pair_breaks_even(ask: float, bid: float) -> None:
    fee = clears_at_pct(ask, bid) / 100.0
    assert net_edge_pct(ask, bid, fee, fee) == pytest.approx(0.0, abs=1e-12)


def test_the_words_name_the_pair_its_edge_and_the_fee_at_which_it_would_clear() -> None:
    words = no_edge_words(_EDGE)
    for part in ("nothing clears", "BTC/USDT", "bybit → okx", "-0.1420 %", "0.200 %", "0.0290 %"):
        assert part in words
    assert run_words(_EDGE, 0).startswith("nothing cleared the fees: best BTC/USDT")


def test_where_books_do_not_overlap_no_fee_would_help() -> None:
    edge = Edge("BTC/USDT", "bybit", "okx", -0.3, 0.2, -0.05)
    assert no_edge_words(edge).endswith("not even without fees")


def test_a_clear_edge_has_no_such_verdict() -> None:
    assert no_edge_words(Edge("BTC/USDT", "bybit", "okx", 0.1, 0.2, 0.15)) == ""
    assert run_words(_EDGE, 12) == "12 opportunities cleared the fees"


def test_nothing_to_compare_is_said() -> None:
    assert no_edge_words(None) == "no two books to compare"
    assert "no two books overlapped" in run_words(None, 0)
