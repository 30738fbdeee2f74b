"""Stripe is away, overloaded or faulty while somebody pays, or the process dies: what is answered, what is stored, and
that it ends with every payment credited once and none taken unseen.
"""

import json
from typing import Any

import pytest
import requests

from tests.harness.callbacks import counted
from tests.harness.cards import CHALLENGED, DECLINED, declining
from tests.harness.http import http_event
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import ALWAYS, ANYTHING, CANCEL, CONFIRM, CREATE, RETRIEVE, Till
from tests.harness.wire import Killed

pytestmark = pytest.mark.dynamodb
CODES = {"canceled": "canceled"}
"""What a payment that came to nothing says beside its status."""
SILENT = ("dropped", "answer_lost", "rate_limited", "lock_timeout")
FAULTS = (*SILENT, "error_500", "error_500_after")
READ_CARD = "GET /v1/payment_methods/*"


def confirm_keys(till: Till) -> list[str]:
    """How each confirmation that was sent was numbered."""
    return [str(sent.key).rpartition(":")[2] for sent in till.wire.posts("/confirm")]


def ends_right(till: Till, topup_id: str) -> dict[str, Any]:
    """A payment after Stripe is well again and the sweeper has looked twice, with law 5 checked."""
    till.all_well()
    till.sweep(minutes=2)
    till.sweep(minutes=5)
    till.call_all_back()
    shown = till.top_up(topup_id)
    assert shown["status"] in ("succeeded", "failed", "canceled")
    assert (shown["status"] == "succeeded") == (till.charged() == [2500])
    assert till.sweep(days=3)["payments"] == 0
    till.check()
    return shown


# --- Before anything is begun -----------------------------------------------------------------------------------------


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


# --- The intent is not made -------------------------------------------------------------------------------------------


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
    if unseen:  # Stripe repeats the fault under its key; only the list can tell.
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


# --- The money is asked for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS)
def test_one_fault_during_the_confirmation_goes_unnoticed(till: Till, kind: str) -> None:
    card = till.card()
    till.fault(kind, CONFIRM)
    assert till.paid("25.00", card)["status"] == "succeeded"
    assert till.charged() == [2500]
    till.check()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, '{"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "In use."}}'),
        (502, "<html>Bad gateway</html>"),
        (504, ""),
    ],
    ids=["key in use", "bad gateway", "gateway timeout"],
)
@pytest.mark.parametrize("step", ["/payment_intents", "/confirm", "/cancel"])
def test_a_proxy_fault_makes_no_second_charge(till: Till, step: str, status: int, body: str) -> None:
    card, met = till.card(DECLINED), list[str]()

    def once(sent: StripeRequest, passed: Pass) -> requests.Response:
        if sent.method == "POST" and sent.path.endswith(step) and not met:
            met.append(sent.path)
            return response(status, body.encode(), {"Content-Type": "text/html"})
        return passed()

    till.wire.through = once
    till.paid("25.00", card, key="one")
    till.later(seconds=36)
    shown = till.paid("25.00", card, key="one")
    tried = [charge["status"] for charge in till.objects("charge")]
    assert (shown["status"], tried) in (("failed", ["failed"]), ("canceled", []))
    assert met
    till.check()


def test_only_a_server_fault_gets_a_new_confirmation_number(till: Till) -> None:
    card = till.card()
    till.fault("error_500", CONFIRM)
    till.paid("25.00", card)
    assert confirm_keys(till) == ["1", "2"]
    till.wire.sent.clear()
    till.fault("dropped", CONFIRM)
    till.paid("25.00", card)
    assert confirm_keys(till) == ["1", "1"]
    till.check()


def test_a_server_fault_repeated_under_its_key_gets_a_new_number(till: Till) -> None:
    card = till.card()
    till.fault("error_500", CONFIRM)
    till.fault("dropped", RETRIEVE)
    shown = till.paid("25.00", card, key="one")
    assert shown["status"] == "processing"
    till.later(seconds=40)
    till.wire.sent.clear()
    assert till.paid("25.00", card, key="one")["status"] == "succeeded"
    assert confirm_keys(till) == ["1", "2"]
    assert till.charged() == [2500]
    till.check()


