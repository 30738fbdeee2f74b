"""A mistyped account or user is refused, and changes nothing."""

from typing import Any

import pytest

from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"frozen": True},
        {"frozen": False},
        {"status": "closed"},
        {"limits": {"daily_spend": "1.00"}},
        {"billing_emails": ["a@example.com"]},
        {"low_balance": "5.00"},
        {"admission": False},
        {"currency": "USD"},
        {"timezone": "UTC"},
        {"status": "deleted"},
    ],
    ids=str,
)
def test_a_mistyped_account_id_is_404_and_writes_nothing(world: World, body: dict[str, Any]) -> None:
    before = world.stack.items()
    answer = world.operate("PUT", "/accounts/acct_11", body)
    assert (answer.status, answer.code) == (404, "unknown_account")
    assert "time_zone" in answer.body["detail"]
    assert world.stack.items() == before


def test_an_account_may_be_created_frozen(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC", "frozen": True})
    assert (answer.status, answer.body["frozen"]) == (201, True)


@pytest.mark.parametrize("line_id", ["line_1", "line_2"])
def test_a_line_of_an_unknown_user_is_422_and_writes_nothing(world: World, line_id: str) -> None:
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/users/user_2", {"name": "Bo"})
    before = world.stack.items()
    body = {"number": "+14155550102", "user_id": "user_2", "international_calling": line_id == "line_2"}
    answer = world.operate("PUT", f"/accounts/acct_1/lines/{line_id}", body)
    assert (answer.status, answer.code) == (422, "unknown_user")
    assert "PUT /accounts/{account_id}/users/{user_id}" in answer.body["detail"]
    assert world.stack.items() == before
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Bo"})
    assert world.operate("PUT", f"/accounts/acct_1/lines/{line_id}", body).status in (200, 201)


def test_a_line_that_an_earlier_release_gave_to_no_user_stays_usable(world: World) -> None:
    key: Any = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "USER#user_1"}}
    world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=key)
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False})
    assert (answer.status, answer.body["user"]) == (200, {"id": "user_1", "name": None, "budget": None})
