"""What a payment on Stripe's page may not exceed, how its page ends unpaid, and money that arrives anyway."""

from typing import Any

import pytest

from calling_credit.topups.payment_limits import MAX_CARDS
from tests.functions.checkout_bench import (
    CREATE_SESSION,
    EXPIRE_SESSION,
    MINUTES,
    READ_SESSION,
    ask_checkout,
    checkout,
    session_of,
    stored,
    submit,
)
from tests.functions.freeze_bench import freeze, refuses
from tests.harness.cards import DECLINED
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb

LIMITS_KEY = "PAYMENT_LIMITS"
"""What a new payment reads after the open payments of its account."""


def asked(till: Till) -> list[str]:
    """The requests to Stripe since the last call."""
    names = [sent.name for sent in till.wire.sent]
    till.wire.sent.clear()
    return names


# --- Limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"amount": "1.001"}, "invalid_amount"),
        ({"amount": "0.50"}, "amount_out_of_range"),
        ({"amount": "100000.00"}, "amount_out_of_range"),
        ({"amount": "25.00", "methods": []}, "invalid_field"),
        ({"amount": "25.00", "methods": "card"}, "invalid_field"),
        ({"amount": "25.00", "methods": ["card", "link"]}, "invalid_field"),
        ({"amount": "25.00", "methods": [["card"]]}, "invalid_field"),
    ],
)
def test_a_malformed_request_stores_and_asks_nothing(till: Till, body: dict[str, Any], code: str) -> None:
    before = till.everything()
    answer = till.world.ask("add_funds", "POST", "/top-ups/checkout", body, key="key 1")
    assert (answer.status, answer.code) == (422, code)
    assert till.everything() == before
    answer = till.world.ask("add_funds", "POST", "/top-ups/checkout", {"amount": "25.00"})
    assert (answer.status, answer.code) == (400, "missing_idempotency_key")


def test_the_days_money_is_claimed_and_returned_at_the_end(till: Till) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": "30.00"}})
    card = till.card()
    checkout(till)
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (429, "daily_top_up")
    answer = ask_checkout(till, key="key 2", sub="another admin")
    assert (answer.status, answer.code) == (429, "daily_top_up")
    till.sweep(minutes=MINUTES)
    assert till.paid("25.00", card)["status"] == "succeeded"


def test_pages_for_cards_and_payments_count_together(till: Till) -> None:
    for number in range(5):
        checkout(till, key=f"key {number}")
        assert till.world.ask("add_funds", "POST", "/payment-methods").status == 201
    answer = ask_checkout(till, key="one more")
    assert (answer.status, answer.code) == (429, "too_many_setup_pages")
    assert checkout(till, key="key 0")["status"] == "canceled", "a replay is never limited"


def test_an_account_with_all_its_cards_opens_no_page(till: Till) -> None:
    for _ in range(MAX_CARDS):
        till.card()
    answer = ask_checkout(till)
    assert (answer.status, answer.code) == (429, "too_many_cards")
    assert till.top_ups() == []


def test_declined_pages_count_as_declines(till: Till) -> None:
    for number in range(5):
        shown = checkout(till, key=f"key {number}")
        submit(till, shown["id"], DECLINED)
        till.call_all_back()
    answer = ask_checkout(till, key="one more")
    assert (answer.status, answer.code) == (429, "too_many_declines")


def test_a_frozen_or_closed_account_opens_no_page(till: Till) -> None:
    freeze(till)
    refuses(ask_checkout(till))
    assert till.top_ups() == []
    freeze(till, is_frozen=False)
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    answer = ask_checkout(till)
    assert (answer.status, answer.code) == (409, "account_closed")


def test_too_many_requests_a_minute_are_refused_except_replays(till: Till) -> None:
    shown = checkout(till)
    for _ in range(40):
        assert checkout(till) == shown
    answer = ask_checkout(till, key="key 2")
    assert (answer.status, answer.code) == (429, "too_many_requests")


