"""Property tests run alike everywhere: the same examples each time, and no deadline that a busy machine would miss."""

from hypothesis import settings

settings.register_profile("calling_credit", derandomize=True, deadline=None, database=None, max_examples=150)
settings.load_profile("calling_credit")
