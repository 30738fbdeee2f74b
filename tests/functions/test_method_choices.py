"""Customers choose the default payment method and the backup card; each choice is recorded once."""

from functools import partial
from typing import Any

import pytest

from tests.functions.banks_bench import RETURNED, ask, days_pass, save_bank_account
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.http import MEMBER
from tests.harness.threads import at_once
from tests.harness.till import Till
from tests.harness.wire import Killed, Pass, Sent, wired

pytestmark = pytest.mark.dynamodb


def choose(till: Till, card: str, **body: object) -> Any:
    """PATCH a payment method."""
    return ask(till, "PATCH", f"/{card}", body)


def actions(till: Till) -> list[str]:
    """The recorded choices, oldest first."""
    names = ("backup_card_changed", "default_method_changed")
    items = sorted(till.world.of_kind("ACTIVITY"), key=lambda item: str(item["SK"]))
    return [item["action"] for item in items if item["action"] in names]


def test_the_default_is_changed_at_stripe_and_recorded(till: Till) -> None:
    first, second = till.card(VISA), till.card(MASTERCARD)
    answer = choose(till, first, default=True)
    assert (answer.status, answer.body["id"], answer.body["default"]) == (200, first, True)
    assert till.objects("customer")[0]["invoice_settings"]["default_payment_method"] == first
    assert choose(till, first, default=True).status == 200
    assert choose(till, second, default=True).body["default"] is True
    assert actions(till) == ["default_method_changed"] * 2
    [one, _] = till.world.changes("default_method_changed")
    assert one["by"].startswith("user:")


def test_a_bank_account_may_be_the_default_but_not_the_backup(till: Till) -> None:
    method = save_bank_account(till)
    till.card(VISA)
    assert choose(till, method, default=True).body["default"] is True
    answer = choose(till, method, backup=True)
    assert (answer.status, answer.code) == (422, "payment_method_not_allowed")


def test_a_card_without_a_number_is_no_backup(till: Till) -> None:
    answer = choose(till, till.card("pm_card_noFingerprint"), backup=True)
    assert (answer.status, answer.code) == (422, "payment_method_not_allowed")


def test_one_card_at_a_time_is_the_backup(till: Till) -> None:
    first, second = till.card(VISA), till.card(MASTERCARD)
    assert choose(till, first, backup=True).body["backup"] is True
    assert choose(till, first, backup=True).body["backup"] is True
    assert choose(till, second, backup=True).body["backup"] is True
    assert [item["backup"] for item in ask(till, "GET").body["items"]] == [True, False]
    assert choose(till, first, backup=False).body["backup"] is False
    assert choose(till, second, backup=False).body["backup"] is False
    assert actions(till) == ["backup_card_changed"] * 3


def test_a_newer_copy_of_the_backup_takes_its_place(till: Till) -> None:
    older = till.card(VISA)
    choose(till, older, backup=True)
    till.later(seconds=1)
    newer = till.card(VISA)
    [item] = ask(till, "GET").body["items"]
    assert (item["id"], item["backup"]) == (newer, True)
    assert till.world.of_kind("ACCOUNT")[0]["backup_card"]["payment_method_id"] == newer
    assert choose(till, older, default=True).body["id"] == newer


def test_a_renewed_backup_keeps_its_place_with_its_new_number(till: Till) -> None:
    card = till.card(VISA)
    choose(till, card, backup=True)
    till.controls.renew_card(card)
    till.call_all_back()
    stored = till.world.of_kind("ACCOUNT")[0]["backup_card"]
    assert stored["last4"] == till.objects("payment_method")[0]["card"]["last4"] != "4242"


def test_two_choices_at_once_are_both_recorded_and_one_stands(till: Till) -> None:
    cards = [till.card(VISA), till.card(MASTERCARD)]
    answers = at_once(*[partial(choose, till, card, backup=True) for card in cards])
    assert [answer.status for answer in answers] == [200, 200]
    changes = till.world.changes("backup_card_changed")
    assert len(changes) == 2
    last = next(one for one in changes if one.get("old"))
    assert last["new"]["backup_card"]["id"] == till.world.of_kind("ACCOUNT")[0]["backup_card"]["payment_method_id"]


