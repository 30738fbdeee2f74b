"""An operator ends the sign-ins of a person: no token of an earlier sign-in changes or spends anything."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from calling_credit.accounts.sign_outs import SignOuts
from tests.harness.faults import ask_until_answered, points
from tests.harness.http import MEMBER, Answer, http_event
from tests.harness.threads import at_once
from tests.harness.till import Till
from tests.harness.wire import Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

SUBJECT = "b4d8e428-4071-70d2-9c5e-3f1f6a3b2c10"
"""The user of the sample events, who signed in 200 s before the tests' time."""
USER = f"/accounts/acct_1/users/{SUBJECT}/sign-out"
STAFF = "/staff/staff-1/sign-out"
RULE = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": "pm_1"}
SPENDING: list[tuple[str, str, str, Any]] = [
    ("change_settings", "PUT", "/lines/line_1", {"international_calling": False}),
    ("change_settings", "PUT", "/notifications", {"low_balance": "5.00"}),
    ("change_settings", "PUT", "/notifications/language", {"language": "fr"}),
    ("change_settings", "PUT", "/lines", {"international_calling": True}),
    ("change_settings", "POST", "/countries/FR/confirm", None),
    ("change_settings", "POST", "/freeze", {}),
    ("change_settings", "PUT", "/limits", {"daily_spend": "1.00"}),
    ("change_settings", "PUT", "/auto-recharge", RULE),
    ("change_settings", "PATCH", "/auto-recharge", {"enabled": False}),
    ("add_funds", "POST", "/top-ups", {"amount": "25.00", "payment_method_id": "pm_1"}),
    ("add_funds", "GET", "/payment-methods", None),
    ("add_funds", "POST", "/payment-methods", {}),
    ("add_funds", "DELETE", "/payment-methods/pm_1", None),
]
ACCOUNTS: list[tuple[str, str, Any]] = [
    ("PUT", "/accounts/acct_1", {"frozen": True}),
    ("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False}),
    ("PUT", "/accounts/acct_1/users/user_1", {"name": "Ada"}),
    ("POST", "/accounts/acct_1/adjustments", {"amount": "1.00", "reason": "test"}),
    (
        "POST",
        "/accounts/acct_1/calls/c_1/corrections",
        {"started_at": "2026-11-23T11:00:00.000Z", "duration_seconds": 61, "reason": "test"},
    ),
    ("PUT", "/accounts/acct_1/auto-recharge", {"enabled": False, "reason": "test"}),
    ("POST", "/accounts/acct_1/cards/unblock", {"payment_method_id": "pm_1", "reason": "test"}),
    ("POST", USER, None),
    ("POST", STAFF, None),
]
ENDED = "SIGNED_OUT"


def items(world: World, kind: str) -> list[dict[str, Any]]:
    """The items of a kind in all partitions."""
    return [item for item in world.stack.items() if item["SK"].split("#")[0] == kind]


def spend(till: Till, function: str, method: str, path: str, body: Any, **claims: Any) -> Answer:
    """A request of the billing admin of the sample events."""
    return till.world.ask(function, method, path, body, key="key", **claims)


@pytest.mark.parametrize("route", SPENDING, ids=lambda route: f"{route[1]} {route[2]}")
def test_a_signed_out_admin_changes_and_spends_nothing(till: Till, route: tuple[str, str, str, Any]) -> None:
    assert till.world.operate("POST", USER).status == 200
    before, asked = till.everything(), len(till.wire.sent)
    earlier: list[dict[str, Any]] = [{}, {"auth_time": None}, {"auth_time": None, "iat": None}, {"auth_time": "soon"}]
    for claims in earlier:
        answer = spend(till, *route, **claims)
        assert (answer.status, answer.code) == (403, "signed_out")
    assert (till.everything(), len(till.wire.sent)) == (before, asked)
    later: list[dict[str, Any]] = [
        {"auth_time": 1_795_435_201},
        {"auth_time": None, "iat": 1_795_435_201},
        {"sub": "another"},
    ]
    for claims in later:
        answer = spend(till, *route, **claims)
        assert answer.status < 300 or answer.code != "signed_out"


@pytest.mark.parametrize("route", SPENDING, ids=lambda route: f"{route[1]} {route[2]}")
def test_the_end_of_a_sign_in_is_read_with_the_first_item(till: Till, route: tuple[str, str, str, Any]) -> None:
    with till.world.recorded(route[0]) as requests:
        spend(till, *route)
    naming = [position for position, (_, parameters) in enumerate(requests) if ENDED in str(parameters)]
    assert naming[:1] == [0], "it is read before anything else"
    assert all(operation == "BatchGetItem" for operation, _ in (requests[position] for position in naming))
    keys = requests[0][1]["RequestItems"]["calling-credit-test"]["Keys"]
    assert len(keys) > 1, "it needs no request of its own"


@pytest.mark.parametrize("route", ACCOUNTS, ids=lambda route: f"{route[0]} {route[1]}")
def test_signed_out_staff_change_nothing(world: World, route: tuple[str, str, Any]) -> None:
    world.deliver({"started_at": "2026-11-23T11:00:00.000Z"})
    assert world.desk("POST", STAFF, sub="staff-2").status == 200
    before = world.stack.items()
    answer = world.desk(*route, key="k")
    assert (answer.status, answer.code) == (403, "signed_out")
    assert world.stack.items() == before
    method, path, body = route
    assert world.desk(method, path, body, key="k", auth_time=1_795_435_201).text.count("signed_out_") in (0, 1)
    with world.recorded("manage_accounts") as requests:
        world.desk(method, path, body, key="k2", sub="staff-3")
    assert (requests[0][0], "STAFF#staff-3" in str(requests[0][1])) == ("BatchGetItem", True)
    assert path == STAFF or len(requests[0][1]["RequestItems"]["calling-credit-test"]["Keys"]) > 1
    if path not in (USER, STAFF):
        assert world.operate(method, path, body, key="k3").status < 500, "a client has no sign-in"


def test_a_sign_out_names_its_second_lives_long_enough_and_is_recorded(world: World) -> None:
    world.clock.now += timedelta(milliseconds=700)
    answer = world.desk("POST", USER, group="support")
    assert answer.body == {
        "user_id": SUBJECT,
        "signed_out_until": "2026-11-23T12:00:00.000Z",
        "refresh_tokens_revoked": False,
    }
    [ended] = world.of_kind(ENDED)
    assert (ended["SK"], ended["after"]) == (f"SIGNED_OUT#{SUBJECT}", 1_795_435_200)
    assert ended["expires_at"] - ended["after"] == 2 * 86_400
    [change] = world.changes("signed_out")
    assert (change["action"], change["subject"], change["new"]) == (
        "signed_out",
        f"sign_in:{SUBJECT}",
        {"until": "2026-11-23T12:00:00.000Z"},
    )
    assert (change["by"], change["from"]) == ("staff:staff-1", "203.0.113.7")


def test_a_sign_out_of_staff_is_recorded_in_their_own_partition(world: World) -> None:
    assert world.desk("POST", "/staff/staff-2/sign-out", group="support").status == 200
    [change] = [item for item in items(world, "ACTIVITY") if item["action"] == "signed_out"]
    assert (change["PK"], change["by"]) == ("STAFF#staff-2", "staff:staff-1")
    [ended] = items(world, ENDED)
    assert (ended["PK"], ended["SK"]) == ("STAFF#staff-2", ENDED)


def test_a_repeated_sign_out_changes_nothing_and_a_later_one_moves_it(world: World) -> None:
    assert world.operate("POST", USER).status == 200
    before = world.stack.items()
    for seconds in (0, -30):
        world.clock.now += timedelta(seconds=seconds)
        assert world.operate("POST", USER).body["signed_out_until"] == "2026-11-23T12:00:00.000Z"
        assert world.stack.items() == before
    world.clock.now += timedelta(seconds=90)
    assert world.operate("POST", USER).body["signed_out_until"] == "2026-11-23T12:01:00.000Z"
    assert (len(world.changes("signed_out")), world.of_kind(ENDED)[0]["after"]) == (2, 1_795_435_260)


def test_two_sign_outs_at_once_are_one_change(world: World) -> None:
    answers = at_once(*[lambda: world.operate("POST", USER)] * 2)
    assert [answer.status for answer in answers] == [200, 200]
    assert (len(world.of_kind(ENDED)), len(world.changes("signed_out"))) == (1, 1)


def test_each_sign_out_has_its_change_after_any_fault(world: World, wire: Wire) -> None:
    event = http_event("manage_accounts", "POST", USER)
    with wire.recording() as scenario:
        assert world.invoke("manage_accounts", event).status == 200
    for point in points(scenario):
        for item in [*items(world, ENDED), *items(world, "ACTIVITY")]:
            key = {name: {"S": item[name]} for name in ("PK", "SK")}
            world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=key)
        with wire.interfering(point):
            ask_until_answered(world.stack, wire, "manage_accounts", event)
        for late in point.late:
            late()
        assert (len(items(world, ENDED)), len(items(world, "ACTIVITY"))) == (1, 1), point.name


