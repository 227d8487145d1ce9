"""What every test needs: how hard Hypothesis tries.

`ci`, the default, draws the same examples on every run, so that a red build says something about
the change. `HYPOTHESIS_PROFILE=deep` draws new ones, and many.
"""

import os

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
