"""Payment intents pass through the statuses of Stripe: paid, challenged, declined, canceled."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock

Code = str


def refused(error: Any) -> Code:
    """The code of a refusal, or its text if it has no code."""
    return str(error.value.error.code or error.value.user_message)


def test_an_intent_waits_for_a_card_and_then_for_confirmation(till: Till) -> None:
    intent = till.intent(None)
    assert (intent.status, intent.payment_method, intent.latest_charge) == ("requires_payment_method", None, None)
    updated = till.client.v1.payment_intents.update(intent.id, {"payment_method": till.save()})
    assert updated.status == "requires_confirmation"


def test_a_confirmed_intent_is_paid_by_one_charge(till: Till) -> None:
    intent = till.paid(metadata={"topup_id": "t_1"}, description="Calling credit", receipt_email="ana@example.com")
    charge = till.client.v1.charges.retrieve(str(intent.latest_charge))
    assert (intent.status, intent.amount_received, intent.last_payment_error) == ("succeeded", 2500, None)
    assert (charge.paid, charge.amount, charge.payment_intent, charge.customer) == (
        True,
        2500,
        intent.id,
        till.customer.id,
    )
    assert (charge.metadata.to_dict(), charge.description) == ({"topup_id": "t_1"}, "Calling credit")
    assert charge.receipt_url == f"http://127.0.0.1:8420/receipts/{charge.id}"
    assert [item.id for item in till.client.v1.charges.list({"payment_intent": intent.id}).data] == [charge.id]


def test_an_intent_can_be_confirmed_as_it_is_created(till: Till) -> None:
    params: Any = {"amount": 5000, "currency": "USD", "customer": till.customer.id, "payment_method": till.save()}
    params |= {"confirm": True, "off_session": True, "automatic_payment_methods": {"enabled": True}}
    params["automatic_payment_methods"]["allow_redirects"] = "never"
    intent = till.client.v1.payment_intents.create(params)
    assert (intent.status, intent.currency) == ("succeeded", "usd")


def test_a_paid_intent_makes_events_for_itself_and_its_charge(till: Till) -> None:
    till.paid()
    assert till.event_types() == [
        "payment_method.attached",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_a_processing_payment_succeeds_or_fails_later(till: Till, controls: Controls) -> None:
    first, second = till.paid("pm_card_processing"), till.paid("pm_card_processing")
    assert (first.status, till.client.v1.charges.retrieve(str(first.latest_charge)).status) == ("processing", "pending")
    controls.settle(first.id)
    controls.fail(second.id, "insufficient_funds")
    paid, failed = (till.client.v1.payment_intents.retrieve(intent.id) for intent in (first, second))
    assert (paid.status, paid.amount_received, paid.latest_charge) == ("succeeded", 2500, first.latest_charge)
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", second.latest_charge)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == "insufficient_funds"
    assert "payment_intent.processing" in till.event_types()


def test_a_canceled_intent_has_a_reason_and_cannot_be_paid(till: Till) -> None:
    intent = till.intent()
    canceled = till.client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert till.event_types()[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.confirm(intent)
    assert refused(caught) == "payment_intent_unexpected_state"
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.status == "canceled"


def test_only_the_description_of_a_paid_intent_can_change(till: Till) -> None:
    intent = till.paid(metadata={"a": "1", "b": "2"})
    changed = till.client.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    with pytest.raises(stripe.InvalidRequestError):
        till.client.v1.payment_intents.update(intent.id, {"amount": 100})


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_an_amount_out_of_bounds_is_refused(till: Till, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.intent(None, amount=amount)
    assert refused(caught) == code


def test_an_intent_that_might_redirect_needs_a_return_url(till: Till) -> None:
    params: Any = {"amount": 2500, "currency": "usd", "customer": till.customer.id, "payment_method": till.save()}
    intent = till.client.v1.payment_intents.create(params)
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        till.confirm(intent)
    assert till.confirm(intent, return_url="http://localhost/back").status == "succeeded"


def test_intents_are_listed_newest_first_by_customer_and_time(till: Till, clock: Clock) -> None:
    created = []
    for _ in range(5):
        clock.forward(minutes=1)
        created.append(till.intent(None))
    till.client.v1.payment_intents.create({"amount": 2500, "currency": "usd"})
    intents = till.client.v1.payment_intents
    newest = [intent.id for intent in reversed(created)]
    first = intents.list({"customer": till.customer.id, "limit": 2})
    assert ([intent.id for intent in first.data], first.has_more) == (newest[:2], True)
    rest = intents.list({"customer": till.customer.id, "limit": 10, "starting_after": newest[1]})
    assert ([intent.id for intent in rest.data], rest.has_more) == (newest[2:], False)
    assert [intent.id for intent in first.auto_paging_iter()] == newest
    within = {"gte": created[1].created, "lt": created[3].created}
    found = intents.list({"customer": till.customer.id, "created": within})  # type: ignore[arg-type]  # A range is allowed.
    assert [intent.id for intent in found.data] == [created[2].id, created[1].id]


def test_an_intent_confirmed_concurrently_is_paid_once(till: Till) -> None:
    intent = till.intent()
    path = f"/v1/payment_intents/{intent.id}/confirm"
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda n: till.post(path, f"k{n}", off_session=True)[0], range(40)))
    assert sorted(statuses) == [200] + [400] * 39
    assert len(till.client.v1.charges.list({"payment_intent": intent.id}).data) == 1
