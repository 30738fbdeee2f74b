"""The calls of a stand-in account, and what the API answers of them: lists, searches, sums, and the statement."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.browser import page_data
from tests.browser.page_api import Answer, PageApi, Request

ZONE: Final = ZoneInfo(page_data.TIME_ZONE)
OPENING: Final = Decimal("500.00")
PLACES: Final = (
    ("+442071838750", "United Kingdom - Landline", "GB"),
    ("+33142685300", "France - Landline", "FR"),
    ("+917312345678", "India - Mobile", "IN"),
    ("+8613912345678", "China - Mobile", "CN"),
    ("+5215512345678", "Mexico - Mobile", "MX"),
)
USERS: Final = (("user_1", "Ada Lovelace"), ("user_2", "Bo Lindqvist"), ("user_3", "=HYPERLINK(1)"), (None, None))
LINES: Final = (("line_1", "+12125550001"), ("line_2", "+12125550002"))


def made(number: int, minutes_ago: float) -> dict[str, Any]:
    """A call. All fields follow from its number, so that two books of one size agree."""
    to, destination, country = PLACES[number % len(PLACES)]
    user_id, name = USERS[number % 7 % len(USERS)]
    line_id, line_number = LINES[number % 3 % len(LINES)]
    seconds = 30 + 37 * (number % 9)
    rate = Decimal(9 + number % 5) / 1000
    billed = -(-seconds // 60) * 60
    return page_data.call(
        number,
        started_at=page_data.ago(minutes=minutes_ago),
        to=to,
        destination=destination,
        country=country,
        duration_seconds=seconds,
        billed_seconds=billed,
        rate_per_minute=f"{rate:.3f}",
        price=f"{rate * billed / 60:.4f}",
        user={"id": user_id, "name": name},
        line_id=line_id,
        line_number=line_number,
    )


def day_of(call: dict[str, Any]) -> str:
    """The local day of a call."""
    return str(datetime.fromisoformat(call["started_at"]).astimezone(ZONE).date())


def day_ago(days: int) -> str:
    """The local day that many days ago."""
    return str(datetime.now(ZONE).date() - timedelta(days=days))


@dataclass
class Book:
    """Calls, newest first. One request of a search or of sums evaluates `part` calls; sums cover at most `most`."""

    calls: list[dict[str, Any]]
    part: int = 1000
    most: int = 10_000
    seen: list[dict[str, str]] = field(default_factory=list)

    def install(self, api: PageApi) -> "Book":
        """Let the stand-in answer from this book."""
        answers: dict[str, Callable[[Request], Answer]] = {
            "GET /usage": self.summary,
            "GET /usage/{id}": self.details,
            "GET /spending": self.spending,
            "GET /statement": self.statement,
        }
        for route, one in answers.items():
            api.on(route, one)
        api.lines = [
            page_data.line(number, user={"id": f"user_{number}", "name": name}) | {"line_id": line_id, "number": phone}
            for number, ((line_id, phone), (_, name)) in enumerate(zip(LINES, USERS, strict=False), 1)
        ]
        return self

    def matching(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """The calls of a query, newest first."""
        return [call for call in self.in_period(query) if matches(call, query)]

    def in_period(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """The calls of the dates of a query, newest first."""
        return [call for call in self.calls if query["from"] <= day_of(call) <= query["to"]]

    def summary(self, request: Request) -> Answer:
        """GET /usage."""
        calls = self.in_period(request.query)
        days: dict[str, Decimal] = {}
        for call in calls:
            days[day_of(call)] = days.get(day_of(call), Decimal()) + Decimal(call["price"])
        category = {"category": "outbound_international_call", "label": "Outbound International Call"}
        sums = {"calls": len(calls), "billed_seconds": sum(one["billed_seconds"] for one in calls)}
        total = money(sum(days.values(), Decimal()))
        return 200, {
            "currency": "USD",
            "total": total,
            "categories": [{**category, **sums, "total": total}] if calls else [],
            "days": [{"date": day, "total": money(days[day])} for day in sorted(days)],
        }

    def parts(self, request: Request, limit: int) -> tuple[list[dict[str, Any]], dict[str, Any], str | None]:
        """The calls of one request, how far it read, and its cursor."""
        self.seen.append(request.query)
        first = int(request.query.get("cursor", "0"))
        found: list[dict[str, Any]] = []
        at = first
        whole = self.in_period(request.query)
        while at < min(len(whole), first + self.part) and len(found) < limit:
            found += [whole[at]] if matches(whole[at], request.query) else []
            at += 1
        is_end = at >= len(whole)
        return (
            found,
            {"calls": at - first, "until": None if is_end else whole[at - 1]["started_at"]},
            (None if is_end else str(at)),
        )

    def details(self, request: Request) -> Answer:
        """GET /usage/{category}."""
        items, read, cursor = self.parts(request, int(request.query.get("limit", "50")))
        return 200, {"items": items, "next_cursor": cursor, "read": read}

    def spending(self, request: Request) -> Answer:
        """GET /spending."""
        calls, read, cursor = self.parts(request, self.most)
        is_limited = len(self.in_period(request.query)) > self.most
        if is_limited and int(request.query.get("cursor", "0")) + self.part >= self.most:
            cursor = None
        groups: dict[str, list[dict[str, Any]]] = {}
        for name, key in GROUPS.items():
            labels: dict[tuple[str | None, str | None], list[dict[str, Any]]] = {}
            for call in calls:
                labels.setdefault(key(call), []).append(call)
            groups[name] = [{"id": one, "label": label, **sums(of)} for (one, label), of in labels.items()]
        return 200, {
            "from": request.query["from"],
            "to": request.query["to"],
            "source": "entries",
            "daily_sums_since": None,
            "totals": sums(calls),
            "groups": groups,
            "next_cursor": cursor,
            "read": read,
            "limit_reached": is_limited,
        }

    def entries(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """The entries of the statement, oldest first."""
        return [entry_of(call) for call in reversed(self.in_period(query))]

    def statement(self, request: Request) -> Answer:
        """GET /statement."""
        if request.query.get("by") == "day":
            days = [{"date": day_ago(days), "closing_balance": f"{500 - days}.00"} for days in (3, 2, 1)]
            return 200, {
                "opening_balance": "500.00",
                "days": days,
                "closing_balance": "499.00",
                "as_of": page_data.now(),
            }
        self.seen.append(request.query)
        limit, first = int(request.query.get("limit", "50")), int(request.query.get("cursor", "0"))
        entries = self.entries(request.query)
        older = [call for call in self.calls if day_of(call) < request.query["from"]]
        opening = OPENING - sum((Decimal(call["price"]) for call in older), Decimal())
        closing = opening + sum((Decimal(one["amount"]) for one in entries), Decimal())
        return 200, {
            "opening_balance": money(opening),
            "items": entries[first : first + limit],
            "closing_balance": money(closing),
            "as_of": page_data.now(),
            "next_cursor": str(first + limit) if len(entries) > first + limit else None,
        }


GROUPS: Final[dict[str, Callable[[dict[str, Any]], tuple[str | None, str | None]]]] = {
    "user": lambda call: (call["user"]["id"], call["user"]["name"]),
    "line": lambda call: (call["line_id"], call["line_number"]),
    "country": lambda call: (call["country"], call["country"]),
    "day": lambda call: (day_of(call), day_of(call)),
}


def sums(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Calls, seconds, and spending."""
    total = sum((Decimal(one["price"]) for one in calls), Decimal())
    return {"calls": len(calls), "billed_seconds": sum(one["billed_seconds"] for one in calls), "total": money(total)}


