"""A freeze closes a page at Stripe, a blocked card that pays there is credited and reported, and recharges continue."""

import pytest

from tests.functions.checkout_bench import checkout, session_of, submit
from tests.functions.freeze_bench import freeze
from tests.functions.test_payment_methods import listed
from tests.harness.cards import VISA
from tests.harness.recharging import leave
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def test_a_freeze_closes_the_page_within_a_minute(till: Till) -> None:
    shown = checkout(till)
    freeze(till)
    assert till.top_up(shown["id"])["checkout_url"] is None
    till.sweep(minutes=1)
    assert (till.status_of(shown["id"]), session_of(till, shown["id"])["status"]) == ("canceled", "expired")


def test_a_page_paid_during_a_freeze_is_credited_without_its_card(till: Till) -> None:
    shown = checkout(till)
    freeze(till)
    submit(till, shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert listed(till) == []
    till.check()


def test_a_page_paid_with_a_blocked_card_is_credited_and_reported(till: Till) -> None:
    first = till.paid("25.00", till.card())
    till.controls.dispute(till.intent_of(first["id"])["latest_charge"])
    till.call_all_back()
    shown = checkout(till, "30.00")
    submit(till, shown["id"], VISA)
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    issues = [item for item in till.world.stack.items() if item["SK"] == "ISSUE" and shown["id"] in item["details"]]
    assert [(item["code"], item["account_id"]) for item in issues] == [("card_blocked", "acct_1")]
    assert till.world.balance() == 30_000_000
    till.check()


def test_an_open_page_delays_no_recharge(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    checkout(till, "100.00")
    till.set_rule(card)
    till.stream()
    assert till.charged() == [5000]
