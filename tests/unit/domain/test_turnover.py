from decimal import Decimal

from arbot_tui.domain.turnover import read_turnover


def test_odd_rows_do_not_hide_the_others() -> None:
    rows = [
        ("BTCUSDT", "1000.5"),
        ("ETHUSDT", "0"),
        ("", "5"),
        ("BAD", "n/a"),
        ("NEG", "-1"),
        ("NAN", "NaN"),
    ]
    assert read_turnover(rows) == {"BTCUSDT": Decimal("1000.5"), "ETHUSDT": Decimal(0)}
