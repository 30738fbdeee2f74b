"""The twins below /operator: staff and clients send the same requests as the back office below /accounts."""

from typing import Any

import pytest

from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

LINE = {"number": "+14155550101", "user_id": "user_1", "international_calling": True}
ADJUSTMENT = {"amount": "-2.50", "reason": "test"}
CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "/accounts/acct_1", {"status": "closed"}),
    ("PUT", "/accounts/acct_1/lines/line_2", LINE),
    ("PUT", "/accounts/acct_1/users/user_1", {"name": "Ada"}),
    ("POST", "/accounts/acct_1/adjustments", ADJUSTMENT),
    ("POST", "/accounts/acct_1/calls/c_1/corrections", {"duration_seconds": 1}),
    ("PUT", "/accounts/acct_1/auto-recharge", {"enabled": False, "reason": "test"}),
    ("POST", "/accounts/acct_1/cards/unblock", {"top_up_id": "tu_1", "reason": "test"}),
]
CREDIT = CHANGES[3:5]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_both_paths_answer_alike(world: World, method: str, path: str, body: dict[str, Any]) -> None:
    first = world.operate(method, path, body, key="k_1")
    twins = world.operate(method, f"/operator{path}", body, key="k_1"), world.desk(method, path, body, key="k_1")
    for answer in twins:
        assert answer.status in (first.status, 200)
        assert answer.body.items() >= {name: first.body[name] for name in first.body if name != "version"}.items()


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_support_changes_nothing(world: World, method: str, path: str, body: dict[str, Any]) -> None:
    before = world.stack.items()
    assert world.desk(method, path, body, key="k", group="support").code == "finance_required"
    assert world.stack.items() == before


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_customers_and_other_clients_change_nothing(world: World, method: str, path: str, body: dict[str, Any]) -> None:
    before = world.stack.items()
    account = {"custom:account_id": "acct_1"}
    assert world.desk(method, path, body, key="k", group="billing_admin", **account).code == "staff_required"
    assert world.desk(method, path, body, key="k", group="finance", **account).code == "staff_required"
    assert world.desk(method, path, body, key="k", group="financiers").code == "staff_required"
    assert world.desk(method, path, body, key="k", token_use="access").code == "id_token_required"
    assert world.operate(method, f"/operator{path}", body, key="k", scope="calls/authorize").code == "scope_required"
    assert world.stack.items() == before


@pytest.mark.parametrize("prefix", ["", "/operator"])
@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_client_needs_the_scope_of_the_change(
    world: World, prefix: str, method: str, path: str, body: dict[str, Any]
) -> None:
    is_credit = (method, path, body) in CREDIT
    scope = "accounts/operate accounts/read" if is_credit else "accounts/read credit/adjust"
    refused = world.operate(method, prefix + path, body, key="k", scope=scope)
    assert (refused.code, ("credit/adjust" in refused.text)) == ("scope_required", is_credit)


def test_staff_are_refused_below_accounts(world: World) -> None:
    claims: dict[str, Any] = {"client_id": None, "scope": None, "token_use": "id", "cognito:groups": ["finance"]}
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": True}, **claims).code == "scope_required"


def test_support_freezes_and_is_named(world: World) -> None:
    for frozen in (True, False):
        answer = world.desk("PUT", "/accounts/acct_1", {"frozen": frozen}, group="support")
        assert (answer.status, answer.body["frozen"]) == (200, frozen)
        [account] = world.of_kind("ACCOUNT")
        assert account["frozen_by" if frozen else "unfrozen_by"] == "staff:staff-1"
    both = {"frozen": True, "low_balance": "5.00"}
    assert world.desk("PUT", "/accounts/acct_1", both, group="support").code == "finance_required"
    assert world.desk("PUT", "/accounts/acct_1", {}, group="support").code == "finance_required"
    assert not world.of_kind("ACCOUNT")[0].get("frozen_at")


def test_one_key_posts_once_on_both_paths(world: World) -> None:
    first = world.operate("POST", "/accounts/acct_1/adjustments", ADJUSTMENT, key="k_1")
    again = world.desk("POST", "/accounts/acct_1/adjustments", ADJUSTMENT, key="k_1")
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert len(world.entries()) == 1
