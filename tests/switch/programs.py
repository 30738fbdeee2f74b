"""The programs of other makers that these tests run."""

import os

import pytest

from local.programs import absent_programs, find_program

__all__ = ["find_program", "require_programs"]


def require_programs(*names: str) -> None:
    """Skip the tests of a module if a program is absent. In CI, fail instead."""
    reason = absent_programs(*names)
    if not reason:
        return
    print(f"\n{reason}")
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
