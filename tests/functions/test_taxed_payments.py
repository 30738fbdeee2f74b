"""The card pays credit and tax; a payment keeps the tax of its creation."""

import json

import pytest

from tests.functions.checkout_bench import ask_checkout, checkout, session_of, stored, submit
from tests.functions.tax_bench import FIFTEEN, HEADER, TWENTY, amounts, enter, publish, turn_off, turn_on
from tests.harness.cards import CHALLENGED
from tests.harness.till import CONFIRM, CREATE, Till

pytestmark = pytest.mark.dynamodb


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that taxes payments, and an account in New York."""
    turn_on(monkeypatch, till)
    enter(till, po_number="PO 7")


def test_the_card_pays_credit_and_tax(till: Till) -> None:
    paid = till.paid("86.96", till.card())
    assert amounts(paid) == ("86.96", "13.04", "100.00")
    assert till.charged() == [10_000]
    assert till.world.balance() == 86_960_000
    [item] = till.top_ups()
    assert (item["tax_micros"], item["tax_percent"]) == (13_040_000, "15")
    billing = json.loads(item["billing"])
    assert (billing["legal_name"], billing["address"]["region"], billing["po_number"]) == ("Meridian Ltd", "NY", "PO 7")
    assert "email_receipts" not in billing
    [entry] = till.world.entries()
    assert entry["amount_micros"] == 86_960_000
    till.check()


def test_the_region_decides_the_rate(till: Till) -> None:
    enter(till, region="CA")
    assert amounts(till.paid("10.00", till.card())) == ("10.00", "0.89", "10.89")
    assert till.charged() == [1089]
    till.check()


def test_a_page_names_credit_and_tax_and_charges_both(till: Till) -> None:
    shown = checkout(till, "86.96")
    assert amounts(shown) == ("86.96", "13.04", "100.00")
    request = json.loads(stored(till, shown["id"])["create_request"])
    lines = [
        (one["price_data"]["product_data"]["name"], one["price_data"]["unit_amount"]) for one in request["line_items"]
    ]
    assert lines == [("Calling credit", 8696), ("Tax (15 %)", 1304)]
    publish(till, TWENTY)
    enter(till, region="CA")
    submit(till, shown["id"])
    till.call_all_back()
    assert amounts(till.top_up(shown["id"])) == ("86.96", "13.04", "100.00")
    assert session_of(till, shown["id"])["amount_total"] == 10_000
    assert (till.charged(), till.world.balance()) == ([10_000], 86_960_000)
    till.check()


@pytest.mark.parametrize("request_name", [CREATE, CONFIRM])
def test_a_retry_charges_the_same_although_table_and_address_changed(till: Till, request_name: str) -> None:
    card = till.card()
    till.fault("answer_lost", request_name, count=2)
    first = till.pay("86.96", card, key="one key")
    till.all_well()
    publish(till, TWENTY)
    enter(till, region="CA")
    till.later(seconds=40)
    again = till.pay("86.96", card, key="one key")
    assert (first.status in (201, 503), again.status) == (True, 201)
    assert amounts(again.body) == ("86.96", "13.04", "100.00")
    assert (till.charged(), again.body["status"]) == ([10_000], "succeeded")
    till.check()


def test_a_replay_is_answered_although_the_tax_is_no_longer_known(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    card = till.card()
    paid = till.pay("25.00", card, key="one key")
    page = ask_checkout(till, "25.00", key="a page")
    publish(till, HEADER + "GB,*,20,2026-01-01\n")
    assert till.pay("25.00", card, key="one key").body == paid.body
    assert ask_checkout(till, "25.00", key="a page").body == page.body
    turn_off(monkeypatch)
    assert till.pay("25.00", card, key="one key").body == paid.body
    assert till.charged() == [2875]


def test_a_payment_that_waits_for_its_bank_keeps_its_tax(till: Till) -> None:
    waiting = till.paid("25.00", till.card(CHALLENGED))
    publish(till, TWENTY)
    till.challenge(waiting["id"])
    till.call_all_back()
    assert amounts(till.top_up(waiting["id"])) == ("25.00", "3.75", "28.75")
    assert till.charged() == [2875]
    till.check()


@pytest.mark.parametrize(
    ("place", "table"),
    [
        ({"region": None, "country": "FR"}, FIFTEEN),
        ({"region": "NY"}, f"{HEADER}US,CA,15,2026-01-01\n"),
        ({"region": "NY"}, f"{HEADER}US,*,15,2026-12-01\n"),
    ],
)
def test_without_a_rate_nothing_is_stored_or_charged(till: Till, place: dict[str, str], table: str) -> None:
    card = till.card()
    publish(till, table)
    enter(till, **place)
    before = till.everything()
    for refused in (till.pay("25.00", card), ask_checkout(till, "25.00")):
        assert (refused.status, refused.code) == (409, "tax_unavailable")
    assert till.everything() == before


def test_without_details_nothing_is_charged(till: Till) -> None:
    till.world.create_account("acct_2")
    refused = till.pay("25.00", till.card(account="acct_2"), account="acct_2")
    assert (refused.status, refused.code) == (409, "tax_unavailable")
    assert till.top_ups("acct_2") == []
    enter(till, "acct_2")
    assert till.pay("25.00", till.card(account="acct_2"), account="acct_2").status == 201


def test_bounds_count_credit_and_the_daily_limit_what_the_card_pays(till: Till) -> None:
    card = till.card()
    assert amounts(till.paid("500.00", card)) == ("500.00", "75.00", "575.00")
    assert till.pay("500.01", card).code == "amount_out_of_range"
    assert till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": "597.99"}}).status == 200
    refused = till.pay("20.00", card)
    assert (refused.status, refused.code) == (429, "daily_top_up")
    assert "22.99 more today" in refused.body["detail"]
    assert till.pay("19.99", card).status == 201
    till.check()


def test_money_of_another_amount_is_an_issue_and_no_credit(till: Till) -> None:
    waiting = till.paid("25.00", till.card(CHALLENGED))
    intent = till.stand_in.account.objects["payment_intent"][till.intent_of(waiting["id"])["id"]]
    intent["amount"] = 2500
    till.challenge(waiting["id"])
    till.call_all_back()
    assert till.world.balance() == 0
    [issue] = till.world.stack.items_named("ISSUE")
    assert issue["code"] == "amount_mismatch"


def test_the_overview_names_the_tax_before_a_payment(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    assert till.world.get("/overview").body["tax"] == {"percent": "15", "reason": None}
    enter(till, country="FR", region=None)
    assert till.world.get("/overview").body["tax"] == {"percent": None, "reason": "tax_unavailable"}
    turn_off(monkeypatch)
    assert till.world.get("/overview").body["tax"] is None


def test_a_lost_table_is_used_for_an_hour_and_no_longer(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    card = till.card()
    assert till.pay("25.00", card).status == 201
    stack = till.world.stack
    put = stack.publish_tax
    stack.forget, kept = (lambda: None), stack.forget  # type: ignore[method-assign]
    put(b"damaged")
    till.later(minutes=59)
    assert till.pay("25.00", card).status == 201
    till.later(minutes=2)
    assert till.pay("25.00", card).code == "tax_unavailable"
    assert "tax_table_not_read" in caplog.text, "an operator finds the cause in the log"
    put(FIFTEEN.encode())
    till.later(minutes=1)
    assert till.pay("25.00", card).status == 201
    stack.forget = kept  # type: ignore[method-assign]
