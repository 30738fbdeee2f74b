"""A payment that names the total that its person was shown is made for this total, or not at all."""

from typing import Any

import pytest

from tests.functions.tax_bench import HEADER, TWENTY, amounts, enter, publish, turn_off, turn_on
from tests.harness.cards import CHALLENGED
from tests.harness.http import Answer
from tests.harness.till import CONFIRM, Till

pytestmark = pytest.mark.dynamodb
NOW_TWENTY = {"amount": "25.00", "tax": "5.00", "total": "30.00"}


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that taxes payments, and an account in New York."""
    turn_on(monkeypatch, till)
    enter(till)


def pay(till: Till, card: str, total: object, key: str = "one key", amount: str = "25.00") -> Answer:
    """POST /top-ups with the total that a person was shown."""
    body: dict[str, Any] = {"amount": amount, "payment_method_id": card, "total": total}
    return till.world.ask("add_funds", "POST", "/top-ups", body, key=key)


def test_the_shown_total_is_charged(till: Till) -> None:
    paid = pay(till, till.card(), "28.75")
    assert (paid.status, amounts(paid.body), till.charged()) == (201, ("25.00", "3.75", "28.75"), [2875])


@pytest.mark.parametrize("total", ["28.74", "28.76", "25.00", "0", "-28.75"])
def test_another_total_is_refused_with_the_new_figures(till: Till, total: str) -> None:
    card = till.card()
    before = till.everything()
    refused = pay(till, card, total)
    assert (refused.status, refused.code) == (409, "total_changed")
    assert refused.body["current"] == {"amount": "25.00", "tax": "3.75", "total": "28.75"}
    assert till.everything() == before, "nothing is stored, and Stripe is not asked"


def test_a_changed_table_is_noticed_before_the_charge(till: Till) -> None:
    card = till.card()
    publish(till, TWENTY)
    refused = pay(till, card, "28.75")
    assert (refused.code, refused.body["current"], till.charged()) == ("total_changed", NOW_TWENTY, [])
    paid = pay(till, card, "30.00")
    assert (paid.status, till.charged()) == (201, [3000]), "the key may be used with the new total"


def test_a_total_of_a_newer_table_is_understood(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    card = till.card()
    assert pay(till, card, "28.75", key="warm").status == 201
    monkeypatch.setattr(till.world.stack, "forget", lambda: None)
    publish(till, TWENTY)
    assert pay(till, card, "30.00", key="another").status == 201, "the page has read the new table already"
    assert till.charged() == [2875, 3000]


def test_a_table_that_cannot_be_read_again_leaves_the_known_one(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    card = till.card()
    assert pay(till, card, "28.75", key="warm").status == 201
    monkeypatch.setattr(till.world.stack, "forget", lambda: None)
    publish(till, "damaged")
    assert pay(till, card, "30.00", key="another").code == "total_changed"
    assert pay(till, card, "28.75", key="a third").status == 201


@pytest.mark.parametrize(("region", "total"), [("CA", "27.22"), ("NY", "28.75")])
def test_a_changed_address_is_noticed_before_the_charge(till: Till, region: str, total: str) -> None:
    card = till.card()
    enter(till, region=region)
    refused = pay(till, card, "25.00")
    assert (refused.code, refused.body["current"]["total"]) == ("total_changed", total)


def test_a_tax_that_was_turned_off_is_noticed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    card = till.card()
    turn_off(monkeypatch)
    refused = pay(till, card, "28.75")
    assert refused.body["current"] == {"amount": "25.00", "tax": "0.00", "total": "25.00"}
    assert (pay(till, card, "25.00").status, till.charged()) == (201, [2500])


def test_an_unknown_tax_is_refused_as_such(till: Till) -> None:
    publish(till, f"{HEADER}GB,*,20,2026-01-01\n")
    assert pay(till, till.card(), "28.75").code == "tax_unavailable"


def test_a_replay_is_answered_although_the_tax_changed(till: Till) -> None:
    card = till.card()
    paid = pay(till, card, "28.75")
    publish(till, TWENTY)
    for total in ("28.75", None):
        assert pay(till, card, total).body == paid.body
    reused = pay(till, card, "30.00")
    assert (reused.status, reused.code, till.charged()) == (409, "idempotency_key_reused", [2875])


def test_a_lost_payment_is_resumed_with_its_total_although_the_tax_changed(till: Till) -> None:
    card = till.card()
    till.fault("answer_lost", CONFIRM, count=2)
    pay(till, card, "28.75")
    till.all_well()
    publish(till, TWENTY)
    till.later(seconds=40)
    again = pay(till, card, "28.75")
    assert (again.body["status"], till.charged()) == ("succeeded", [2875])
    till.check()


def test_a_refused_total_ends_no_other_payment(till: Till) -> None:
    waiting = pay(till, till.card(CHALLENGED), "28.75", key="waits").body
    refused = pay(till, till.card(), "25.00", key="another")
    assert refused.code == "total_changed"
    assert till.top_up(waiting["id"])["status"] == "requires_action"


@pytest.mark.parametrize("total", [28.75, "28.755", "all", True])
def test_a_total_has_the_form_of_money(till: Till, total: object) -> None:
    refused = pay(till, till.card(), total)
    assert (refused.status, refused.code, till.charged()) == (422, "invalid_amount", [])


def test_without_a_total_the_current_one_is_charged(till: Till) -> None:
    card = till.card()
    publish(till, TWENTY)
    assert (till.paid("25.00", card)["total"], till.charged()) == ("30.00", [3000])
