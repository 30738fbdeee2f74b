"""A billing admin pays with a saved card: credited once, one payment per Idempotency-Key; what is refused leaves the
ledger and Stripe as they were.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import Answer
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.table import sample_event
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def ask(till: Till, body: Any, key: str | None = "key", **claims: Any) -> Answer:
    """POST /top-ups with any body."""
    return till.world.ask("add_funds", "POST", "/top-ups", body, key=key, **claims)


# --- Paying -----------------------------------------------------------------------------------------------------------


def test_the_sample_request_adds_funds_once(till: Till) -> None:
    till.world.create_account("acct_meridian")
    saved, named = till.card(account="acct_meridian"), "pm_1TZexampleAdasVisa"
    cards, known = till.stand_in.account.objects["payment_method"], till.stand_in.account.cards
    cards[named], known[named] = cards.pop(saved) | {"id": named}, known.pop(saved)
    answer = till.world.invoke("add_funds", sample_event("add_funds"))
    assert (answer.status, answer.body["status"], answer.body["amount"]) == (201, "succeeded", "25.00")
    again = till.world.invoke("add_funds", sample_event("add_funds"))
    assert (again.status, again.body) == (201, answer.body)
    assert till.world.balance("acct_meridian") == 25_000_000
    assert till.charged() == [2500]
    till.check()


def test_a_paid_top_up_has_exactly_the_documented_shape(till: Till) -> None:
    answer = till.pay("25.00", till.card())
    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    [charge] = till.objects("charge")
    assert answer.body == {
        "id": answer.body["id"],
        "kind": "manual",
        "status": "succeeded",
        "amount": "25.00",
        "created_at": "2026-11-23T12:00:00.000Z",
        "payment_method": {"brand": "visa", "last4": "4242"},
        "receipt_url": charge["receipt_url"],
    }
    assert re.fullmatch(r"tu_[0-9a-f]{32}", answer.body["id"])
    assert till.top_up(answer.body["id"]) == answer.body


def test_a_paid_top_up_is_one_entry_of_the_accounts_own_day(till: Till) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    paid = till.paid("25.00", till.card(MASTERCARD))
    assert till.world.balance() == 25_000_000
    [entry] = till.world.entries()
    assert entry["SK"] == f"ENTRY#2026-11-23T12:00:00.000Z#{paid['id']}"
    assert (entry["kind"], entry["category"], entry["local_date"]) == ("top_up_paid", "top_up", "2026-11-24")
    assert (entry["debit"], entry["credit"]) == ("card_payments", "customer_credit")
    assert (entry["payment"], entry["brand"], entry["last4"]) == ("manual", "mastercard", "4444")
    assert entry["intent_id"] == till.intent_of(paid["id"])["id"]
    till.check()


def test_stripe_receives_the_account_and_the_return_address(till: Till) -> None:
    paid = till.paid("25.00", till.card())
    intent = till.intent_of(paid["id"])
    assert intent["metadata"] == {"account_id": "acct_1", "topup_id": paid["id"], "kind": "manual"}
    assert (intent["amount"], intent["currency"], intent["allowed_payment_method_types"]) == (2500, "usd", ["card"])
    [create, confirm] = [sent for sent in till.wire.sent if sent.key and sent.key.startswith(paid["id"])]
    assert (create.key, confirm.key) == (f"{paid['id']}:create", f"{paid['id']}:confirm:1")
    assert dict(confirm.form)["return_url"] == f"https://page.test/?top_up={paid['id']}"


@pytest.mark.parametrize("amount", ["5.00", "5", "5.0", "25.01", "500.00"])
def test_an_amount_within_the_bounds_is_charged_to_the_cent(till: Till, amount: str) -> None:
    till.paid(amount, till.card())
    assert till.charged() == [round(float(amount) * 100)]
    till.check()


# --- What is refused --------------------------------------------------------------------------------------------------


REFUSED: list[tuple[Any, int, str]] = [
    ({"amount": "1e3"}, 422, "invalid_amount"),
    ({"amount": "+5"}, 422, "invalid_amount"),
    ({"amount": "NaN"}, 422, "invalid_amount"),
    ({"amount": "Infinity"}, 422, "invalid_amount"),
    ({"amount": "25.001"}, 422, "invalid_amount"),
    ({"amount": " 25.00"}, 422, "invalid_amount"),
    ({"amount": "25,00"}, 422, "invalid_amount"),
    ({"amount": "\u0662\u0665"}, 422, "invalid_amount"),
    ({"amount": ""}, 422, "invalid_amount"),
    ({"amount": 25}, 422, "invalid_amount"),
    ({"amount": 25.0}, 422, "invalid_amount"),
    ({"amount": True}, 422, "invalid_amount"),
    ({"amount": None}, 422, "invalid_amount"),
    ({"amount": ["25.00"]}, 422, "invalid_amount"),
    ({"amount": "-5"}, 422, "amount_out_of_range"),
    ({"amount": "-25.00"}, 422, "amount_out_of_range"),
    ({"amount": "0.00"}, 422, "amount_out_of_range"),
    ({"amount": "4.99"}, 422, "amount_out_of_range"),
    ({"amount": "500.01"}, 422, "amount_out_of_range"),
    ({"amount": "999999999"}, 422, "amount_out_of_range"),
    ({}, 422, "missing_field"),
    ({"amount": "25.00", "payment_method_id": None}, 422, "missing_field"),
    ({"amount": "25.00", "payment_method_id": 5}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": ""}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": "../customers"}, 422, "invalid_payment_method"),
    ({"amount": "25.00", "payment_method_id": "pm_" + "x" * 300}, 422, "invalid_payment_method"),
    ('{"amount": NaN, "payment_method_id": "pm_1"}', 400, "malformed_json"),
    ('{"amount": "25.00", "payment_method_id": "pm_1"', 400, "malformed_json"),
    ("[]", 400, "malformed_json"),
    (None, 400, "malformed_json"),
    ({"amount": "25.00", "padding": "x" * 65_536}, 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_an_invalid_amount_or_card_is_refused_and_nothing_is_written(
    till: Till, body: Any, status: int, code: str
) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    answer = ask(till, {"payment_method_id": card, **body} if isinstance(body, dict) else body)
    assert (answer.status, answer.code) == (status, code)
    assert till.everything() == before
    assert len(till.wire.sent) == asked


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "missing_idempotency_key"),
        ("", "missing_idempotency_key"),
        ("k" * 256, "invalid_idempotency_key"),
        ("ключ", "invalid_idempotency_key"),
        ("a\tb", "invalid_idempotency_key"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_an_invalid_key_is_refused_and_nothing_is_written(till: Till, key: str | None, code: str) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    answer = ask(till, {"amount": "25.00", "payment_method_id": card}, key)
    assert (answer.status, answer.code) == (400, code)
    assert till.everything() == before
    assert len(till.wire.sent) == asked


def test_a_key_of_255_printable_characters_is_fine(till: Till) -> None:
    assert till.paid("25.00", till.card(), key="~ " + "k" * 253)["status"] == "succeeded"


@pytest.mark.parametrize("groups", [None, "", "[member]", "[billing_admins]"])
def test_only_billing_admins_pay_and_others_get_403_for_any_key_or_body(till: Till, groups: str | None) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    for body in ({"amount": "25.00", "payment_method_id": card}, {"amount": "1e3"}, "{", None, "x" * 70_000):
        for key in ("key", None):
            answer = ask(till, body, key, **{"cognito:groups": groups})
            assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert till.everything() == before
    assert len(till.wire.sent) == asked


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token_use": "access"}, "id_token_required"), ({"custom:account_id": None}, "account_missing")],
)
def test_an_access_token_or_a_user_of_no_account_pays_nothing(till: Till, claims: dict[str, Any], code: str) -> None:
    body = {"amount": "25.00", "payment_method_id": till.card()}
    before = till.everything()
    for method, path in (("POST", "/top-ups"), ("GET", "/top-ups"), ("GET", "/payment-methods")):
        answer = till.world.ask("add_funds", method, path, body, key="key", **claims)
        assert (answer.status, answer.code) == (403, code)
    assert till.everything() == before


def test_a_closed_account_takes_no_funds_but_still_shows_its_payments(till: Till) -> None:
    card = till.card()
    paid = till.paid("25.00", card, key="before")
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    before = till.everything()
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (409, "account_closed")
    assert till.paid("25.00", card, key="before") == paid
    assert till.top_up(paid["id"]) == paid
    assert till.everything() == before


def test_an_account_that_does_not_exist_pays_nothing(till: Till) -> None:
    answer = till.pay("25.00", till.card(), account="acct_x")
    assert (answer.status, answer.code) == (404, "unknown_account")


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
        till.paid("25.00", card, key="one", sub="somebody else"),
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
