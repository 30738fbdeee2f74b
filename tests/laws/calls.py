"""The input of the seeded driver: calls of every kind, messages broken in every way, and random decks.

This module does not import calling_credit. Every message comes with its facts, or None if it is broken.
"""

import json
import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.prices import instant, moment

ZONES = (
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "Europe/London",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Pacific/Marquesas",
    "Australia/Lord_Howe",
    "America/Santiago",
)
CALLING = ("+14155550100", "+12125550123", "+14165550100")
CALLERS = (*CALLING, "+442071838750", None)
"""Caller ids: those of lines, a forwarded foreign one, and a withheld one."""
SUFFIXES = ("", "", ".b", ":1", "@pbx", "+x", "-y", "~", "/2", " {é}", "@[2001:db8::1]", "z" * 100)
OTHER_FACTS: tuple[dict[str, Any], ...] = (
    {"line_id": "line_other"},
    {"from": None},
    {"rings": 31},
    {"to": "+818012345678"},
)
"""Facts with which a call is delivered again. Only the number decides the charge."""
AHEAD = timedelta(minutes=4)
"""How far ahead a call may end by the switch's clock; a little less than is refused."""
COVERED = (
    "+442071838750",
    "+447700900123",
    "+81312345678",
    "+33142685300",
    "+390612345678",
    "+919876543210",
    "+18765550123",
)
PREMIUM, INCLUDED, UNCOVERED = "+19005550123", ("+14155550199", "+18005550123"), "+99912345678"
SOMETIMES = "+870773123456"
EMERGENCY = ("911", "112", "988", "+911", "+112", "+1911", "+1988", "+44999")
HEADER = (
    "prefix,destination,country,origin,rate_per_minute,connection_fee,"
    "minimum_seconds,increment_seconds,effective_from,category,rate_steps"
)
CHANGES = ("2020-01-01", "2026-10-25T01:00:00Z", "2026-11-01T06:00:00.500Z", "2026-11-23T18:00:00+02:00")
CLOCKS = ("2026-10-25T01:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T09:00:00Z", "2026-10-03T15:30:00Z")
"""Moments at which clocks somewhere change."""
STEPS = ((60, 60), (30, 6), (1, 1), (0, 1), (0, 60), (45, 7))


@dataclass(frozen=True)
class Told:
    """One message: its id, its time, and its facts; None if the driver broke it."""

    message_id: str
    sent_at: int
    facts: dict[str, Any] | None


@dataclass(frozen=True)
class Message:
    """A queued message and its facts."""

    told: Told
    body: str


