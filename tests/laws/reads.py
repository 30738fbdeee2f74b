"""The customer's reads in the seeded driver, compared with the model."""

import csv
import io
from typing import Any

from tests.laws.budget_model import Owner, key_of
from tests.laws.budgets import agrees, is_open_request, owners
from tests.laws.calls import CALLING, COVERED, INCLUDED, PREMIUM, SOMETIMES, UNCOVERED
from tests.laws.driver import Driver, expect, operation
from tests.laws.prices import money
from tests.laws.rerating import BACK, NO_CALLS, named, standing


def entries(driver: Driver, account: str, first: str, last: str) -> list[tuple[str, dict[str, Any]]]:
    """The model's entries of a period, oldest first."""
    return [(sk, entry) for sk, entry in driver.model.of(account, "ENTRY#") if first <= entry["local_date"] <= last]


def pages(driver: Driver, account: str, path: str, query: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Every page of a list."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**query, "limit": limit, "cursor": cursor}
        found.append(expect(driver.customer(account, "GET", path, query=asked, group=["member"]), 200))
        cursor = found[-1]["next_cursor"]
        assert all(len(page["items"]) <= limit for page in found)
        if cursor is None:
            return found


@operation("read a balance", 30)
def read_balance(driver: Driver) -> None:
    """Compare posted, held, and available."""
    account = driver.account()
    shown = expect(driver.customer(account, "GET", "/balance"), 200)
    balance = driver.model.items[f"ACCOUNT#{account}", "BALANCE"]
    posted, held = balance["posted_micros"], balance["held_micros"]
    assert (shown["balance"], shown["held"]) == (money(posted), money(held))
    assert shown["available"] == money(posted - held)


@operation("read a usage summary", 35)
def read_usage(driver: Driver) -> None:
    """Check that totals by category and day are the sums of the listed entries."""
    account, (first, last) = driver.account(), driver.period()
    shown = expect(driver.customer(account, "GET", "/usage", query={"from": first, "to": last}), 200)
    categories: dict[str, list[int]] = {}
    days: dict[str, int] = {}
    for _, entry in entries(driver, account, first, last):
        if entry["category"] not in NO_CALLS:
            sums = categories.setdefault(entry["category"], [0, 0, 0])
            sums[0] += -1 if entry.get("kind") == BACK else 1
            sums[1] += entry["billed_seconds"]
            sums[2] -= entry["amount_micros"]
            days[entry["local_date"]] = days.get(entry["local_date"], 0) - entry["amount_micros"]
    said = {row["category"]: [row["calls"], row["billed_seconds"], row["total"]] for row in shown["categories"]}
    used = {name: [calls, billed, money(total)] for name, (calls, billed, total) in categories.items() if calls}
    assert said == used
    assert {row["date"]: row["total"] for row in shown["days"]} == {day: money(total) for day, total in days.items()}
    assert shown["total"] == money(sum(days.values()))


@operation("read usage details", 25)
def read_details(driver: Driver) -> None:
    """Check that each call of a category is listed once, newest first, for any page size."""
    account, category, expected, query = asked_details(driver)
    limit = driver.rng.choice((1, 7, 50, 200)) if len(expected) < 40 else driver.rng.choice((50, 200))
    found = pages(driver, account, f"/usage/{category}", query, limit)
    rows = [row for page in found for row in page["items"]]
    names = {sk.split("#")[1]: user["name"] for sk, user in driver.model.of(account, "USER#")}
    shown = [(row["started_at"], row["call_id"], row["price"], row["rate_deck"], row["user"]) for row in rows]
    assert shown == [
        (*named(sk, entry), money(-entry["amount_micros"]), entry["deck"], user_view(entry["user_id"], names))
        for sk, entry in expected
    ]


@operation("read usage details as CSV", 12)
def read_csv(driver: Driver) -> None:
    """The same rows."""
    account, category, expected, query = asked_details(driver)
    answer = driver.customer(account, "GET", f"/usage/{category}", query=query, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(expect(answer, 200))))
    assert [(row["started_at"], row["call_id"], row["price"]) for row in rows] == [
        (*named(sk, entry), money(-entry["amount_micros"])) for sk, entry in expected
    ]


def asked_details(driver: Driver) -> tuple[str, str, list[tuple[str, dict[str, Any]]], dict[str, Any]]:
    """An account, a category, the expected entries, and the query."""
    account, (first, last) = driver.account(), driver.period()
    category = driver.rng.choice(("outbound_international_call", "outbound_premium_call", "satellite_call", "included"))
    user = driver.rng.choice((None, None, "user_1"))
    found = [
        (sk, entry)
        for sk, entry in entries(driver, account, first, last)
        if entry["category"] == category and user in (None, entry["user_id"])
    ]
    return account, category, standing(found)[::-1], {"from": first, "to": last, "user_id": user}


def user_view(user: str, names: dict[str, str]) -> dict[str, Any]:
    """The user shown beside a call."""
    return {"id": user, "name": names.get(user)}


