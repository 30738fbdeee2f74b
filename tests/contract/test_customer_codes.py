"""The codes that customers can meet are all found, and only those."""

from calling_credit.errors import ProblemCode
from calling_credit.recharge.words import WORDS as RULE_WORDS
from ops.contract.answers import codes_of
from ops.contract.document import ROUTES
from ops.contract.route import Access
from tests.contract.customer_codes import CUSTOMERS, CodeKind, customer_codes


def test_each_kind_of_code_has_members_in_the_form_of_codes() -> None:
    codes = customer_codes()
    assert set(codes) == set(CodeKind)
    for kind, members in codes.items():
        assert members, kind
        assert all(code.replace("_", "").isalnum() and code.islower() for code in members), kind


def test_problems_are_those_of_routes_that_customers_may_request() -> None:
    problems = customer_codes()[CodeKind.PROBLEM]
    assert problems < set(ProblemCode)
    assert {
        "account_frozen",
        "unknown_country",
        "signed_out",
        "changed_meanwhile",
        "idempotency_key_reused",
    } <= problems
    assert not {"staff_required", "scope_required", "missing_signature", "own_request"} & problems
    for route in ROUTES:
        if route.access in CUSTOMERS:
            assert set(codes_of(route)) <= problems, route.key
    assert {route.access for route in ROUTES} - set(CUSTOMERS) == {
        Access.LINK,
        Access.STRIPE,
        Access.OPERATOR,
        Access.CREDIT,
        Access.DESK,
        Access.SWITCH,
        Access.REPORTER,
        Access.CONNECTOR,
    }, "a new kind of caller: decide whether it is a customer"


def test_every_reason_of_a_rule_has_words_in_the_api() -> None:
    assert customer_codes()[CodeKind.RULE_REASON] == set(RULE_WORDS)
