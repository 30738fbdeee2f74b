"""Users read only their own account, and invalid queries are refused."""

import json
from typing import Any

import pytest

from tests.functions.usage_bench import INTERNATIONAL, MONTH
from tests.harness.http import http_event
from tests.harness.world import MOBILE, World

pytestmark = pytest.mark.dynamodb


READS = ["/balance", "/usage", INTERNATIONAL, "/statement", "/lines"]


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_lines_are_listed_with_their_users_page_by_page(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_0", {"name": "Bo"})
    for number in range(2, 8):
        line = {"number": f"+1415555010{number}", "user_id": f"user_{number % 2}"}
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_{number}", line).status == 201
    for limit in (1, 3, 7, 200):
        pages = list(world.pages("/lines", limit=limit))
        assert [item["line_id"] for page in pages for item in page["items"]] == [f"line_{n}" for n in range(1, 8)]
        assert all(len(page["items"]) <= limit for page in pages)
    [page] = world.pages("/lines")
    assert page["items"][0] == {
        "line_id": "line_1",
        "number": "+14155550100",
        "user": {"id": "user_1", "name": "Ada", "budget": None},
        "budget": None,
        "budget_requests": [],
        "international_calling": True,
        "version": 1,
    }
    assert page["items"][1]["user"] == {"id": "user_0", "name": "Bo", "budget": None}


# --- Access -----------------------------------------------------------------------------------------------------------


def with_claims(world: World, path: str, **claims: Any) -> Any:
    """Read a path with other claims in the token."""
    return world.invoke("list_usage", http_event("list_usage", "GET", path, claims=claims))


INVALID_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"token_use": "access"}, "id_token_required"),
    ({"token_use": None}, "id_token_required"),
    ({"custom:account_id": None}, "account_missing"),
    ({"custom:account_id": ""}, "account_missing"),
]


@pytest.mark.parametrize("path", READS)
def test_an_access_token_or_a_user_of_no_account_reads_nothing(world: World, path: str) -> None:
    for claims, code in INVALID_CLAIMS:
        answer = with_claims(world, path, **claims)
        assert (answer.status, answer.code) == (403, code), claims


@pytest.mark.parametrize("path", READS)
def test_a_user_of_a_missing_account_receives_404(world: World, path: str) -> None:
    answer = world.get(path, account="acct_x")
    assert (answer.status, answer.code) == (404, "unknown_account")


@pytest.mark.parametrize("path", READS)
def test_any_user_may_read_their_own_account_and_no_query_names_another(world: World, path: str) -> None:
    world.create_account("acct_2")
    world.deliver({}, {"account_id": "acct_2", "call_id": "c_secret", "to": MOBILE})
    own = world.get(path, account_id="acct_2", account="acct_1")
    assert own.status == 200
    assert "acct_2" not in own.text
    assert "c_secret" not in own.text
    assert own.body == world.get(path).body


def test_reading_asks_only_for_the_partition_of_the_account(world: World) -> None:
    world.deliver({})
    with world.recorded("list_usage") as requests:
        for path in READS:
            assert world.get(path).status == 200
    partitions = [
        params["Key"]["PK"]["S"] if name == "GetItem" else params["ExpressionAttributeValues"][":pk"]["S"]
        for name, params in requests
    ]
    assert {name for name, _ in requests} == {"GetItem", "Query"}
    assert set(partitions) == {"ACCOUNT#acct_1"}


def test_reading_writes_nothing(world: World) -> None:
    world.deliver({})
    before = world.stack.items()
    for path in READS:
        world.get(path)
    assert world.stack.items() == before


def test_the_summary_of_a_month_takes_equal_reads_for_any_call_count(world: World) -> None:
    world.deliver({})
    with world.recorded("list_usage") as few:
        world.get("/usage", **MONTH)
    world.deliver(*({"call_id": f"c_{number}"} for number in range(60)))
    with world.recorded("list_usage") as many:
        world.get("/usage", **MONTH)
    assert [name for name, _ in few] == [name for name, _ in many] == ["GetItem", "Query"]


# --- Refusals ---------------------------------------------------------------------------------------------------------


NO_PERIOD = [
    ({"from_": "2026-11-30", "to": "2026-11-01"}, "invalid_date_range"),
    ({"from_": "2010-01-01", "to": "2026-11-01"}, "invalid_date_range"),
    ({"from_": "2026-02-30"}, "invalid_date"),
    ({"to": "tomorrow"}, "invalid_date"),
    ({"from_": ""}, "invalid_date"),
    ({"from_": "2026-11-01,2026-11-02"}, "invalid_date"),
]


@pytest.mark.parametrize("path", ["/usage", INTERNATIONAL, "/statement"])
def test_dates_that_form_no_period_are_422(world: World, path: str) -> None:
    for query, code in NO_PERIOD:
        answer = world.get(path, **query)
        assert (answer.status, answer.code) == (422, code), query


@pytest.mark.parametrize("path", [INTERNATIONAL, "/statement", "/lines"])
def test_an_invalid_limit_is_422(world: World, path: str) -> None:
    most = 200 if path == "/lines" else 1000
    for limit in ("0", "-1", str(most + 1), "1.5", "x", "", "9" * 30, "\u0661"):
        answer = world.get(path, limit=limit)
        assert (answer.status, answer.code) == (422, "invalid_limit"), limit


@pytest.mark.parametrize("category", ["adjustment", "top_up", "Adjustment", "x", "a-b", "a%23b"])
def test_an_invalid_category_is_404(world: World, category: str) -> None:
    answer = world.get(f"/usage/{category}", **MONTH)
    assert (answer.status, answer.code) == (404, "unknown_category")


def test_an_edited_cursor_or_one_of_another_list_or_account_is_refused(world: World) -> None:
    world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        world.deliver(*({"account_id": account, "call_id": f"c_{number}"} for number in range(3)))
    cursor = world.get(INTERNATIONAL, **MONTH, limit=1).body["next_cursor"]
    refused = [
        world.get(INTERNATIONAL, **MONTH, limit=1, account="acct_2", cursor=cursor),
        world.get(INTERNATIONAL, from_="2026-11-02", to="2026-11-30", cursor=cursor),
        world.get(INTERNATIONAL, **MONTH, user_id="user_1", cursor=cursor),
        world.get("/usage/outbound_premium_call", **MONTH, cursor=cursor),
        world.get("/statement", **MONTH, cursor=cursor),
        world.get("/lines", cursor=cursor),
        world.get(INTERNATIONAL, **MONTH, cursor=cursor[:-1]),
        world.get(INTERNATIONAL, **MONTH, cursor=cursor.swapcase()),
        world.get(INTERNATIONAL, **MONTH, cursor=""),
    ]
    assert {(answer.status, answer.code) for answer in refused} == {(422, "invalid_cursor")}
    assert world.get(INTERNATIONAL, **MONTH, limit=200, cursor=cursor).status == 200


def test_cursors_and_errors_reveal_nothing(world: World) -> None:
    problem = world.get("/usage", from_="<script>alert(1)</script>")
    assert "script" not in problem.text
    assert set(json.loads(problem.text)) == {"type", "title", "status", "code", "detail"}