@pytest.mark.parametrize(("path", "code"), [(USER.replace("acct_1", "acct_9"), "unknown_account")])
def test_an_unknown_account_has_no_users(world: World, path: str, code: str) -> None:
    before = world.stack.items()
    assert world.operate("POST", path).code == code
    assert world.operate("POST", "/accounts/acct_1/users/-x/sign-out").code == "invalid_id"
    assert world.operate("POST", "/accounts/acct_1/users/a%b/sign-out").code in ("invalid_id", "unknown_address")
    assert world.stack.items() == before


def test_members_read_until_their_token_expires(world: World) -> None:
    world.operate("POST", USER)
    assert world.get("/balance").status == 200
    assert world.ask("change_settings", "GET", "/limits", **MEMBER).status == 200


@pytest.fixture
def user_pool(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A user pool with one user, whose name is the `sub`."""
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="users")["UserPool"]["Id"]
    boto3.client("cognito-idp").admin_create_user(UserPoolId=pool, Username=SUBJECT)
    app: Any = world.stack.apps["manage_accounts"]
    sign_outs: SignOuts = app.sign_outs
    monkeypatch.setattr(app, "sign_outs", replace(sign_outs, user_pool_id=pool))
    yield pool
    boto3.client("cognito-idp").delete_user_pool(UserPoolId=pool)


def test_the_user_pool_revokes_the_refresh_tokens_of_its_users(world: World, user_pool: str) -> None:
    assert world.operate("POST", USER).body["refresh_tokens_revoked"] is True
    unknown = world.operate("POST", "/accounts/acct_1/users/nobody/sign-out")
    assert (unknown.status, unknown.body["refresh_tokens_revoked"]) == (200, False)
    assert len(world.of_kind(ENDED)) == 2


def test_a_sign_out_is_stored_even_if_the_user_pool_refuses(world: World, user_pool: str) -> None:
    app: Any = world.stack.apps["manage_accounts"]
    app.sign_outs = replace(app.sign_outs, user_pool_id="us-east-1_gone")
    assert world.operate("POST", USER).code == "internal_error"
    assert len(world.of_kind(ENDED)) == 1