@dataclass
class Calls:
    """Make calls and messages; every choice comes from one seeded generator."""

    rng: random.Random
    made: int = 0

    def call(
        self, account: str, line: str, user: str, started_at: datetime, now: datetime | None = None, **facts: Any
    ) -> dict[str, Any]:
        """The facts of a new call, answered by default. With `now`, it has ended by then."""
        self.made += 1
        answered = facts.get("disposition", "answered") == "answered"
        seconds = self.rng.choice((1, 59, 60, 61, self.rng.randint(1, 7200), 14_400, 14_401)) if answered else 0
        if answered and self.rng.random() < 0.02:
            seconds = self.rng.choice((86_400, 500_000))
        said: dict[str, Any] = {
            "account_id": account,
            "call_id": f"c_{self.made:06d}{self.rng.choice(SUFFIXES)}",
            "line_id": line,
            "user_id": user,
            "direction": "outbound",
            "from": self.rng.choice(CALLERS),
            "to": self.rng.choice(COVERED),
            "started_at": instant(started_at),
            "rings": self.rng.randint(0, 30),
            "duration_seconds": seconds,
            "disposition": "answered",
        }
        said |= facts
        if now is not None:
            lasted = timedelta(seconds=said["rings"] + said["duration_seconds"])
            said["started_at"] = instant(min(moment(said["started_at"]), now + AHEAD - lasted))
        return said

    def message(self, facts: dict[str, Any], sent_at: datetime) -> Message:
        """A message with these facts, in one of the equivalent spellings."""
        self.made += 1
        body = self.body(facts)
        told = Told(f"m_{self.made}", int(sent_at.timestamp() * 1000), facts)
        return Message(told, json.dumps(body))

    def body(self, facts: dict[str, Any]) -> dict[str, Any]:
        """The body of a message."""
        offset = self.rng.choice((None, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")))
        started = moment(facts["started_at"])
        ended = started + timedelta(seconds=facts["rings"] + facts["duration_seconds"])

        def spelled(at: datetime) -> str:
            return at.astimezone(offset).isoformat(timespec="milliseconds") if offset else instant(at)

        body = {name: value for name, value in facts.items() if name != "rings"} | {"version": "1"}
        body |= {"started_at": spelled(started), "ended_at": spelled(ended)}
        if facts["disposition"] == "answered":
            body["answered_at"] = spelled(started + timedelta(seconds=facts["rings"]))
        elif self.rng.random() < 0.5:
            body["answered_at"] = None
        if self.rng.random() < 0.3:
            body["trunk"] = {"a field nobody asked for": [1.5, None]}
        return body

    def broken(self, facts: dict[str, Any], sent_at: datetime) -> Message:
        """A message with these facts that must be refused, broken in one way."""
        whole = self.body(facts)
        later = moment(facts["started_at"])
        damage: dict[str, Any] = self.rng.choice(
            (
                {"version": "2"},
                {"call_id": "has\ncontrol"},
                {"account_id": "has blanks"},
                {"line_id": "x" * 65},
                {"direction": "sideways"},
                {"to": "+0442071838750"},
                {"to": "1234567"},
                {"duration_seconds": -1},
                {"duration_seconds": 604_801},
                {"duration_seconds": "1:00"},
                {"duration_seconds": True},
                {"duration_seconds": facts["duration_seconds"] + 3},
                {"disposition": "maybe"},
                {"started_at": instant(sent_at - timedelta(days=91)), "answered_at": instant(sent_at)},
                {"started_at": instant(sent_at + timedelta(days=2)), "ended_at": instant(sent_at + timedelta(days=3))},
                {"started_at": "2026-11-23T10:00:00"},
                {"started_at": None},
                {"ended_at": instant(later - timedelta(seconds=5))},
                {"ended_at": "yesterday"},
            )
        )
        text = json.dumps(whole | damage)
        if self.rng.random() < 0.4:
            whole.pop(self.rng.choice(sorted(facts.keys() - {"rings", "from", "user_id", "duration_seconds"})))
            lone = '{"call_id": "\\ud83d"}'
            cut = text[: self.rng.randint(0, len(text) - 1)]
            text = self.rng.choice((json.dumps(whole), cut, lone, "[]", "null", '{"a":' * 3000, " " * 20_000, "\x00"))
        self.made += 1
        return Message(Told(f"m_{self.made}", int(sent_at.timestamp() * 1000), None), text)

    def started(self, now: datetime, zone: str) -> datetime:
        """The start of a call: now, days ago, slightly ahead, or near a midnight or a clock change."""
        edge = self.rng.choice(("now", "now", "late", "ahead", "midnight", "clocks"))
        if edge == "now":
            return now - timedelta(milliseconds=self.rng.randint(0, 7_200_000))
        if edge == "late":
            return now - timedelta(days=self.rng.randint(1, 80), seconds=self.rng.randint(0, 86_400))
        if edge == "ahead":
            return now + timedelta(minutes=self.rng.randint(1, 4))
        beside = timedelta(milliseconds=self.rng.choice((-1, 0, 1, -1000, 999, 3_600_000, -3_600_000)))
        changed = [moment(text) for text in CLOCKS if now - moment(text) < timedelta(days=85)]
        if edge == "clocks" and changed:
            return self.rng.choice(changed) + beside
        day = (now - timedelta(days=self.rng.randint(0, 40))).astimezone(ZoneInfo(zone))
        return day.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(ZoneInfo("UTC")) + beside

    def deck(self) -> bytes:
        """A deck with random prices, sometimes without a destination."""
        rows = [HEADER]
        for prefix, country in (("44", "GB"), ("447", "GB"), ("81", "JP"), ("33", "FR"), ("39", "IT"), ("1876", "JM")):
            if self.rng.random() < 0.9:
                rows += self._rows(prefix, country, "outbound_international_call")
        rows += self._rows("1900", "US", "outbound_premium_call")
        rows += [f"1{area},Home,US,*,0,0,60,60,2020-01-01,included" for area in ("415", "800")]
        if self.rng.random() < 0.5:
            rows += self._rows("870", "001", "satellite_call")
        rows.append(
            f"91,India,IN,*,{self.rng.choice(('0', '0.000001', '0.05'))},0,1,1,2020-01-01,outbound_international_call"
        )
        return "\n".join(rows).encode()

    def _rows(self, prefix: str, country: str, category: str) -> list[str]:
        since = [CHANGES[0], *self.rng.sample(CHANGES[1:], self.rng.randint(0, 2))][
            self.rng.random() < 0.1 :
        ] or CHANGES[1:2]
        origins = ["*", *self.rng.sample(("US", "CA"), self.rng.randint(0, 1))]
        rows = []
        for origin in origins:
            for date in since:
                rate, fee = self._price(0, 3), self.rng.choice(("0", "0.00005", self._price(0, 1)))
                minimum, increment = self.rng.choice(STEPS)
                cells = (prefix, f"Place {prefix}", country, origin, rate, fee, minimum, increment, date, category)
                rows.append(",".join(map(str, (*cells, self._steps()))))
        return rows

    def _steps(self) -> str:
        """The rate steps of every third row: cheaper, more expensive, or free, with increments that cross them."""
        if self.rng.random() < 0.67:
            return ""
        begins = sorted(self.rng.sample((1, 30, 45, 60, 61, 300, 3600), self.rng.randint(1, 3)))
        lengths = (1, 6, 10, 60, 77)
        return ";".join(
            f"{begin}:{self.rng.choice(('0', self._price(0, 3)))}:{self.rng.choice(lengths)}" for begin in begins
        )

    def _price(self, least: int, most: int) -> str:
        digits = "".join(self.rng.choices(string.digits, k=self.rng.randint(1, 6)))
        return f"{self.rng.randint(least, most)}.{digits}"
