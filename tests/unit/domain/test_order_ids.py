"""Client order ids: unique, recognisable, and short enough for every venue."""

from __future__ import annotations

import pytest

from arbot_tui.domain.order_ids import ALPHABET, client_order_id, id_parts, is_ours


def test_an_id_fits_the_narrowest_venue() -> None:
    client_id = client_order_id("k3f9x0z", 36**8 - 1, 2, 36**2 - 1)

    assert len(client_id) == 20
    assert set(client_id) <= set(ALPHABET)


def test_pairs_legs_and_attempts_differ() -> None:
    ids = {
        client_order_id("k3f9x0z", pair, leg, attempt)
        for pair in range(1, 50)
        for leg in range(3)
        for attempt in range(40)
    }

    assert len(ids) == 49 * 3 * 40


def test_ours_are_recognised_and_others_are_not() -> None:
    client_id = client_order_id("k3f9x0z", 7, 1, 0)

    assert is_ours(client_id, "k3f9x0z")
    assert not is_ours(client_id, "another")
    assert not is_ours(client_id[:-1], "k3f9x0z")
    assert not is_ours(client_id[:-2] + client_id[-1] + client_id[-2], "k3f9x0z")
    assert not is_ours(client_id[:-1] + "-", "k3f9x0z")


@pytest.mark.parametrize("instance", ["", "short", "UPPER00", "k3f9x0z1"])
def test_an_instance_of_another_form_is_refused(instance: str) -> None:
    with pytest.raises(ValueError, match="instance must be 7"):
        client_order_id(instance, 1, 0, 0)


@pytest.mark.parametrize("numbers", [(36**8, 0, 0), (1, 36, 0), (1, 0, 36**2)])
def test_a_number_that_does_not_fit_is_refused_and_never_cut(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="too large"):
        client_order_id("k3f9x0z", *numbers)


def test_an_id_tells_what_it_was_made_of() -> None:
    assert id_parts(client_order_id("k3f9x0z", 36**5, 2, 40)) == (36**5, 2, 40)


@pytest.mark.parametrize("text", ["", "x", "a" * 20, client_order_id("k3f9x0z", 1, 0, 0)[:-1]])
def test_any_other_text_tells_nothing(text: str) -> None:
    assert id_parts(text) is None
