"""Tests find a request to Stripe by its name, with any ids in its path."""

import pytest

from tests.harness.stripe import StripeRequest


@pytest.mark.parametrize("payment_id", ["pi_3Mtw4bLkdIwHu7ix28a3tqPa", "pi_mtwabLkdIwHuQixBAaJtqPab"])
def test_request_has_one_name_for_every_id(payment_id: str) -> None:
    request = StripeRequest("POST", f"/v1/payment_intents/{payment_id}/confirm", [], None)
    assert request.name == "POST /v1/payment_intents/*/confirm"
