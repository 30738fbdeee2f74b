"""Tokens under attack: odd claims, headers that do not hold the verified token, and rights in another spelling."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.desk_bench import ask, desk_event
from tests.harness.http import Answer, http_event
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LIMITS = {"daily_spend": "5.00"}
SUBJECT = "b4d8e428-4071-70d2-9c5e-3f1f6a3b2c10"
OWN: dict[str, Any] = {"custom:account_id": "acct_1"}


def settings_event(**claims: Any) -> dict[str, Any]:
    """A change of limits by a billing admin with these claims."""
    return http_event("change_settings", "PUT", "/limits", body=LIMITS, claims=OWN | claims)


def with_header(world: World, change: Any) -> Answer:
    """The answer to a billing admin whose header is changed after the gateway verified the token."""
    event = settings_event()
    event["headers"]["authorization"] = change(event["headers"]["authorization"])
    return world.invoke("change_settings", event)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def token_with(token: str, **changes: Any) -> str:
    """Another token with these claims."""
    header, _, signature = token.rsplit(" ", 1)[-1].split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims_of(token) | changes).encode()).decode().rstrip("=")
    return f"{header}.{payload}.{signature}"


# --- The header -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token_with(token, sub="another"),
        lambda token: token_with(token, jti="another"),
        lambda token: token_with(token, iat=1),
        lambda token: token_with(token, exp=4_000_000_000),
        lambda token: f"{token},{token}",
        lambda token: f"{token}, Bearer {token}",
        lambda token: f"{token}.{token}",
        lambda token: token.rsplit(".", 1)[0],
        lambda token: f"{token.split('.')[0]}..{token.split('.')[2]}",
        lambda _: "",
        lambda _: "null",
    ],
)
def test_a_header_without_the_verified_token_has_no_rights(world: World, change: Any) -> None:
    before = world.stack.items()
    answer = with_header(world, change)
    assert (answer.status, answer.code) == (403, "id_token_required")
    assert world.stack.items() == before


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "BeArEr   ", " "])
def test_the_scheme_has_any_case(world: World, scheme: str) -> None:
    assert with_header(world, lambda token: scheme + token.rsplit(" ", 1)[-1]).status == 200


# --- Claims -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [None, ""])
def test_a_token_without_a_subject_changes_nothing(world: World, subject: str | None) -> None:
    before = world.stack.items()
    answer = world.change("/limits", LIMITS, sub=subject)
    assert (answer.status, answer.code) == (403, "id_token_required")
    assert ask(world, "PUT", "/operator/accounts/acct_1/limits", LIMITS, sub=subject).code == "staff_required"
    assert world.stack.items() == before


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -float("inf"), True, "soon", "1795435201", [1], {"a": 1}])
def test_a_sign_in_at_no_time_ends_with_any_sign_out(world: World, time: Any) -> None:
    assert world.change("/limits", {"daily_spend": "4.00"}, auth_time=time).status == 200
    world.operate("POST", f"/accounts/acct_1/users/{SUBJECT}/sign-out")
    world.desk("POST", "/staff/staff-1/sign-out", sub="staff-2")
    world.clock.now += timedelta(days=1)
    before = world.stack.items()
    assert world.change("/limits", LIMITS, auth_time=time).code == "signed_out"
    for method, address, body in (
        ("PUT", "/operator/accounts/acct_1/limits", LIMITS),
        ("GET", "/operator/accounts/acct_1", None),
        ("GET", "/operator/accounts?find=acct_1", None),
        ("POST", "/operator/accounts/acct_1/close", {"reason": "x"}),
    ):
        assert ask(world, method, address, body, auth_time=time).code == "signed_out"
    assert world.stack.items() == before


@pytest.mark.parametrize("time", [10**30, 9 * 10**400, -1, 0, 0.5, 1_795_435_000.9])
def test_an_odd_number_of_a_time_is_no_error(world: World, time: Any) -> None:
    assert world.change("/limits", LIMITS, auth_time=time).status == 200
    assert ask(world, "GET", "/operator/accounts/acct_1", auth_time=time).status == 200


def test_a_refreshed_token_stays_signed_out(world: World) -> None:
    world.operate("POST", f"/accounts/acct_1/users/{SUBJECT}/sign-out")
    world.clock.now += timedelta(hours=1)
    now = int(world.clock.now.timestamp())
    refreshed = {"iat": now, "exp": now + 900, "jti": "refreshed"}
    assert world.change("/limits", LIMITS, **refreshed).code == "signed_out"
    assert world.change("/limits", LIMITS, **refreshed, auth_time=now).status == 200


def test_a_sign_out_at_another_account_is_recorded_only_there(world: World) -> None:
    world.create_account("acct_2")
    assert world.operate("POST", f"/accounts/acct_2/users/{SUBJECT}/sign-out").status == 200
    assert world.change("/limits", LIMITS).status == 200
    assert world.changes("signed_out") == []
    assert len(world.changes("signed_out", account_id="acct_2")) == 1
    assert SUBJECT not in world.get("/activity", account="acct_2").text


@pytest.mark.parametrize(
    "scope",
    [
        "",
        " ",
        "accounts/readx",
        "xaccounts/read",
        "accounts/read,accounts/operate",
        "accounts/read\taccounts/operate",
        "[accounts/read accounts/operate]",
        "ACCOUNTS/READ",
        "accounts /read",
        ["accounts/read accounts/operate"],
        [["accounts/read"]],
        {"accounts/read": True},
        True,
    ],
    ids=str,
)
def test_a_scope_in_another_spelling_grants_nothing(world: World, scope: Any) -> None:
    client = {"client_id": "c1", "token_use": "access", "scope": scope, "cognito:groups": None}
    event = http_event("read_accounts", "GET", "/operator/accounts/acct_1", claims=client)
    assert world.invoke("read_accounts", event).status == 403


@pytest.mark.parametrize("scope", ["accounts/read", "  accounts/read  calls/report ", ["x", "accounts/read"]])
def test_a_scope_between_others_and_blanks_grants_its_right(world: World, scope: Any) -> None:
    client = {"client_id": "c1", "token_use": "access", "scope": scope, "cognito:groups": None, "sub": "c1"}
    event = http_event("read_accounts", "GET", "/operator/accounts/acct_1", claims=client)
    assert world.invoke("read_accounts", event).status == 200
    write = http_event("manage_accounts", "PUT", "/operator/accounts/acct_1", body={"frozen": True}, claims=client)
    assert world.invoke("manage_accounts", write).code == "scope_required"


@pytest.mark.parametrize(
    "claims",
    [
        {"token_use": "access"},
        {"token_use": None},
        {"custom:account_id": "acct_1"},
        {"cognito:groups": [["finance"]]},
        {"cognito:groups": "[finance]"},
        {"cognito:groups": ["finance "]},
        {"cognito:groups": {"finance": True}},
        {"cognito:groups": "support,finance"},
        {"cognito:groups": None, "groups": ["finance"], "roles": ["finance"]},
    ],
    ids=str,
)
def test_staff_in_another_spelling_are_refused_everywhere(world: World, claims: dict[str, Any]) -> None:
    before = world.stack.items()
    for method, address, body in (
        ("GET", "/operator/accounts?find=acct_1", None),
        ("GET", "/operator/accounts/acct_1", None),
        ("PUT", "/operator/accounts/acct_1", {"frozen": True}),
        ("POST", "/operator/accounts/acct_1/exports", {"reason": "x"}),
    ):
        group = {} if "cognito:groups" in claims else {"cognito:groups": ["finance"]}
        function, event = desk_event(method, address, body, key="k", **group | claims)
        assert world.invoke(function, event).status == 403
    assert world.stack.items() == before


def test_staff_do_not_use_the_routes_of_the_back_office(world: World) -> None:
    token = {"client_id": None, "scope": None, "token_use": "id", "cognito:groups": ["finance"]}
    for method, path, body in (
        ("PUT", "/accounts/acct_1", {"frozen": True}),
        ("POST", "/accounts/acct_1/adjustments", {"amount": "1.00", "reason": "x"}),
    ):
        answer = world.operate(method, path, body, key="k", **token)
        assert (answer.status, answer.code) == (403, "scope_required")
