"""Draws are fixed by their key, on every platform."""

from arbot_tui.simulator.core.hashing import draw_key, mix, text_key, unit


def test_mix_is_splitmix64() -> None:
    # First outputs of the published generator for seed 0: its state grows by the golden ratio.
    golden = 0x9E3779B97F4A7C15
    assert [mix(golden * i & (1 << 64) - 1) for i in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_text_key_is_fnv1a() -> None:
    assert text_key("") == 0xCBF29CE484222325
    assert text_key("a") == 0xAF63DC4C8601EC8C
    assert text_key("foobar") == 0x85944171F73967E8


def test_order_and_number_of_parts_matter() -> None:
    assert len({draw_key(1), draw_key(1, 0), draw_key(1, 2, 3), draw_key(1, 3, 2)}) == 4


def test_negative_parts_are_keys_too() -> None:
    assert draw_key(7, -1) == draw_key(7, (1 << 64) - 1) != draw_key(7, 1)


def test_units_fill_the_interval_evenly() -> None:
    draws = [unit(draw_key(3, i)) for i in range(10_000)]
    assert 0.0 <= min(draws) < 0.001
    assert 0.999 < max(draws) < 1.0
    assert abs(sum(draws) / len(draws) - 0.5) < 0.01
