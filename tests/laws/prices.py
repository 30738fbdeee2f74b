"""Prices and texts for the model: its own longest prefix, exact fractions, and the API's formats."""

import csv
import hashlib
import io
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

LEAD = timedelta(seconds=60)
"""How long after its publication a deck is in force."""
GRACE = timedelta(minutes=15)
"""How long a deck is in force before it prices calls that waited."""
EARLY = timedelta(seconds=10)
"""How far ahead a call may begin to be priced at once."""
HOME = {"+1415": "US", "+1212": "US", "+1416": "CA"}


def money(micros: int) -> str:
    """Micro-dollars in the API's format: at least two decimals, no trailing zeros after them."""
    digits = f"{abs(micros):07d}"
    return f"{'-' if micros < 0 else ''}{digits[:-6]}.{digits[-6:-4]}{digits[-4:].rstrip('0')}"


def instant(moment: datetime) -> str:
    """UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """The instant of a text, truncated to milliseconds."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


class Prices:
    """A deck by the contract."""

    def __init__(self, version: str, data: bytes) -> None:
        self.version = version
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for row in csv.DictReader(io.StringIO(data.decode())):
            self.rows.setdefault(row["prefix"], []).append({**row, "from": moment(row["effective_from"])})

    def row(self, number: str, calling: str, at: datetime) -> dict[str, Any] | None:
        """The longest prefix with a row in effect; exact origin before `*`; the latest row. None for a short code."""
        for length in range(len(number) - 1, 0, -1) if number[0] == "+" else ():
            rows = [row for row in self.rows.get(number[1 : length + 1], []) if row["from"] <= at]
            for origin in (HOME.get(calling[:5], "ZZ"), "*"):
                exact = [row for row in rows if row["origin"] == origin]
                if exact:
                    return max(exact, key=lambda row: row["from"])
        return None


def call_key(call_id: str) -> str:
    """The name of a call in keys: its id, or `h_` and a hash of an unusual one."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}", call_id) and call_id[:2] != "h_":
        return call_id
    return "h_" + hashlib.blake2b(call_id.encode(), digest_size=16).hexdigest()


def billable(seconds: int, granted: int | None) -> int:
    """The seconds that a call is priced by: switches hang up up to 2 seconds late."""
    return granted if granted is not None and granted < seconds <= granted + 2 else seconds


class Decks:
    """The decks by the time from which each prices calls, oldest first."""

    def __init__(self, first: Prices) -> None:
        self.entries = [(datetime.min.replace(tzinfo=UTC), first)]
        self.categories = categories(first)
        self.short_codes: list[tuple[datetime, dict[tuple[str, str], dict[str, Any]]]] = []

    def put_short_codes(self, data: bytes, now: datetime) -> None:
        """Put a price list of short codes in force a minute from now, after every other one."""
        names = {"rate": "rate_per_minute", "fee": "connection_fee"}
        names |= {"minimum": "minimum_seconds", "increment": "increment_seconds"}
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        begin = now + LEAD
        if self.short_codes:
            begin = max(begin, self.short_codes[-1][0] + timedelta(milliseconds=1))
        self.short_codes.append((moment(instant(begin)), rows))
        for cells in csv.DictReader(io.StringIO(data.decode())):
            row = {names.get(name, name): cell for name, cell in cells.items()}
            row |= {"prefix": row["code"], "origin": row["country"], "category": "outbound_short_code_call"}
            rows[row["country"], row["code"]] = row
        self.categories.add("outbound_short_code_call")

    def short_code(self, code: str, calling: str, when: datetime) -> dict[str, Any] | None:
        """The row of a short code at a time for a line; of any country's lines if the line is unknown."""
        lists = [rows for since, rows in self.short_codes if since <= when]
        rows = lists[-1] if lists else {}
        if not calling:
            return next((row for (_, priced), row in sorted(rows.items()) if priced == code), None)
        return rows.get((HOME.get(calling[:5], "ZZ"), code))

    def put(self, prices: Prices, now: datetime) -> None:
        """Put a deck in force a minute from now, after every other one."""
        begin = max(now + LEAD, self.entries[-1][0] + timedelta(milliseconds=1))
        self.entries.append((moment(instant(begin)), prices))
        self.categories |= categories(prices)

    def at(self, when: datetime) -> Prices:
        """The deck in force."""
        return [prices for begin, prices in self.entries if begin <= when][-1]

    def of_call(self, facts: dict[str, Any], now: datetime) -> tuple[Prices, dict[str, Any]] | None:
        """The deck and the row of a call: in force when it began; else the first later one that has a row and was in
        force for a quarter of an hour.
        """
        at = moment(facts["started_at"])
        for number, (begin, prices) in enumerate(self.entries):
            end = self.entries[number + 1][0] if number + 1 < len(self.entries) else None
            if end is not None and end <= at:
                continue
            row = prices.row(facts["to"], facts["from"], at)
            if row is not None and begin <= at:
                return prices, row
            since = [at, *sorted({row["from"] for rows in prices.rows.values() for row in rows if row["from"] > at})]
            first = next((day for day in since if prices.row(facts["to"], facts["from"], day)), None)
            if first is None:
                continue
            ready = max(begin, first) if first > at else begin
            ready = max(ready, begin + GRACE if number else begin)
            row = prices.row(facts["to"], facts["from"], first)
            if row is not None and ready <= now and (end is None or ready < end):
                return prices, row
        return None

    def rate(self, facts: dict[str, Any], now: datetime) -> tuple[Any, str]:
        """The row that prices a finished call by now and the version of its deck; `early` before it begins; `free`."""
        at = moment(facts["started_at"])
        if at > now + EARLY:
            return "early", ""
        if facts["to"][0] != "+":
            row = self.short_code(facts["to"], facts["from"] or "unknown", at)  # No country: no list prices it.
            return row or "free", self.at(max(at, now)).version
        found = self.of_call(facts, now)
        return (found[0].row(facts["to"], facts["from"], at), found[0].version) if found else (None, "")


