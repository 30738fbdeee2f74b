"""The recharge rule that a customer sets and reads: its shape, the permitted users, and the refusals."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.cards import MASTERCARD
from tests.harness.http import MEMBER, NOT_ADMIN
from tests.harness.recharging import leave, put_rule, remove, shown, usd
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
UNSET = {
    "enabled": False,
    "threshold": None,
    "amount": None,
    "payment_method_id": None,
    "hourly_count": 3,
    "daily_limit": "200.00",
    "monthly_limit": "1000.00",
    "payment_method": None,
    "status": "disabled",
    "reason": None,
    "message": None,
    "next_attempt_at": None,
    "version": 0,
}


# --- Its shape --------------------------------------------------------------------------------------------------------


def test_before_there_is_a_rule_it_is_off_with_the_usual_limits(till: Till) -> None:
    assert till.shown_rule() == UNSET
    assert shown(till) == ("disabled", None, None)


def test_a_rule_is_shown_as_it_was_set_with_its_card_and_its_state(till: Till) -> None:
    leave(till, "20.00")
    card = till.card(MASTERCARD)
    answer = till.set_rule(card, threshold="12.50", amount="40.00", hourly_count=2, daily_limit="80.00")
    assert answer == UNSET | {
        "enabled": True,
        "threshold": "12.50",
        "amount": "40.00",
        "payment_method_id": card,
        "hourly_count": 2,
        "daily_limit": "80.00",
        "payment_method": {"brand": "mastercard", "last4": "4444"},
        "status": "active",
        "version": 1,
    }
    assert till.shown_rule() == answer


def test_the_balance_shows_the_short_form(till: Till) -> None:
    till.set_rule(till.card(), threshold="0.00")
    assert till.world.get("/balance").body["auto_recharge"] == {
        "enabled": True,
        "threshold": "0.00",
        "amount": "50.00",
        "status": "active",
        "reason": None,
        "next_attempt_at": None,
    }


def test_the_shown_rule_can_be_sent_back_unchanged(till: Till) -> None:
    leave(till, "100.00")
    asked = till.set_rule(till.card(), threshold="0.00", amount="5.00", daily_limit="5.00", monthly_limit="5.00")
    assert put_rule(till, till.shown_rule()).body == asked


def test_any_member_of_the_account_may_look(till: Till) -> None:
    till.set_rule(till.card())
    answer = till.world.ask("change_settings", "GET", "/auto-recharge", **MEMBER)
    assert (answer.status, answer.body) == (200, till.shown_rule())


def test_accounts_see_and_set_their_own(till: Till) -> None:
    till.world.create_account("acct_2")
    till.set_rule(till.card())
    assert till.shown_rule("acct_2") == UNSET
    theirs = till.card(account="acct_2")
    before = till.state()
    till.set_rule(theirs, account="acct_2", threshold="99.00", account_id="acct_1")
    assert till.state() == before
    assert till.state("acct_2")["threshold_micros"] == usd("99.00")


# --- Access and refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", NOT_ADMIN)
def test_only_billing_admins_set_rules_and_others_get_403_for_any_body(till: Till, groups: Any) -> None:
    card = till.card()
    till.set_rule(card)
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    for body in ({"enabled": False}, "{", None, "x" * 70_000):
        answer = put_rule(till, body, **{"cognito:groups": groups})
        assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token_use": "access"}, "id_token_required"), ({"custom:account_id": None}, "account_missing")],
)
def test_an_access_token_or_a_user_of_no_account_sets_nothing(till: Till, claims: dict[str, Any], code: str) -> None:
    before = till.everything()
    answer = put_rule(till, {"enabled": False}, **claims)
    assert (answer.status, answer.code) == (403, code)
    assert till.everything() == before


def test_an_account_that_does_not_exist_has_no_rule_and_gets_none(till: Till) -> None:
    before = till.everything()
    nobody = {"custom:account_id": "acct_nobody"}
    assert till.world.ask("change_settings", "GET", "/auto-recharge", **nobody).code == "unknown_account"
    assert put_rule(till, {"enabled": False}, **nobody).code == "unknown_account"
    assert till.everything() == before


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"enabled": "true"}, "invalid_field"),
    ({"enabled": 1}, "invalid_field"),
    ({"threshold": "-0.01"}, "amount_out_of_range"),
    ({"threshold": "10000.01"}, "amount_out_of_range"),
    ({"threshold": "1.001"}, "invalid_amount"),
    ({"threshold": 10}, "invalid_amount"),
    ({"threshold": "1e3"}, "invalid_amount"),
    ({"amount": "4.99"}, "amount_out_of_range"),
    ({"amount": "500.01"}, "amount_out_of_range"),
    ({"amount": "0.00"}, "amount_out_of_range"),
    ({"amount": "-50.00"}, "amount_out_of_range"),
    ({"amount": "50.001"}, "invalid_amount"),
    ({"amount": 50}, "invalid_amount"),
    ({"amount": "fifty"}, "invalid_amount"),
    ({"payment_method_id": 7}, "invalid_payment_method"),
    ({"payment_method_id": ""}, "invalid_payment_method"),
    ({"payment_method_id": "pm_../customers"}, "invalid_payment_method"),
    ({"payment_method_id": "p" * 256}, "invalid_payment_method"),
    ({"hourly_count": 0}, "invalid_field"),
    ({"hourly_count": 21}, "invalid_field"),
    ({"hourly_count": "3"}, "invalid_field"),
    ({"hourly_count": True}, "invalid_field"),
    ({"hourly_count": 1.5}, "invalid_field"),
    ({"daily_limit": "10000.01"}, "amount_out_of_range"),
    ({"daily_limit": "-1.00"}, "amount_out_of_range"),
    ({"daily_limit": 200}, "invalid_amount"),
    ({"monthly_limit": "10000.01"}, "amount_out_of_range"),
    ({"monthly_limit": "a lot"}, "invalid_amount"),
    ({"daily_limit": "49.99"}, "limit_below_amount"),
    ({"monthly_limit": "49.99"}, "limit_below_amount"),
    ({"amount": "200.01"}, "limit_below_amount"),
]


@pytest.mark.parametrize(("wrong", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_an_invalid_value_is_422_with_its_name_and_changes_nothing(
    till: Till, wrong: dict[str, Any], code: str
) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    whole = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    answer = put_rule(till, whole | wrong)
    assert (answer.status, answer.code) == (422, code)
    [name] = wrong
    if code not in ("invalid_payment_method", "limit_below_amount"):
        assert name in answer.body["detail"]
    assert till.everything() == before
    till.set_rule(card)
    before = till.everything()
    assert put_rule(till, wrong).code == code
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked + 1


@pytest.mark.parametrize("name", ["enabled", "threshold", "amount", "payment_method_id"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_first_rule_is_whole(till: Till, name: str, how: str) -> None:
    whole = {"enabled": False, "threshold": "10.00", "amount": "50.00", "payment_method_id": till.card()}
    before = till.everything()
    body = {key: value for key, value in whole.items() if key != name} | ({name: None} if how == "null" else {})
    answer = put_rule(till, body)
    assert (answer.status, answer.code) == (422, "missing_field")
    assert till.everything() == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed_json"),
        ("{", 400, "malformed_json"),
        ("[]", 400, "malformed_json"),
        ("null", 400, "malformed_json"),
        ('{"enabled": NaN}', 400, "malformed_json"),
        ({"enabled": False, "padding": "x" * 65_536}, 413, "body_too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_invalid_body_is_refused_and_changes_nothing(till: Till, body: Any, status: int, code: str) -> None:
    till.set_rule(till.card())
    before = till.everything()
    answer = put_rule(till, body)
    assert (answer.status, answer.code) == (status, code)
    assert till.everything() == before


def removed(till: Till) -> str:
    """A former card of the account."""
    card = till.card()
    remove(till, card)
    return card


OTHERS: dict[str, Callable[[Till], str]] = {
    "another's": lambda till: till.card(account="acct_2"),
    "nobody's": lambda till: till.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id,
    "unknown": lambda _: "pm_unknown",
    "removed": removed,
    "no card": lambda till: till.customer(),
}


@pytest.mark.parametrize("whose", OTHERS)
def test_another_accounts_card_is_not_found_and_changes_nothing(till: Till, whose: str) -> None:
    till.world.create_account("acct_2")
    till.set_rule(till.card())
    card = OTHERS[whose](till)
    before = till.everything()
    answer = put_rule(till, {"payment_method_id": card})
    assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert till.everything() == before


def test_an_account_without_a_customer_has_no_card_and_skips_stripe(till: Till) -> None:
    body = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": "pm_1"}
    assert put_rule(till, body).code == "unknown_payment_method"
    assert till.world.stack.stripe.sent == []
