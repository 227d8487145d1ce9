"""The size of a pair is never beaten by any other lot multiple, under books, balances and limits.

`long_books.py` is the same over 100,000 books.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.quotes import Level
from tests.property.random_books import SizeCase, compare_size

_LOTS = st.sampled_from(["0.1", "0.2", "0.3", "0.5"])
_SIZES = st.integers(1, 30).map(lambda tenths: tenths / 10)
_AMOUNTS = st.decimals(min_value=0, max_value=1500, places=2)


@st.composite
def _books(draw: st.DrawFn) -> tuple[list[Level], list[Level]]:
    """Return asks from 100 and bids from 101.8 down, all within one percent of the best."""
    asks = [(100 + step / 100, draw(_SIZES)) for step in draw(_steps())]
    bids = [(101.8 - step / 100, draw(_SIZES)) for step in draw(_steps())]
    return asks, bids


def _steps() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, 45), max_size=4, unique=True).map(lambda s: [0, *sorted(s)])


@given(
    _books(),
    st.tuples(_LOTS, _LOTS),
    st.tuples(_AMOUNTS, st.decimals(min_value=0, max_value=12, places=2)),
    st.decimals(min_value=10, max_value=1500, places=0),
    st.decimals(min_value=500, max_value=5000, places=0),
    st.sampled_from(["0.001", "0.0005"]),
)
def test_no_lot_multiple_beats_the_chosen_one(
    books: tuple[list[Level], list[Level]],
    lots: tuple[str, str],
    holdings: tuple[Decimal, Decimal],
    amount: Decimal,
    equity: Decimal,
    fee: str,
) -> None:
    compare_size(SizeCase(*books, lots, holdings, amount, equity, fee))
