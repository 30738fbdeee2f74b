"""The customer view of a top-up: it shows no ids of Stripe, no fingerprint, and no sensitive decline."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.topups.topup import TopUpStatus
from calling_credit.topups.view import topup_view
from tests.domain.payment_examples import AUTOMATIC, MANUAL

URL = "https://hooks.stripe.com/confirm"


def test_a_payment_is_shown_with_its_amount_its_card_and_its_state() -> None:
    assert topup_view(replace(MANUAL, status=TopUpStatus.SUCCEEDED, receipt_url="https://pay.stripe.com/r"), None) == {
        "id": "tu_manual",
        "kind": "manual",
        "status": "succeeded",
        "amount": "25.00",
        "tax": "0.00",
        "total": "25.00",
        "created_at": "2026-11-23T12:00:00.000Z",
        "payment_method": {"brand": "visa", "last4": "4242", "type": "card"},
        "refunded": "0.00",
        "disputed": False,
        "receipt_url": "https://pay.stripe.com/r",
        "receipt": None,
        "credit_notes": [],
    }


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("created", "created"),
        ("confirming", "processing"),
        ("requires_action", "requires_action"),
        ("processing", "processing"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("canceled", "canceled"),
    ],
)
def test_every_state_is_shown_as_one_of_those_promised(status: Any, shown: str) -> None:
    assert topup_view(replace(AUTOMATIC, status=status), None)["status"] == shown


@pytest.mark.parametrize("status", ["created", "confirming", "processing", "succeeded", "failed", "canceled"])
def test_only_a_payment_that_waits_for_its_customer_has_a_link(status: Any) -> None:
    waiting = replace(AUTOMATIC, status=TopUpStatus.REQUIRES_ACTION)
    assert topup_view(waiting, URL)["next_action_url"] == URL
    assert "next_action_url" not in topup_view(waiting, None)
    assert "next_action_url" not in topup_view(replace(AUTOMATIC, status=status), URL)


@pytest.mark.parametrize("status", ["failed", "requires_action"])
def test_a_failure_has_a_code_and_a_message(status: Any) -> None:
    view = topup_view(replace(MANUAL, status=status, failure_code="insufficient_funds"), None)
    assert view["failure"]["code"] == "insufficient_funds"
    assert "insufficient funds" in view["failure"]["message"]


def test_a_canceled_manual_payment_says_that_nothing_was_charged() -> None:
    view = topup_view(replace(MANUAL, status=TopUpStatus.CANCELED), None)
    assert view["failure"]["code"] == "canceled"
    assert "Nothing was charged" in view["failure"]["message"]
    assert "failure" not in topup_view(replace(AUTOMATIC, status=TopUpStatus.CANCELED), None)


@pytest.mark.parametrize("status", ["created", "confirming", "processing", "succeeded"])
def test_a_decline_before_a_success_is_not_shown(status: Any) -> None:
    assert "failure" not in topup_view(replace(MANUAL, status=status, failure_code="insufficient_funds"), None)


def test_a_stolen_card_is_shown_as_declined() -> None:
    view = topup_view(replace(MANUAL, status=TopUpStatus.FAILED, failure_code="stolen_card"), None)
    assert view["failure"]["code"] == "card_declined"
    assert "stolen" not in str(view)


@pytest.mark.parametrize("secret", ["cus_1", "pi_1", "fp_1", "pm_1", "user:1", "acct_1"])
def test_no_id_of_stripe_and_no_fingerprint_is_shown(secret: str) -> None:
    everything = replace(MANUAL, status=TopUpStatus.FAILED, failure_code="lost_card", failure_advice="do_not_try_again")
    assert secret not in str(topup_view(everything, URL))
