"""Details list each call of a category with the facts that explain its price."""

import csv
import io

import pytest

from tests.domain.examples import EVENT
from tests.functions.usage_bench import INTERNATIONAL, MONTH, call_at
from tests.harness.world import JAPAN, PREMIUM, World

pytestmark = pytest.mark.dynamodb


def test_details_list_each_call_newest_first_with_what_explains_its_price(world: World) -> None:
    world.deliver(
        {}, call_at("c_0", "2026-11-22T10:00", user_id="user_x"), call_at("c_p", "2026-11-22T10:00", to=PREMIUM)
    )
    body = world.get(INTERNATIONAL, **MONTH).body
    assert body["next_cursor"] is None
    assert [item["call_id"] for item in body["items"]] == ["c_1", "c_0"]
    assert body["items"][0] == {
        "call_id": "c_1",
        "started_at": "2026-11-23T10:00:00.000Z",
        "to": EVENT["to"],
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": 125,
        "billed_seconds": 180,
        "rate_per_minute": "0.10",
        "connection_fee": "0.00",
        "price": "0.30",
        "user": {"id": "user_1", "name": "Ada"},
        "rate_deck": "deck-1",
        "call_key": "c_1",
        "line_id": "line_1",
        "line_number": "+14155550100",
        "corrected": False,
        "suspicious": False,
    }
    assert body["items"][1]["user"] == {"id": "user_x", "name": None}


def test_details_of_one_user_are_that_users_alone(world: World) -> None:
    world.deliver({}, {"call_id": "c_2", "user_id": "user_2"})
    items = world.get(INTERNATIONAL, **MONTH, user_id="user_2").body["items"]
    assert [item["call_id"] for item in items] == ["c_2"]
    assert world.get(INTERNATIONAL, **MONTH, user_id="user_9").body["items"] == []


def test_details_of_a_category_without_calls_are_an_empty_list(world: World) -> None:
    assert world.get("/usage/satellite_call", **MONTH).body == {
        "items": [],
        "next_cursor": None,
        "read": {"calls": 0, "until": None},
    }


def test_details_stand_on_the_local_dates_of_the_account(world: World) -> None:
    world.create_account("acct_ny", time_zone="America/New_York")
    moments = {
        "c_1": "2026-11-01T03:59",
        "c_2": "2026-11-01T04:00",
        "c_3": "2026-11-02T04:59",
        "c_4": "2026-11-02T05:00",
    }
    world.deliver(*({**call_at(name, moment), "account_id": "acct_ny"} for name, moment in moments.items()))
    body = world.get(INTERNATIONAL, account="acct_ny", from_="2026-11-01", to="2026-11-01").body
    assert [item["call_id"] for item in body["items"]] == ["c_3", "c_2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 200])
def test_the_pages_of_details_together_are_the_list(world: World, limit: int) -> None:
    world.deliver(*({"call_id": f"c_{number}", "to": JAPAN if number % 3 else PREMIUM} for number in range(10)))
    pages = list(world.pages(INTERNATIONAL, **MONTH, limit=limit))
    assert all(len(page["items"]) <= limit for page in pages)
    listed = [item["call_id"] for page in pages for item in page["items"]]
    assert sorted(listed) == sorted(f"c_{number}" for number in range(10) if number % 3)


def test_a_call_posted_while_paging_is_neither_skipped_nor_listed_twice(world: World) -> None:
    world.deliver(*({**call_at(f"c_{hour}", f"2026-11-22T{hour:02d}:00")} for hour in range(4)))
    first = world.get(INTERNATIONAL, **MONTH, limit=2).body
    world.deliver(call_at("c_new", "2026-11-22T09:00"), call_at("c_old", "2026-11-21T09:00"))
    second = world.get(INTERNATIONAL, **MONTH, limit=200, cursor=first["next_cursor"]).body
    assert [item["call_id"] for item in first["items"] + second["items"]] == ["c_3", "c_2", "c_1", "c_0", "c_old"]


def test_details_as_csv_have_every_column_and_page_with_a_header(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": '=HYPERLINK("http://x")'})
    world.deliver(*({**call_at(f"c_{hour}", f"2026-11-22T{hour:02d}:00")} for hour in range(5)))
    rows: list[dict[str, str]] = []
    cursor = None
    for _ in range(3):
        answer = world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=2, cursor=cursor)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        rows += csv.DictReader(io.StringIO(answer.text, newline=""))
        cursor = answer.headers.get("x-next-cursor")
    assert cursor is None
    assert [row["call_id"] for row in rows] == ["c_4", "c_3", "c_2", "c_1", "c_0"]
    assert rows[0] == {
        "call_id": "c_4",
        "started_at": "2026-11-22T04:00:00.000Z",
        "to": EVENT["to"],
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": "59",
        "billed_seconds": "60",
        "rate_per_minute": "0.10",
        "connection_fee": "0.00",
        "price": "0.10",
        "user_id": "user_1",
        "user_name": '\'=HYPERLINK("http://x")',
        "rate_deck": "deck-1",
        "call_key": "c_4",
        "line_id": "line_1",
        "corrected": "false",
        "suspicious": "false",
        "line_number": "+14155550100",
        "rate_steps": "",
        "covered_seconds": "0",
        "bundle": "",
    }


def test_csv_pages_hold_up_to_10_000_rows_and_json_pages_1_000(world: World) -> None:
    assert world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=10_000).status == 200
    assert world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=10_001).code == "invalid_limit"
    assert world.get(INTERNATIONAL, **MONTH, limit=1_001).code == "invalid_limit"
