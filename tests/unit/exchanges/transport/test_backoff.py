from arbot_tui.exchanges.transport.backoff import FullJitterBackoff


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    backoff = FullJitterBackoff(lambda: 1.0)

    delays = [backoff.failed() for _ in range(9)]

    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_the_delay_is_drawn_from_zero_to_the_ceiling() -> None:
    draws = iter([0.0, 0.5, 0.999])
    backoff = FullJitterBackoff(lambda: next(draws), base_s=2.0, cap_s=100.0)

    assert [backoff.failed() for _ in range(3)] == [0.0, 2.0, 7.992]


def test_a_wait_may_be_bounded_and_then_grows_no_further() -> None:
    backoff = FullJitterBackoff(lambda: 0.5)

    assert [backoff.failed(most_s=8.0) for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert backoff.failed() == 4.0
    assert backoff.failed() == 8.0


def test_success_forgets_the_failures() -> None:
    backoff = FullJitterBackoff(lambda: 1.0)
    for _ in range(5):
        backoff.failed()

    backoff.succeeded()

    assert backoff.failed() == 1.0


def test_endless_failures_never_overflow() -> None:
    backoff = FullJitterBackoff(lambda: 1.0)

    assert [backoff.failed() for _ in range(3000)][-1] == 60.0
