"""The operator's routes require a scope and one JSON object as body."""

import base64
import json
from typing import Any

import pytest

from tests.functions.accounts_bench import ADJUSTMENTS
from tests.harness.http import http_event
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


NOT_ALLOWED: list[Any] = [
    None,
    "",
    "calls/authorize",
    "accounts/operates",
    "xaccounts/operate",
    "accounts",
    "[accounts/operate credit/adjust]",
    "accounts/operate,credit/adjust",
    "accounts/operate\tcredit/adjust",
    ["accounts/operate credit/adjust"],
    ["[accounts/operate]", "[credit/adjust]"],
    {"accounts/operate": True, "credit/adjust": True},
]
ROUTES = [
    ("PUT", "/accounts/acct_1"),
    ("PUT", "/accounts/acct_1/lines/line_1"),
    ("PUT", "/accounts/acct_1/users/user_1"),
    ("POST", ADJUSTMENTS),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_the_scope_nothing_is_done_and_the_body_is_not_read(world: World, method: str, path: str) -> None:
    before = world.stack.items()
    for scope in NOT_ALLOWED:
        bodies: list[Any] = [{}, "{", None, "x" * 70_000]
        for body in bodies:
            answer = world.operate(method, path, body, key="k_1", scope=scope)
            assert (answer.status, answer.code) == (403, "scope_required"), scope
    assert world.stack.items() == before


def test_the_scope_may_stand_among_others(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1", {}, scope="calls/authorize accounts/operate").status == 200


@pytest.mark.parametrize("scopes", [["accounts/operate", "calls/authorize"], "accounts/operate"])
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
    world: World, scopes: Any, claims: dict[str, Any], client: str
) -> None:
    said = {"scope": None, "scp": scopes, **claims}
    line = {"number": "+14155550101", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line, **said).status == 201
    [change] = world.get("/lines/line_2/changes").body["items"]
    assert change["changed_by"] == f"client:{client}"


def test_a_customer_is_not_an_operator_in_any_group(world: World) -> None:
    claims: dict[str, Any] = {
        "scope": None,
        "token_use": "id",
        "custom:account_id": "acct_1",
        "cognito:groups": ["billing_admin", "accounts/operate"],
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
def test_a_body_that_names_a_key_twice_is_400_and_writes_nothing(world: World, method: str, path: str) -> None:
    before = world.stack.items()
    for body in ('{"name": "Ada", "name": "Bo"}', '{"a": [{"name": {}, "x": 1, "name": {}}], "name": "Ada"}'):
        answer = world.operate(method, path, body, key="k_1")
        assert (answer.status, answer.code) == (400, "duplicate_key"), body
        assert '"name"' in answer.body["detail"]
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
