"""A bank account pays after days: processing, then credited, failed, or returned; it is never credited before."""

import pytest

from calling_credit.config import config
from calling_credit.payments.card_store import CardStore
from calling_credit.topups.topup import Card
from tests.functions.banks_bench import RETURNED, SUCCESS, allow_rules, ask, bank, days_pass, save_bank_account
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import leave, recharges, shown, spend
from tests.harness.table import TABLE
from tests.harness.till import CONFIRM, CREATE, RETRIEVE, Till

pytestmark = pytest.mark.dynamodb


# --- Saving -----------------------------------------------------------------------------------------------------------


def test_a_bank_account_is_saved_on_a_page_that_verifies_it_at_once(till: Till) -> None:
    method = save_bank_account(till)
    [session] = till.objects("checkout.session")
    assert session["allowed_payment_method_types"] == ["us_bank_account"]
    assert session["payment_method_options"]["us_bank_account"]["verification_method"] == "instant"
    [item] = ask(till, "GET").body["items"]
    assert item == {
        "id": method,
        "type": "us_bank_account",
        "brand": "us_bank_account",
        "last4": "6789",
        "bank_name": "STRIPE TEST BANK",
        "exp_month": None,
        "exp_year": None,
        "default": True,
        "backup": False,
        "used_by_rule": False,
        "state": "ok",
        "can_pay": True,
        "can_recharge": False,
        "pauses_auto_recharge": False,
    }
    [saved] = till.world.changes("card_saved")
    assert saved["new"]["payment_method"]["brand"] == "us_bank_account"


@pytest.mark.parametrize("kind", ["sepa_debit", 1, None, "", ["card"]])
def test_another_type_of_payment_method_is_refused(till: Till, kind: object) -> None:
    answer = ask(till, "POST", body={"type": kind})
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert till.objects("checkout.session") == []


def test_cards_and_bank_accounts_share_the_limit_of_ten(till: Till) -> None:
    for _ in range(8):
        till.card(VISA)
    till.later(minutes=31)
    save_bank_account(till)
    save_bank_account(till)
    for body in ({"type": "us_bank_account"}, {"type": "card"}, None):
        assert ask(till, "POST", body=body).code == "too_many_cards"


def test_one_bank_account_saved_twice_is_listed_once(till: Till) -> None:
    save_bank_account(till)
    till.later(seconds=1)
    newest = save_bank_account(till)
    assert [item["id"] for item in ask(till, "GET").body["items"]] == [newest]
    assert ask(till, "DELETE", f"/{newest}").status == 204
    assert ask(till, "GET").body["items"] == []


# --- Paying -----------------------------------------------------------------------------------------------------------


def test_a_bank_payment_is_credited_when_it_succeeds_and_not_before(till: Till) -> None:
    paid = till.paid("25.00", save_bank_account(till))
    assert (paid["status"], paid["payment_method"]["type"]) == ("processing", "us_bank_account")
    intent = till.intent_of(paid["id"])
    assert intent["allowed_payment_method_types"] == ["us_bank_account"]
    for _ in range(3):
        days_pass(till, 1)
        assert (till.status_of(paid["id"]), till.world.balance()) == ("processing", 0)
    days_pass(till, 1)
    assert (till.status_of(paid["id"]), till.world.balance()) == ("succeeded", 25_000_000)
    till.check()


def test_no_sweep_cancels_a_bank_payment_and_few_ask_for_it(till: Till) -> None:
    paid = till.paid("25.00", save_bank_account(till, bank("processing")))
    before = len(till.wire.sent)
    for _ in range(4 * 24 * 4):
        till.sweep(minutes=15)
    asked = [sent for sent in till.wire.sent[before:] if sent.name == RETRIEVE]
    assert 16 <= len(asked) <= 45
    assert [sent for sent in till.wire.sent[before:] if sent.path.endswith("/cancel")] == []
    assert till.status_of(paid["id"]) == "processing"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("insufficientFunds", "insufficient_funds"),
        ("accountClosed", "bank_account_closed"),
        ("noAccount", "bank_account_invalid_details"),
        ("debitNotAuthorized", "debit_not_authorized"),
    ],
)
def test_a_bank_payment_that_fails_after_days_names_the_reason(till: Till, kind: str, code: str) -> None:
    paid = till.paid("25.00", save_bank_account(till, bank(kind)))
    days_pass(till)
    after = till.top_up(paid["id"])
    assert (after["status"], after["failure"]["code"], till.world.balance()) == ("failed", code, 0)
    assert "card" not in after["failure"]["message"].replace("use a card", "")
    till.check()


