"""The operator creates, configures and closes accounts, keeps lines and people, and adjusts balances exactly once."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.harness.http import Answer, http_event
from tests.harness.table import sample_event
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
ADJUSTMENTS = "/accounts/acct_1/adjustments"
ROUTES = [
    ("PUT", "/accounts/acct_1"),
    ("PUT", "/accounts/acct_1/lines/line_1"),
    ("PUT", "/accounts/acct_1/users/user_1"),
    ("POST", ADJUSTMENTS),
]


def at_once(*requests: Any) -> list[Any]:
    """The answers of requests made at the same time, in order."""
    with ThreadPoolExecutor(len(requests)) as pool:
        return [future.result() for future in [pool.submit(request) for request in requests]]


# --- Accounts ---------------------------------------------------------------------------------------------------------


def test_a_new_account_has_a_balance_of_zero(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_2", {})
    assert answer.status == 201
    assert answer.body == {
        "account_id": "acct_2",
        "currency": "USD",
        "time_zone": "UTC",
        "status": "open",
        "billing_emails": [],
        "admission": True,
        "frozen": False,
        "limits": {
            "daily_spend": "200.00",
            "call_price": "50.00",
            "simultaneous_calls": 30,
            "high_cost": "2.00",
            "blocked": [],
            "high_cost_allowed": [],
        },
    }
    at = "2026-11-23T12:00:00.000Z"
    assert world.stack.items("acct_2") == [
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
        "frozen": False,
        "limits": answer.body["limits"],
    }
    [account] = world.of_kind("ACCOUNT")
    assert (account["created_at"], account["updated_at"]) == ("2026-11-23T12:00:00.000Z", "2026-11-23T13:00:00.000Z")
    assert world.balance() == 5_000_000


def levels(world: World, account_id: str = "acct_1") -> list[int | None]:
    """The level of a low balance as it stands at the account and beside its balance."""
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
    assert world.operate("PUT", "/accounts/acct_2", {"low_balance": "0.00"}).status == 201
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
        answer = world.operate("PUT", f"/accounts/{account}", body)
        assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_an_address_with_half_a_character_is_422_not_a_server_error(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_1", '{"billing_emails": ["a@\\ud800"]}')
    assert (answer.status, answer.code) == (422, "invalid_email")


def test_an_account_created_twice_at_once_is_one_account_with_one_balance(world: World) -> None:
    answers = at_once(*[lambda: world.operate("PUT", "/accounts/acct_2", {})] * 4)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert [item["SK"] for item in world.stack.items("acct_2")] == ["ACCOUNT", "BALANCE"]


# --- Lines and users --------------------------------------------------------------------------------------------------


def test_a_new_line_has_international_calling_off(world: World) -> None:
    body = {"number": "+14165550100", "user_id": "user_1"}
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_2", body)
    assert answer.status == 201
    assert answer.body == {
        "line_id": "line_2",
        "number": "+14165550100",
        "user": {"id": "user_1", "name": "Ada"},
        "international_calling": False,
    }


def test_a_line_keeps_omitted_settings(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_1", {"user_id": "user_2"})
    assert answer.status == 200
    assert (answer.body["number"], answer.body["international_calling"]) == ("+14155550100", True)
    assert world.of_kind("LINE")[0]["changed_by"] == "operator:3n4exampleoperator"


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


# --- Adjustments ------------------------------------------------------------------------------------------------------


def adjust(
    world: World, amount: Any = "25.00", reason: Any = "goodwill", key: str | None = "k_1", path: str = ADJUSTMENTS
) -> Answer:
    """An adjustment, as asked for."""
    return world.operate("POST", path, {"amount": amount, "reason": reason}, key=key)


def test_the_sample_request_credits_an_account(world: World) -> None:
    world.create_account("acct_meridian")
    answer = world.invoke("manage_accounts", sample_event("manage_accounts"))
    assert answer.status == 201
    assert set(answer.body) == {"id", "amount", "balance"}
    assert (answer.body["amount"], answer.body["balance"]) == ("25.00", "25.00")
    assert world.balance("acct_meridian") == 25_000_000


def test_an_adjustment_is_one_entry_with_its_reason_on_the_local_day(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    answer = adjust(world, "-2.5001")
    assert (answer.status, answer.body["amount"], answer.body["balance"]) == (201, "-2.5001", "-2.5001")
    [entry] = world.entries()
    assert (entry["kind"], entry["category"], entry["amount_micros"]) == ("balance_adjusted", "adjustment", -2_500_100)
    assert (entry["local_date"], entry["reason"]) == ("2026-11-24", "goodwill")
    assert world.balance() == -2_500_100


def test_the_same_key_and_body_again_is_the_same_adjustment(world: World) -> None:
    first = adjust(world)
    after = world.stack.items()
    world.clock.now += timedelta(days=40)
    again = adjust(world, "25")
    assert (again.status, again.body) == (201, first.body)
    assert world.stack.items() == after


@pytest.mark.parametrize("change", [{"amount": "25.01"}, {"amount": "-25.00"}, {"reason": "other"}])
def test_the_same_key_with_another_body_is_a_conflict_and_changes_nothing(world: World, change: dict[str, str]) -> None:
    adjust(world)
    after = world.stack.items()
    answer = adjust(world, **change)
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert world.stack.items() == after


def test_another_account_or_another_key_is_another_adjustment(world: World) -> None:
    world.create_account("acct_2")
    answers = [adjust(world), adjust(world, key="k_2"), adjust(world, path="/accounts/acct_2/adjustments")]
    assert len({answer.body["id"] for answer in answers}) == 3
    assert (world.balance(), world.balance("acct_2")) == (50_000_000, 25_000_000)


def test_account_and_key_with_equal_concatenations_are_distinct(world: World) -> None:
    world.create_account("acct_11")
    first = adjust(world, key="1x")
    second = adjust(world, key="x", path="/accounts/acct_11/adjustments")
    assert first.body["id"] != second.body["id"]


def test_two_of_the_same_key_at_once_are_one_adjustment(world: World) -> None:
    answers = at_once(*[lambda: adjust(world)] * 6)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert (len(world.entries()), world.balance()) == (1, 25_000_000)


def test_concurrent_amounts_under_one_key_are_one_adjustment(world: World) -> None:
    answers = at_once(lambda: adjust(world, "1.00"), lambda: adjust(world, "2.00"))
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert len(world.entries()) == 1
    assert world.balance() in (1_000_000, 2_000_000)


def test_different_adjustments_at_once_all_count(world: World) -> None:
    answers = at_once(*(lambda key=f"k_{number}": adjust(world, "1.00", key=key) for number in range(8)))
    assert [answer.status for answer in answers] == [201] * 8
    assert world.balance() == 8_000_000


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [
        ("0", "x", "amount_out_of_range"),
        ("100000.01", "x", "amount_out_of_range"),
        ("-100000.01", "x", "amount_out_of_range"),
        ("0.00001", "x", "invalid_amount"),
        ("1e3", "x", "invalid_amount"),
        (25, "x", "invalid_amount"),
        (25.5, "x", "invalid_amount"),
        ("NaN", "x", "invalid_amount"),
        (None, "x", "invalid_amount"),
        ("1", None, "missing_field"),
        ("1", "", "invalid_field"),
        ("1", "x" * 201, "invalid_field"),
        ("1", "\U00020000" * 200, "invalid_field"),
        ("1", "a\nb", "invalid_field"),
        ("1", 5, "invalid_field"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_invalid_adjustment_is_422_and_writes_nothing(world: World, amount: Any, reason: Any, code: str) -> None:
    before = world.stack.items()
    answer = adjust(world, amount, reason)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before
    assert adjust(world).status == 201, "the key is not used up"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "missing_idempotency_key"),
        ("", "missing_idempotency_key"),
        ("k" * 256, "invalid_idempotency_key"),
        ("k\u00e9", "invalid_idempotency_key"),
        ("k\t", "invalid_idempotency_key"),
    ],
    ids=ascii,
)
def test_an_adjustment_needs_a_key_of_1_to_255_printable_characters(world: World, key: str | None, code: str) -> None:
    before = world.stack.items()
    answer = adjust(world, key=key)
    assert (answer.status, answer.code) == (400, code)
    assert world.stack.items() == before
    assert adjust(world, key="k" * 255).status == 201


def test_an_adjustment_of_an_unknown_account_is_404_and_writes_nothing(world: World) -> None:
    answer = adjust(world, path="/accounts/acct_x/adjustments")
    assert (answer.status, answer.code) == (404, "unknown_account")
    assert world.stack.items("acct_x") == []


def test_a_closed_account_can_still_be_adjusted(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert adjust(world).status == 201


# --- Who may, and what a body may be ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_the_scope_nothing_is_done_and_the_body_is_not_read(world: World, method: str, path: str) -> None:
    before = world.stack.items()
    for scope in (None, "", "calls/authorize", "accounts/operates", "xaccounts/operate", "accounts"):
        bodies: list[Any] = [{}, "{", None, "x" * 70_000]
        for body in bodies:
            answer = world.operate(method, path, body, key="k_1", scope=scope)
            assert (answer.status, answer.code) == (403, "scope_required"), scope
    assert world.stack.items() == before


def test_the_scope_may_stand_among_others(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1", {}, scope="calls/authorize accounts/operate").status == 200


@pytest.mark.parametrize("scopes", ["[accounts/operate calls/authorize]", "accounts/operate"])
@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"client_id": "cognito-client"}, "cognito-client"),
        ({"client_id": None, "cid": "okta-client", "sub": "okta-client"}, "okta-client"),
        ({"client_id": None, "azp": "auth0-client", "sub": "auth0-client@clients"}, "auth0-client"),
        ({"client_id": None, "sub": "another"}, "another"),
    ],
)
def test_scopes_and_clients_of_other_identity_providers_are_read(
    world: World, scopes: str, claims: dict[str, Any], client: str
) -> None:
    said = {"scope": None, "scp": scopes, **claims}
    line = {"number": "+14155550101", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line, **said).status == 201
    [change] = world.get("/lines/line_2/changes").body["items"]
    assert change["changed_by"] == f"operator:{client}"


def test_a_customer_is_not_an_operator_in_any_group(world: World) -> None:
    claims = {
        "scope": None,
        "token_use": "id",
        "custom:account_id": "acct_1",
        "cognito:groups": "[billing_admin accounts/operate]",
    }
    assert world.operate("PUT", "/accounts/acct_1", {}, **claims).code == "scope_required"


NO_OBJECT = [None, "", "{", "[]", "null", '"x"', "NaN", '{"amount": Infinity}', "[" * 60_000]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_that_is_not_one_json_object_is_400(world: World, method: str, path: str) -> None:
    before = world.stack.items()
    for body in [*NO_OBJECT, '{"amount": ' + "9" * 5_000 + "}"]:
        answer = world.operate(method, path, body, key="k_1")
        assert (answer.status, answer.code) == (400, "malformed_json"), body
    assert world.stack.items() == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_over_64_kb_is_413_and_one_of_exactly_64_kb_is_read(world: World, method: str, path: str) -> None:
    body = json.dumps({"amount": "1", "reason": "x", "name": "Ada", "padding": ""})
    padded = body[:-2] + "x" * (64 * 1024 - len(body)) + body[-2:]
    assert len(padded) == 64 * 1024
    assert world.operate(method, path, padded, key="k_1").status in (200, 201)
    answer = world.operate(method, path, padded[:-2] + "x" + padded[-2:], key="k_2")
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_64_kb_are_bytes_not_characters(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_1", '{"padding": "' + "é" * 40_000 + '"}')
    assert answer.status == 413


def test_a_base64_body_is_read_and_one_that_is_broken_is_400(world: World) -> None:
    event = http_event("manage_accounts", "PUT", "/accounts/acct_1")
    event["isBase64Encoded"] = True
    for data, status in ((b'{"status": "closed"}', 200), (b"\xff\xfe", 400)):
        event["body"] = base64.b64encode(data).decode()
        assert world.invoke("manage_accounts", event).status == status
    event["body"] = "%%%"
    assert world.invoke("manage_accounts", event).code == "malformed_json"
    assert world.of_kind("ACCOUNT")[0]["status"] == "closed"
