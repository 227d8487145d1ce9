import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset


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
