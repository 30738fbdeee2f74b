"""Every route of the back office, the staff, and the switch, with each caller, scope, and group."""

import httpx
import pytest

from local.stack import Stack
from tests.stack.move_routes import MOVES, REFUSED
from tests.stack.route_requests import Ask, asker, caller, known_ids
from tests.stack.routes import (
    CONNECTOR,
    CREDIT,
    DESK,
    DESK_READS,
    FOR_FINANCE,
    FOR_SUPPORT,
    OPERATOR,
    SERVICE,
    SUCCESS,
    SWITCH,
)


@pytest.fixture(scope="module")
def ids(deployed: Stack, tokens: dict[str, str]) -> dict[str, str]:
    """The ids in the requests."""
    return known_ids(deployed, tokens)


@pytest.fixture(scope="module")
def ask(deployed: Stack, ids: dict[str, str]) -> Ask:
    """Return a function that sends the valid request of a route with a token."""
    return asker(deployed, ids)


@pytest.mark.parametrize("route", sorted(SERVICE))
def test_service_route_refuses_customers(ask: Ask, tokens: dict[str, str], route: str) -> None:
    for role in ("admin", "member", "foreign"):
        assert ask(route, tokens[role]).status_code in (401, 403)


@pytest.mark.parametrize("route", sorted(OPERATOR | set(SWITCH) | CONNECTOR))
def test_service_route_refuses_staff(ask: Ask, tokens: dict[str, str], route: str) -> None:
    for role in ("support", "finance"):
        assert ask(route, tokens[role]).status_code in (401, 403)


@pytest.mark.parametrize("route", sorted(OPERATOR | DESK))
def test_route_of_the_back_office_refuses_the_switch(ask: Ask, tokens: dict[str, str], route: str) -> None:
    for role in ("switch", "connector"):
        assert ask(route, tokens[role]).status_code in (401, 403)


def test_tokens_and_connector_keys_open_each_their_own_door(ask: Ask, tokens: dict[str, str]) -> None:
    for route in SWITCH:
        assert ask(route, tokens["connector"]).status_code in (401, 403)
    for route in CONNECTOR:
        for role in ("switch", "operator", "admin"):
            answer = ask(route, tokens[role])
            assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"}), role


@pytest.mark.parametrize("route", sorted(OPERATOR | DESK))
def test_route_of_the_back_office_refuses_a_token_without_its_scope(deployed: Stack, ask: Ask, route: str) -> None:
    scope = "accounts/read credit/adjust"
    if route in MOVES or route.replace("/operator", "") in CREDIT:
        scope = "accounts/operate"
    elif route in DESK_READS:
        scope = "accounts/operate credit/adjust"
    elif route in FOR_FINANCE:
        scope = "accounts/operate accounts/read"
    assert ask(route, token_with(deployed, deployed.operator_client, scope)).status_code == 403


@pytest.mark.parametrize("route", sorted(SWITCH))
def test_switch_route_refuses_a_token_without_its_scope(deployed: Stack, ask: Ask, route: str) -> None:
    [other] = set(SWITCH.values()) - {SWITCH[route]}
    assert ask(route, token_with(deployed, deployed.switch_client, other)).status_code == 403


@pytest.mark.parametrize("scope", ["accounts/operate", "credit/adjust", "calls/authorize accounts/operate"])
def test_switch_gets_no_scope_of_the_back_office(deployed: Stack, scope: str) -> None:
    assert ask_for_token(deployed, deployed.switch_client, scope).status_code == 400


def ask_for_token(deployed: Stack, client: dict[str, str], scope: str) -> httpx.Response:
    """Ask for a token with the given scopes."""
    return httpx.post(
        f"{deployed.settings.endpoint_url}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": scope},
        auth=(client["id"], client["secret"]),
        trust_env=False,
    )


def token_with(deployed: Stack, client: dict[str, str], scope: str) -> str:
    """Return a token with the given scopes."""
    return str(ask_for_token(deployed, client, scope).json()["access_token"])


@pytest.mark.parametrize("route", sorted(SERVICE))
def test_service_route_accepts_its_client(ask: Ask, tokens: dict[str, str], route: str) -> None:
    assert is_done(route, ask(route, tokens[caller(route)]))


@pytest.mark.parametrize("route", sorted(DESK))
def test_finance_uses_every_route_of_the_desk_and_support_changes_nothing(
    ask: Ask, tokens: dict[str, str], route: str
) -> None:
    by_support = ask(route, tokens["support"])
    if route in FOR_SUPPORT or (route.startswith("GET ") and route not in FOR_FINANCE):
        assert by_support.status_code == SUCCESS.get(route, 200), by_support.text
    else:
        assert (by_support.status_code, by_support.json()["code"]) == (403, "finance_required")
    assert is_done(route, ask(route, tokens["finance"]))


def is_done(route: str, answer: httpx.Response) -> bool:
    """Whether a valid request is done, or refused for another reason than its caller."""
    return answer.status_code in (200, 201, SUCCESS.get(route)) or answer.json().get("code") == REFUSED.get(route)


def test_support_freezes_and_unfreezes(deployed: Stack, tokens: dict[str, str]) -> None:
    for frozen in (True, False):
        path, body = "/operator/accounts/acct_meridian", {"frozen": frozen}
        assert deployed.api.send("PUT", path, tokens["support"], body)["frozen"] is frozen
