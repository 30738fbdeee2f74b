"""Settings of property tests: the same examples on every run, and no limit of time that a busy machine would miss.

HYPOTHESIS_EXAMPLES sets the number of examples per property; `make check` uses few.
"""

from hypothesis import HealthCheck, settings

from tests.harness.settings import whole_setting

EXAMPLES = whole_setting("HYPOTHESIS_EXAMPLES", 150, 1)

settings.register_profile(
    "calling_credit",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("calling_credit")
