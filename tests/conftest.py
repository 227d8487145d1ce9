"""What every test needs: how hard Hypothesis tries, and who runs alone.

`ci`, the default, draws the same examples on every run, so that a red build says something about
the change. `HYPOTHESIS_PROFILE=deep` draws new ones, and many.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_ROOT = Path(__file__).parent.parent

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Each program that a test starts would compile all that it imports: two thirds of its start.
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="arbot-tests-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)

# A shared CI machine is slow at random; time limits are pytest-timeout's business.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    deadline=None,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# Half of a program's start is to compile what it imports. Where the shell lets Python keep nothing
# of that, as in a container, every program that a test starts would do it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Every test goes to whoever is free; files with tests marked `timing` are one worker's alone.

    So whole programs never run against each other, and nobody waits for it. xdist's own groups are
    not kept with pytest 9.2: they rename a test, and it no longer lets them.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "timing" if _has_timing(file) else nodeid


@cache
def _has_timing(file: str) -> bool:
    return "mark.timing" in (_ROOT / file).read_text(encoding="utf-8")


# The rooms whose branches have to be covered completely are reached without any of these.
_UNMEASURED = tuple(_ROOT / "tests" / name for name in ("benchmarks", "integration", "ui"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cov-pure",
        action="store_true",
        help="with --cov: measure nothing in tests of screens, sockets and whole programs, "
        "so that these run at their own speed",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timing") and not item.get_closest_marker("timeout"):
            # Several programs one after the other, on a machine that may have no time for them.
            item.add_marker(pytest.mark.timeout(300))
    if config.getoption("--cov-pure"):
        for item in items:
            if any(item.path.is_relative_to(folder) for folder in _UNMEASURED):
                item.add_marker("no_cover")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    return _Scheduling(config, log)
