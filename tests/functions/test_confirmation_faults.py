"""Stripe or the process fails during a confirmation: the payment is credited once and never taken unseen."""

import json
from typing import Any

import pytest
import requests

from tests.functions.outages_bench import FAULTS, READ_CARD
from tests.harness.callbacks import counted
from tests.harness.cards import CHALLENGED, DECLINED, PAYMENT_FIELDS, declining
from tests.harness.http import http_event
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import ALWAYS, ANYTHING, CANCEL, CONFIRM, CREATE, RETRIEVE, Till
from tests.harness.wire import Killed

pytestmark = pytest.mark.dynamodb


def confirm_keys(till: Till) -> list[str]:
    """The number of each confirmation."""
    return [str(sent.key).rpartition(":")[2] for sent in till.wire.posts("/confirm")]


def ends_right(till: Till, topup_id: str) -> dict[str, Any]:
    """The payment after the outage and two sweeps, with law 5 checked."""
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


# --- The confirmation -------------------------------------------------------------------------------------------------


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
        set(PAYMENT_FIELDS),
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
