"""The link to confirm an automatic recharge: opening it changes nothing, and following it pays once."""

import pytest

from tests.functions.links_bench import heading, token_of, waiting
from tests.harness.cards import VISA
from tests.harness.till import CANCEL, Till
from tests.harness.wire import wired

pytestmark = pytest.mark.dynamodb


def test_the_payment_of_a_closed_account_is_canceled_not_confirmed(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.closed_before()
    assert "next_action_url" not in till.top_up(shown["id"])
    answer = till.visit(token)
    assert (answer.status, heading(answer), "<button" in answer.text) == (200, "Nothing to confirm", False)
    followed = till.visit(token, "POST")
    assert (followed.status, heading(followed)) == (200, "Nothing to confirm")
    assert till.top_up(shown["id"])["status"] == "canceled"
    assert till.charged() == []
    till.check()


@pytest.mark.parametrize("fault", ["dropped", "answer_lost", "error_500", "error_500_after"])
def test_canceling_a_closed_accounts_payment_survives_any_failure(till: Till, fault: str) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.closed_before()
    till.fault(fault, CANCEL, count=2)
    statuses = [till.visit(token, "POST").status for _ in range(4)]
    assert set(statuses) <= {200, 503}
    assert (statuses[-1], till.top_up(shown["id"])["status"], till.charged()) == (200, "canceled", [])
    till.check()


def test_opening_a_link_shows_its_payment_and_changes_nothing(till: Till) -> None:
    token = token_of(waiting(till))
    before, asked = till.everything(), len(till.wire.sent)
    for _ in range(3):
        answer = till.visit(token)
        assert (answer.status, heading(answer)) == (200, "Confirm payment")
        assert "$50.00 with Visa ending 3220" in answer.text
        assert answer.text.count('<form method="post">') == 1
    assert till.everything() == before
    assert len(till.wire.sent) == asked


def test_following_the_link_opens_the_bank_page_and_pays_once(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    answer = till.visit(token, "POST")
    bank = till.intent_of(shown["id"])["next_action"]["redirect_to_url"]
    assert (answer.status, answer.headers["location"]) == (303, bank["url"])
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert bank["return_url"] == f"https://page.test/?top_up={shown['id']}"
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert till.shown_rule()["status"] == "active"
    assert till.world.balance() == 50_000_000
    assert len(till.objects("payment_intent")) == 1
    till.check()


def test_a_link_reads_and_writes_the_account_of_its_payment_alone(till: Till) -> None:
    till.world.create_account("acct_2")
    token = token_of(waiting(till))
    with wired(till.world.stack) as wire:
        till.visit(token)
        till.visit(token, "POST")
    partitions = {partition for sent in wire.sent for partition in sent.partitions()}
    assert {name for name in partitions if not name.startswith("CARD#")} == {"ACCOUNT#acct_1"}


def test_a_link_used_twice_opens_one_bank_page_and_makes_one_charge(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    first = till.visit(token, "POST")
    for seconds in (0, 1, 40, 3600):
        till.later(seconds=seconds)
        again = till.visit(token, "POST")
        assert (again.status, again.headers["location"]) == (303, first.headers["location"])
    assert len(till.wire.posts("/confirm")) == 2, "the recharge's own, and one for the customer"
    till.challenge(shown["id"])
    till.later(minutes=1)
    for _ in range(2):
        assert heading(till.visit(token, "POST")) == "Paid"
    assert till.charged() == [5000]
    till.check()


def test_after_it_was_paid_a_link_says_so_and_has_no_button(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.visit(token, "POST")
    till.challenge(shown["id"])
    till.call_all_back()
    before = till.everything()
    for method in ("GET", "POST"):
        answer = till.visit(token, method)
        assert (answer.status, heading(answer)) == (200, "Paid")
        assert "<form" not in answer.text
    assert till.everything() == before


def test_following_the_link_credits_a_payment_already_confirmed(till: Till) -> None:
    shown = waiting(till)
    till.visit(token_of(shown), "POST")
    till.later(minutes=5)
    till.challenge(shown["id"])
    assert heading(till.visit(token_of(shown), "POST")) == "Paid"
    till.check()


def test_the_same_link_retries_a_challenge_that_the_customer_declined(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.visit(token, "POST")
    till.challenge(shown["id"], confirmed=False)
    till.call_all_back()
    again = till.top_up(shown["id"])
    assert (again["status"], again["next_action_url"]) == ("requires_action", shown["next_action_url"])
    till.later(minutes=5)
    assert till.visit(token, "POST").status == 303
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_the_link_reports_a_confirmed_recharge_that_the_bank_declined(till: Till) -> None:
    shown = waiting(till, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    token = token_of(shown)
    till.visit(token, "POST")
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["failure"]["code"] == "insufficient_funds"
    for method in ("GET", "POST"):
        answer = till.visit(token, method)
        assert (answer.status, heading(answer)) == (200, "Nothing to confirm")
    till.check()


def test_a_link_whose_payment_was_replaced_by_another_takes_no_money(till: Till) -> None:
    shown = waiting(till)
    till.paid("25.00", till.card(VISA))
    assert till.top_up(shown["id"])["status"] == "canceled"
    for method in ("GET", "POST"):
        assert heading(till.visit(token_of(shown), method)) == "Nothing to confirm"
    assert till.charged() == [2500]
    till.check()
