"""`venues`: the synthetic venues alone, as configured."""

from __future__ import annotations

from pathlib import Path

from arbot_tui.settings.loading import load
from arbot_tui.simulator.process import main

__all__ = ["serve_venues"]


def serve_venues(config: Path | None, seed: int | None) -> int:
    """Serve until stopped, and return the exit code.

    Raises:
        ConfigError: A setting is wrong.
    """
    options: dict[str, tuple[str, object]] = {}
    if seed is not None:
        options["simulator.seed"] = ("--seed", seed)
    world = load(config, options).settings.simulator
    return main(
        seed=world.seed,
        symbols=world.symbols,
        rate_hz=world.rate_hz,
        edges_per_min=world.edges_per_min,
        usdc_symbols=world.usdc_symbols,
    )
