"""The wall clock of the handlers: it stands still until a test moves it."""

from dataclasses import dataclass
from datetime import datetime

from tests.domain.examples import NOW


@dataclass
class Clock:
    """The wall clock of the handlers."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now
