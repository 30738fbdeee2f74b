"""Calls are found by number, destination, country, user, and line, in any case; pages together are the whole list."""

import random
from datetime import date
from typing import Any

import pytest

from calling_credit.instants import Period
from calling_credit.usage import call_search
from calling_credit.usage.call_filter import MAX_WORDS, CallFilter, Directory
from tests.functions.desk_bench import read
from tests.functions.usage_bench import INTERNATIONAL, MONTH, call_at, make_slices_small, many_calls
from tests.harness.world import JAPAN, MOBILE, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def office(world: World) -> World:
    """Calls of two users on two lines to three destinations."""
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "José Núñez"})
    line = {"number": "+14155550177", "user_id": "user_2", "international_calling": True}
    world.operate("PUT", "/accounts/acct_1/lines/line_2", line)
    world.deliver(
        call_at("uk", "2026-11-20T10:00", to=UNITED_KINGDOM),
        call_at("mobile", "2026-11-21T10:00", to=MOBILE, user_id="user_2"),
        call_at("japan", "2026-11-22T10:00", to=JAPAN, user_id="user_2", line_id="line_2"),
    )
    return world


def found(world: World, **query: Any) -> list[str]:
    """The calls of all pages, oldest first."""
    pages = world.pages(INTERNATIONAL, **MONTH | query)
    return [item["call_id"] for page in pages for item in page["items"]][::-1]


@pytest.mark.parametrize(
    ("find", "calls"),
    [
        ("+44 20 7183 8750", ["uk"]),
        ("(020) 7183-8750", ["uk"]),
        ("+44 (0)20 7183 8750", ["uk"]),
        ("0044 20 71838750", ["uk"]),
        ("011.44.20", ["uk"]),
        ("7183", ["uk"]),
        ("44", ["uk", "mobile"]),
        ("07700 900123", ["mobile"]),
        ("555-0177", ["japan"]),
        ("415 555", ["uk", "mobile", "japan"]),
        ("99999", []),
        ("united kingdom", ["uk", "mobile"]),
        ("KINGDOM", ["uk", "mobile"]),
        ("  moBILE ", ["mobile"]),
        ("uk", ["uk", "mobile"]),
        ("Great Britain", ["uk", "mobile"]),
        ("Royaume-Uni", ["uk", "mobile"]),
        ("jp", ["japan"]),
        ("Japon", ["japan"]),
        ("ada", ["uk"]),
        ("jose", ["mobile", "japan"]),
        ("núñez", ["mobile", "japan"]),
        ("NUNEZ japan", ["japan"]),
        ("jose 7700", ["mobile"]),
        ("ada japan", []),
        ("nobody", []),
        ("", ["uk", "mobile", "japan"]),
        ("%", []),
    ],
)
def test_calls_are_found_as_people_write(office: World, find: str, calls: list[str]) -> None:
    assert found(office, find=find) == calls


def test_filters_apply_together(office: World) -> None:
    assert found(office, user_id="user_2") == ["mobile", "japan"]
    assert found(office, line_id="line_1") == ["uk", "mobile"]
    assert found(office, country="jp") == ["japan"]
    assert found(office, date="2026-11-21") == ["mobile"]
    assert found(office, user_id="user_2", country="GB", find="mobile") == ["mobile"]
    assert found(office, user_id="user_1", country="JP") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"country": "Britain"}, "unknown_country"),
        ({"date": "soon"}, "invalid_date"),
        ({"date": "2026-10-31"}, "invalid_date_range"),
        ({"find": "x" * 101}, "invalid_query"),
        ({"find": "a b c d e f g"}, "invalid_query"),
    ],
)
def test_filters_that_cannot_apply_are_422(office: World, query: dict[str, str], code: str) -> None:
    for path in (INTERNATIONAL, "/spending"):
        answer = office.get(path, **MONTH | query)
        assert (answer.status, answer.code) == (422, code)