def categories(prices: Prices) -> set[str]:
    """The categories of charged calls."""
    return {row["category"] for rows in prices.rows.values() for row in rows} - {"included"}


def price(row: dict[str, Any], seconds: int) -> tuple[int, int]:
    """Billed seconds and micro-dollars: rounded once, half up, to four decimals."""
    billed, exact = exact_price(row, seconds)
    return billed, (exact * 10_000 + Fraction(1, 2)) // 1 * 100


def exact_price(row: dict[str, Any], seconds: int) -> tuple[int, Fraction]:
    """Billed seconds and dollars: whole increments after the minimum, each by the rate in force at its beginning."""
    rate, increment = row["rate_per_minute"], int(row["increment_seconds"])
    billed, total = int(row["minimum_seconds"]), Fraction(row["connection_fee"])
    counted = {rate: billed}
    later = steps(row)
    while billed < seconds:
        while later and later[0][0] <= billed and billed:
            _, rate, increment = later.pop(0)
        billed += increment
        counted[rate] = counted.get(rate, 0) + increment
    return billed, total + sum(many * Fraction(one) / 60 for one, many in counted.items())


def steps(row: dict[str, Any]) -> list[tuple[int, str, int]]:
    """The rate steps of a row: from which second, rate, and increment."""
    parts = [one.split(":") for one in (row.get("rate_steps") or "").split(";") if one]
    return [(int(begin), rate, int(length)) for begin, rate, length in parts]


def priced(row: dict[str, Any], facts: dict[str, Any]) -> tuple[int, int]:
    """Billed seconds and micros; nothing where the row includes the call."""
    return (0, 0) if row["category"] == "included" else price(row, facts["duration_seconds"])


def call_sk(facts: dict[str, Any]) -> str:
    """The end of a call's sort keys: immutable facts only."""
    return f"{instant(moment(facts['started_at']))}#{call_key(facts['call_id'])}"
