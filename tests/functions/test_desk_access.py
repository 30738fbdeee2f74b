"""Every route of the desk with each kind of caller: staff, customers, clients with other scopes, and no token."""

from typing import Any

import pytest

from tests.functions.desk_bench import ACTS, FOR_SUPPORT, READS, ask, desk_event
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

ROUTES: list[tuple[str, str, Any]] = [("GET", address, None) for address in READS]
ROUTES += [("POST", address, body) for address, body in ACTS]
ROUTES += [("PUT", "/operator/accounts/acct_1/limits", {"daily_spend": "50.00"})]
CUSTOMER = {"custom:account_id": "acct_1"}
CLIENT = {"token_use": "access", "client_id": "3n4exampleoperator", "sub": "3n4exampleoperator", "email": None}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"group": None, **CUSTOMER}, "staff_required"),
    ({"group": "billing_admin", **CUSTOMER}, "staff_required"),
    ({"group": "finance", **CUSTOMER}, "staff_required"),
    ({"group": "finances"}, "staff_required"),
    ({"group": "support finance"}, "staff_required"),
    ({"group": "finance", "token_use": "access"}, "id_token_required"),
    ({"group": None, **CLIENT, "scope": "calls/authorize"}, "scope_required"),
    ({"group": None, **CLIENT, "scope": "xaccounts/read"}, "scope_required"),
]


@pytest.mark.parametrize(("method", "address", "body"), ROUTES)
def test_others_than_staff_see_and_change_nothing(world: World, method: str, address: str, body: Any) -> None:
    before = world.stack.items()
    for claims, code in REFUSED:
        for content in (body, None if method == "GET" else "{"):
            assert ask(world, method, address, content, key="k_1", **claims).code == code, claims
    assert world.stack.items() == before


@pytest.mark.parametrize(("method", "address", "body"), ROUTES)
def test_staff_whose_sign_in_was_ended_see_and_change_nothing(
    world: World, method: str, address: str, body: Any
) -> None:
    assert world.desk("POST", "/staff/staff-1/sign-out", sub="staff-2").status == 200
    before = world.stack.items()
    assert ask(world, method, address, body, key="k_1").code == "signed_out"
    assert world.stack.items() == before


@pytest.mark.parametrize(("method", "address", "body"), ROUTES)
def test_a_request_without_a_token_is_refused(world: World, method: str, address: str, body: Any) -> None:
    function, event = desk_event(method, address, body, key="k_1")
    event["requestContext"].pop("authorizer")
    assert world.invoke(function, event).status == 403


@pytest.mark.parametrize("address", READS)
def test_support_and_clients_that_read_may_read(world: World, address: str) -> None:
    world.deliver({})
    for claims in ({"group": "support"}, {"group": "finance"}, {"group": None, **CLIENT, "scope": "accounts/read"}):
        answer = ask(world, "GET", address, **claims)
        assert answer.status == 200, answer.text
    assert ask(world, "GET", address, group=None, **CLIENT, scope="credit/adjust").code == "scope_required"


@pytest.mark.parametrize(("address", "body"), ACTS)
def test_acts_need_the_right_that_their_route_names(world: World, address: str, body: dict[str, Any]) -> None:
    before = world.stack.items()
    is_for_support = address.endswith(FOR_SUPPORT)
    by_support = ask(world, "POST", address, body, key="k_1", group="support")
    assert (by_support.status == 403) != is_for_support
    if not is_for_support:
        assert by_support.code == "finance_required"
        assert world.stack.items() == before
    by_reader = ask(world, "POST", address, body, key="k_1", group=None, **CLIENT, scope="accounts/read")
    assert by_reader.code == "scope_required"


@pytest.mark.parametrize(("method", "address", "body"), [route for route in ROUTES if "find" not in route[1]])
def test_unknown_and_impossible_accounts_are_named(world: World, method: str, address: str, body: Any) -> None:
    before = world.stack.items()
    unknown = ask(world, method, address.replace("acct_1", "acct_9"), body, key="k_1")
    assert (unknown.status, unknown.code) == (404, "unknown_account")
    impossible = ask(world, method, address.replace("acct_1", "-acct"), body, key="k_1")
    assert (impossible.status, impossible.code) in ((422, "invalid_id"), (404, "unknown_address"))
    assert world.stack.items() == before


@pytest.mark.parametrize("address", READS)
def test_a_read_changes_nothing(world: World, address: str) -> None:
    world.deliver({})
    before = world.stack.items()
    with world.recorded("read_accounts") as requests:
        assert ask(world, "GET", address).status == 200
    assert {name for name, _ in requests} <= {"GetItem", "BatchGetItem", "Query"}
    assert len(requests) <= 10
    assert world.stack.items() == before
