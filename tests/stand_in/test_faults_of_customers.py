"""Faults that only the requests of one customer meet."""

from local.stripe_stand_in.faults import Faults
from local.stripe_stand_in.forms import customer_in

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