def test_a_cursor_continues_only_its_own_search(office: World) -> None:
    cursor = office.get(INTERNATIONAL, **MONTH, find="44", limit=1).body["next_cursor"]
    assert office.get(INTERNATIONAL, **MONTH, find="44", limit=1, cursor=cursor).status == 200
    for other in ({"find": "4"}, {}, {"find": "44", "country": "GB"}, {"country": "44"}):
        query = {**MONTH, **other, "limit": 1, "cursor": cursor}
        assert office.get(INTERNATIONAL, **query).status == 422


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("seconds", [5.0, 0.0])
def test_pages_together_are_the_list(world: World, monkeypatch: pytest.MonkeyPatch, seed: int, seconds: float) -> None:
    make_slices_small(monkeypatch)
    monkeypatch.setattr(call_search, "SEARCH_SECONDS", seconds)
    rng = random.Random(seed)
    many_calls(world, rng)
    for number in range(0, 30, 4):
        entry = next(one for one in world.entries() if one["SK"].endswith(f"#c_{number:02d}"))
        body = {"started_at": entry["SK"].split("#")[1], "reason": "test"}
        body |= rng.choice(({"waive": True}, {"duration_seconds": 300}))
        assert (
            world.operate("POST", f"/accounts/acct_1/calls/c_{number:02d}/corrections", body, key=str(number)).status
            == 201
        )
    everything = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    current = {entry["SK"].split("#")[2]: entry for entry in everything}
    for query in (
        {},
        {"find": "mobile"},
        {"user_id": "user_2"},
        {"find": "user_9"},
        {"country": "JP", "find": "japan"},
    ):
        expected = [
            name
            for name, entry in sorted(current.items(), key=lambda item: item[1]["SK"].split("#")[1:3], reverse=True)
            if query.get("user_id") in (None, entry["user_id"])
            and (query.get("find") in (None, "japan") or str(query["find"]).title() in entry["destination"])
            and query.get("country") in (None, entry["country"])
        ]
        for limit in (3, 200):
            assert found(world, **query, limit=limit)[::-1] == expected, (query, limit)


def test_a_search_that_takes_long_shows_how_far_it_came(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_slices_small(monkeypatch)
    many_calls(world, random.Random(1))
    monkeypatch.setattr(call_search, "SEARCH_SECONDS", 0.0)
    pages = list(world.pages(INTERNATIONAL, **MONTH, find="nothing"))
    assert len(pages) > 3
    untils = [page["read"]["until"] for page in pages]
    assert untils[-1] is None
    assert untils[:-1] == sorted(untils[:-1], reverse=True)
    assert sum(page["read"]["calls"] for page in pages) == 30


def test_a_usual_page_is_read_with_one_query(world: World) -> None:
    many_calls(world, random.Random(2))
    with world.recorded("list_usage") as requests:
        world.get(INTERNATIONAL, **MONTH, limit=20)
    queries = [params for name, params in requests if name == "Query"]
    entries = [one for one in queries if one["ExpressionAttributeValues"][":low"]["S"].startswith("ENTRY#")]
    assert [(one["Limit"], one["ConsistentRead"]) for one in entries] == [(50, True)]


def test_the_longest_filter_is_within_the_limits_of_dynamodb() -> None:
    names = Directory({f"user_{n}": "a" for n in range(500)}, {f"line_{n}": "+1415" for n in range(500)})
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    numbers, words = ["01", "02", "03", "04", "05"], ["an", "sa", "co", "ma", "gu", "be"]
    others = Directory(
        {f"user_{word}_{n}": word for word in [*numbers, *words] for n in range(99)},
        {f"line_{number}_{n}": f"+{number}" for number in numbers for n in range(99)},
    )
    texts = (" ".join("abcdefghij"[:MAX_WORDS]), " ".join(["a"] * MAX_WORDS), "1415", "011 415")
    mixed = (" ".join(words), " ".join([*numbers, "an"]), " ".join(numbers))
    for text, directory in [*((text, names) for text in texts), *((text, others) for text in mixed)]:
        selected = CallFilter("x" * 40, "u" * 64, "l" * 64, "GB", None, text)
        parameters = selected.conditions(period, directory).parameters()
        expression = parameters["FilterExpression"]
        assert len(expression) <= 4_096
        assert expression.count(" ") + expression.count(",") < 1_000
        assert sum(expression.count(word) for word in (" AND ", " OR ", " IN ", "contains", "BETWEEN")) <= 300
        assert max(part.count(",") for part in expression.split(" IN ")) < 100


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_lines_are_sorted_and_found_by_number_or_user(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_0", {"name": "Bo Ångström"})
    for number in (9, 3, 7, 5):
        line = {"number": f"+1415555012{number}", "user_id": f"user_{number % 2}"}
        user = "user_0" if number in (3, 9) else "user_1"
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_{number}", line | {"user_id": user}).status == 201

    def lines(find: str | None) -> list[str]:
        pages = world.pages("/lines", limit=2, find=find)
        return [item["number"][-3:] for page in pages for item in page["items"]]

    assert lines(None) == ["100", "123", "125", "127", "129"]
    assert lines("") == lines(None)
    assert lines("(415) 555-012") == ["123", "125", "127", "129"]
    assert lines("angstrom") == ["123", "129"]
    assert lines("BO") == ["123", "129"]
    assert lines("ada") == ["100", "125", "127"]
    assert lines("nobody") == []
    assert world.get("/lines", find="x" * 101).code == "invalid_query"


def test_the_desk_searches_like_the_customer(office: World) -> None:
    query = {"from": "2026-11-01", "to": "2026-11-30", "find": "japan"}
    answer = read(office, f"/acct_1{INTERNATIONAL}", **query)
    assert [item["call_id"] for item in answer["items"]] == ["japan"]
    answer = read(office, "/acct_1/lines", find="0177")
    assert [item["line_id"] for item in answer["items"]] == ["line_2"]