@operation("read a statement", 25)
def read_statement(driver: Driver) -> None:
    """Check that opening plus items is closing for any page size, and that opening is the sum of earlier days."""
    account, (first, last) = driver.account(), driver.period()
    expected = entries(driver, account, first, last)
    limit = driver.rng.choice((3, 50, 200)) if len(expected) < 40 else driver.rng.choice((50, 200))
    found = pages(driver, account, "/statement", {"from": first, "to": last}, limit)
    before = entries(driver, account, "", (day_before(first)))
    opening = sum(entry["amount_micros"] for _, entry in before)
    closing = opening + sum(entry["amount_micros"] for _, entry in expected)
    assert {(page["opening_balance"], page["closing_balance"]) for page in found} == {(money(opening), money(closing))}
    shown = [(row["at"], row["id"], row["amount"]) for page in found for row in page["items"]]
    assert shown == [(*sk.split("#", 2)[1:], money(entry["amount_micros"])) for sk, entry in expected]


def day_before(date: str) -> str:
    """Text that sorts after every date before this one."""
    return f"{date[:-1]}{chr(ord(date[-1]) - 1)}~" if date[-1] != "0" else f"{date[:-1]}/"


@operation("read the lines", 15)
def read_lines(driver: Driver) -> None:
    """Check each line with its user, its switch, and both budgets, and the open request for more."""
    account = driver.account()
    rows = [
        row for page in pages(driver, account, "/lines", {}, driver.rng.choice((1, 2, 50))) for row in page["items"]
    ]
    names = {sk.split("#")[1]: user["name"] for sk, user in driver.model.of(account, "USER#")}
    lines = sorted(driver.model.of(account, "LINE#"), key=lambda line: (line[1]["number"], line[0]))
    shown = [(row["line_id"], row["number"], row["user"], row["international_calling"]) for row in rows]
    budget_of = {user: budget_view(driver, (account, "USER", user)) for user in names}
    assert shown == [
        (
            sk.split("#")[1],
            line["number"],
            user_view(line["user_id"], names) | {"budget": budget_of[line["user_id"]]},
            line["international_calling"],
        )
        for sk, line in lines
    ]
    for row, (sk, _) in zip(rows, lines, strict=True):
        owner = (account, "LINE", sk.split("#")[1])
        assert row["budget"] == budget_view(driver, owner)
        shows_requests = row["budget"] or row["user"]["budget"]
        assert [one["id"] for one in row["budget_requests"]] == (open_requests(driver, owner) if shows_requests else [])


def budget_view(driver: Driver, owner: Owner) -> dict[str, Any] | None:
    """A budget as the API shows it; `refused` is there if the counter of the running month says so."""
    view = driver.budgets.view(owner, driver.now)
    key = key_of(owner, driver.budgets.month(owner[0], driver.now))
    if view is None or view["at"] != "refuse" or "refused_at" not in driver.book.image(key):
        return view
    return view | {"refused": True}


def open_requests(driver: Driver, owner: tuple[str, str, str]) -> list[str]:
    """The id of the request of a line for the running month that can still be granted, if it has one."""
    (account, _, line), month = owner, driver.budgets.month(owner[0], driver.now)
    request = driver.model.get(account, f"BUDGET_REQUEST#{line}#{month}")
    if request is None or not is_open_request(driver, request, account, line):
        return []
    is_asked_still = agrees(driver, request, owners(driver, account, line))
    return [f"{line}-{month}-{request['number_in_month']}"] if is_asked_still else []


@operation("read the price of a number", 30)
def read_rates(driver: Driver) -> None:
    """Check that the charged price comes first and that no account is read."""
    number = driver.rng.choice((*COVERED, *INCLUDED, PREMIUM, SOMETIMES, UNCOVERED))
    calling = driver.rng.choice(CALLING)
    before = len(driver.wire.sent)
    answer = driver.ask("public_rates", "GET", "/rates", query={"number": number, "from": calling})
    items = expect(answer, 200)["items"]
    assert not any(request.partitions() for request in driver.wire.sent[before:])
    row = driver.model.decks.at(driver.now).row(number, calling, driver.now)
    if row is None:
        assert not [item for item in items if item["effective_from"] <= driver.now.isoformat()]
        return
    assert (items[0]["prefix"], items[0]["included"]) == (row["prefix"], row["category"] == "included")
    assert float(items[0]["rate_per_minute"]) == float(row["rate_per_minute"])


@operation("read the price of a number for an own line", 30)
def read_account_rates(driver: Driver) -> None:
    """Check that the price shown to an account is the one of its line: the one that authorizing quotes and holds."""
    account = driver.account()
    line = driver.rng.choice(driver.ids(account, "LINE"))
    number = driver.rng.choice((*COVERED, *INCLUDED, PREMIUM, SOMETIMES, UNCOVERED))
    answer = driver.customer(account, "GET", "/account/rates", query={"number": number, "line_id": line})
    items = expect(answer, 200)["items"]
    calling = driver.model.items[f"ACCOUNT#{account}", f"LINE#{line}"]["number"]
    row = driver.model.decks.at(driver.now).row(number, calling, driver.now)
    if row is None:
        assert items == []
        return
    assert (items[0]["prefix"], items[0]["origin"]) == (row["prefix"], row["origin"])
    assert float(items[0]["rate_per_minute"]) == float(row["rate_per_minute"])
    assert float(items[0]["connection_fee"]) == float(row["connection_fee"])
