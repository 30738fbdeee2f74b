"""One Idempotency-Key makes one payment, and only a saved card of the account can pay."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import Answer
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


# --- One payment for one key ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "charges"), [(VISA, "succeeded", 1), (DECLINED, "failed", 0), (CHALLENGED, "requires_action", 0)]
)
def test_the_same_key_and_body_get_the_same_response_and_one_payment(
    till: Till, kind: str, status: str, charges: int
) -> None:
    card = till.card(kind)
    first = till.paid("25.00", card, key="one")
    assert first["status"] == status
    before = till.everything()
    for amount in ("25.00", "25", "25.0"):
        till.later(hours=1)
        assert till.paid(amount, card, key="one") == first
    assert till.everything() == before
    assert len(till.objects("payment_intent")) == 1
    assert len(till.charged()) == charges
    till.check()


@pytest.mark.parametrize("kind", [VISA, DECLINED, CHALLENGED])
def test_the_same_key_with_other_amount_or_card_is_409_without_change(till: Till, kind: str) -> None:
    card, other = till.card(kind), till.card(MASTERCARD)
    till.paid("25.00", card, key="one")
    before = till.everything()
    for amount, named in (("25.01", card), ("25.00", other), ("30.00", other), ("25.00", "pm_unknown")):
        answer = till.pay(amount, named, key="one")
        assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert till.everything() == before


def test_the_same_key_of_another_user_or_account_is_another_payment(till: Till) -> None:
    till.world.create_account("acct_2")
    card, theirs = till.card(), till.card(account="acct_2")
    paid = [
        till.paid("25.00", card, key="one"),
        till.paid("25.00", card, key="one", sub="another_user"),
        till.paid("25.00", theirs, key="one", account="acct_2"),
        till.paid("25.00", card, key="One"),
    ]
    assert len({shown["id"] for shown in paid}) == 4
    assert (till.world.balance(), till.world.balance("acct_2")) == (75_000_000, 25_000_000)
    till.check()


def test_a_request_for_a_payment_in_progress_is_asked_to_retry(till: Till) -> None:
    card, told = till.card(), list[Answer]()

    def meanwhile(sent: StripeRequest, passed: Pass) -> requests.Response:
        if sent.path.endswith(("/payment_intents", "/confirm")) and sent.method == "POST":
            till.wire.through = None
            told.append(till.pay("25.00", card, key="one"))
            told.append(till.pay("30.00", card, key="one"))
            till.wire.through = meanwhile
        return passed()

    till.wire.through = meanwhile
    paid = till.paid("25.00", card, key="one")
    assert [(answer.status, answer.code) for answer in told] == [
        (409, "in_progress"),
        (409, "idempotency_key_reused"),
    ] * 2
    assert int(told[0].headers["retry-after"]) > 0
    assert paid["status"] == "succeeded"
    assert till.charged() == [2500]
    till.check()


def test_requests_with_one_key_at_the_same_moment_are_one_payment(till: Till) -> None:
    card = till.card()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: till.pay("25.00", card, key="one"), range(4)))
    assert {answer.code for answer in answers if answer.status != 201} <= {"in_progress", "payments_unavailable"}
    assert len({answer.body["id"] for answer in answers if answer.status == 201}) == 1
    assert till.paid("25.00", card, key="one")["status"] == "succeeded"
    assert till.charged() == [2500]
    till.check()


# --- Cards ------------------------------------------------------------------------------------------------------------


def test_only_a_saved_card_of_the_account_itself_pays(till: Till) -> None:
    till.world.create_account("acct_2")
    till.card()
    theirs = till.card(account="acct_2")
    nobodys = till.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    before = till.world.stack.items()
    for card in (theirs, nobodys, "pm_unknown", "pm_card_visa", "cus_1"):
        answer = till.pay("25.00", card)
        assert (answer.status, answer.code) == (404, "unknown_payment_method"), card
    assert till.world.stack.items() == before
    assert till.objects("payment_intent") == []


def test_a_removed_card_cannot_pay(till: Till) -> None:
    card = till.card()
    till.sdk.v1.payment_methods.detach(card)
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert till.top_ups() == []


def test_a_saved_payment_method_that_is_not_a_card_pays_nothing(till: Till) -> None:
    saved = till.card()
    method = till.stand_in.account.objects["payment_method"][saved]
    method["type"] = "us_bank_account"
    del method["card"]
    answer = till.pay("25.00", saved)
    assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert till.top_ups() == []


def test_an_account_that_never_saved_a_card_cannot_pay_and_skips_stripe(till: Till) -> None:
    answer = till.pay("25.00", "pm_1")
    assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert till.wire.sent == []


@pytest.mark.parametrize("moment", ["/payment_intents", "/confirm"])
def test_a_card_removed_during_the_payment_fails_it_with_a_message(till: Till, moment: str) -> None:
    card = till.card()

    def removed_before(sent: StripeRequest, passed: Pass) -> requests.Response:
        if sent.method == "POST" and sent.path.endswith(moment):
            till.wire.through = None
            till.sdk.v1.payment_methods.detach(card)
        return passed()

    till.wire.through = removed_before
    shown = till.paid("25.00", card)
    assert shown["status"] == "failed"
    assert shown["failure"] == {
        "code": "card_removed",
        "message": "This card was removed. Add it again, or use another card.",
    }
    assert [intent["status"] for intent in till.objects("payment_intent")] in ([], ["canceled"])
    till.check()
