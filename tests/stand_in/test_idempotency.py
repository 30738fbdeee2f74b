"""An idempotency key replays its first answer for a day and is valid for one request only."""

import threading
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock


def sent(till: Till, path: str, key: str | None, **params: Any) -> tuple[int, bytes, bool]:
    """Status, body, and whether it was a replay."""
    headers = {"Authorization": f"Bearer {till.stand_in.api_key}"} | ({"Idempotency-Key": key} if key else {})
    answer = till.stand_in.handle("POST", path, params, headers)
    return answer.status, answer.body, answer.headers.get("Idempotent-Replayed") == "true"


def test_a_replay_returns_the_first_answer_without_a_second_effect(till: Till) -> None:
    intent = till.intent()
    path = f"/v1/payment_intents/{intent.id}/confirm"
    first, second = (sent(till, path, "k1", off_session=True) for _ in range(2))
    assert (first[0], first[2], second[2]) == (200, False, True)
    assert first[:2] == second[:2]
    assert len(till.client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_decline_is_kept_even_when_the_intent_was_paid_meanwhile(till: Till) -> None:
    intent = till.intent("pm_card_chargeCustomerFail")
    path = f"/v1/payment_intents/{intent.id}/confirm"
    first = sent(till, path, "k1", off_session=True)
    till.confirm(intent, payment_method=till.save())
    assert sent(till, path, "k1", off_session=True) == (402, first[1], True)


def test_only_a_refusal_after_execution_began_is_kept(till: Till) -> None:
    amount = {"amount": 2500, "currency": "usd"}
    assert sent(till, "/v1/payment_intents", "k1", **amount, customer="cus_unknown")[::2] == (400, False)
    assert sent(till, "/v1/payment_intents", "k1", **amount, customer="cus_unknown")[::2] == (400, True)
    assert sent(till, "/v1/payment_intents", "k2", **amount, surprise="x")[::2] == (400, False)
    assert sent(till, "/v1/payment_intents", "k2", **amount)[::2] == (200, False)


def test_other_parameters_or_another_path_under_the_same_key_are_refused(till: Till) -> None:
    sent(till, "/v1/payment_intents", "k1", amount=2500, currency="usd")
    for path, amount, words in (
        ("/v1/payment_intents", 2600, "same parameters"),
        ("/v1/customers", 2500, "same endpoint"),
    ):
        status, body = till.post(path, "k1", amount=amount, currency="usd")
        assert (status, body["error"]["type"]) == (400, "idempotency_error")
        assert words in body["error"]["message"]
    options: Any = {"idempotency_key": "k1"}
    with pytest.raises(stripe.IdempotencyError):
        till.client.v1.payment_intents.create({"amount": 1, "currency": "usd"}, options)
    assert sent(till, "/v1/payment_intents", "k1", amount=2500, currency="usd")[::2] == (200, True)


def test_a_key_expires_after_a_day(till: Till, clock: Clock) -> None:
    first = sent(till, "/v1/customers", "k1", email="a@example.com")
    clock.forward(hours=23, minutes=59)
    assert sent(till, "/v1/customers", "k1", email="a@example.com") == (200, first[1], True)
    clock.forward(minutes=1)
    again = sent(till, "/v1/customers", "k1", email="a@example.com")
    assert again[2] is False
    assert again[1] != first[1]


def test_a_key_is_in_use_while_its_first_request_runs(clock: Clock) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def sleep(_seconds: float) -> None:
        begun.set()
        may_end.wait(5)

    stand_in = StandIn(now=clock, sleep=sleep)
    stand_in.faults.add("slow", "POST /v1/customers", seconds=3)
    headers = {"Authorization": f"Bearer {stand_in.api_key}", "Idempotency-Key": "k1"}
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(stand_in.handle("POST", "/v1/customers", {}, headers).status)
    )
    first.start()
    assert begun.wait(5)
    meanwhile = stand_in.handle("POST", "/v1/customers", {}, headers)
    assert (meanwhile.status, meanwhile.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    may_end.set()
    first.join(5)
    after = stand_in.handle("POST", "/v1/customers", {}, headers)
    assert (answers, after.status, after.headers["Idempotent-Replayed"]) == ([200], 200, "true")
    assert len(stand_in.account.objects["customer"]) == 1


def test_a_get_ignores_the_key(till: Till) -> None:
    headers = {"Authorization": f"Bearer {till.stand_in.api_key}", "Idempotency-Key": "k1"}
    path = f"/v1/customers/{till.customer.id}"
    answers = [till.stand_in.handle("GET", path, {}, headers) for _ in range(2)]
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, None]


def test_every_answer_names_its_request_and_a_replay_the_original(till: Till) -> None:
    headers = {"Authorization": f"Bearer {till.stand_in.api_key}", "Idempotency-Key": "k1"}
    first, second = (till.stand_in.handle("POST", "/v1/customers", {}, headers).headers for _ in range(2))
    assert first["Request-Id"].startswith("req_")
    assert first["Request-Id"] != second["Request-Id"]
    assert second["Original-Request"] == first["Request-Id"]
