"""Functions that start from a snapshot of a process (Lambda SnapStart): what they load before it is taken, and what
they renew after it is restored. Without SnapStart, a function does neither.

Many processes start from one snapshot, at any time after it. So none of them may use its random state, which all others
have too, or trust a secret that it holds. The timeline of decks and other dated facts know when they were read.
Source: the chapter on SnapStart in the Lambda developer guide.
"""

import contextlib
import os
import random
from collections.abc import Callable
from importlib import import_module
from typing import Final

from calling_credit.stored_secrets import drop_secrets

INITIALIZATION: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Lambda's variable that says how a process starts."""
SNAP_START: Final = "snap-start"


def prepare_snapshot(load: Callable[[], object] | None = None) -> None:
    """Load what the first request would wait for, and renew it after each restore, if a snapshot will be taken.

    `load` may fail: the first request loads it then.
    """
    if os.environ.get(INITIALIZATION) != SNAP_START:
        return
    _register(renew)
    if load is not None:
        with contextlib.suppress(Exception):
            load()


def renew() -> None:
    """Give this process its own random state, and drop the secrets of the snapshot, which may be months old."""
    random.seed()
    drop_secrets()


def _register(hook: Callable[[], object]) -> None:
    """Let Lambda run a hook after each restore. Only Lambda's Python 3.12 and later has the module."""
    import_module("snapshot_restore_py").register_after_restore(hook)
