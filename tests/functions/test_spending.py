"""Spending by user, line, country, and day adds up to the usage of the same period and category, from any source."""

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from calling_credit.usage import spending
from tests.domain.examples import deck_csv
from tests.functions.usage_bench import MONTH, call_at, make_slices_small, many_calls
from tests.harness.world import JAPAN, MOBILE, PREMIUM, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb

Total = tuple[int, int, Decimal]
NOTHING: Total = (0, 0, Decimal(0))
CATEGORIES = ("outbound_international_call", "outbound_premium_call")


def parts(world: World, **query: Any) -> Iterator[Any]:
    """Every part of the spending."""
    cursor = None
    while True:
        answer = world.get("/spending", **query, cursor=cursor)
        assert answer.status == 200, answer.text
        yield answer.body
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return


def figures(sums: dict[str, Any]) -> Total:
    """Calls, billed seconds, and total."""
    return sums["calls"], sums["billed_seconds"], Decimal(sums["total"])


def plus(one: Total, other: Total) -> Total:
    """The sum of two totals."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def added_up(answers: list[Any]) -> dict[str, Any]:
    """The totals and groups of all parts, without names that cancel out. Each group must have the total."""
    totals = NOTHING
    groups: dict[str, dict[str | None, Total]] = {name: {} for name in ("user", "line", "country", "day")}
    for part in answers:
        totals = plus(totals, figures(part["totals"]))
        for name, group in groups.items():
            assert len({row["id"] for row in part["groups"][name]}) == len(part["groups"][name])
            for row in part["groups"][name]:
                group[row["id"]] = plus(group.get(row["id"], NOTHING), figures(row))
    for group in groups.values():
        sums = NOTHING
        for row in group.values():
            sums = plus(sums, row)
        assert sums == totals
    return {
        "totals": totals,
        **{name: {k: v for k, v in rows.items() if v != NOTHING} for name, rows in groups.items()},
    }


def check_equals_usage(world: World, source: str | None = None, **period: str) -> None:
    """Check the sums of each category, and of all, against GET /usage."""
    usage = world.get("/usage", **period).body
    by_category = {row["category"]: figures(row) for row in usage["categories"]}
    for category in (*CATEGORIES, None):
        answers = list(parts(world, **period, category=category))
        found = added_up(answers)
        if category is None:
            everything = NOTHING
            for row in by_category.values():
                everything = plus(everything, row)
            assert found["totals"] == everything
            days = {row["date"]: Decimal(row["total"]) for row in usage["days"]}
            assert {day: total for day, (_, _, total) in found["day"].items() if total} == {
                day: total for day, total in days.items() if total
            }
        else:
            assert found["totals"] == by_category.get(category, NOTHING)
        assert source is None or {part["source"] for part in answers} == {source}
        assert not any(part["limit_reached"] for part in answers)


def eventful_days(world: World, rng: random.Random) -> None:
    """Calls of three days, of which some were corrected, waived, given goodwill for, and priced again."""
    today = world.clock.now.date()
    calls = []
    for number in range(24):
        day = today - timedelta(days=rng.randint(0, 2))
        to = rng.choice((JAPAN, MOBILE, UNITED_KINGDOM, PREMIUM))
        who = {"user_id": f"user_{rng.randint(1, 3)}", "line_id": f"line_{rng.randint(1, 2)}"}
        calls.append(call_at(f"c_{number:02d}", f"{day}T{rng.choice((0, 8, 11)):02d}:00", to=to, **who))
    assert world.deliver(*calls) == []
    started = {one["SK"].split("#")[2]: one["SK"].split("#")[1] for one in world.entries()}
    for number in rng.sample(range(24), 10):
        key, at = f"c_{number:02d}", {"started_at": started[f"c_{number:02d}"]}
        correction = rng.choice(({"waive": True}, {"duration_seconds": 600}, {"duration_seconds": 61}))
        for attempt in range(rng.randint(1, 2)):
            body = at | correction | {"reason": f"wrong {attempt}"}
            path = f"/accounts/acct_1/calls/{key}/corrections"
            assert world.operate("POST", path, body, key=f"{key}{attempt}").status == 201
    rerate = {"account_id": "acct_1", "from": str(today - timedelta(days=1)), "to": str(today), "apply": True}
    world.stack.publish(other_deck(), "deck-2")
    world.clock.now += timedelta(minutes=20)
    answer = world.stack.invoke("rerate_calls", {"reprice": rerate | {"deck": "deck-2", "by": "ops", "host": "h"}})
    assert answer["changed"], answer
    world.adjust("5.00", "a")


def other_deck() -> bytes:
    """Other prices, a premium number that became an ordinary one, and a country under another code."""
    return deck_csv(
        {"rate_per_minute": "0.40"},
        {"prefix": "447", "destination": "United Kingdom - Mobile", "rate_per_minute": "0.05"},
        {"prefix": "81", "destination": "Japan", "country": "JP", "rate_per_minute": "0.01"},
        {"prefix": "1900", "destination": "US Premium", "country": "CA", "rate_per_minute": "1.00"},
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_sums_of_entries_are_those_of_usage(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    eventful_days(world, random.Random(seed))
    check_equals_usage(world, "entries", **MONTH)
    make_slices_small(monkeypatch)
    monkeypatch.setattr(spending, "SEARCH_SECONDS", 0.0)
    check_equals_usage(world, "entries", **MONTH)


@pytest.mark.parametrize("seed", range(3))
def test_daily_sums_equal_the_sums_of_entries(world: World, seed: int) -> None:
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True})
    world.clock.now += timedelta(days=10)
    eventful_days(world, random.Random(seed))
    world.balance()
    today = world.clock.now.date()
    period = {"from_": str(today - timedelta(days=4)), "to": str(today)}
    check_equals_usage(world, "daily_sums", **period)
    sums = {one: added_up(list(parts(world, **period, category=one))) for one in (*CATEGORIES, None)}
    world.operate("PUT", "/accounts/acct_1", {"breakdown": False})
    assert {one: added_up(list(parts(world, **period, category=one))) for one in sums} == sums
    check_equals_usage(world, "entries", **period)


def test_days_before_the_switch_come_from_entries_and_later_ones_from_sums(world: World) -> None:
    world.deliver(call_at("old", "2026-11-20T10:00"), call_at("older", "2026-11-10T10:00", to=JAPAN))
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True})
    world.clock.now += timedelta(minutes=2)
    world.deliver(call_at("same day", "2026-11-23T10:00"))
    world.clock.now += timedelta(days=4)
    world.deliver(call_at("late", "2026-11-22T10:00"), call_at("new", "2026-11-27T10:00", to=MOBILE))
    check_equals_usage(world, "entries", from_="2026-11-01", to="2026-11-30")
    [part] = parts(world, from_="2026-11-01", to="2026-11-30")
    assert (part["daily_sums_since"], part["read"]["calls"]) == ("2026-11-26", 4)
    [part] = parts(world, from_="2026-11-26", to="2026-11-30")
    assert (part["source"], part["totals"]["calls"], part["read"]) == ("daily_sums", 1, {"calls": 0, "until": None})
    [part] = parts(world, from_="2026-11-01", to="2026-11-25")
    assert (part["source"], part["daily_sums_since"], part["totals"]["calls"]) == ("entries", None, 4)


def test_groups_are_named_and_sorted_by_their_totals(world: World) -> None:
    world.deliver(
        call_at("one", "2026-11-20T10:00", to=PREMIUM, user_id="user_9", line_id="line_9"),
        call_at("two", "2026-11-21T10:00"),
        call_at("three", "2026-11-21T11:00", user_id=None),
    )
    [part] = parts(world, **MONTH)
    groups = {name: [(row["id"], row["label"], row["total"]) for row in rows] for name, rows in part["groups"].items()}
    assert groups == {
        "user": [("user_9", "user_9", "2.50"), (None, None, "0.10"), ("user_1", "Ada", "0.10")],
        "line": [("line_9", "line_9", "2.50"), ("line_1", "+14155550100", "0.20")],
        "country": [("US", "US", "2.50"), ("GB", "GB", "0.20")],
        "day": [("2026-11-20", "2026-11-20", "2.50"), ("2026-11-21", "2026-11-21", "0.20")],
    }


def test_filters_select_the_calls_that_are_summed_up(world: World) -> None:
    many_calls(world, random.Random(4))
    for query in (
        {"user_id": "user_2"},
        {"line_id": "line_1"},
        {"country": "JP"},
        {"find": "mobile"},
        {"date": "2026-11-09"},
    ):
        calls = [
            row for page in world.pages(f"/usage/{CATEGORIES[0]}", **MONTH, **query, limit=200) for row in page["items"]
        ]
        sums = added_up(list(parts(world, **MONTH, **query)))["totals"]
        assert sums == (
            len(calls),
            sum(call["billed_seconds"] for call in calls),
            sum((Decimal(call["price"]) for call in calls), Decimal(0)),
        )


def test_a_period_with_too_many_calls_is_summed_up_in_part(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    many_calls(world, random.Random(5))
    make_slices_small(monkeypatch)
    monkeypatch.setattr(spending, "MAX_CALLS", 30)
    answers = list(parts(world, **MONTH))
    assert [part["limit_reached"] for part in answers] == [False]
    for seconds in (5.0, 0.0):
        monkeypatch.setattr(spending, "SEARCH_SECONDS", seconds)
        monkeypatch.setattr(spending, "MAX_CALLS", 20)
        answers = list(parts(world, **MONTH))
        assert all(part["limit_reached"] for part in answers)
        calls, _, _ = added_up(answers)["totals"]
        until = answers[-1]["read"]["until"]
        assert 20 <= calls < 30
        assert calls == sum(part["read"]["calls"] for part in answers)
        assert calls == len([entry for entry in world.entries() if entry["SK"] >= f"ENTRY#{until}"])


def test_daily_sums_have_no_limit_of_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True})
    world.clock.now += timedelta(days=20)
    day = world.clock.now.date()
    world.deliver(*(call_at(f"c_{number}", f"{day}T08:{number:02d}") for number in range(8)))
    monkeypatch.setattr(spending, "MAX_CALLS", 5)
    with world.recorded("list_usage") as requests:
        [part] = parts(world, from_=str(day), to=str(day))
    assert (part["totals"]["calls"], part["limit_reached"], part["source"]) == (8, False, "daily_sums")
    read = [params["ExpressionAttributeValues"][":low"]["S"] for name, params in requests if name == "Query"]
    assert sorted(low.split("#")[0] for low in read) == ["LINE", "SPENT_DAY", "USER"]
    [part] = parts(world, from_=str(day), to=str(day), user_id="user_1")
    assert (part["source"], part["limit_reached"], part["daily_sums_since"]) == ("entries", True, None)


def test_more_than_fifty_names_show_the_rest_as_other(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True})
    world.clock.now += timedelta(days=20)
    day = world.clock.now.date()
    world.deliver(
        *(call_at(f"c_{number:02d}", f"{day}T08:{number:02d}", user_id=f"user_{number:02d}") for number in range(55))
    )
    [part] = parts(world, from_=str(day), to=str(day))
    rows = {row["id"]: row["calls"] for row in part["groups"]["user"]}
    assert (len(rows), rows["other"], part["totals"]["calls"]) == (51, 5, 55)


def test_spending_is_refused_for_what_is_no_category_of_calls(world: World) -> None:
    assert world.get("/spending", category="top_up").code == "unknown_category"
    assert world.get("/spending", cursor="abc").code == "invalid_cursor"
    assert world.get("/spending", account="acct_x").code == "unknown_account"
