"""Generates the calls of a business day: the same seed and moment give the same calls. Does not price or send them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.instants import format_instant
from calling_credit.rates.deck import RateRow

INCLUDED_SHARE: Final = 0.25
PREMIUM_SHARE: Final = 0.03
FAVOURITES_SHARE: Final = 0.7
"""The share of international calls to the few countries that a travel business calls most."""
FAVOURITE_COUNTRIES: Final = ("GB", "MX", "FR", "DE", "IT", "IN", "JP", "BR", "PH", "JM")
DISPOSITIONS: Final = {"answered": 82, "no_answer": 10, "busy": 4, "canceled": 3, "failed": 1}
MEAN_SECONDS: Final = 170
MAX_SECONDS: Final = 2 * 3600
EMERGENCY_SHARE: Final = 0.002
INBOUND_SHARE: Final = 0.04


@dataclass(frozen=True, slots=True)
class CallingLine:
    """A line that makes calls."""

    account_id: str
    line_id: str
    user_id: str
    number: str


class Traffic:
    """A stream of finished calls on given lines to the destinations of a rate deck.

    `rows` are the deck's; lines and rows must not be empty. Calls end within `span` before `until`.
    """

    def __init__(
        self,
        seed: int,
        lines: Sequence[CallingLine],
        rows: Sequence[RateRow],
        until: datetime,
        span: timedelta = timedelta(hours=8),
    ) -> None:
        self._random = random.Random(seed)
        self._seed = seed
        self._lines = lines
        self._until = until
        self._span = span
        self._included = [row.prefix for row in rows if row.category == "included"]
        self._premium = [row.prefix for row in rows if "premium" in row.category]
        abroad = [row for row in rows if row.category == "outbound_international_call" and row.country != "001"]
        self._abroad = [row.prefix for row in abroad]
        self._favourites = [row.prefix for row in abroad if row.country in FAVOURITE_COUNTRIES]

    def calls(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield `count` call events, as the switch sends them."""
        for number in range(count):
            yield self._call(number)

    def call_to(self, destination: str, call_id: str, seconds: int) -> dict[str, Any]:
        """Return one answered call to a number."""
        return self._event(call_id, self._random.choice(self._lines), destination, "answered", seconds)

    def _call(self, number: int) -> dict[str, Any]:
        choose = self._random
        line = choose.choice(self._lines)
        disposition = choose.choices(list(DISPOSITIONS), list(DISPOSITIONS.values()))[0]
        seconds = min(MAX_SECONDS, 1 + int(choose.expovariate(1 / MEAN_SECONDS)))
        destination = "911" if choose.random() < EMERGENCY_SHARE else self._destination()
        call_id = f"c_{self._seed:x}_{int(self._until.timestamp() * 1000):x}_{number:06d}"
        event = self._event(call_id, line, destination, disposition, seconds)
        if destination != "911" and choose.random() < INBOUND_SHARE:
            event |= {"direction": "inbound", "from": destination, "to": line.number}
        return event

    def _destination(self) -> str:
        choose = self._random
        draw = choose.random()
        if self._included and draw < INCLUDED_SHARE:
            prefix = choose.choice(self._included)
        elif self._premium and draw < INCLUDED_SHARE + PREMIUM_SHARE:
            prefix = choose.choice(self._premium)
        elif self._favourites and choose.random() < FAVOURITES_SHARE:
            prefix = choose.choice(self._favourites)
        else:
            prefix = choose.choice(self._abroad or self._included)
        length = 11 if prefix.startswith("1") else max(11, len(prefix) + 5)
        return "+" + prefix + "".join(choose.choices("0123456789", k=length - len(prefix)))

    def _event(
        self, call_id: str, line: CallingLine, destination: str, disposition: str, seconds: int
    ) -> dict[str, Any]:
        choose = self._random
        answered_seconds = seconds if disposition == "answered" else 0
        ringing = timedelta(seconds=choose.randint(2, 25), milliseconds=choose.randint(0, 999))
        ended = self._until - self._span * choose.random()
        answered = ended - timedelta(seconds=answered_seconds)
        event = {
            "version": "1",
            "call_id": call_id,
            "account_id": line.account_id,
            "line_id": line.line_id,
            "user_id": line.user_id,
            "direction": "outbound",
            "from": line.number,
            "to": destination,
            "started_at": format_instant(answered - ringing),
            "ended_at": format_instant(ended),
            "duration_seconds": answered_seconds,
            "disposition": disposition,
        }
        if disposition == "answered":
            event["answered_at"] = format_instant(answered)
        return event
