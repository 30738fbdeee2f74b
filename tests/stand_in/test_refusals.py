"""Refusals that a test asks for, and refusals of unknown currencies."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def test_the_next_session_is_refused_with_a_given_code(till: Till, controls: Controls) -> None:
    controls.refuse(code="url_invalid", param="success_url", message="Not a valid URL")
    assert till.client.v1.customers.retrieve(till.customer.id).id
    with pytest.raises(stripe.InvalidRequestError, match="Not a valid URL") as caught:
        till.session()
    assert (refused(caught), caught.value.param, caught.value.http_status) == ("url_invalid", "success_url", 400)
    assert till.stand_in.account.objects["checkout.session"] == {}
    assert till.session().status == "open"


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, stripe.InvalidRequestError),
        (402, stripe.CardError),
        (403, stripe.PermissionError),
        (404, stripe.InvalidRequestError),
        (429, stripe.RateLimitError),
        (503, stripe.APIError),
    ],
)
def test_any_request_is_refused_with_any_status(
    till: Till, controls: Controls, status: int, cls: type[stripe.StripeError]
) -> None:
    controls.refuse("GET /v1/events", status=status, count=2)
    for _ in range(2):
        with pytest.raises(cls):
            till.client.v1.events.list({})
    assert till.client.v1.events.list({}).data


def test_a_requested_refusal_is_stored_under_its_key(till: Till, controls: Controls) -> None:
    controls.refuse("POST /v1/customers", "resource_missing")
    assert till.post("/v1/customers", "k1")[0] == 400
    assert till.post("/v1/customers", "k1")[1]["error"]["code"] == "resource_missing"
    assert till.post("/v1/customers", "k2")[0] == 200


def test_a_refusal_has_only_known_fields(controls: Controls) -> None:
    with pytest.raises(TypeError):
        controls.refuse(invented=1)


@pytest.mark.parametrize("code", ["zzz", "us", "dollars"])
def test_an_unknown_currency_is_refused(till: Till, code: str) -> None:
    params: Any = {"currency": code}
    for act in (
        lambda: till.intent(None, **params),
        lambda: till.session(**params),
        lambda: till.client.v1.payment_intents.update(till.intent(None).id, params),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=f"Invalid currency: {code}") as caught:
            act()
        assert (caught.value.param, caught.value.code) == ("currency", None)


def test_a_currency_can_be_in_upper_case(till: Till) -> None:
    assert till.intent(None, currency="USD").currency == "usd"
