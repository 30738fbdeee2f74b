"""Faults that only the requests of one customer meet."""

import pytest

from local.stripe_stand_in.faults import ConnectionLost, Faults
from local.stripe_stand_in.forms import customer_in
from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.conftest import Till

CREATE = "/v1/payment_intents"


def test_a_fault_of_a_customer_passes_over_the_requests_of_others() -> None:
    faults = Faults()
    faults.add("dropped", f"POST {CREATE}", customer="cus_1")
    assert faults.of_request("POST", CREATE, "cus_2") is None
    assert faults.of_request("POST", CREATE) is None
    met = faults.of_request("POST", CREATE, customer_in([("amount", "2500"), ("customer", "cus_1")]))
    assert met is not None
    assert met.kind == "dropped"
    assert faults.waiting() == []


def test_a_fault_without_a_customer_meets_any_request() -> None:
    faults = Faults()
    faults.add("dropped", f"POST {CREATE}")
    assert faults.of_request("POST", CREATE, customer_in({"customer": "cus_2"})) is not None


def test_a_fault_of_a_customer_meets_its_intents_and_events_only(till: Till, stand_in: StandIn) -> None:
    other = till.client.v1.customers.create({"email": "ben@example.com"})
    own, foreign = (till.intent(None, customer=one) for one in (till.customer.id, other.id))
    stand_in.take_events()
    stand_in.faults.add("dropped", f"POST {CREATE}/*/cancel", customer=till.customer.id)
    stand_in.faults.add("lost", "payment_intent.canceled", customer=till.customer.id)
    assert till.post(f"{CREATE}/{foreign.id}/cancel")[0] == 200
    with pytest.raises(ConnectionLost):
        till.post(f"{CREATE}/{own.id}/cancel")
    assert till.post(f"{CREATE}/{own.id}/cancel")[0] == 200
    assert [event["data"]["object"]["id"] for event in stand_in.take_events()] == [foreign.id]
    assert stand_in.faults.waiting() == []
