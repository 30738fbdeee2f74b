"""Changes in the table become events on the bus, in the published form."""

import json

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.events_bench import Listener, judged, listener
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import UNCOVERED

__all__ = ["listener"]

pytestmark = pytest.mark.dynamodb


def test_the_sample_event_announces_a_low_balance_and_an_unrated_call(listener: Listener) -> None:
    assert listener.deliver(*sample_event("publish_events")["Records"]) == []
    [entries] = listener.sent
    assert [judged(entry)["type"] for entry in entries] == ["BalanceLow", "CallUnrated"]
    assert judged(entries[0])["data"] == {"balance": "8.50", "low_balance": "10.00"}
    assert judged(entries[1])["data"]["to"] == "GB…50"


def test_a_payment_is_announced_once_when_it_is_credited(till: Till, listener: Listener) -> None:
    paid = till.paid("25.00", till.card(VISA))
    receipt, event = sorted(listener.hear(), key=lambda event: str(event["type"]))
    assert receipt["type"] == "ReceiptIssued"
    assert (event["type"], event["account_id"], event["data"]["topup_id"]) == (
        "TopUpSucceeded",
        "acct_1",
        paid["id"],
    )
    assert event["data"]["payment_method"] | {"type": "card"} == paid["payment_method"]
    till.call_all_back()
    till.sweep(minutes=10)
    assert listener.hear() == []


def test_a_decline_is_announced_with_the_message_of_the_response(till: Till, listener: Listener) -> None:
    declined = till.paid("25.00", till.card(DECLINED))
    [event] = listener.hear()
    assert (event["type"], event["data"]["failure"]) == ("TopUpFailed", declined["failure"])


def test_a_challenge_is_announced_when_it_ends(till: Till, listener: Listener) -> None:
    waiting = till.paid("25.00", till.card(CHALLENGED))
    assert listener.hear() == []
    till.challenge(waiting["id"])
    till.call_all_back()
    assert listener.names() == ["ReceiptIssued", "TopUpSucceeded"]


def test_recharges_are_announced_on_success_failure_and_suspension(till: Till, listener: Listener) -> None:
    till.set_rule(till.card(VISA))
    till.stream()
    assert listener.names() == ["AutoRechargeSucceeded", "ReceiptIssued", "RuleChanged"]
    till.world.adjust("-100.00", "k_1")
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert listener.names() == ["AdjustmentPosted", "AutoRechargeFailed", "RuleChanged"]
    heard = []
    for _ in range(2):
        till.sweep(hours=25)
        till.stream()
        heard.append(listener.names())
    assert heard == [["AutoRechargeFailed"], ["AutoRechargeFailed", "AutoRechargeSuspended"]]


def test_a_suspension_for_the_bank_is_announced_with_the_pages_words(till: Till, listener: Listener) -> None:
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    event, _ = sorted(listener.hear(), key=lambda event: str(event["type"]))
    shown = till.shown_rule()
    assert event["type"] == "AutoRechargeSuspended"
    assert (event["data"]["reason"], event["data"]["message"]) == (shown["reason"], shown["message"])


def test_a_low_balance_is_announced_once_for_each_crossing(till: Till, listener: Listener) -> None:
    world = till.world
    world.adjust("20.00", "k_0")
    world.operate("PUT", "/accounts/acct_1", {"low_balance": "5.00"})
    assert listener.names() == ["AccountChanged", "AdjustmentPosted"]
    world.adjust("-15.00", "k_1")
    assert listener.names() == ["AdjustmentPosted"]
    heard = []
    for number, amount in enumerate(["-0.01", "-1.00", "10.00", "-10.00"]):
        till.later(minutes=1)
        world.adjust(amount, f"m_{number}")
        heard.append([event["data"]["balance"] for event in listener.hear() if event["type"] == "BalanceLow"])
    assert heard == [["4.99"], [], [], ["3.99"]]


def test_refunds_disputes_and_returned_credit_are_announced(till: Till, listener: Listener) -> None:
    till.paid("100.00", till.card(VISA))
    listener.hear()
    [charge] = [charge for charge in till.objects("charge") if charge["status"] == "succeeded"]
    dispute = Controls(till.stand_in).dispute(charge["id"], amount=3_000)
    till.call_all_back()
    taken, note, blocked = sorted(listener.hear(), key=lambda event: str(event["type"]), reverse=True)
    assert (note["type"], note["data"]["total"]) == ("CreditNoteIssued", "30.00")
    assert (blocked["type"], blocked["data"]["payment_method"]["last4"]) == ("CardBlocked", "4242")
    Controls(till.stand_in).win_dispute(dispute["id"])
    till.call_all_back()
    given, note = sorted(listener.hear(), key=lambda event: str(event["type"]), reverse=True)
    assert note["data"]["total"] == "-30.00"
    assert [(event["type"], event["data"]["amount"]) for event in (taken, given)] == [
        ("CreditReversed", "30.00"),
        ("CreditReturned", "30.00"),
    ]


def test_an_unrated_call_is_announced_and_a_charged_one_is_not(till: Till, listener: Listener) -> None:
    till.world.deliver({"call_id": "c_1"}, {"call_id": "c_2", "to": UNCOVERED})
    [event] = listener.hear()
    assert (event["type"], event["data"]["call_id"]) == ("CallUnrated", "c_2")
    assert UNCOVERED[1:] not in json.dumps(event)
    till.world.deliver({"call_id": "c_2", "to": UNCOVERED})
    assert listener.hear() == []
