"""The backup card is tried once after a soft decline of the rule's card, within every limit, and never else."""

from functools import partial
from typing import Any

import pytest

from tests.functions.banks_bench import allow_rules, ask, bank, days_pass, save_bank_account
from tests.harness.cards import DECLINED, MASTERCARD, VISA, declining
from tests.harness.recharging import (
    FAILED,
    LIFTED,
    automatic,
    leave,
    recharges,
    shown,
    spend,
)
from tests.harness.threads import at_once
from tests.harness.till import CONFIRM, CREATE, RETRIEVE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
PAID = ("succeeded", "50.00")
PAUSED = ("paused", "backing_off", "2026-11-23T13:00:00.000Z")


def choose_backup(till: Till, card: str) -> None:
    """Make a saved card the backup."""
    answer = ask(till, "PATCH", f"/{card}", {"backup": True})
    assert (answer.status, answer.body["backup"]) == (200, True), answer.text


def start(till: Till, own: str = DECLINED, backup: str = MASTERCARD, **rule: Any) -> tuple[str, str]:
    """Fall below the threshold with this card of the rule and this backup; their ids."""
    leave(till, "5.00")
    spare = till.card(backup)
    choose_backup(till, spare)
    card = till.card(own)
    till.set_rule(card, **rule)
    till.stream()
    return card, spare


def used(till: Till) -> list[str]:
    """What the rule tried, in order."""
    return [str(item["payment_method_id"]) for item in automatic(till)]


# --- Paying -----------------------------------------------------------------------------------------------------------


def test_the_backup_pays_after_a_soft_decline(till: Till) -> None:
    own, backup = start(till)
    assert (recharges(till), used(till)) == ([FAILED, PAID], [own, backup])
    assert till.world.balance() == 55_000_000
    assert shown(till) == ("active", None, None)
    assert till.shown_rule()["payment_method_id"] == own
    [failed, paid] = automatic(till)
    assert (failed.get("is_backup"), paid["is_backup"], paid["last4"]) == (None, True, "4444")
    till.check()


def test_the_rule_continues_with_its_own_card(till: Till) -> None:
    own, backup = start(till, declining("insufficient_funds"), **LIFTED)
    till.controls.accept_card(own)
    spend(till, "50.00")
    till.stream()
    assert used(till) == [own, backup, own]
    assert recharges(till)[2] == PAID


def test_three_declines_in_a_row_suspend_though_the_backup_pays(till: Till) -> None:
    own, backup = start(till, **LIFTED)
    for _ in range(3):
        spend(till, "50.00")
        till.stream()
    assert used(till) == [own, backup, own, backup, own]
    assert shown(till)[:2] == ("suspended", "declined_repeatedly")


def test_both_declining_waits_like_one_decline(till: Till) -> None:
    own, backup = start(till, DECLINED, declining("insufficient_funds"))
    assert (recharges(till), used(till)) == ([FAILED, FAILED], [own, backup])
    assert shown(till) == PAUSED
    spend(till, "0.50")
    till.stream()
    till.sweep(minutes=59)
    till.stream()
    assert len(recharges(till)) == 2
    till.controls.accept_card(own)
    till.sweep(minutes=1)
    till.stream()
    assert (used(till), recharges(till)[2]) == ([own, backup, own], PAID)


def test_a_backup_that_is_never_to_be_used_again_suspends_no_rule(till: Till) -> None:
    start(till, DECLINED, declining("lost_card"))
    assert shown(till) == PAUSED


def test_a_backup_that_wants_its_customer_fails_and_is_not_waited_for(till: Till) -> None:
    start(till, DECLINED, "pm_card_authenticationRequired")
    assert (recharges(till), shown(till)) == ([FAILED, FAILED], PAUSED)
    assert {one["status"] for one in till.objects("payment_intent")} == {"canceled"}


# --- Never ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["lost_card", "stolen_card", "expired_card", "do_not_honor__do_not_try_again"])
def test_no_backup_is_tried_after_a_hard_decline(till: Till, reason: str) -> None:
    start(till, declining(reason))
    assert (recharges(till), shown(till)[:2]) == ([FAILED], ("suspended", "card_unusable"))


@pytest.mark.parametrize("reason", ["processing_error", "issuer_not_available"])
def test_no_backup_is_tried_if_the_issuer_did_not_decide(till: Till, reason: str) -> None:
    start(till, declining(reason))
    assert recharges(till) == [FAILED]


