from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.retry_after import retry_after_s


def test_a_new_clock_allows_everything() -> None:
    ban = BanClock()

    assert ban.until_ns == 0
    assert ban.remaining_s(10) == 0.0


def test_it_stops_until_the_time_has_passed() -> None:
    ban = BanClock()

    ban.stay_away(30.0, 100 * SECOND)

    assert ban.remaining_s(100 * SECOND) == 30.0
    assert ban.remaining_s(129 * SECOND) == 1.0
    assert ban.remaining_s(130 * SECOND) == 0.0
    assert ban.until_ns == 130 * SECOND


def test_a_shorter_ban_never_shortens_a_longer_one() -> None:
    ban = BanClock()
    ban.stay_away(600.0, 0)

    ban.stay_away(1.0, SECOND)

    assert ban.remaining_s(SECOND) == 599.0


def test_retry_after_reads_seconds_and_nothing_else() -> None:
    assert retry_after_s("30") == 30.0
    assert retry_after_s("0.5") == 0.5
    for unreadable in (None, "", "soon", "nan", "inf", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert retry_after_s(unreadable) == 0.0


def test_retry_after_is_capped_at_three_days() -> None:
    assert retry_after_s("1e12") == 3 * 86_400
