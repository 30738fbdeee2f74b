"""A rule's bank account pays once for one need, and nothing else pays meanwhile."""

import pytest

from calling_credit.config import config
from tests.functions.banks_bench import RETURNED, allow_rules, bank, days_pass, save_bank_account
from tests.functions.checkout_bench import checkout, session_of
from tests.functions.freeze_bench import freeze
from tests.functions.test_backup_cards import choose_backup
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import (
    LIFTED,
    charges_now,
    leave,
    patch_rule,
    recharges,
    shown,
    spend,
)
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def test_a_call_does_not_wait_for_a_recharge_that_takes_days(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    line = {"number": "+12125550100", "user_id": "user_1", "international_calling": True}
    till.world.operate("PUT", "/accounts/acct_1/lines/line_1", line)
    leave(till, "0.01")
    till.set_rule(save_bank_account(till), amount="20.00")
    till.stream()
    assert recharges(till) == [("processing", "20.00")]
    answer = till.world.authorize(line_id="line_1")
    assert (answer.body["reason"], "retry_after_seconds" in answer.body) == ("insufficient_credit", False)
    till.set_rule(till.card(VISA), amount="20.00")
    assert till.world.authorize("c_2", line_id="line_1").body["reason"] == "recharging"
    till.later(hours=1)
    assert till.world.authorize("c_3", line_id="line_1").body["reason"] == "insufficient_credit"


def test_a_processing_recharge_stays_the_only_one_under_another_card(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    till.set_rule(save_bank_account(till), amount="20.00", **LIFTED)
    till.stream()
    card = till.card(VISA)
    till.set_rule(card, amount="20.00", **LIFTED)
    for _ in range(5):
        spend(till, "0.50")
        till.stream()
        till.sweep(hours=10)
        till.stream()
    settings = {"enabled": True, "threshold": "10.00", "amount": "20.00", "payment_method_id": card}
    assert (charges_now(till, **settings), recharges(till)) == (None, [("processing", "20.00")])


def test_another_card_pays_once_the_bank_account_fails(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    till.set_rule(save_bank_account(till, bank("insufficientFunds")), amount="20.00")
    till.stream()
    till.set_rule(till.card(VISA), amount="20.00")
    till.stream()
    days_pass(till)
    assert recharges(till) == [("failed", "20.00"), ("succeeded", "20.00")]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RETURNED, "payment_disputed"),
        (bank("accountClosed"), "card_unusable"),
        (bank("noAccount"), "card_unusable"),
        (bank("debitNotAuthorized"), "card_unusable"),
    ],
)
def test_no_backup_follows_a_return_or_a_hard_failure(
    till: Till, monkeypatch: pytest.MonkeyPatch, kind: str, reason: str
) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    choose_backup(till, till.card(MASTERCARD))
    till.set_rule(save_bank_account(till, kind), amount="20.00")
    till.stream()
    days_pass(till)
    spend(till, "1.00")
    till.stream()
    till.sweep(hours=2)
    till.stream()
    assert (len(recharges(till)), shown(till)[1]) == (1, reason)


def test_a_recharge_in_processing_is_credited_during_a_freeze(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    till.set_rule(save_bank_account(till), amount="20.00")
    till.stream()
    freeze(till)
    days_pass(till)
    assert recharges(till) == [("succeeded", "20.00")]
    till.check()


def test_a_rule_is_not_switched_on_with_a_bank_account_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as while_allowed:
        allow_rules(while_allowed)
        leave(till, "50.00")
        till.set_rule(save_bank_account(till))
        till.rule(enabled=False)
    config.cache_clear()
    answer = patch_rule(till, enabled=True)
    assert (answer.status, answer.code) == (422, "payment_method_not_allowed")


def test_four_payments_under_way_say_how_to_pay_now(till: Till) -> None:
    method = save_bank_account(till, bank("processing"))
    for _ in range(4):
        till.paid("25.00", method)
        till.later(hours=2)
    answer = till.pay("25.00", method)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "busy", "3600")
    assert "Pay by card" in answer.body["detail"]
    assert till.paid("25.00", till.card())["status"] == "succeeded"


def test_a_page_verifies_a_bank_account_at_once(till: Till) -> None:
    session = session_of(till, checkout(till, methods=["us_bank_account", "card"])["id"])
    assert session["payment_method_options"]["us_bank_account"]["verification_method"] == "instant"
    plain = session_of(till, checkout(till, key="card only")["id"])
    assert "us_bank_account" not in plain["payment_method_options"]
