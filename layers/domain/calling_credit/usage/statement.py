"""Statements: opening balance, entries, and closing balance. Opening plus the listed entries is always the closing."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypedDict

from calling_credit.dynamodb import keys
from calling_credit.instants import Period
from calling_credit.ledger.reader import LedgerReader, total_micros
from calling_credit.money import format_money
from calling_credit.usage.summary import statement_row

MAX_ATTEMPTS: Final = 3


class Position(TypedDict):
    """The position of the next page: its last entry, and the figures that the first page fixed (micros)."""

    after: str
    as_of: str
    opening: int
    closing: int
    listed: int


def read_statement(
    reader: LedgerReader, period: Period, resume: Position | None, limit: int, as_of: str
) -> tuple[dict[str, Any], Position | None]:
    """Return a page `{opening_balance, items, closing_balance, as_of}`, oldest first, and the next page's position.

    The first page fixes `as_of`, the opening, and the closing balance; later pages omit entries recorded after `as_of`.
    Days and entries are separate reads. If an entry is posted in between, both are read again, and the last page closes
    at the sum of the listed entries.
    """
    if resume is None:
        resume, entries, after = _open(reader, period, limit, as_of)
    else:
        entries, after = reader.entries(
            period, after=resume["after"], limit=limit, newest_first=False, recorded_by=resume["as_of"]
        )
    listed = resume["listed"] + sum(entry["amount_micros"] for entry in entries)
    closing = resume["closing"] if after else resume["opening"] + listed
    page = {
        "opening_balance": format_money(resume["opening"]),
        "items": [statement_row(entry) for entry in entries],
        "closing_balance": format_money(closing),
        "as_of": resume["as_of"],
    }
    return page, Position(**{**resume, "after": after, "listed": listed}) if after else None


def read_daily_balances(reader: LedgerReader, period: Period) -> dict[str, Any]:
    """Return `{opening_balance, days: [{date, closing_balance}], closing_balance}`, oldest first, with each day that
    changed the balance. The cost does not depend on the number of entries.
    """
    days = reader.days(None, period.last.isoformat(), consistent=True)
    first = period.first.isoformat()
    opening = total_micros(day for day in days if keys.date_of(day["SK"]) < first)
    return daily_balances(opening, (day for day in days if keys.date_of(day["SK"]) >= first))


def daily_balances(opening_micros: int, days: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return `{opening_balance, days: [{date, closing_balance}], closing_balance}` of DAY items, oldest first."""
    balance = opening_micros
    closings: dict[str, int] = {}
    for day in days:
        closings[keys.date_of(day["SK"])] = balance = balance + day["total_micros"]
    return {
        "opening_balance": format_money(opening_micros),
        "days": [
            {"date": local_date, "closing_balance": format_money(micros)} for local_date, micros in closings.items()
        ],
        "closing_balance": format_money(balance),
    }


def _open(
    reader: LedgerReader, period: Period, limit: int, as_of: str
) -> tuple[Position, list[dict[str, Any]], str | None]:
    attempt = 1
    while True:
        days = reader.days(None, period.last.isoformat(), consistent=True)
        before = [day for day in days if keys.date_of(day["SK"]) < period.first.isoformat()]
        opening, closing = total_micros(before), total_micros(days)
        entries, after = reader.entries(period, after=None, limit=limit, newest_first=False)
        listed = sum(entry["amount_micros"] for entry in entries)
        if after or opening + listed == closing or attempt == MAX_ATTEMPTS:
            return Position(after="", as_of=as_of, opening=opening, closing=closing, listed=0), entries, after
        attempt += 1