def test_a_blocked_method_is_neither_default_nor_backup(till: Till) -> None:
    method = save_bank_account(till, RETURNED)
    till.paid("25.00", method)
    days_pass(till)
    assert choose(till, method, default=True).code == "card_blocked"
    card = till.card("pm_card_createDispute")
    till.paid("25.00", card)
    till.call_all_back()
    assert choose(till, card, backup=True).code == "card_blocked"


def test_a_frozen_account_chooses_no_backup_but_may_give_one_up(till: Till) -> None:
    first, second = till.card(VISA), till.card(MASTERCARD)
    choose(till, first, backup=True)
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert choose(till, second, backup=True).code == "account_frozen"
    assert choose(till, first, backup=False).body["backup"] is False


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"default": True, "backup": True}, "missing_field"),
        ({"default": False}, "invalid_field"),
        ({"default": 1}, "invalid_field"),
        ({"backup": "yes"}, "invalid_field"),
        ({"backup": None}, "invalid_field"),
    ],
)
def test_a_choice_that_is_no_choice_is_refused(till: Till, body: dict[str, object], code: str) -> None:
    card = till.card()
    answer = choose(till, card, **body)
    assert (answer.status, answer.code, actions(till)) == (422, code, [])


def test_foreign_and_unknown_methods_cannot_be_chosen(till: Till) -> None:
    till.world.create_account("acct_2")
    theirs = till.card(account="acct_2")
    till.card()
    for card in (theirs, "pm_unknown"):
        for body in ({"default": True}, {"backup": True}, {"backup": False}):
            answer = choose(till, card, **body)
            assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert choose(till, "pm-1", default=True).code == "invalid_payment_method"
    assert actions(till) == []


def test_a_member_chooses_nothing(till: Till) -> None:
    card = till.card()
    answer = ask(till, "PATCH", f"/{card}", {"backup": True}, **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")


def lose_record(till: Till, card: str) -> None:
    """Make a card the default, and let the function die between Stripe's answer and the record."""

    def die(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and "recorded_at" in str(sent.body):
            raise Killed
        return passed()

    with wired(till.world.stack) as wire, wire.interfering(die), pytest.raises(Killed):
        choose(till, card, default=True)
    assert till.objects("customer")[0]["invoice_settings"]["default_payment_method"] == card
    assert till.world.changes("default_method_changed") == []
    till.later(seconds=30)


@pytest.mark.parametrize("times", [1, 2])
def test_a_repetition_records_an_interrupted_default_once(till: Till, times: int) -> None:
    till.card(VISA)
    card = till.card(MASTERCARD)
    lose_record(till, card)
    for _ in range(times):
        assert choose(till, card, default=True).status == 200
    [change] = till.world.changes("default_method_changed")
    assert (change["new"]["default"]["id"], change["by"].split(":")[0]) == (card, "user")


def test_the_next_choice_records_an_interrupted_default_too(till: Till) -> None:
    first, second = till.card(VISA), till.card(MASTERCARD)
    lose_record(till, second)
    assert choose(till, first, default=True).status == 200
    recorded = till.world.changes("default_method_changed")
    assert sorted(change["new"]["default"]["id"] for change in recorded) == sorted((first, second))


def test_an_old_interrupted_default_is_not_recorded_later(till: Till) -> None:
    till.card(VISA)
    card = till.card(MASTERCARD)
    lose_record(till, card)
    till.later(days=1)
    assert choose(till, card, default=True).status == 200
    assert till.world.changes("default_method_changed") == []


def test_a_default_chosen_twice_at_once_is_recorded_once(till: Till) -> None:
    till.card(VISA)
    card = till.card(MASTERCARD)
    answers = at_once(*[partial(choose, till, card, default=True)] * 2)
    assert {answer.status for answer in answers} <= {200, 503}
    assert len(till.world.changes("default_method_changed")) == 1


def test_a_lost_answer_leaves_a_choice_that_may_be_repeated(till: Till) -> None:
    till.card(VISA)
    card = till.card(MASTERCARD)
    till.fault("answer_lost", "POST /v1/customers/*")
    assert choose(till, card, default=True).status == 503
    assert choose(till, card, default=True).body["default"] is True