def test_a_lost_customer_is_replaced_before_the_page_opens(till: Till) -> None:
    lost = till.customer()
    till.controls.delete_customer(lost)
    shown = checkout(till)
    [account] = till.world.of_kind("ACCOUNT")
    assert session_of(till, shown["id"])["customer"] == account["stripe_customer_id"] != lost
    submit(till, shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


# --- The end of a page ------------------------------------------------------------------------------------------------


def test_a_page_that_is_over_is_expired_at_stripe_then_canceled(till: Till) -> None:
    shown = checkout(till)
    till.sweep(minutes=MINUTES - 1)
    assert till.top_up(shown["id"])["status"] == "created"
    asked(till)
    till.sweep(minutes=1)
    assert [name for name in asked(till) if "checkout" in name] == [READ_SESSION, EXPIRE_SESSION]
    ended = till.top_up(shown["id"])
    assert (ended["status"], ended["checkout_url"]) == ("canceled", None)
    assert session_of(till, shown["id"])["status"] == "expired"
    assert "sweep_pk" not in stored(till, shown["id"])
    asked(till)
    till.sweep(minutes=1)
    assert asked(till) == [], "an ended payment is not asked for again"


def test_a_page_that_stripe_does_not_expire_stays_open(till: Till) -> None:
    shown = checkout(till)
    till.fault("dropped", EXPIRE_SESSION, count=99)
    till.sweep(minutes=MINUTES)
    assert till.status_of(shown["id"]) == "created"
    submit(till, shown["id"])
    till.all_well()
    till.sweep(minutes=5)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_a_page_paid_while_it_is_expired_is_credited(till: Till) -> None:
    shown = checkout(till)

    def pay_first(sent: Any, passed: Any) -> Any:
        if sent.name == EXPIRE_SESSION:
            till.wire.through = None
            submit(till, shown["id"])
        return passed()

    till.wire.through = pay_first
    till.sweep(minutes=MINUTES)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_a_late_success_is_credited_after_the_end(till: Till) -> None:
    shown = checkout(till)
    session = till.stand_in.account.objects["checkout.session"][session_of(till, shown["id"])["id"]]
    till.sweep(minutes=MINUTES)
    assert till.status_of(shown["id"]) == "canceled"
    session |= {"status": "open", "url": "x", "expires_at": session["expires_at"] + 3600}
    submit(till, shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert till.world.balance() == 25_000_000
    [limits] = till.world.of_kind("PAYMENT_LIMITS")
    assert limits["limit_micros"] - limits["left_micros"] == 25_000_000
    till.check()


def test_a_new_page_closes_the_one_its_person_left(till: Till) -> None:
    first = checkout(till)
    second = checkout(till, key="key 2")
    assert session_of(till, first["id"])["status"] == "expired"
    assert (till.status_of(first["id"]), till.status_of(second["id"])) == ("canceled", "created")
    checkout(till, key="key 3", sub="another admin")
    assert till.status_of(second["id"]) == "created"


def test_a_left_page_that_opens_meanwhile_is_closed_at_stripe(till: Till, wire: Wire) -> None:
    """Its customer asks for it again while the same person's new payment ends it: its address was shown."""
    till.fault("dropped", CREATE_SESSION, count=2)
    assert ask_checkout(till).status == 503
    till.all_well()
    opened: list[str] = []

    def open_meanwhile(sent: Sent, passed: Pass) -> Any:
        if not opened and any(LIMITS_KEY in str(parameters) for _, parameters in sent.actions):
            opened.append("begun")
            opened.append(checkout(till)["id"])
        return passed()

    with wire.interfering(open_meanwhile):
        checkout(till, key="key 2")
    assert session_of(till, opened[1])["status"] == "expired"
    assert till.status_of(opened[1]) == "canceled"


def test_a_page_that_may_still_be_paid_is_not_replaced(till: Till) -> None:
    first = checkout(till)
    till.fault("dropped", EXPIRE_SESSION, count=9)
    answer = ask_checkout(till, key="key 2")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert [item["topup_id"] for item in till.top_ups()] == [first["id"]]


def test_a_payment_by_saved_card_leaves_the_page_open(till: Till) -> None:
    shown = checkout(till)
    assert till.paid("25.00", till.card())["status"] == "succeeded"
    assert till.top_up(shown["id"]) == shown


def test_a_page_without_a_session_ends_without_stripe(till: Till) -> None:
    till.fault("dropped", CREATE_SESSION, count=2)
    assert ask_checkout(till).status == 503
    till.all_well()
    asked(till)
    till.sweep(minutes=MINUTES)
    assert [item["status"] for item in till.top_ups()] == ["canceled"]
    assert [name for name in asked(till) if "checkout" in name] == []