@pytest.mark.parametrize("kind", ["answer_lost", "error_500_after"])
def test_a_decline_without_a_response_is_found_and_not_repeated(till: Till, kind: str) -> None:
    card = till.card(DECLINED)
    till.fault(kind, CONFIRM)
    assert till.paid("25.00", card)["failure"]["code"] == "card_declined"
    assert len([charge for charge in till.objects("charge") if charge["status"] == "failed"]) == 1
    till.check()


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("card_kind", ["pm_card_visa", DECLINED, CHALLENGED])
def test_a_payment_of_unknown_outcome_is_processing_and_ends_correctly(till: Till, kind: str, card_kind: str) -> None:
    card = till.card(card_kind)
    till.fault(kind, CONFIRM, count=ALWAYS)
    till.fault("dropped", RETRIEVE, count=ALWAYS)
    shown = till.paid("25.00", card, key="one")
    assert (shown["status"], set(shown)) == (
        "processing",
        {"id", "kind", "status", "amount", "created_at", "payment_method"},
    )
    [item] = till.top_ups()
    assert (item["status"], item["intent_id"]) == ("confirming", till.intent_of(shown["id"])["id"])
    answer = till.pay("25.00", card, key="one")
    assert (answer.status, answer.code) == (409, "in_progress")
    happened = kind in ("answer_lost", "error_500_after")
    if happened and card_kind == CHALLENGED:
        till.challenge(shown["id"], confirmed=False)
    ended = ends_right(till, shown["id"])["status"]
    if not happened:
        assert ended == "canceled", "its person has moved on"
    else:
        assert ended == ("succeeded" if card_kind == "pm_card_visa" else "failed")


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("unseen", [0, 1])
def test_a_decline_has_its_message_even_if_the_cancellation_is_lost(till: Till, kind: str, unseen: int) -> None:
    card = till.card(declining("insufficient_funds"))
    till.fault(kind, CANCEL)
    if unseen:
        till.fault("dropped", RETRIEVE)
    shown = till.paid("25.00", card)
    assert shown["status"] in ("processing", "failed")
    assert ends_right(till, shown["id"])["failure"]["code"] == "insufficient_funds"
    assert till.intent_of(shown["id"])["status"] == "canceled"


def test_with_too_little_time_left_no_confirmation_is_sent(till: Till) -> None:
    body = {"amount": "25.00", "payment_method_id": till.card()}
    event = http_event("add_funds", "POST", "/top-ups", body=body, claims={"custom:account_id": "acct_1"})
    answer = till.world.stack.invoke("add_funds", event, seconds=8.9)
    shown = json.loads(answer["body"])
    assert (answer["statusCode"], shown["status"]) == (201, "processing")
    assert till.charged() == []
    assert ends_right(till, shown["id"])["status"] == "canceled"


@pytest.mark.parametrize("match", [READ_CARD, CREATE, CONFIRM, CANCEL, ANYTHING])
def test_every_payment_that_stripe_leaves_unanswered_is_counted(
    till: Till, match: str, capsys: pytest.CaptureFixture[str]
) -> None:
    till.paid("25.00", till.card(CHALLENGED))
    card = till.card(DECLINED)
    till.fault("dropped", match, count=ALWAYS)
    till.fault("dropped", RETRIEVE, count=ALWAYS)
    capsys.readouterr()
    till.pay("25.00", card)
    assert counted(capsys.readouterr().out)["StripeUnanswered"] >= 1


# --- The process dies -------------------------------------------------------------------------------------------------


def test_a_payment_of_a_dead_worker_is_left_alone_until_its_lease_ends(till: Till) -> None:
    card = till.card()

    def killed(sent: StripeRequest, passed: Pass) -> requests.Response:
        if sent.path.endswith("/confirm"):
            raise Killed
        return passed()

    till.wire.through = killed
    with pytest.raises(Killed):
        till.pay("25.00", card, key="one")
    till.wire.through = None
    till.later(seconds=34)
    answer = till.pay("25.00", card, key="one")
    assert (answer.status, answer.code) == (409, "in_progress")
    assert till.sweep()["payments"] == 0
    till.later(seconds=2)
    assert till.paid("25.00", card, key="one")["status"] == "succeeded"
    assert till.charged() == [2500]
    till.check()
