"""The ``[ui]`` section, and the reasons of an end."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from arbot_tui.tui.config import UiConfig
from arbot_tui.tui.exits import DashboardExit, ExitReason


def test_defaults_are_the_documented_ones() -> None:
    config = UiConfig()
    assert (config.fps, config.theme, config.mouse, config.glyphs) == (5, "auto", True, "auto")


@pytest.mark.parametrize("fps", [0, 21, 1.5])
def test_a_frame_rate_outside_its_range_is_refused(fps: float) -> None:
    with pytest.raises(ValidationError):
        UiConfig(fps=fps)  # type: ignore[arg-type]


def test_every_key_says_what_it_means() -> None:
    for name, field in UiConfig.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (ExitReason.QUIT, 0),
        (ExitReason.SIGTERM, 0),
        (ExitReason.SIGHUP, 129),
        (ExitReason.CRASH, 1),
    ],
)
def test_each_end_has_its_exit_code(reason: ExitReason, code: int) -> None:
    assert DashboardExit(reason).code == code


def test_the_package_and_its_configuration_import_without_textual() -> None:
    program = (
        "import sys, arbot_tui.tui, arbot_tui.tui.config;"
        "assert not {'textual', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
