"""Payments that wait for their customer's bank hold no limit against the next payment, and end when their card is
blocked.
"""

import pytest

from tests.functions.reversals_bench import dispute
from tests.functions.test_blocked_cards import block
from tests.harness.cards import CHALLENGED, VISA, declining
from tests.harness.recharging import below, confirmations
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def challenged(till: Till, amount: str = "500.00") -> str:
    """The id of a manual payment that waits for its customer."""
    payment = till.paid(amount, till.card(CHALLENGED))
    assert payment["status"] == "requires_action"
    return str(payment["id"])


def test_an_abandoned_challenge_leaves_the_day_to_the_next_payment(till: Till) -> None:
    for _ in range(3):
        till.paid("400.00", till.card())
    waiting = challenged(till)
    assert till.paid("500.00", till.card())["status"] == "succeeded"
    assert till.status_of(waiting) == "canceled"


def test_an_abandoned_challenge_is_no_possible_decline_of_the_next_payment(till: Till) -> None:
    for reason in ("generic_decline", "insufficient_funds", "do_not_honor", "call_issuer"):
        till.paid("5.00", till.card(declining(reason)))
    challenged(till, "5.00")
    assert till.paid("5.00", till.card())["status"] == "succeeded"


def test_a_payment_that_is_still_refused_cancels_no_challenge(till: Till) -> None:
    for _ in range(4):
        till.paid("400.00", till.card())
    waiting = challenged(till, "100.00")
    assert till.pay("450.00", till.card()).code == "daily_top_up"
    assert till.status_of(waiting) == "requires_action"


def test_a_link_that_was_pressed_before_the_block_leads_nowhere(till: Till) -> None:
    below(till, CHALLENGED)
    till.stream()
    [waiting] = till.top_ups()
    token = till.top_up(waiting["topup_id"])["next_action_url"].rsplit("/", 1)[1]
    assert till.visit(token, "POST").status == 303
    sent = confirmations(till)
    block(till, str(waiting["payment_method_id"]))
    assert (till.visit(token, "POST").status, confirmations(till)) == (409, sent)
    assert till.status_of(waiting["topup_id"]) == "canceled"


def test_a_dispute_cancels_the_payment_that_waits_with_its_card(till: Till) -> None:
    till.paid("20.00", till.card(VISA))
    [charge] = till.objects("charge")
    waiting = challenged(till)
    [card] = [item["payment_method_id"] for item in till.top_ups() if item["topup_id"] == waiting]
    block(till, str(card))
    dispute(till, str(charge["id"]), 2_000)
    till.call_all_back()
    assert "next_action_url" not in till.top_up(waiting)
    till.sweep(seconds=5)
    assert till.status_of(waiting) == "canceled"
