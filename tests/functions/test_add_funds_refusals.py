"""Refused requests to add funds leave the ledger and Stripe unchanged."""

from typing import Any

import pytest

from tests.harness.http import NOT_ADMIN, Answer
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def ask(till: Till, body: Any, key: str | None = "key", **claims: Any) -> Answer:
    """Send POST /top-ups with any body."""
    return till.world.ask("add_funds", "POST", "/top-ups", body, key=key, **claims)


REFUSED: list[tuple[Any, int, str]] = [
    ({"amount": "1e3"}, 422, "invalid_amount"),
    ({"amount": "+5"}, 422, "invalid_amount"),
    ({"amount": "NaN"}, 422, "invalid_amount"),
    ({"amount": "Infinity"}, 422, "invalid_amount"),
    ({"amount": "25.001"}, 422, "invalid_amount"),
    ({"amount": " 25.00"}, 422, "invalid_amount"),
    ({"amount": "25,00"}, 422, "invalid_amount"),
    ({"amount": "\u0662\u0665"}, 422, "invalid_amount"),
    ({"amount": ""}, 422, "invalid_amount"),
    ({"amount": 25}, 422, "invalid_amount"),
    ({"amount": 25.0}, 422, "invalid_amount"),
    ({"amount": True}, 422, "invalid_amount"),
    ({"amount": None}, 422, "invalid_amount"),
    ({"amount": ["25.00"]}, 422, "invalid_amount"),
    ({"amount": "-5"}, 422, "amount_out_of_range"),
    ({"amount": "-25.00"}, 422, "amount_out_of_range"),
    ({"amount": "0.00"}, 422, "amount_out_of_range"),
    ({"amount": "4.99"}, 422, "amount_out_of_range"),
    ({"amount": "500.01"}, 422, "amount_out_of_range"),
    ({"amount": "999999999"}, 422, "amount_out_of_range"),
    ({}, 422, "missing_field"),
    ({"amount": "25.00", "payment_method_id": None}, 422, "missing_field"),
    ({"amount": "25.00", "payment_method_id": 5}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": ""}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": "../customers"}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": "pm_" + "x" * 300}, 422, "invalid_payment_method"),
    ('{"amount": NaN, "payment_method_id": "pm_1"}', 400, "malformed_json"),
    ('{"amount": "25.00", "payment_method_id": "pm_1"', 400, "malformed_json"),
    ("[]", 400, "malformed_json"),
    (None, 400, "malformed_json"),
    ({"amount": "25.00", "padding": "x" * 65_536}, 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_an_invalid_amount_or_card_is_refused_and_nothing_is_written(
    till: Till, body: Any, status: int, code: str
) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    answer = ask(till, {"payment_method_id": card, **body} if isinstance(body, dict) else body)
    assert (answer.status, answer.code) == (status, code)
    assert till.everything() == before
    assert len(till.wire.sent) == asked


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "missing_idempotency_key"),
        ("", "missing_idempotency_key"),
        ("k" * 256, "invalid_idempotency_key"),
        ("ключ", "invalid_idempotency_key"),
        ("a\tb", "invalid_idempotency_key"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_an_invalid_key_is_refused_and_nothing_is_written(till: Till, key: str | None, code: str) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    answer = ask(till, {"amount": "25.00", "payment_method_id": card}, key)
    assert (answer.status, answer.code) == (400, code)
    assert till.everything() == before
    assert len(till.wire.sent) == asked


def test_a_key_of_255_printable_characters_is_fine(till: Till) -> None:
    assert till.paid("25.00", till.card(), key="~ " + "k" * 253)["status"] == "succeeded"


@pytest.mark.parametrize("groups", NOT_ADMIN)
def test_only_billing_admins_pay_and_others_get_403_for_any_key_or_body(till: Till, groups: Any) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    for body in ({"amount": "25.00", "payment_method_id": card}, {"amount": "1e3"}, "{", None, "x" * 70_000):
        for key in ("key", None):
            answer = ask(till, body, key, **{"cognito:groups": groups})
            assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert till.everything() == before
    assert len(till.wire.sent) == asked


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token_use": "access"}, "id_token_required"), ({"custom:account_id": None}, "account_missing")],
)
def test_an_access_token_or_a_user_of_no_account_pays_nothing(till: Till, claims: dict[str, Any], code: str) -> None:
    body = {"amount": "25.00", "payment_method_id": till.card()}
    before = till.everything()
    for method, path in (("POST", "/top-ups"), ("GET", "/top-ups"), ("GET", "/payment-methods")):
        answer = till.world.ask("add_funds", method, path, body, key="key", **claims)
        assert (answer.status, answer.code) == (403, code)
    assert till.everything() == before


def test_a_closed_account_takes_no_funds_but_still_shows_its_payments(till: Till) -> None:
    card = till.card()
    paid = till.paid("25.00", card, key="before")
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    before = till.everything()
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (409, "account_closed")
    assert till.paid("25.00", card, key="before") == paid
    assert till.top_up(paid["id"]) == paid
    assert till.everything() == before


def test_an_account_that_does_not_exist_pays_nothing(till: Till) -> None:
    answer = till.pay("25.00", till.card(), account="acct_x")
    assert (answer.status, answer.code) == (404, "unknown_account")
