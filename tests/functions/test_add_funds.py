"""A billing admin pays with a saved card: one credit and one payment per Idempotency-Key."""

import re

import pytest

from tests.harness.cards import MASTERCARD
from tests.harness.table import sample_event
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


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
        "tax": "0.00",
        "total": "25.00",
        "created_at": "2026-11-23T12:00:00.000Z",
        "payment_method": {"brand": "visa", "last4": "4242", "type": "card"},
        "refunded": "0.00",
        "disputed": False,
        "receipt": {"number": "2026-000001", "url": f"/top-ups/{answer.body['id']}/receipt"},
        "credit_notes": [],
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
