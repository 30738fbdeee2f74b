"""The backup card is charged once for one need, never while it must not be, and the button names it."""

from typing import Any

import pytest

from tests.functions.banks_bench import SUCCESS, ask, days_pass
from tests.functions.checkout_bench import checkout, submit
from tests.functions.test_backup_cards import choose_backup, used
from tests.harness.cards import DECLINED, MASTERCARD, PROCESSING, VISA, declining
from tests.harness.recharging import (
    FAILED,
    LIFTED,
    automatic,
    charges_now,
    leave,
    recharges,
    spend,
)
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def declined(till: Till, backup: str = MASTERCARD) -> tuple[str, str]:
    """A rule whose card was just declined, before its backup is tried; the cards of both."""
    leave(till, "5.00")
    spare = till.card(backup)
    choose_backup(till, spare)
    own = till.card(DECLINED)
    till.set_rule(own)
    till.world.stack.invoke("auto_recharge", {"Records": till.take_records()})
    assert till.state()["backup_due"] is True
    return own, spare


def backup_of(till: Till) -> Any:
    """The stored backup card."""
    return till.world.of_kind("ACCOUNT")[0].get("backup_card")


def test_the_button_names_the_backup_if_saving_charges_it(till: Till) -> None:
    own, spare = declined(till)
    settings = {"enabled": True, "threshold": "20.00", "amount": "50.00", "payment_method_id": own}
    charge = charges_now(till, **settings)
    assert (charge["amount"], charge["payment_method"]["id"]) == ("50.00", spare)
    till.set_rule(own, threshold="20.00")
    till.stream()
    assert (till.charged(), used(till)) == ([5_000], [own, spare])


def test_a_backup_blocked_after_the_decline_is_never_tried(till: Till) -> None:
    spare = till.card(MASTERCARD)
    paid = till.paid("5.00", spare)
    choose_backup(till, spare)
    till.set_rule(till.card(DECLINED))
    spend(till, "0.50")
    till.world.stack.invoke("auto_recharge", {"Records": till.take_records()})
    assert till.state()["backup_due"] is True
    till.controls.dispute(till.intent_of(paid["id"])["latest_charge"])
    till.call_all_back()
    for _ in range(10):
        spend(till, "1.00")
        till.stream()
        till.sweep(minutes=10)
        till.stream()
    assert [item for item in automatic(till) if item.get("is_backup")] == []


def test_an_exhausted_backup_is_not_tried(till: Till) -> None:
    spare = till.card(DECLINED)
    choose_backup(till, spare)
    for _ in range(4):
        till.pay("5.00", spare)
        till.later(minutes=61)
    leave(till, "5.00")
    till.set_rule(till.card(declining("insufficient_funds")))
    till.stream()
    assert recharges(till) == [FAILED]


def test_an_expired_backup_is_tried_once(till: Till) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(declining("expired_card")))
    till.set_rule(till.card(declining("insufficient_funds")))
    till.stream()
    till.sweep(hours=1)
    till.stream()
    assert [bool(item.get("is_backup")) for item in automatic(till)] == [False, True, False]


def test_no_second_charge_follows_while_the_backup_is_processing(till: Till) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(PROCESSING))
    till.set_rule(till.card(DECLINED), **LIFTED)
    till.stream()
    for _ in range(10):
        spend(till, "0.10")
        till.stream()
        till.sweep(hours=2)
        till.stream()
    assert recharges(till) == [FAILED, ("processing", "50.00")]


def test_a_processing_page_makes_the_backup_unneeded(till: Till) -> None:
    declined(till)
    page = checkout(till, "50.00", methods=["us_bank_account"])
    submit(till, page["id"], SUCCESS)
    till.call_all_back()
    till.stream()
    days_pass(till)
    assert (recharges(till), till.charged()) == ([FAILED], [5_000])


def test_the_backup_is_given_up_under_any_copy_of_its_number(till: Till) -> None:
    older = till.card(VISA)
    choose_backup(till, older)
    till.later(seconds=1)
    newer = till.card(VISA)
    assert ask(till, "PATCH", f"/{newer}", {"backup": False}).body["backup"] is False
    choose_backup(till, newer)
    assert ask(till, "PATCH", f"/{older}", {"backup": False}).body["backup"] is False
    assert backup_of(till) is None


@pytest.mark.parametrize("is_heard", [True, False])
def test_the_backup_is_lost_with_its_customer(till: Till, is_heard: bool) -> None:
    leave(till, "5.00")
    choose_backup(till, till.card(MASTERCARD))
    till.controls.delete_customer(till.customer())
    if is_heard:
        till.call_all_back()
        assert backup_of(till) is None
    till.stand_in.take_events()
    assert ask(till, "POST").status == 201
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert (recharges(till), backup_of(till)) == ([FAILED], None)