def money(amount: Decimal) -> str:
    """An amount in the form of the API: at least two places, and no further zeros."""
    whole, _, places = f"{amount:.6f}".partition(".")
    return f"{whole}.{places[:2]}{places[2:].rstrip('0')}"


def matches(call: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether a call matches the filters of a query."""
    wanted = [
        (query.get("user_id"), call["user"]["id"]),
        (query.get("line_id"), call["line_id"]),
        (query.get("country"), call["country"]),
        (query.get("date"), day_of(call)),
    ]
    text = " ".join([call["to"], call["destination"], call["user"]["name"] or ""]).lower()
    find = query.get("find", "").lower()
    digits = re.sub(r"[\s()-]", "", find) if re.search(r"\d", find) else find
    return all(one in (None, own) for one, own in wanted) and digits in text


def entry_of(call: dict[str, Any]) -> dict[str, Any]:
    """The entry of a call on the statement."""
    return {
        "id": call["call_key"],
        "at": call["started_at"],
        "date": day_of(call),
        "kind": "call_charged",
        "category": "outbound_international_call",
        "amount": f"-{call['price']}",
        "description": f"Outbound International Call to {call['destination']}, {call['to']}",
        "recorded_at": call["started_at"],
        "debit": "customer_credit",
        "credit": "call_revenue",
        "line_id": call["line_id"],
        **({"user_id": call["user"]["id"]} if call["user"]["id"] else {}),
        "billed_seconds": call["billed_seconds"],
    }


def numbered(size: int, minutes_apart: float) -> Iterator[dict[str, Any]]:
    """Calls at equal distances, newest first."""
    return (made(number, 5 + number * minutes_apart) for number in range(size))


def usual_book(size: int = 240, days: float = 14.0, **fields: Any) -> Book:
    """A book of calls over the last days."""
    return Book(list(numbered(size, days * 24 * 60 / size)), **fields)
