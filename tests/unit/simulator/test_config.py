"""The `[simulator]` section."""

import pytest
from pydantic import ValidationError

from arbot_tui.simulator.config import SimulatorConfig


def test_defaults_are_the_contracts() -> None:
    config = SimulatorConfig()
    assert (config.seed, config.symbols, config.rate_hz, config.edges_per_min) == (
        1,
        20,
        400.0,
        12.0,
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("symbols", 0),
        ("symbols", 2001),
        ("rate_hz", 0.0),
        ("edges_per_min", -1.0),
        ("seed", -1),
        ("nonsense", 1),
    ],
)
def test_values_out_of_range_are_refused(key: str, value: float) -> None:
    with pytest.raises(ValidationError):
        SimulatorConfig.model_validate({key: value})


def test_every_key_says_what_it_means() -> None:
    fields = SimulatorConfig.model_fields.values()
    assert all(field.description and "\n" not in field.description for field in fields)
