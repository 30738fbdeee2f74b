"""Every route of the deployed API without a token, with forged, foreign, wrong, and member tokens, and a valid one.

The routes come from the template, so that a new route without a case fails.
"""

import json
import uuid
from typing import Any

import boto3
import pytest

from local.seed import MEMBER, Person, create_sign_in
from local.stack import Stack
from tests.harness.template import template
from tests.stack.route_requests import Ask, asker, caller, forge, known_ids, promote
from tests.stack.routes import ADMIN_ONLY, CASES, CONNECTOR, CUSTOMER, OPEN, SUCCESS

FREEZE = "POST /freeze"


@pytest.fixture(scope="module")
def ids(deployed: Stack, tokens: dict[str, str]) -> dict[str, str]:
    """The ids in the requests."""
    return known_ids(deployed, tokens)


@pytest.fixture(scope="module")
def ask(deployed: Stack, ids: dict[str, str]) -> Ask:
    """Return a function that sends the valid request of a route with a token."""
    return asker(deployed, ids)


def test_every_route_of_the_template_has_a_case() -> None:
    routes = {
        resource["Properties"]["RouteKey"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes == set(CASES)


@pytest.mark.parametrize("route", sorted(set(CASES) - OPEN))
def test_gateway_rejects_missing_and_invalid_tokens(ask: Ask, tokens: dict[str, str], route: str) -> None:
    good = tokens[caller(route)]
    token = tokens["switch"] if route in CONNECTOR else good
    for bad in (None, "nonsense", forge(token), promote(tokens["admin"]), good[:-4] + "AAAA"):
        answer = ask(route, bad)
        assert answer.status_code in (401, 403), (bad, answer.text)
        assert set(answer.json()) == {"message"}


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_customer_route_refuses_services_and_staff(ask: Ask, tokens: dict[str, str], route: str) -> None:
    for role in ("operator", "switch", "connector", "support", "finance"):
        assert ask(route, tokens[role]).status_code in (401, 403)


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_customer_route_accepts_the_admin(deployed: Stack, ask: Ask, tokens: dict[str, str], route: str) -> None:
    answer = ask(route, tokens["foreign" if route == FREEZE else "admin"])
    assert answer.status_code == SUCCESS.get(route, 200), answer.text
    if route == FREEZE:  # The other routes need the account of the other admin.
        deployed.api.send("PUT", "/accounts/acct_halcyon", tokens["operator"], {"frozen": False})


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_member_can_read_but_not_change(ask: Ask, tokens: dict[str, str], route: str) -> None:
    answer = ask(route, tokens["member"])
    if route in ADMIN_ONLY:
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "billing_admin_required"
    else:
        assert answer.status_code == SUCCESS.get(route, 200), answer.text


@pytest.mark.parametrize("request_line", ["PUT /lines/line_lobby", "PUT /auto-recharge", "POST /top-ups"])
def test_member_is_refused_before_key_and_body_are_checked(
    deployed: Stack, tokens: dict[str, str], request_line: str
) -> None:
    method, path = request_line.split()
    answer = deployed.api.request(method, path, tokens["member"], content=b"not json")
    assert (answer.status_code, answer.json()["code"]) == (403, "billing_admin_required")


@pytest.mark.parametrize("route", sorted(OPEN))
def test_open_route_ignores_tokens(ask: Ask, tokens: dict[str, str], route: str) -> None:
    signed_in = [tokens[role] for role in ("member", "operator", "finance", "connector")]
    for token in (None, "nonsense", forge(tokens["admin"]), *signed_in):
        answer = ask(route, token)
        assert answer.status_code == SUCCESS.get(route, 200), (token, answer.text)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_link_returns_404(deployed: Stack, ids: dict[str, str], method: str) -> None:
    for path in ("/links/nonsense", ids["LINK"][:-4] + "AAAA", f"/links/{ids['TOP_UP']}"):
        answer = deployed.api.request(method, path)
        assert (answer.status_code, "Link not valid" in answer.text) == (404, True)


def test_account_id_in_query_or_body_is_ignored(deployed: Stack, tokens: dict[str, str]) -> None:
    own = deployed.api.get("/balance", tokens["foreign"])
    assert own["account_id"] == "acct_halcyon"
    other = deployed.api.get("/balance", tokens["foreign"], account_id="acct_meridian")
    assert other["account_id"] == "acct_halcyon"
    body = {"international_calling": True, "account_id": "acct_meridian"}
    answer = deployed.api.request("PUT", "/lines/line_lobby", tokens["foreign"], json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_line")


def test_payments_and_cards_of_another_account_are_not_found(
    deployed: Stack, ids: dict[str, str], tokens: dict[str, str]
) -> None:
    rule, payment = CASES["PUT /auto-recharge"][1], CASES["POST /top-ups"][1]
    for method, where, body, code in (
        ("GET", "/top-ups/TOP_UP", None, "unknown_top_up"),
        ("DELETE", "/payment-methods/CARD", None, "unknown_payment_method"),
        ("POST", "/top-ups", payment, "unknown_payment_method"),
        ("PUT", "/auto-recharge", rule, "unknown_payment_method"),
    ):
        path = where.replace("TOP_UP", ids["TOP_UP"]).replace("CARD", ids["CARD"])
        content = json.dumps(body).replace("CARD", ids["CARD"])
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = deployed.api.request(method, path, tokens["foreign"], content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
    assert deployed.api.get("/top-ups", tokens["foreign"])["items"] == []


def test_cursor_of_another_account_is_refused(deployed: Stack, tokens: dict[str, str]) -> None:
    page = deployed.api.get("/lines", tokens["admin"], limit=1)
    answer = deployed.api.request(
        "GET", "/lines", tokens["foreign"], params={"limit": 1, "cursor": page["next_cursor"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


def test_access_token_is_refused_instead_of_an_id_token(deployed: Stack, ask: Ask) -> None:
    user = next(user for user in deployed.users if user["role"] == "member")
    answer = boto3.client("cognito-idp").initiate_auth(
        ClientId=deployed.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user["email"], "PASSWORD": user["password"]},
    )
    refused = ask("GET /balance", answer["AuthenticationResult"]["AccessToken"])
    assert refused.status_code in (401, 403)


@pytest.mark.parametrize("group", ["x,billing_admin", "[billing_admin]", "billing_admin,", "team billing_admin"])
def test_group_whose_name_contains_that_of_the_admins_is_another(deployed: Stack, group: str) -> None:
    """Flattened to `[a b]`, each looks like `billing_admin`. The emulator lets a group's name have a space."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    person = Person("user_1", "Noor Aziz", f"{account_id}@customer.example", MEMBER)
    deployed.users.append(create_sign_in(deployed.outputs["UserPoolId"], account_id, person))
    pool: Any = {"UserPoolId": deployed.outputs["UserPoolId"], "GroupName": group}
    boto3.client("cognito-idp").create_group(**pool)
    boto3.client("cognito-idp").admin_add_user_to_group(Username=person.email, **pool)
    answer = deployed.api.request("POST", "/payment-methods", deployed.user_token(person.email), json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "billing_admin_required")


def test_price_list_is_public_and_marks_included_numbers(deployed: Stack) -> None:
    [abroad, canadian] = deployed.api.get("/rates", number="+442071838750")["items"]
    assert (abroad["country"], abroad["origin"], abroad["included"]) == ("GB", "*", False)
    assert (canadian["country"], canadian["origin"]) == ("GB", "CA")
    [typed, _] = deployed.api.get("/rates", number="011 44 (0)20 7183 8750")["items"]
    assert typed == abroad
    [home] = deployed.api.get("/rates", number="+12125550100")["items"]
    assert (home["country"], home["included"], home["rate_per_minute"]) == ("US", True, "0.00")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/usage?from=2026-12-01&to=2026-11-01", 422, "invalid_date_range"),
        ("/usage?from=yesterday", 422, "invalid_date"),
        ("/statement?limit=0", 422, "invalid_limit"),
        ("/statement?limit=1001", 422, "invalid_limit"),
        ("/lines?cursor=AAAA", 422, "invalid_cursor"),
        ("/usage/top_up", 404, "unknown_category"),
        ("/rates", 422, "invalid_query"),
        ("/rates?number=12", 422, "invalid_number"),
        ("/rates?country=XX", 422, "unknown_country"),
    ],
)
def test_invalid_query_returns_its_code(
    deployed: Stack, tokens: dict[str, str], path: str, status: int, code: str
) -> None:
    answer = deployed.api.request("GET", path, tokens["admin"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".")
