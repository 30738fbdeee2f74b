"""The one stack of the tests with real switches. A hold outlasts its call by seconds here, not by 17 minutes."""

import signal
from collections.abc import Iterator
from typing import Final

import pytest

from local.settings import Settings
from local.stack import Stack
from local.start import start
from ops.project import ROOT
from tests.conftest import FOLDER, free_port

HOLD_GRACE_SECONDS: Final = 20


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stack]:
    """The deployed application as `tests.conftest.deployed` starts it, with short holds."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM also stops the stack.
    folder = ROOT / ".local" / FOLDER
    credit = "900000.00"
    settings = Settings(
        folder, free_port(), free_port(), adjustment_daily_maximum=credit, hold_grace_seconds=HOLD_GRACE_SECONDS
    )
    stack = start(settings)
    try:
        yield stack
    finally:
        stack.stop()
