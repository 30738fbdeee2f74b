"""Stripe fails before a payment has an intent: no charge is lost or made twice."""

import pytest
import requests

from tests.functions.outages_bench import FAULTS, READ_CARD, SILENT
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import ALWAYS, ANYTHING, CREATE, Till

pytestmark = pytest.mark.dynamodb


CODES = {"canceled": "canceled"}
"""The other fields of a canceled payment."""


# --- Faults before the payment begins ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS)
def test_nothing_begins_while_the_card_cannot_be_read(till: Till, kind: str) -> None:
    card = till.card()
    till.fault(kind, READ_CARD)
    before = till.everything()
    answer = till.pay("25.00", card, key="one")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert till.everything() == before
    assert till.paid("25.00", card, key="one")["status"] == "succeeded"


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "error_500"])
def test_in_an_outage_cards_are_unavailable_and_payments_are_listed(till: Till, kind: str) -> None:
    card = till.card()
    paid = till.paid("25.00", card)
    before = till.everything()
    till.fault(kind, ANYTHING, count=ALWAYS)
    requests_of_cards = [
        ("GET", "/payment-methods"),
        ("POST", "/payment-methods"),
        ("DELETE", f"/payment-methods/{card}"),
        ("POST", "/top-ups"),
    ]
    for method, path in requests_of_cards:
        body = {"amount": "25.00", "payment_method_id": card}
        answer = till.world.ask("add_funds", method, path, body, key="key")
        assert (answer.status, answer.code) == (503, "payments_unavailable"), path
        assert int(answer.headers["retry-after"]) > 0
    assert till.top_up(paid["id"]) == paid
    assert till.everything() == before


# --- Faults before the intent exists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SILENT)
def test_an_uncertain_intent_charges_nothing_and_the_same_key_resumes(till: Till, kind: str) -> None:
    card = till.card()
    till.fault(kind, CREATE, count=2)
    answer = till.pay("25.00", card, key="one")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    [item] = till.top_ups()
    assert (item["status"], "intent_id" in item) == ("created", False)
    assert till.charged() == []
    assert till.paid("25.00", card, key="one")["status"] == "succeeded"
    assert len(till.objects("payment_intent")) == 1
    till.check()


@pytest.mark.parametrize("kind", SILENT)
def test_one_lost_response_to_a_new_intent_goes_unnoticed(till: Till, kind: str) -> None:
    card = till.card()
    till.fault(kind, CREATE)
    assert till.paid("25.00", card)["status"] == "succeeded"
    assert len(till.objects("payment_intent")) == 1
    till.check()


@pytest.mark.parametrize(("kind", "status"), [("error_500", "canceled"), ("error_500_after", "succeeded")])
@pytest.mark.parametrize("unseen", [0, 1])
def test_after_a_server_fault_the_intent_is_found_and_never_made_twice(
    till: Till, kind: str, status: str, unseen: int
) -> None:
    card = till.card()
    till.fault(kind, CREATE)
    if unseen:  # Stripe repeats the fault under its key; only the list shows the intent.
        till.fault("dropped", "GET /v1/payment_intents")
        answer = till.pay("25.00", card, key="one")
        assert (answer.status, answer.code) == (503, "payments_unavailable")
        assert [item["status"] for item in till.top_ups()] == ["created"]
    shown = till.paid("25.00", card, key="one")
    assert (shown["status"], shown.get("failure", {}).get("code")) == (status, CODES.get(status))
    assert till.paid("25.00", card, key="one") == shown
    assert len(till.objects("payment_intent")) == len(till.charged()) == (status == "succeeded")
    assert till.paid("30.00", card, key="two")["status"] == "succeeded"
    till.check()


@pytest.mark.parametrize("kind", SILENT)
def test_a_payment_without_an_intent_is_canceled_after_a_minute(till: Till, kind: str) -> None:
    card = till.card()
    till.fault(kind, CREATE, count=2)
    assert till.pay("25.00", card, key="one").status == 503
    till.sweep(seconds=61)
    shown = till.paid("25.00", card, key="one")
    assert (shown["status"], shown["failure"]["code"]) == ("canceled", "canceled")
    assert {intent["status"] for intent in till.objects("payment_intent")} <= {"canceled"}
    assert till.charged() == []
    till.check()


def test_after_a_minute_the_same_key_cancels_the_payment_itself(till: Till) -> None:
    card = till.card()
    till.fault("answer_lost", CREATE, count=2)
    assert till.pay("25.00", card, key="one").status == 503
    till.later(seconds=61)
    assert till.paid("25.00", card, key="one")["status"] == "canceled"
    [intent] = till.objects("payment_intent")
    assert intent["status"] == "canceled"
    assert till.paid("25.00", card, key="two")["status"] == "succeeded"
    till.check()


def test_a_request_that_stripe_rejects_waits_and_is_canceled(till: Till) -> None:
    card = till.card()
    [customer] = till.stand_in.account.objects["customer"]

    def forgotten_before(sent: StripeRequest, passed: Pass) -> requests.Response:
        if f"{sent.method} {sent.path}" == CREATE:
            del till.stand_in.account.objects["customer"][customer]
        return passed()

    till.wire.through = forgotten_before
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (503, "payment_refused")
    till.sweep(seconds=61)
    assert [item["status"] for item in till.top_ups()] == ["canceled"]
    assert till.objects("payment_intent") == []
