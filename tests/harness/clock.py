"""The frozen wall clock of the handlers."""

from dataclasses import dataclass
from datetime import datetime

from tests.domain.examples import NOW


@dataclass
class Clock:
    """A clock that only tests advance."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now
