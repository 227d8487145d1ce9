"""What every test needs: how hard Hypothesis tries, and who runs alone.

`ci`, the default, draws the same examples on every run, so that a red build says something about
the change. `HYPOTHESIS_PROFILE=deep` draws new ones, and many.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture(autouse=True)
def _alone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep tests marked `timing` from running against each other on several workers.

    xdist's own groups are not kept with pytest 9.2: they rename a test, and it no longer lets them.
    """
    if request.node.get_closest_marker("timing") is None:
        yield
        return
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (folder / "timing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
