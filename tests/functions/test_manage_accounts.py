"""The operator creates, configures, and closes accounts, and maintains lines and users."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.harness.world import World

OPERATOR = "client:3n4exampleoperator"

pytestmark = pytest.mark.dynamodb


NEW_ACCOUNT: dict[str, Any] = {
    "status": "open",
    "billing_emails": [],
    "admission": True,
    "breakdown": False,
    "bundles": [],
    "frozen": False,
    "limits": {
        "daily_spend": "200.00",
        "call_price": "50.00",
        "simultaneous_calls": 30,
        "high_cost": "2.00",
        "daily_top_up": "2000.00",
        "first_country_cap": None,
        "young_money_cap": None,
        "blocked": [],
        "high_cost_allowed": [],
    },
    "price_list": None,
    "markup_percent": "0.00",
}

# --- Accounts ---------------------------------------------------------------------------------------------------------


def test_a_new_account_has_a_balance_of_zero(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})
    assert answer.status == 201
    assert answer.body == {"account_id": "acct_2", "currency": "USD", "time_zone": "UTC", **NEW_ACCOUNT}
    at = "2026-11-23T12:00:00.000Z"
    change, *items = sorted(world.stack.items("acct_2"), key=lambda item: not item["SK"].startswith("ACTIVITY#"))
    assert (change["action"], change["by"], change["from"]) == ("account_created", OPERATOR, "203.0.113.7")
    assert items == [
        {
            "PK": "ACCOUNT#acct_2",
            "SK": "ACCOUNT",
            "currency": "USD",
            "time_zone": "UTC",
            "status": "open",
            "billing_emails": [],
            "admission": True,
            "sweep_pk": "ACCOUNT#3",
            "sweep_sk": "acct_2",
            "settings_version": 1,
            "created_at": at,
            "updated_at": at,
        },
        {
            "PK": "ACCOUNT#acct_2",
            "SK": "BALANCE",
            "posted_micros": 0,
            "held_micros": 0,
            "available_micros": 0,
            "headroom_micros": 10**15,
            "live_holds": 0,
            "nudge": 0,
            "charged_micros": 0,
            "charged_since": at,
            "updated_at": at,
        },
    ]


def test_configuring_again_changes_only_the_given_settings(world: World) -> None:
    world.adjust("5.00", "k_1")
    emails = {"billing_emails": ["a@example.com", "b@example.com"]}
    assert world.operate("PUT", "/accounts/acct_1", {"time_zone": "America/Denver", **emails}).status == 200
    world.clock.now += timedelta(hours=1)
    answer = world.operate("PUT", "/accounts/acct_1", {"status": "closed", "balance": "1000.00"})
    assert answer.status == 200
    assert answer.body == {
        "account_id": "acct_1",
        "currency": "USD",
        "time_zone": "America/Denver",
        "status": "closed",
        **emails,
        "admission": True,
        "breakdown": False,
        "bundles": [],
        "frozen": False,
        "limits": answer.body["limits"],
        "price_list": None,
        "markup_percent": "0.00",
    }
    [account] = world.of_kind("ACCOUNT")
    assert (account["created_at"], account["updated_at"]) == ("2026-11-23T12:00:00.000Z", "2026-11-23T13:00:00.000Z")
    assert world.balance() == 5_000_000


def levels(world: World, account_id: str = "acct_1") -> list[int | None]:
    """The low-balance level stored on the account and beside its balance."""
    items = [*world.of_kind("ACCOUNT", account_id), *world.of_kind("BALANCE", account_id)]
    return [item.get("low_micros") for item in items]


def test_the_low_balance_level_is_stored_on_account_and_balance(world: World) -> None:
    assert levels(world) == [None, None]
    assert world.operate("PUT", "/accounts/acct_1", {"low_balance": "5.00"}).body["low_balance"] == "5.00"
    assert levels(world) == [5_000_000, 5_000_000]
    assert world.operate("PUT", "/accounts/acct_1", {"time_zone": "America/Denver"}).body["low_balance"] == "5.00"
    assert levels(world) == [5_000_000, 5_000_000]
    world.adjust("7.00", "k_1")
    assert "low_balance" not in world.operate("PUT", "/accounts/acct_1", {"low_balance": None}).body
    assert levels(world) == [None, None]
    assert world.balance() == 7_000_000


def test_an_account_may_begin_with_a_level(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC", "low_balance": "0.00"}).status == 201
    assert levels(world, "acct_2") == [0, 0]


def test_an_account_is_closed_and_opened_again_and_never_deleted(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1", {"status": "closed"}).body["status"] == "closed"
    assert world.get("/balance").status == 200
    assert world.operate("PUT", "/accounts/acct_1", {"status": "open"}).body["status"] == "open"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"currency": "EUR"}, "unsupported_currency"),
        ({"time_zone": "Mars/Olympus"}, "invalid_time_zone"),
        ({"status": "deleted"}, "invalid_status"),
        ({"billing_emails": ["nobody"]}, "invalid_email"),
        ({"low_balance": "five"}, "invalid_amount"),
    ],
)
def test_invalid_settings_are_422_and_write_nothing(world: World, body: dict[str, Any], code: str) -> None:
    before = world.stack.items()
    for account in ("acct_1", "acct_2"):
        answer = world.operate("PUT", f"/accounts/{account}", {"time_zone": "UTC"} | body)
        assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_an_address_with_half_a_character_is_422_not_a_server_error(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_1", '{"billing_emails": ["a@\\ud800"]}')
    assert (answer.status, answer.code) == (422, "invalid_email")


def test_an_account_created_twice_at_once_is_one_account_with_one_balance(world: World) -> None:
    answers = at_once(*[lambda: world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})] * 4)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert [item["SK"] for item in world.stack.items("acct_2")] == [
        "ACCOUNT",
        "ACTIVITY#2026-11-23T12:00:00.000Z#account-000001",
        "BALANCE",
    ]


# --- Lines and users --------------------------------------------------------------------------------------------------


def test_a_new_line_has_international_calling_off(world: World) -> None:
    body = {"number": "+14165550100", "user_id": "user_1"}
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_2", body)
    shown: dict[str, Any] = {"line_id": "line_2", "number": "+14165550100"}
    shown |= {"user": {"id": "user_1", "name": "Ada", "budget": None}}
    shown |= {"international_calling": False, "version": 1, "budget": None, "budget_requests": []}
    assert (answer.status, answer.body) == (201, shown)


def test_a_line_keeps_omitted_settings(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Bo"})
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_1", {"user_id": "user_2"})
    assert (answer.status, answer.body["user"]) == (200, {"id": "user_2", "name": "Bo", "budget": None})
    assert (answer.body["number"], answer.body["international_calling"]) == ("+14155550100", True)
    assert world.of_kind("LINE")[0]["changed_by"] == OPERATOR


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"number": "+17875550100", "user_id": "user_1"}, "foreign_number"),
        ({"number": "+18765550100", "user_id": "user_1"}, "foreign_number"),
        ({"number": "+442071838750", "user_id": "user_1"}, "foreign_number"),
        ({"number": "4155550100", "user_id": "user_1"}, "invalid_number"),
        ({"number": "+19995550100", "user_id": "user_1"}, "invalid_number"),
        ({"number": "+9991234567", "user_id": "user_1"}, "invalid_number"),
        ({"number": "+2101234567", "user_id": "user_1"}, "invalid_number"),
        ({"number": "+14155550100"}, "missing_field"),
        ({"user_id": "user_1"}, "missing_field"),
        ({"number": "+14155550100", "user_id": "a b"}, "invalid_id"),
        ({"number": "+14155550100", "user_id": "user_1", "international_calling": "yes"}, "invalid_field"),
    ],
    ids=str,
)
def test_an_invalid_line_is_422_and_writes_nothing(world: World, body: dict[str, Any], code: str) -> None:
    before = world.stack.items()
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_2", body)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_a_user_is_created_and_renamed(world: World) -> None:
    created = world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "李雷"})
    assert (created.status, created.body) == (201, {"user_id": "user_2", "name": "李雷"})
    renamed = world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"})
    assert (renamed.status, renamed.body["name"]) == (200, "Lin")


@pytest.mark.parametrize(
    ("body", "code"), [({}, "missing_field"), ({"name": ""}, "invalid_field"), ({"name": "x" * 121}, "invalid_field")]
)
def test_a_user_without_a_name_is_422(world: World, body: dict[str, Any], code: str) -> None:
    answer = world.operate("PUT", "/accounts/acct_1/users/user_2", body)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/accounts/acct_x/lines/line_1", {"number": "+14155550100", "user_id": "user_1"}),
        ("/accounts/acct_x/users/user_1", {"name": "Ada"}),
    ],
)
def test_lines_and_users_of_an_unknown_account_are_404_and_write_nothing(world: World, path: str, body: Any) -> None:
    answer = world.operate("PUT", path, body)
    assert (answer.status, answer.code) == (404, "unknown_account")
    assert world.stack.items("acct_x") == []


@pytest.mark.parametrize(
    "path", ["/accounts/a b", "/accounts/acct_1/lines/a b", "/accounts/acct_1/users/a b", "/accounts/_/users/u"]
)
def test_an_impossible_id_in_the_path_is_422(world: World, path: str) -> None:
    body = {"number": "+14155550100", "user_id": "user_1", "name": "Ada"}
    answer = world.operate("PUT", path, body)
    assert (answer.status, answer.code) == (422, "invalid_id")
