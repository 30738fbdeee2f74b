"""Refused calls are listed to the customer: each call once, for 30 days, and only counted beyond 200 in a day."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.admission import refused_calls
from tests.functions.holds_bench import credit
from tests.harness.table import sample_event
from tests.harness.world import UNCOVERED, UNITED_KINGDOM, World

__all__ = ["credit"]

GUERNSEY = "+441481711111"
"""A number that the deck of these tests prices by its row of the United Kingdom."""

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("credit")]


def listed(world: World) -> dict[str, Any]:
    """The list of refused calls."""
    answer = world.get("/denied-calls")
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


def block(world: World) -> None:
    """Block the United Kingdom."""
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})


def test_a_refused_call_is_listed_with_line_user_number_and_reason(world: World) -> None:
    block(world)
    assert world.authorize(call_id="c_1").body["decision"] == "deny"
    assert listed(world) == {
        "items": [
            {
                "at": "2026-11-23T12:00:00.000Z",
                "call_key": "c_1",
                "line_id": "line_1",
                "user": {"id": "user_1", "name": "Ada"},
                "to": UNITED_KINGDOM,
                "country": "GB",
                "country_known": None,
                "reason": "destination_blocked",
            }
        ],
        "not_listed": [],
        "next_cursor": None,
    }


def test_the_listed_country_is_that_of_the_price_as_caps_count(world: World) -> None:
    block(world)
    world.authorize(to=GUERNSEY)
    [stored] = world.of_kind("DENIED")
    [item] = listed(world)["items"]
    assert (stored["country"], item["country"]) == ("GB", "GB")


def test_an_older_item_and_a_call_without_price_show_the_numbers_country(world: World) -> None:
    block(world)
    world.authorize(call_id="c_1", to=GUERNSEY)
    [stored] = world.of_kind("DENIED")
    key = {name: {"S": stored[name]} for name in ("PK", "SK")}
    table = world.stack.table_name
    world.stack.dynamodb.update_item(TableName=table, Key=key, UpdateExpression="REMOVE country")
    world.authorize(call_id="c_2", to=UNCOVERED)
    assert sorted(item["country"] for item in listed(world)["items"]) == ["FR", "GG"]


def test_a_call_that_is_asked_for_again_is_listed_once(world: World) -> None:
    block(world)
    for _ in range(3):
        world.authorize(call_id="c_1")
        world.clock.now += timedelta(seconds=2)
    world.authorize(call_id="c_2")
    assert [item["call_key"] for item in listed(world)["items"]] == ["c_2", "c_1"]


def test_an_allowed_call_and_a_refused_extension_are_not_listed(world: World) -> None:
    world.authorize(call_id="c_1")
    block(world)
    world.clock.now += timedelta(minutes=5)
    assert world.authorize(call_id="c_1").body["decision"] == "deny"
    assert listed(world)["items"] == []


def test_a_call_of_an_unknown_account_leaves_no_item(world: World) -> None:
    before = world.stack.items()
    assert world.authorize(account_id="acct_nobody").body["reason"] == "unknown_account"
    assert world.stack.items() == before


def test_a_call_of_an_unknown_line_has_no_user(world: World) -> None:
    world.authorize(line_id="line_nobody")
    [item] = listed(world)["items"]
    assert (item["line_id"], item["user"], item["reason"]) == ("line_nobody", None, "unknown_line")


def test_calls_beyond_the_limit_of_a_day_are_only_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_calls, "MAX_A_DAY", 3)
    for number in range(6):
        world.authorize(call_id=f"c_{number}", to=UNCOVERED)
    shown = listed(world)
    assert [item["call_key"] for item in shown["items"]] == ["c_2", "c_1", "c_0"]
    assert shown["not_listed"] == [{"date": "2026-11-23", "calls": 3}]
    world.clock.now += timedelta(days=1)
    world.authorize(call_id="c_next", to=UNCOVERED)
    assert listed(world)["items"][0]["call_key"] == "c_next"


def test_a_refused_call_is_listed_for_thirty_days(world: World) -> None:
    world.authorize(to=UNCOVERED)
    [item] = world.of_kind("DENIED")
    assert item["expires_at"] == int((world.clock.now + timedelta(days=30)).timestamp())
    world.clock.now += timedelta(days=30, milliseconds=1)
    assert listed(world) == {"items": [], "not_listed": [], "next_cursor": None}


def test_the_answer_does_not_depend_on_the_list(world: World) -> None:
    def refuse(params: dict[str, Any], **_: Any) -> None:
        if any("DENIED#" in str(action) for action in params["TransactItems"]):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "injected"}}, "TransactWriteItems")

    events = world.stack.apps["authorize_call"].dynamodb.meta.events
    name = "provide-client-params.dynamodb.TransactWriteItems"
    events.register_first(name, refuse)
    try:
        assert world.authorize(to=UNCOVERED).body["reason"] == "destination_unrated"
    finally:
        events.unregister(name, refuse)
    assert listed(world)["items"] == []


def test_one_request_lists_a_refused_call(world: World) -> None:
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    events = world.stack.apps["authorize_call"].dynamodb.meta.events
    name = "provide-client-params.dynamodb"
    events.register_first(name, note)
    try:
        world.authorize(to=UNCOVERED)
    finally:
        events.unregister(name, note)
    assert [bool("TransactItems" in params) for params in sent].count(True) == 1


def test_a_page_of_refused_calls_continues_where_the_last_one_ended(world: World) -> None:
    for number in range(5):
        world.clock.now += timedelta(seconds=1)
        world.authorize(call_id=f"c_{number}", to=UNCOVERED)
    found = [item["call_key"] for page in world.pages("/denied-calls", limit=2) for item in page["items"]]
    assert found == [f"c_{number}" for number in reversed(range(5))]


def test_another_account_sees_no_refused_call(world: World) -> None:
    world.create_account("acct_2")
    world.authorize(to=UNCOVERED)
    assert world.get("/denied-calls", account="acct_2").body["items"] == []
    assert sample_event("authorize_call")["rawPath"] == "/calls/authorize"
