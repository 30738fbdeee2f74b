"""Prices and texts for the model: its own longest prefix, exact fractions, and the API's formats."""

import csv
import hashlib
import io
import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

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
        """The longest prefix with a row in effect; exact origin before `*`; the latest row."""
        for length in range(len(number) - 1, 0, -1):
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


def price(row: dict[str, Any], seconds: int) -> tuple[int, int]:
    """Billed seconds and micro-dollars: whole increments after the minimum, rounded once, half up, to four decimals."""
    minimum, increment = int(row["minimum_seconds"]), int(row["increment_seconds"])
    billed = minimum
    while billed < seconds:
        billed += increment
    exact = Fraction(row["connection_fee"]) + billed * Fraction(row["rate_per_minute"]) / 60
    return billed, (exact * 10_000 + Fraction(1, 2)) // 1 * 100
