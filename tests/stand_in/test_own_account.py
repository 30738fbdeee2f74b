"""The account of the key: which one it is, what the key may do, and which API versions it answers."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.refusals import Refusal
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import client_of
from tests.stand_in.sdk_shapes import complaints
from tests.stand_in.test_payments import refused


def test_another_account_has_no_object_of_the_first(till: Till, controls: Controls) -> None:
    first = till.client.v1.accounts.retrieve_current().id
    card, intent = till.save(), till.paid()
    options: Any = {"idempotency_key": "k1"}
    made = till.client.v1.customers.create({}, options).id
    till.stand_in.take_events()
    controls.move_to_account("acct_1Other")
    assert till.client.v1.accounts.retrieve_current().id == "acct_1Other" != first
    for find in (
        lambda: till.client.v1.customers.retrieve(till.customer.id),
        lambda: till.client.v1.payment_methods.retrieve(card),
        lambda: till.client.v1.payment_intents.retrieve(intent.id),
        lambda: till.client.v1.charges.retrieve(str(intent.latest_charge)),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            find()
        assert refused(caught) == "resource_missing"
    assert till.client.v1.customers.create({}, options).id != made
    assert till.event_types() == ["customer.created"]
    assert len(till.client.v1.events.list({}).data) == 1
    controls.move_to_account(first)
    assert till.client.v1.customers.retrieve(till.customer.id).id == till.customer.id
    assert till.client.v1.customers.create({}, options).id == made


def test_fields_of_the_account_change(till: Till, controls: Controls) -> None:
    controls.change_account(charges_enabled=False)
    assert till.client.v1.accounts.retrieve_current().charges_enabled is False
    with pytest.raises(Refusal, match="no field"):
        controls.change_account(invented=1)


def test_cards_are_switched_off_in_the_payment_method_settings(till: Till, controls: Controls) -> None:
    for accepted, value in ((True, "on"), (False, "off")):
        controls.set_cards(accepted=accepted)
        (found,) = till.client.v1.payment_method_configurations.list({}).data
        assert not list(complaints(found.to_dict(), stripe.PaymentMethodConfiguration, "configuration"))
        assert found.card is not None
        assert (found.is_default, found.card.available) == (True, accepted)
        assert found.card.display_preference.value == value


@pytest.mark.parametrize(
    ("rights", "named"),
    [({"customer": "none"}, None), ({"customer": "read"}, "rak_customer_write"), ({"charge": "none"}, None)],
)
def test_a_restricted_key_is_told_which_right_it_lacks(
    till: Till, controls: Controls, rights: dict[str, str], named: str | None
) -> None:
    controls.restrict_key(**rights)
    act: Any = till.client.v1.refunds.list if "charge" in rights else till.client.v1.customers.create
    with pytest.raises(stripe.PermissionError) as caught:
        act({})
    error: Any = caught.value
    assert (error.http_status, error.json_body["error"]["type"]) == (403, "invalid_request_error")
    assert (named or "permission would allow this request to continue") in str(error.user_message)
    if named:
        assert till.client.v1.customers.retrieve(till.customer.id).id
    assert till.client.v1.payment_intents.list({}).data == []
    controls.restrict_key()
    assert till.client.v1.customers.create({}).id


def test_an_unknown_right_is_refused(controls: Controls) -> None:
    with pytest.raises(Refusal, match="A right is none, read, write"):
        controls.restrict_key(customers="none")


def test_a_lacking_right_is_not_stored_under_an_idempotency_key(till: Till, controls: Controls) -> None:
    controls.restrict_key(customer="read")
    assert till.post("/v1/customers", "k1")[0] == 403
    controls.restrict_key()
    assert till.post("/v1/customers", "k1")[0] == 200


def test_an_unknown_api_version_is_refused(till: Till) -> None:
    other = client_of(till.stand_in, stripe_version="2099-01-01")
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: 2099-01-01"):
        other.v1.customers.list({})
