"""Property tests run alike everywhere: the same examples each time, and no deadline that a busy machine would miss.

HYPOTHESIS_EXAMPLES sets how many examples each property gets; `make check` takes few.
"""

import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))

settings.register_profile("calling_credit", derandomize=True, deadline=None, database=None, max_examples=EXAMPLES)
settings.load_profile("calling_credit")
