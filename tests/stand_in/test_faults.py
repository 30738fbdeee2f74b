"""Faults on demand: before and after a request is executed, and how often."""

import pytest
import stripe

from local.stripe_stand_in.faults import ConnectionLost
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import client_of

CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/*/confirm"


def intents(till: Till) -> int:
    """The number of payment intents."""
    return len(till.stand_in.account.objects["payment_intent"])


def create(till: Till, key: str | None = "k1") -> tuple[int, bool]:
    """Try to create an intent; return the status and whether it was a replay."""
    headers = {"Authorization": f"Bearer {till.stand_in.api_key}"} | ({"Idempotency-Key": key} if key else {})
    answer = till.stand_in.handle("POST", "/v1/payment_intents", {"amount": 2500, "currency": "usd"}, headers)
    return answer.status, "Idempotent-Replayed" in answer.headers


def test_a_lost_answer_is_executed_once_and_replayed(till: Till) -> None:
    till.stand_in.faults.add("answer_lost", CREATE)
    with pytest.raises(ConnectionLost):
        create(till)
    assert intents(till) == 1
    assert create(till) == (200, True)
    assert intents(till) == 1


def test_a_dropped_request_is_not_executed(till: Till) -> None:
    till.stand_in.faults.add("dropped", CREATE)
    with pytest.raises(ConnectionLost):
        create(till)
    assert intents(till) == 0
    assert create(till) == (200, False)


def test_an_error_before_execution_is_kept_by_the_key(till: Till) -> None:
    till.stand_in.faults.add("error_500", CREATE)
    assert [create(till), create(till)] == [(500, False), (500, True)]
    assert intents(till) == 0
    assert create(till, "k2") == (200, False)


def test_an_error_after_execution_is_kept_by_the_key(till: Till) -> None:
    till.stand_in.faults.add("error_500_after", CREATE)
    assert [create(till), create(till)] == [(500, False), (500, True)]
    assert intents(till) == 1


def test_a_decline_behind_an_error_is_found_on_the_intent(till: Till) -> None:
    till.stand_in.faults.add("error_500_after", CONFIRM)
    intent = till.intent("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.APIError) as caught:
        till.confirm(intent)
    assert caught.value.http_status == 500
    found = till.client.v1.payment_intents.retrieve(intent.id)
    assert found.last_payment_error is not None
    assert found.last_payment_error.code == "card_declined"


@pytest.mark.parametrize("kind", ["rate_limited", "lock_timeout"])
def test_too_many_requests_are_not_executed_and_not_kept(till: Till, kind: str) -> None:
    till.stand_in.faults.add(kind, CREATE)
    assert [create(till), create(till)] == [(429, False), (200, False)]
    till.stand_in.faults.add(kind, CREATE)
    with pytest.raises(stripe.RateLimitError):
        till.intent(None)


def test_slow_executes_before_the_delay_and_late_after_it(till: Till) -> None:
    done: list[int] = []
    till.stand_in._sleep = lambda seconds: done.append(intents(till) * 100 + int(seconds))
    for kind in ("slow", "late"):
        till.stand_in.faults.add(kind, CREATE, seconds=9)
        create(till, kind)
    assert done == [109, 109]
    assert intents(till) == 2


def test_a_fault_hits_matching_requests_the_given_number_of_times(till: Till) -> None:
    till.stand_in.faults.add("error_500", CONFIRM, count=2, skip=1)
    assert till.paid().status == "succeeded"
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            till.paid()
    assert till.paid().status == "succeeded"
    assert till.stand_in.faults.waiting() == []


def test_an_unknown_fault_is_refused(till: Till) -> None:
    with pytest.raises(ValueError, match="unknown fault 'broken'"):
        till.stand_in.faults.add("broken")


def test_the_sdk_retries_a_lost_answer_and_gets_the_replay(till: Till) -> None:
    till.stand_in.faults.add("answer_lost", "POST /v1/customers", count=2)
    with pytest.raises(stripe.APIConnectionError):
        till.client.v1.customers.create({"name": "Bo"})
    retrying = client_of(till.stand_in, max_network_retries=1)
    assert retrying.v1.customers.create({"name": "Cy"}).name == "Cy"
    names = [customer["name"] for customer in till.stand_in.account.objects["customer"].values()]
    assert names == [None, "Bo", "Cy"]


def test_the_log_records_requests_and_answers(till: Till) -> None:
    till.stand_in.requests.clear()
    till.stand_in.faults.add("dropped", CREATE)
    with pytest.raises(ConnectionLost):
        create(till)
    create(till)
    create(till)
    logged = [(entry.method, entry.path, entry.idempotency_key, entry.status) for entry in till.stand_in.requests]
    path = "/v1/payment_intents"
    assert logged == [("POST", path, "k1", 0), ("POST", path, "k1", 200), ("POST", path, "k1", 200)]
    assert [(entry.fault, entry.replayed) for entry in till.stand_in.requests] == [
        ("dropped", False),
        (None, False),
        (None, True),
    ]


def test_a_reset_clears_everything(till: Till) -> None:
    till.paid()
    till.stand_in.faults.add("dropped", CREATE)
    till.stand_in.reset()
    assert till.stand_in.take_events() == []
    assert till.stand_in.faults.waiting() == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.customers.retrieve(till.customer.id)
    assert caught.value.http_status == 404
