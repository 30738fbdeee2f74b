"""Makes up calls that look like a business's day: the same seed and moment give the same calls. Knows prefixes and
lines, no price, and sends nothing.
"""

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
"""How many of the calls abroad go to the few countries that a travel business knows well."""
FAVOURITE_COUNTRIES: Final = ("GB", "MX", "FR", "DE", "IT", "IN", "JP", "BR", "PH", "JM")
DISPOSITIONS: Final = {"answered": 82, "no_answer": 10, "busy": 4, "canceled": 3, "failed": 1}
MEAN_SECONDS: Final = 170
LONGEST_SECONDS: Final = 2 * 3600
EMERGENCY_SHARE: Final = 0.002
INBOUND_SHARE: Final = 0.04


@dataclass(frozen=True, slots=True)
class CallingLine:
    """A line that calls are made from."""

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
        """So many call events, as the switch would send them."""
        for number in range(count):
            yield self._call(number)

    def call_to(self, dialled: str, call_id: str, seconds: int) -> dict[str, Any]:
        """One answered call to a certain number."""
        return self._event(call_id, self._random.choice(self._lines), dialled, "answered", seconds)

    def _call(self, number: int) -> dict[str, Any]:
        choose = self._random
        line = choose.choice(self._lines)
        disposition = choose.choices(list(DISPOSITIONS), list(DISPOSITIONS.values()))[0]
        seconds = min(LONGEST_SECONDS, 1 + int(choose.expovariate(1 / MEAN_SECONDS)))
        dialled = "911" if choose.random() < EMERGENCY_SHARE else self._dialled()
        call_id = f"c_{self._seed:x}_{int(self._until.timestamp() * 1000):x}_{number:06d}"
        event = self._event(call_id, line, dialled, disposition, seconds)
        if dialled != "911" and choose.random() < INBOUND_SHARE:
            event |= {"direction": "inbound", "from": dialled, "to": line.number}
        return event

    def _dialled(self) -> str:
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

    def _event(self, call_id: str, line: CallingLine, dialled: str, disposition: str, seconds: int) -> dict[str, Any]:
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
            "to": dialled,
            "started_at": format_instant(answered - ringing),
            "ended_at": format_instant(ended),
            "duration_seconds": answered_seconds,
            "disposition": disposition,
        }
        if disposition == "answered":
            event["answered_at"] = format_instant(answered)
        return event
