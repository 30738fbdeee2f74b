"""Callers and their rights, from the claims of a token."""

import json
import os
from collections.abc import Mapping

import pytest

from calling_credit.api.caller import Right, customer, desk, signed_in_at
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.changes.sign_in import SignIn
from calling_credit.config import Config
from calling_credit.errors import Forbidden, ProblemCode
from tests.harness.http import NOT_ADMIN

SETTINGS = Config.from_environment({**os.environ, "TABLE_NAME": "ledger"})
STAFF: Mapping[str, object] = {"sub": "s1", "token_use": "id", "email": "sam@phone.example", "auth_time": 1_700_000_000}
BACK_OFFICE: Mapping[str, object] = {"client_id": "c1", "token_use": "access"}


def code_of(claims: Mapping[str, object]) -> ProblemCode:
    with pytest.raises(Forbidden) as refused:
        desk(claims, SETTINGS)
    return refused.value.code


def test_finance_has_every_right_and_support_reads_and_freezes() -> None:
    finance = desk({**STAFF, "cognito:groups": ["finance"]}, SETTINGS, "192.0.2.1")
    assert finance.rights == set(Right)
    assert finance.actor == Actor(ActorKind.STAFF, "s1", "192.0.2.1", "sam@phone.example")
    assert finance.signed_in_at == 1_700_000_000
    support = desk({**STAFF, "cognito:groups": ["support"]}, SETTINGS)
    assert support.rights == {Right.READ, Right.FREEZE}
    with pytest.raises(Forbidden) as refused:
        support.require(Right.ADJUST, SETTINGS)
    assert refused.value.code == ProblemCode.FINANCE_REQUIRED


@pytest.mark.parametrize("groups", NOT_ADMIN)
def test_groups_are_compared_as_whole_values(groups: object) -> None:
    claims = {"sub": "s", "token_use": "id", "custom:account_id": "acct_1"}
    assert not customer(claims | {"cognito:groups": groups}, SETTINGS).is_admin
    as_staff = json.loads(json.dumps(groups).replace("billing_admin", "finance").replace("BILLING_ADMIN", "FINANCE"))
    assert code_of({**STAFF, "cognito:groups": as_staff}) == "staff_required"


def test_an_array_or_the_one_group_makes_an_admin() -> None:
    claims = {"sub": "s", "token_use": "id", "custom:account_id": "acct_1"}
    for groups in ("billing_admin", ["billing_admin"], ["team billing_admin", "billing_admin"]):
        assert customer(claims | {"cognito:groups": groups}, SETTINGS).is_admin


@pytest.mark.parametrize(
    ("claims", "signed_in"),
    [
        ({"auth_time": 5, "iat": 9}, 5),
        ({"iat": 9}, 9),
        ({"iat": 9.75}, 9),
        ({"auth_time": None, "iat": 9}, 9),
        ({"auth_time": "5"}, None),
        ({}, None),
    ],
)
def test_a_sign_in_has_a_time_in_whole_seconds(claims: dict[str, object], signed_in: int | None) -> None:
    assert signed_in_at(claims) == signed_in


def test_a_sign_in_up_to_the_second_of_its_end_is_refused() -> None:
    for signed_in in (None, 0, 99, 100):
        with pytest.raises(Forbidden) as refused:
            SignIn(("pk", "sk"), signed_in).require_open({"after": {"N": "100"}})
        assert refused.value.code == ProblemCode.SIGNED_OUT
    SignIn(("pk", "sk"), 101).require_open({"after": {"N": "100"}})
    SignIn(("pk", "sk"), None).require_open(None)


def test_people_have_a_sign_in_and_clients_have_none() -> None:
    user = customer({"sub": "s1", "token_use": "id", "custom:account_id": "acct_1", "auth_time": 5}, SETTINGS)
    assert user.sign_in == SignIn(("ACCOUNT#acct_1", "SIGNED_OUT#s1"), 5)
    staff = desk({**STAFF, "cognito:groups": ["support"]}, SETTINGS)
    assert staff.sign_in == SignIn(("STAFF#s1", "SIGNED_OUT"), 1_700_000_000)
    assert desk({**BACK_OFFICE, "scope": "accounts/read"}, SETTINGS).sign_in is None


@pytest.mark.parametrize(
    ("scope", "rights"),
    [
        ("accounts/read", {Right.READ}),
        ("accounts/operate", {Right.FREEZE, Right.OPERATE}),
        ("credit/adjust", {Right.ADJUST}),
        ("accounts/read credit/adjust", {Right.READ, Right.ADJUST}),
    ],
)
def test_a_client_has_the_rights_of_its_scopes(scope: str, rights: set[Right]) -> None:
    client = desk({**BACK_OFFICE, "scope": scope}, SETTINGS)
    assert client.rights == rights
    assert client.actor.by == "client:c1"
    for right in set(Right) - rights:
        with pytest.raises(Forbidden) as refused:
            client.require(right, SETTINGS)
        assert refused.value.code == ProblemCode.SCOPE_REQUIRED


def test_the_desk_refuses_customers_and_mixed_tokens() -> None:
    assert code_of({**STAFF, "cognito:groups": ["billing_admin"], "custom:account_id": "a"}) == "staff_required"
    assert code_of({**STAFF, "cognito:groups": ["finance"], "custom:account_id": "a"}) == "staff_required"
    assert code_of(STAFF) == "staff_required"
    assert code_of({**BACK_OFFICE, "scope": "calls/authorize"}) == "scope_required"
    assert code_of({**STAFF, "cognito:groups": ["finance"], "token_use": "access"}) == "id_token_required"
