"""Every route of the deployed API with no, forged, foreign, wrong-kind and member tokens, and with the right one.

The routes are read from the template, so that a new one without a case here fails.
"""

import base64
import json
import uuid
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.stack import Stack
from tests.functions.template import template

LINE = {"number": "+12125550105", "user_id": "user_ana"}
GET, PUT, POST = "GET", "PUT", "POST"
CASES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "GET /balance": (GET, "/balance", None),
    "GET /usage": (GET, "/usage", None),
    "GET /usage/{category}": (GET, "/usage/outbound_international_call", None),
    "GET /statement": (GET, "/statement", None),
    "GET /lines": (GET, "/lines", None),
    "GET /rates": (GET, "/rates?country=GB", None),
    "PUT /lines/{line_id}": (PUT, "/lines/line_lobby", {"international_calling": True}),
    "PUT /accounts/{account_id}": (PUT, "/accounts/acct_routes", {"time_zone": "America/Denver"}),
    "PUT /accounts/{account_id}/lines/{line_id}": (PUT, "/accounts/acct_meridian/lines/line_new", LINE),
    "PUT /accounts/{account_id}/users/{user_id}": (PUT, "/accounts/acct_meridian/users/user_new", {"name": "Noor"}),
    "POST /accounts/{account_id}/adjustments": (
        POST,
        "/accounts/acct_meridian/adjustments",
        {"amount": "1.00", "reason": "A test"},
    ),
}
OPEN = {"GET /rates"}
OPERATOR = {route for route in CASES if "/accounts" in route}
ADMIN_ONLY = {"PUT /lines/{line_id}"}
CUSTOMER = set(CASES) - OPEN - OPERATOR


def call(deployed: Stack, route: str, token: str | None) -> httpx.Response:
    """One request to a route with this token."""
    method, path, body = CASES[route]
    options: dict[str, Any] = {} if body is None else {"json": body}
    return deployed.api.request(method, path, token, headers={"Idempotency-Key": uuid.uuid4().hex}, **options)


def forged(token: str) -> str:
    """The same claims and header, signed by a key of our own."""
    header, payload, _ = token.split(".")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = key.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def promoted(token: str) -> str:
    """The claims changed to another account, under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["custom:account_id"] = "acct_halcyon"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{changed}.{signature}"


def test_every_route_of_the_template_has_a_case_here() -> None:
    routes = {
        resource["Properties"]["RouteKey"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes == set(CASES)


@pytest.mark.parametrize("route", sorted(set(CASES) - OPEN))
def test_without_a_good_token_the_gateway_answers_401(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    good = tokens["service" if route in OPERATOR else "admin"]
    for bad in (None, "nonsense", forged(good), promoted(tokens["admin"]), good[:-4] + "AAAA"):
        answer = call(deployed, route, bad)
        assert answer.status_code in (401, 403), (bad, answer.text)
        assert set(answer.json()) == {"message"}


@pytest.mark.parametrize("route", sorted(OPERATOR))
def test_an_operator_route_refuses_every_customer(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    for role in ("admin", "member", "foreign"):
        assert call(deployed, route, tokens[role]).status_code in (401, 403)


@pytest.mark.parametrize("route", sorted(OPERATOR))
def test_an_operator_route_refuses_a_service_without_its_scope(deployed: Stack, route: str) -> None:
    client = deployed.service_client
    answer = httpx.post(
        f"{deployed.settings.endpoint_url}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": "calls/authorize"},
        auth=(client["id"], client["secret"]),
        trust_env=False,
    )
    assert call(deployed, route, answer.json()["access_token"]).status_code == 403


@pytest.mark.parametrize("route", sorted(OPERATOR))
def test_an_operator_route_answers_the_operator(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    assert call(deployed, route, tokens["service"]).status_code in (200, 201)


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_a_customer_route_refuses_a_service(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    assert call(deployed, route, tokens["service"]).status_code in (401, 403)


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_a_customer_route_answers_the_admin(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    answer = call(deployed, route, tokens["admin"])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("route", sorted(CUSTOMER))
def test_a_member_may_read_and_not_change(deployed: Stack, tokens: dict[str, str], route: str) -> None:
    answer = call(deployed, route, tokens["member"])
    if route in ADMIN_ONLY:
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "billing_admin_required"
    else:
        assert answer.status_code == 200, answer.text


def test_a_member_is_refused_before_the_body_is_looked_at(deployed: Stack, tokens: dict[str, str]) -> None:
    answer = deployed.api.request("PUT", "/lines/line_lobby", tokens["member"], content=b"not json")
    assert (answer.status_code, answer.json()["code"]) == (403, "billing_admin_required")


def test_another_account_cannot_be_named_in_path_query_or_body(deployed: Stack, tokens: dict[str, str]) -> None:
    own = deployed.api.get("/balance", tokens["foreign"])
    assert own["account_id"] == "acct_halcyon"
    asked = deployed.api.get("/balance", tokens["foreign"], account_id="acct_meridian")
    assert asked["account_id"] == "acct_halcyon"
    body = {"international_calling": True, "account_id": "acct_meridian"}
    answer = deployed.api.request("PUT", "/lines/line_lobby", tokens["foreign"], json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_line")


def test_a_cursor_of_another_account_is_refused(deployed: Stack, tokens: dict[str, str]) -> None:
    page = deployed.api.get("/lines", tokens["admin"], limit=1)
    answer = deployed.api.request(
        "GET", "/lines", tokens["foreign"], params={"limit": 1, "cursor": page["next_cursor"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


def test_an_access_token_is_no_id_token(deployed: Stack) -> None:
    import boto3  # noqa: PLC0415

    user = next(user for user in deployed.users if user["role"] == "member")
    answer = boto3.client("cognito-idp").initiate_auth(
        ClientId=deployed.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user["email"], "PASSWORD": user["password"]},
    )
    refused = call(deployed, "GET /balance", answer["AuthenticationResult"]["AccessToken"])
    assert refused.status_code in (401, 403)


def test_the_price_list_needs_no_token_and_knows_included_numbers(deployed: Stack) -> None:
    [abroad] = deployed.api.get("/rates", number="+442071838750")["items"]
    assert (abroad["country"], abroad["included"]) == ("GB", False)
    [home] = deployed.api.get("/rates", number="+12125550100")["items"]
    assert (home["country"], home["included"], home["rate_per_minute"]) == ("US", True, "0.00")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/usage?from=2026-12-01&to=2026-11-01", 422, "invalid_date_range"),
        ("/usage?from=yesterday", 422, "invalid_date"),
        ("/statement?limit=0", 422, "invalid_limit"),
        ("/statement?limit=201", 422, "invalid_limit"),
        ("/lines?cursor=AAAA", 422, "invalid_cursor"),
        ("/usage/top_up", 404, "unknown_category"),
        ("/rates", 422, "invalid_query"),
        ("/rates?number=12", 422, "invalid_number"),
        ("/rates?country=XX", 422, "unknown_country"),
    ],
)
def test_a_bad_question_gets_its_code(
    deployed: Stack, tokens: dict[str, str], path: str, status: int, code: str
) -> None:
    answer = deployed.api.request("GET", path, tokens["admin"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".")