def test_no_backup_is_tried_when_the_bank_wants_the_customer(till: Till) -> None:
    start(till, "pm_card_authenticationRequired")
    assert [status for status, _ in recharges(till)] == ["requires_action"]


def test_the_backup_never_pays_a_manual_payment(till: Till) -> None:
    choose_backup(till, till.card(MASTERCARD))
    assert till.paid("25.00", till.card(DECLINED))["status"] == "failed"
    till.stream()
    assert till.charged() == []


def test_the_same_number_is_no_backup(till: Till) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(DECLINED))
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert (recharges(till), shown(till)) == ([FAILED], PAUSED)


def test_a_blocked_or_exhausted_backup_is_not_tried(till: Till) -> None:
    spare = till.card("pm_card_createDispute")
    choose_backup(till, spare)
    till.paid("25.00", spare)
    till.call_all_back()
    leave(till, "5.00")
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert (recharges(till), shown(till)) == ([FAILED], PAUSED)


def test_a_backup_that_was_given_up_is_not_tried(till: Till) -> None:
    leave(till, "5.00")
    spare = till.card(MASTERCARD)
    choose_backup(till, spare)
    assert ask(till, "PATCH", f"/{spare}", {"backup": False}).body["backup"] is False
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert (recharges(till), shown(till)) == ([FAILED], PAUSED)


def test_a_removed_backup_is_not_tried(till: Till) -> None:
    leave(till, "5.00")
    here, there = till.card(MASTERCARD), till.card(VISA)
    choose_backup(till, here)
    assert ask(till, "DELETE", f"/{here}").status == 204
    choose_backup(till, there)
    till.sdk.v1.payment_methods.detach(there)
    till.call_all_back()
    assert "backup_card" not in till.world.of_kind("ACCOUNT")[0]
    assert [bool(change["new"]) for change in till.world.changes("backup_card_changed")] == [True, False] * 2


@pytest.mark.parametrize(
    ("rule", "own"),
    [({"daily_limit": "50.00"}, 0), ({"monthly_limit": "50.00"}, 0), ({"hourly_count": 1}, 0)],
)
def test_the_backup_counts_within_every_limit(till: Till, rule: dict[str, Any], own: int) -> None:
    start(till, **rule)
    assert recharges(till) == [FAILED, PAID]
    spend(till, "50.00")
    till.stream()
    assert [status for status, _ in recharges(till)].count("succeeded") == 1 + own


def test_the_backup_charges_no_more_than_the_admin_accepted(till: Till) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(MASTERCARD))
    till.set_rule(till.card(DECLINED), accept_charge="50.00")
    till.world.stack.invoke("auto_recharge", {"Records": till.take_records()})
    assert (recharges(till), till.state()["backup_due"]) == ([FAILED], True)
    spend(till, "50.00")
    till.stream()
    assert (till.charged(), shown(till)[:2]) == ([], ("suspended", "charge_changed"))


# --- Interrupted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [CREATE, CONFIRM, RETRIEVE])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_lost_answer_leads_to_one_payment_by_the_backup(till: Till, lost: str, skip: int) -> None:
    leave(till, "5.00")
    spare = till.card(MASTERCARD)
    choose_backup(till, spare)
    till.set_rule(till.card(DECLINED))
    till.fault("answer_lost", lost, skip=skip, count=2)
    till.stream()
    for _ in range(4):
        till.sweep(minutes=3)
        till.stream()
    assert till.charged() == [5_000]
    assert [item["status"] for item in automatic(till)] == ["failed", "succeeded"]
    till.check()


def test_two_records_at_once_lead_to_one_payment_by_the_backup(till: Till) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(MASTERCARD))
    till.set_rule(till.card(DECLINED))
    for _ in range(4):
        records = till.take_records()
        if records:
            at_once(*[partial(till.world.stack.invoke, "auto_recharge", {"Records": records})] * 3)
        till.later(seconds=1)
    till.sweep(minutes=5)
    till.stream()
    assert (till.charged(), len(recharges(till))) == ([5_000], 2)


def test_a_bank_account_that_fails_days_later_lets_the_backup_pay(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_rules(monkeypatch)
    leave(till, "5.00")
    spare = till.card(MASTERCARD)
    choose_backup(till, spare)
    method = save_bank_account(till, bank("insufficientFunds"))
    till.set_rule(method)
    till.stream()
    assert recharges(till) == [("processing", "50.00")]
    days_pass(till)
    assert (recharges(till), used(till)) == ([FAILED, PAID], [method, spare])
