from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.reference import reference_mid


def test_the_median_of_the_tradeable_mids_counts() -> None:
    board = QuoteBoard(("a", "b", "c", "d"))
    for venue in range(4):
        board.set_fee(venue, 0, 0.001)
        board.set_venue_verdict(venue, FeedState.LIVE)
    assert reference_mid(board, 0) is None
    for venue, mid in enumerate((100.0, 103.0, 101.0, 900.0)):
        board.update(Ticker(venue, 0, mid - 1, 1.0, mid + 1, 1.0, 0, 1))
    assert reference_mid(board, 0) == 102.0
    assert reference_mid(board, 0, without=3) == 101.0
    assert reference_mid(board, 0, least=4) == 102.0
    board.set_book_state(0, 0, FeedState.GAPPED)
    assert reference_mid(board, 0, least=4) is None
    assert reference_mid(board, 0) == 103.0
