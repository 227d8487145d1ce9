import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset, more_certain


@given(
    offset_ns=st.integers(-(10**15), 10**15),
    sent_ns=st.integers(10**18, 2 * 10**18),
    there_ns=st.integers(0, 10**10),
    back_ns=st.integers(0, 10**10),
)
def test_the_offset_errs_by_at_most_half_a_round_trip(
    offset_ns: int, sent_ns: int, there_ns: int, back_ns: int
) -> None:
    server_ns = sent_ns + there_ns + offset_ns

    sample = ClockSample.from_times(server_ns, sent_ns, sent_ns + there_ns + back_ns)

    assert sample.rtt_ns == there_ns + back_ns
    assert abs(sample.offset_ns - offset_ns) <= sample.rtt_ns / 2 + 1


async def test_the_fastest_answer_counts() -> None:
    answers = [ClockSample(900, 800), ClockSample(501, 40), ClockSample(700, 300)]

    async def probe() -> ClockSample:
        return answers.pop(0)

    assert await measure_offset(probe, 3) == ClockSample(501, 40)
    assert answers == []


async def test_a_failure_is_passed_on() -> None:
    async def probe() -> ClockSample:
        raise ExchangeUnavailable("binance", "away")

    with pytest.raises(ExchangeUnavailable):
        await measure_offset(probe)


@given(
    offset_ns=st.integers(-(10**12), 10**12),
    age_ns=st.integers(0, 10**12),
    rtts_ns=st.tuples(st.integers(0, 10**10), st.integers(0, 10**10)),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    drift=st.floats(-100e-6, 100e-6),
)
def test_of_two_measurements_the_one_that_can_err_less_stands(
    offset_ns: int,
    age_ns: int,
    rtts_ns: tuple[int, int],
    shares: tuple[float, float],
    drift: float,
) -> None:
    """Whatever share of each round trip the way there took, and however the clocks drifted."""
    now_offset_ns = offset_ns + round(drift * age_ns)
    former, newest = (
        ClockSample(true_ns + round((share - 0.5) * rtt_ns), rtt_ns)
        for true_ns, share, rtt_ns in zip((offset_ns, now_offset_ns), shares, rtts_ns, strict=True)
    )
    best = more_certain(former, age_ns, newest)
    error_ns = abs(best.offset_ns - now_offset_ns)
    assert error_ns <= min(rtts_ns[1] / 2, rtts_ns[0] / 2 + 200e-6 * age_ns) + 2


def test_one_slow_round_trip_does_not_move_a_good_offset() -> None:
    good, slow = ClockSample(5_000, 20_000), ClockSample(900_000, 2_000_000)
    assert more_certain(None, 0, slow) is slow
    assert more_certain(good, 60 * 10**6, slow) is good


def test_a_clock_that_was_set_is_believed_at_once() -> None:
    before, after = ClockSample(0, 20_000), ClockSample(5_000_000, 2_000_000)
    assert more_certain(before, 1_000, after) is after
