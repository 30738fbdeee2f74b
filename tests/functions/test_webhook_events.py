"""Stripe's events in any order and number credit a payment once and keep the cards current."""

from random import Random

import pytest
import requests

from local.stripe_stand_in.controls import Controls
from tests.harness.callbacks import event_about, issues, succeeded
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import ALWAYS, ANYTHING, CREATE, Till

pytestmark = pytest.mark.dynamodb


# --- Any order, any number --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_events_in_any_order_and_number_end_in_the_same_ledger(till: Till, seed: int) -> None:
    rng = Random(seed)
    cards = {kind: till.card(kind) for kind in (VISA, DECLINED, CHALLENGED)}
    challenged = till.paid("25.00", cards[CHALLENGED])
    told = till.stand_in.take_events()
    for step in range(6):
        if step == 2:
            till.challenge(challenged["id"])
        if step in (3, 4):
            till.paid("30.00", cards[VISA if step == 3 else DECLINED])
        told += till.stand_in.take_events()
        for event in rng.choices(told, k=6):
            assert till.call_back(event).status == 200
    for event in rng.sample(told, len(told)):
        assert till.call_back(event).status == 200
    before = till.everything()
    for event in rng.choices(told, k=2 * len(told)):
        assert till.call_back(event).status == 200
    assert till.everything() == before
    assert sorted(item["status"] for item in till.top_ups()) == ["failed", "succeeded", "succeeded"]
    assert till.world.balance() == 55_000_000
    assert issues(till) == []
    till.check()


@pytest.mark.parametrize("when", ["before the answer", "after the answer", "lost answer"])
def test_an_early_success_event_is_credited_once(till: Till, when: str) -> None:
    """The intent is confirmed when it is made, and Stripe's callback arrives before its response."""
    card = till.card()

    def told_at_once(sent: StripeRequest, passed: Pass) -> requests.Response:
        if f"{sent.method} {sent.path}" != CREATE:
            return passed()
        till.wire.through = None
        answer = passed()
        intent_id = answer.json()["id"]
        till.sdk.v1.payment_intents.confirm(intent_id, {"payment_method": card})
        assert [item["status"] for item in till.top_ups()] == ["created"]
        if when != "after the answer":
            assert till.call_back(succeeded(intent_id)).body["outcome"] == "succeeded"
        if when == "lost answer":
            raise requests.ConnectionError("lost")
        return answer

    till.wire.through = told_at_once
    shown = till.paid("25.00", card, key="one")
    assert shown["status"] == "succeeded"
    till.call_all_back()
    assert till.charged() == [2500]
    assert till.world.balance() == 25_000_000
    assert issues(till) == []
    till.check()


# --- Cards ------------------------------------------------------------------------------------------------------------


def saved_on_page(till: Till, kind: str) -> str:
    """Save a card on the hosted page and deliver the callback; the card's id."""
    address = till.world.ask("add_funds", "POST", "/payment-methods").body["url"]
    session = Controls(till.stand_in).complete_checkout(address.rpartition("/")[2], kind)
    till.call_all_back()
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def default(till: Till) -> str | None:
    """The customer's default card at Stripe."""
    [customer] = till.objects("customer")
    card: str | None = customer["invoice_settings"]["default_payment_method"]
    return card


def test_only_the_first_card_saved_on_the_page_becomes_the_default(till: Till) -> None:
    first = saved_on_page(till, VISA)
    assert default(till) == first
    second = saved_on_page(till, MASTERCARD)
    assert default(till) == first
    till.world.ask("add_funds", "DELETE", f"/payment-methods/{first}")
    assert default(till) is None
    third = saved_on_page(till, VISA)
    assert (default(till), second != third) == (third, True)


def test_an_event_of_an_unknown_page_or_without_news_is_accepted(till: Till) -> None:
    till.customer()
    [session] = till.objects("checkout.session")
    for session_id in (session["id"], "cs_test_unknown"):
        answer = till.call_back(event_about("checkout.session.completed", {"id": session_id}))
        assert answer.status == 200
    assert default(till) is None


def test_a_card_saved_for_a_foreign_customer_changes_nothing(till: Till) -> None:
    stranger = till.sdk.v1.customers.create({"metadata": {"shop": "another product"}}).id
    page = till.sdk.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "usd", "customer": stranger, "success_url": "https://shop.test/"}
    )
    Controls(till.stand_in).complete_checkout(page.id)
    assert "checkout.session.completed" in till.call_all_back()
    assert default(till) is None


def test_a_card_removed_at_stripe_suspends_the_rule_that_used_it(till: Till) -> None:
    used, other = till.card(), till.card(MASTERCARD)
    till.set_rule(used)
    till.sdk.v1.payment_methods.detach(other)
    till.call_all_back()
    assert till.shown_rule()["status"] == "active"
    till.sdk.v1.payment_methods.detach(used)
    events = till.stand_in.take_events()
    for _ in range(2):
        for event in events:
            assert till.call_back(event).status == 200
        shown = till.shown_rule()
        assert (shown["status"], shown["reason"]) == ("suspended", "card_removed")
    assert issues(till) == []


@pytest.mark.parametrize("account", ["acct_1", "acct_of_another_deployment", ""])
def test_a_card_removed_from_a_foreign_customer_is_listed_once(till: Till, account: str) -> None:
    stranger = till.sdk.v1.customers.create({"metadata": {"account_id": account}}).id
    card = till.sdk.v1.payment_methods.attach(VISA, {"customer": stranger}).id
    till.customer()
    till.sdk.v1.payment_methods.detach(card)
    events = till.stand_in.take_events()
    for event in events * 2:
        assert till.call_back(event).status == 200
    assert issues(till) == [(card, "foreign_card", account)]


def test_a_card_removed_with_its_customer_is_listed_once(till: Till) -> None:
    card = till.card()
    customer = till.customer()
    till.sdk.v1.payment_methods.detach(card)
    del till.stand_in.account.objects["customer"][customer]
    till.call_all_back()
    assert issues(till) == [(card, "foreign_card", "")]


# --- Stripe is unavailable --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "error_500"])
def test_stripe_is_asked_to_resend_an_event_during_its_outage(till: Till, kind: str) -> None:
    card = till.card()
    till.set_rule(card)
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(shown["id"])
    intent_id = till.intent_of(shown["id"])["id"]
    [session, *_] = till.objects("checkout.session")
    detached = event_about(
        "payment_method.detached", {"id": card, "customer": None}, previous_attributes={"customer": session["customer"]}
    )
    before = till.everything()
    till.fault(kind, ANYTHING, count=ALWAYS)
    for event in (succeeded(intent_id), event_about("checkout.session.completed", {"id": session["id"]}), detached):
        answer = till.call_back(event)
        assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert till.everything() == before
    till.all_well()
    assert till.call_back(succeeded(intent_id)).body["outcome"] == "succeeded"
    assert till.call_back(detached).body["outcome"] == "suspended"
    till.check()