def test_a_return_is_reversed_and_blocks_the_account_everywhere(till: Till) -> None:
    method = save_bank_account(till, RETURNED)
    card = till.card(VISA)
    till.set_rule(card, threshold="1.00")
    paid = till.paid("25.00", method)
    days_pass(till)
    shown_after = till.top_up(paid["id"])
    assert (shown_after["status"], shown_after["disputed"], shown_after["refunded"]) == ("succeeded", True, "0.00")
    assert till.world.balance() == 0
    assert till.shown_rule()["reason"] == "payment_disputed"
    [item] = [one for one in ask(till, "GET").body["items"] if one["id"] == method]
    assert (item["state"], item["can_pay"]) == ("blocked", False)
    again = till.pay("25.00", method)
    assert (again.status, again.code) == (409, "card_blocked")
    copy = save_bank_account(till, RETURNED)
    assert till.pay("25.00", copy).code == "card_blocked"
    stored = till.top_ups()[0]
    known = Card(*(stored[name] for name in ("payment_method_id", "brand", "last4", "fingerprint")))
    assert CardStore(till.world.stack.apps["add_funds"].dynamodb, TABLE).is_blocked(known)


def test_an_unblocked_account_without_a_mandate_fails_with_words(till: Till) -> None:
    method = save_bank_account(till, RETURNED)
    till.paid("25.00", method)
    days_pass(till)
    body = {"payment_method_id": method, "reason": "The customer asked for it."}
    assert till.world.operate("POST", "/accounts/acct_1/cards/unblock", body).status == 200
    paid = till.paid("25.00", method)
    assert (paid["status"], paid["failure"]["code"]) == ("failed", "debit_not_authorized")
    [open_intents] = [[one for one in till.objects("payment_intent") if one["status"] == "requires_confirmation"]]
    assert open_intents == []


def test_a_lost_answer_to_a_bank_payment_starts_no_second_one(till: Till) -> None:
    method = save_bank_account(till)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    first = till.paid("25.00", method, key="one")
    till.all_well()
    till.later(minutes=1)
    assert till.paid("25.00", method, key="one")["id"] == first["id"]
    days_pass(till)
    assert (len(till.objects("payment_intent")), till.world.balance()) == (1, 25_000_000)


def test_a_refunded_bank_payment_shows_what_was_refunded(till: Till) -> None:
    paid = till.paid("25.00", save_bank_account(till))
    days_pass(till)
    till.sdk.v1.refunds.create({"payment_intent": till.intent_of(paid["id"])["id"], "amount": 1_000})
    till.call_all_back()
    after = till.top_up(paid["id"])
    assert (after["refunded"], after["disputed"], till.world.balance()) == ("10.00", False, 15_000_000)


# --- The rule ---------------------------------------------------------------------------------------------------------


def test_a_rule_with_a_bank_account_is_refused_by_default(till: Till) -> None:
    method = save_bank_account(till)
    answer = till.rule(enabled=True, threshold="10.00", amount="50.00", payment_method_id=method)
    assert (answer.status, answer.code) == (422, "payment_method_not_allowed")
    assert till.world.of_kind("AUTO_RECHARGE") == []
    tried = till.world.ask(
        "change_settings",
        "POST",
        "/auto-recharge/simulate",
        {"threshold": "10.00", "amount": "50.00", "payment_method_id": method},
    )
    assert (tried.status, tried.code) == (422, "payment_method_not_allowed")


@pytest.mark.usefixtures("law_six")
def test_a_recharge_by_bank_account_stays_the_only_one_for_days(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    till.set_rule(save_bank_account(till), amount="20.00")
    till.stream()
    assert recharges(till) == [("processing", "20.00")]
    before = len(till.wire.sent)
    for _ in range(20):
        spend(till, "0.10")
        till.later(minutes=30)
        till.stream()
    assert recharges(till) == [("processing", "20.00")]
    assert len([sent for sent in till.wire.sent[before:] if sent.name == CREATE]) == 0
    assert len(till.wire.sent) - before <= 12, "each call asks Stripe"
    days_pass(till)
    assert recharges(till) == [("succeeded", "20.00")]
    till.check()


@pytest.mark.usefixtures("law_six")
def test_a_manual_bank_payment_counts_as_money_on_its_way(till: Till) -> None:
    leave(till, "5.00")
    till.paid("50.00", save_bank_account(till))
    till.set_rule(till.card(MASTERCARD))
    for _ in range(6):
        spend(till, "0.10")
        till.stream()
        till.later(hours=12)
    assert recharges(till) == []
    days_pass(till)
    assert till.world.balance() > 50_000_000


@pytest.mark.usefixtures("law_six")
def test_a_rule_stops_when_the_operator_ends_bank_accounts(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    method = save_bank_account(till)
    leave(till, "50.00")
    till.set_rule(method)
    assert [one["can_recharge"] for one in ask(till, "GET").body["items"]] == [True]
    monkeypatch.delenv("RULES_USE_BANK_ACCOUNTS")
    config.cache_clear()
    assert [one["can_recharge"] for one in ask(till, "GET").body["items"]] == [False]
    spend(till, "45.00")
    till.stream()
    assert recharges(till) == []
    assert shown(till)[1] == "card_unusable"
    assert till.rule(enabled=False).status == 200


def test_the_page_saves_the_first_bank_account_as_the_default(till: Till) -> None:
    method = save_bank_account(till, SUCCESS)
    assert till.objects("customer")[0]["invoice_settings"]["default_payment_method"] == method
