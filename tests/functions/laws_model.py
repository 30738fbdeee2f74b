"""The application once more, as a plain dictionary of items: what the table must hold after each operation.

Written from the contract alone and importing nothing of calling_credit: its own longest prefix, exact fractions for
prices, zoneinfo for dates. It judges no syntax: the driver says which messages it broke.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Key = tuple[str, str]
REMEMBERED = timedelta(seconds=60)
UNARMED = 10**15
HOME = {"+1415": "US", "+1212": "US", "+1416": "CA"}


@dataclass(frozen=True)
class Told:
    """One message: its id, when it was sent, and the facts it tells; None if the driver broke it."""

    message_id: str
    sent_at: int
    facts: dict[str, Any] | None


def money(micros: int) -> str:
    """Micro-dollars as the API writes them: two decimals at least, no trailing zeros after that."""
    digits = f"{abs(micros):07d}"
    return f"{'-' if micros < 0 else ''}{digits[:-6]}.{digits[-6:-4]}{digits[-4:].rstrip('0')}"


def instant(moment: datetime) -> str:
    """UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """The moment a text tells, cut to milliseconds."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


class Prices:
    """A deck, by the words of the contract."""

    def __init__(self, version: str, data: bytes) -> None:
        self.version = version
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for row in csv.DictReader(io.StringIO(data.decode())):
            self.rows.setdefault(row["prefix"], []).append({**row, "from": moment(row["effective_from"])})

    def row(self, number: str, calling: str, at: datetime) -> dict[str, Any] | None:
        """Longest prefix with a row in effect; exact origin before `*`; the latest."""
        for length in range(len(number) - 1, 0, -1):
            rows = [row for row in self.rows.get(number[1 : length + 1], []) if row["from"] <= at]
            for origin in (HOME[calling[:5]], "*"):
                exact = [row for row in rows if row["origin"] == origin]
                if exact:
                    return max(exact, key=lambda row: row["from"])
        return None


def price(row: dict[str, Any], seconds: int) -> tuple[int, int]:
    """Billed seconds and micro-dollars: whole increments after the minimum; half up to four decimals, once."""
    minimum, increment = int(row["minimum_seconds"]), int(row["increment_seconds"])
    billed = minimum
    while billed < seconds:
        billed += increment
    exact = Fraction(row["connection_fee"]) + billed * Fraction(row["rate_per_minute"]) / 60
    return billed, (exact * 10_000 + Fraction(1, 2)) // 1 * 100


@dataclass
class Model:
    """Every item as far as it matters, the keys the last operation may have changed, what warm functions remember."""

    prices: Prices
    items: dict[Key, dict[str, Any]] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)
    told: dict[Key, dict[str, Any]] = field(default_factory=dict)
    remembered: dict[Key, tuple[datetime, Any]] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)

    def put(self, account: str, sk: str, **attributes: Any) -> None:
        """Change an item."""
        key = (f"ACCOUNT#{account}", sk)
        self.items[key] = {**self.items.get(key, {}), **attributes}
        self.touched.add(key)

    def get(self, account: str, sk: str) -> dict[str, Any] | None:
        """An item, None if there is none."""
        return self.items.get((f"ACCOUNT#{account}", sk))

    def of(self, account: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The items of an account of a kind, by sort key."""
        pk = f"ACCOUNT#{account}"
        return sorted((key[1], item) for key, item in self.items.items() if key[0] == pk and key[1].startswith(kind))

    # The operator and the customer

    def keep_account(self, account: str, **settings: Any) -> None:
        """Create or configure."""
        if self.get(account, "ACCOUNT") is None:
            self.put(account, "ACCOUNT", currency="USD", time_zone="UTC", status="open", billing_emails=[])
            self.put(account, "BALANCE", posted_micros=0)
        self.put(account, "ACCOUNT", **settings)

    def adjust(self, account: str, identifier: str, micros: int, reason: str, now: datetime) -> None:
        """A new adjustment."""
        self.put(account, f"ADJUSTMENT#{identifier}", amount_micros=micros, reason=reason)
        sk = f"ENTRY#{instant(now)}#{identifier}"
        self.post(account, sk, now, self.zone(account), micros, 0, category="adjustment", reason=reason)

    def zone(self, account: str) -> str:
        """The time zone of an account now."""
        return str(self.items[f"ACCOUNT#{account}", "ACCOUNT"]["time_zone"])

    def post(self, account: str, sk: str, when: datetime, zone: str, micros: int, billed: int, **said: Any) -> None:
        """An entry, its day and the balance."""
        date = when.astimezone(ZoneInfo(zone)).date().isoformat()
        self.enter(account, sk, micros, billed, local_date=date, **said)

    def enter(self, account: str, sk: str, micros: int, billed: int, **said: Any) -> None:
        """An entry of a local date, that day and the balance."""
        self.put(account, sk, amount_micros=micros, billed_seconds=billed, **said)
        sk = f"DAY#{said['local_date']}#{said['category']}"
        day = self.get(account, sk) or {"entry_count": 0, "billed_seconds": 0, "total_micros": 0}
        counted = {"entry_count": day["entry_count"] + 1, "billed_seconds": day["billed_seconds"] + billed}
        self.put(account, sk, **counted, total_micros=day["total_micros"] + micros)
        if said.get("kind") == "call_taken_back":
            self.put(account, sk, taken_back=day.get("taken_back", 0) + 1)
        balance = self.items[f"ACCOUNT#{account}", "BALANCE"]
        self.put(account, "BALANCE", posted_micros=balance["posted_micros"] + micros)

    # The queue

    def deliver(self, messages: list[Told], now: datetime) -> set[str]:
        """One batch; the ids of the messages that go back."""
        refused = {message.message_id for message in messages if message.facts is None}
        self._count("malformed", len(refused))
        brought: dict[Key, list[str]] = {}
        distinct: list[dict[str, Any]] = []
        first: dict[Key, dict[str, Any]] = {}
        for message in sorted(messages, key=lambda message: message.sent_at):
            if message.facts is None:
                continue
            key = (f"ACCOUNT#{message.facts['account_id']}", call_sk(message.facts))
            if key not in first:
                first[key] = message.facts
                distinct.append(message.facts)
                brought[key] = [message.message_id]
            elif first[key] == message.facts:
                brought[key].append(message.message_id)
                self._count("again in its batch")
            else:
                refused.add(message.message_id)
                self._count("conflict in its batch")
        rated = [(facts, self._rate(facts)) for facts in distinct]
        costly = [(facts, row) for facts, row in rated if row != "free"]
        self._remember([facts for facts, _ in costly], now)
        for facts, row in costly:
            key = (f"ACCOUNT#{facts['account_id']}", call_sk(facts))
            if not self._settle(facts, row):
                refused |= set(brought[key])
        return refused

    def _rate(self, facts: dict[str, Any]) -> Any:
        """`free`, None (no row), or the row that prices it."""
        free = facts["direction"] == "inbound" or facts["duration_seconds"] == 0 or facts["to"][0] != "+"
        row = None if free else self.prices.row(facts["to"], facts["from"], moment(facts["started_at"]))
        nothing = row is not None and (row["category"] == "included" or price(row, facts["duration_seconds"])[1] == 0)
        if free or nothing:
            self._count("free")
            return "free"
        return row

    def _remember(self, calls: list[dict[str, Any]], now: datetime) -> None:
        """What a warm function knows of accounts and lines: as it was read, for a minute; only what exists."""
        for facts in calls:
            for sk in ("ACCOUNT", f"LINE#{facts['line_id']}"):
                key = (f"ACCOUNT#{facts['account_id']}", sk)
                if key in self.remembered and now - self.remembered[key][0] < REMEMBERED:
                    continue
                self.remembered.pop(key, None)
                if key in self.items:
                    self.remembered[key] = (now, dict(self.items[key]))

    def _settle(self, facts: dict[str, Any], row: dict[str, Any] | None) -> bool:
        """Whether a call that is not free is settled: it now stands, or stood, in the book or among the unrated."""
        account = facts["account_id"]
        known = self.remembered.get((f"ACCOUNT#{account}", "ACCOUNT"))
        if known is None:
            self._count("unknown account")
            return False
        entry, waiting = f"ENTRY#{call_sk(facts)}", f"UNRATED#{call_sk(facts)}"
        said = [self.told.get((account, sk)) for sk in ((entry, waiting) if row is None else (entry,))]
        if any(said):
            self._count("replay" if facts in said else "conflict")
            if facts not in said:
                return False
        elif row is None:
            self.put(account, waiting, to=facts["to"], duration_seconds=facts["duration_seconds"])
            self.told[account, waiting] = facts
            self._count("unrated")
        else:
            self.charge(facts, row, str(known[1]["time_zone"]), entry)
        line = self.remembered.get((f"ACCOUNT#{account}", f"LINE#{facts['line_id']}"))
        if line is None or not line[1]["international_calling"]:
            self._stray(account, facts)
        return True

    def charge(self, facts: dict[str, Any], row: dict[str, Any], zone: str, entry: str) -> None:
        """A call that costs something."""
        billed, micros = price(row, facts["duration_seconds"])
        said = {
            "category": row["category"],
            "prefix": row["prefix"],
            "deck": self.prices.version,
            "to": facts["to"],
            "user_id": facts["user_id"],
        }
        when = moment(facts["started_at"])
        self.post(facts["account_id"], entry, when, zone, -micros, billed, **said)
        self.told[facts["account_id"], entry] = facts
        self._count("charge")

    def _stray(self, account: str, facts: dict[str, Any]) -> None:
        if self.get(account, f"STRAY#{call_sk(facts)}") is None:
            self.put(account, f"STRAY#{call_sk(facts)}", line_id=facts["line_id"])
            self._count("stray")

    def _count(self, outcome: str, number: int = 1) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number


def call_sk(facts: dict[str, Any]) -> str:
    """What the sort keys of a call end with: immutable facts alone."""
    return f"{instant(moment(facts['started_at']))}#{facts['call_id']}"
