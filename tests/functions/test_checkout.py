"""A billing admin pays on Stripe's page: one payment and one credit per Idempotency-Key, and a saved card."""

import re

import pytest
import requests

from tests.functions.checkout_bench import (
    CREATE_SESSION,
    MINUTES,
    READ_SESSION,
    ask_checkout,
    checkout,
    session_of,
    stored,
    submit,
)
from tests.functions.test_payment_methods import listed
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import MEMBER
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import CREATE, Till

pytestmark = pytest.mark.dynamodb


def test_a_new_checkout_has_exactly_the_documented_shape(till: Till) -> None:
    shown = checkout(till)
    assert shown == {
        "id": shown["id"],
        "kind": "checkout",
        "status": "created",
        **dict.fromkeys(("amount", "total"), "25.00"),
        **dict.fromkeys(("tax", "refunded"), "0.00"),
        **dict.fromkeys(("receipt", "payment_method")),
        "disputed": False,
        "credit_notes": [],
        "created_at": "2026-11-23T12:00:00.000Z",
        "checkout_url": session_of(till, shown["id"])["url"],
        "expires_at": "2026-11-23T12:30:00.000Z",
    }
    assert re.fullmatch(r"tu_[0-9a-f]{32}", shown["id"])
    assert (till.top_up(shown["id"]), till.world.balance()) == (shown, 0)
    till.check()


def test_stripe_receives_a_fixed_amount_and_saves_what_pays(till: Till) -> None:
    shown = checkout(till, "25.01", methods=["us_bank_account", "card"])
    session = session_of(till, shown["id"])
    names = {"account_id": "acct_1", "topup_id": shown["id"], "kind": "checkout"}
    assert (session["mode"], session["amount_total"], session["currency"]) == ("payment", 2501, "usd")
    assert session["allowed_payment_method_types"] == ["card", "us_bank_account"]
    back = f"https://page.test/?top_up={shown['id']}"
    assert (session["success_url"], session["cancel_url"], session["metadata"]) == (back, back, names)
    data = till.stand_in.account.checkout_data[session["id"]]
    assert (data["metadata"], data["setup_future_usage"]) == (names, "off_session")
    assert till.objects("payment_intent") == []


def test_a_paid_page_is_credited_once_and_saves_the_first_card(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"], MASTERCARD)
    till.call_all_back()
    assert till.world.balance() == 25_000_000
    paid = till.top_up(shown["id"])
    assert (paid["status"], paid["payment_method"], paid["checkout_url"]) == (
        "succeeded",
        {"brand": "mastercard", "last4": "4444", "type": "card"},
        None,
    )
    [entry] = till.world.entries()
    assert paid["receipt_url"]
    assert (entry["payment"], entry["brand"], entry["last4"]) == ("checkout", "mastercard", "4444")
    [card] = listed(till)
    assert (card["brand"], card["default"], card["state"]) == ("mastercard", True, "ok")
    [customer] = till.objects("customer")
    assert customer["invoice_settings"]["default_payment_method"] == card["id"]
    saved = [item for item in till.world.of_kind("ACTIVITY") if item["action"] == "card_saved"]
    assert [item["subject"] for item in saved] == [f"card:{card['id']}"]
    assert "sweep_pk" not in stored(till, shown["id"])
    till.check()


def test_the_return_to_our_page_finds_the_payment_without_callbacks(till: Till) -> None:
    shown = checkout(till)
    assert till.top_up(shown["id"])["status"] == "created"
    submit(till, shown["id"])
    answer = till.world.ask("add_funds", "GET", f"/top-ups/{shown['id']}", **MEMBER)
    assert (answer.body["status"], answer.body["checkout_url"]) == ("succeeded", None)
    till.call_all_back()
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_paid_page_is_found_by_the_sweeper_alone(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"])
    till.stand_in.take_events()
    till.sweep(minutes=MINUTES)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_stripe_failing_leaves_the_payment_as_it_is_stored(till: Till) -> None:
    shown = checkout(till)
    till.fault("dropped", READ_SESSION, count=9)
    assert till.top_up(shown["id"]) == shown


def test_members_see_no_page_and_open_none(till: Till) -> None:
    shown = checkout(till)
    answer = till.world.ask("add_funds", "GET", f"/top-ups/{shown['id']}", **MEMBER)
    assert (answer.status, answer.body["checkout_url"]) == (200, None)
    assert ask_checkout(till, key="key 2", **MEMBER).status == 403


# --- Once per Idempotency-Key -----------------------------------------------------------------------------------------


def test_a_replay_returns_the_same_payment_and_page(till: Till) -> None:
    shown = checkout(till)
    till.later(minutes=29)
    assert checkout(till) == shown
    assert len(till.objects("checkout.session")) == len(till.top_ups()) == 1


@pytest.mark.parametrize("change", [{"amount": "30.00"}, {"methods": ["us_bank_account"]}])
def test_a_key_is_refused_with_another_payment(till: Till, change: dict[str, object]) -> None:
    checkout(till)
    answer = ask_checkout(till, **change)  # type: ignore[arg-type]
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")


def test_a_replay_after_the_end_returns_the_end(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"])
    till.call_all_back()
    assert checkout(till)["status"] == "succeeded"
    assert till.charged() == [2500]


@pytest.mark.parametrize("kind", ["dropped", "answer_lost", "error_500", "error_500_after"])
def test_a_lost_answer_is_asked_again_and_one_page_is_stored(till: Till, kind: str) -> None:
    till.fault(kind, CREATE_SESSION)
    shown = checkout(till)
    [stored_page] = [one for one in till.objects("checkout.session") if one["url"] == shown["checkout_url"]]
    till.controls.complete_checkout(stored_page["id"])
    till.call_all_back()
    assert till.world.balance() == 25_000_000
    till.check()


@pytest.mark.parametrize("kind", ["dropped", "answer_lost", "error_500", "error_500_after"])
def test_without_stripe_the_same_request_is_safe_again(till: Till, kind: str) -> None:
    till.fault(kind, CREATE_SESSION, count=2)  # Stripe repeats a 500 under its key; the next try has another.
    answer = ask_checkout(till)
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    till.all_well()
    till.later(minutes=2)
    shown = checkout(till)
    assert shown["status"] == "created"
    assert shown["checkout_url"]
    assert len(till.top_ups()) == 1


def test_a_request_that_stripe_refuses_ends_the_payment(till: Till) -> None:
    till.fault("refused", CREATE_SESSION, code="parameter_invalid")
    answer = ask_checkout(till)
    assert (answer.status, answer.code) == (503, "payment_refused")
    assert checkout(till)["status"] == "canceled"
    assert checkout(till, key="key 2")["status"] == "created"


def test_two_requests_at_once_open_one_page(till: Till) -> None:
    seen: list[int] = []

    def second(sent: StripeRequest, passed: Pass) -> requests.Response:
        if sent.name == CREATE_SESSION:
            till.wire.through = None
            seen.append(ask_checkout(till).status)
        return passed()

    till.wire.through = second
    shown = checkout(till)
    assert seen == [409]
    assert [item["topup_id"] for item in till.top_ups()] == [shown["id"]]
    assert len(till.objects("checkout.session")) == 1


def test_the_same_key_pays_by_card_and_on_a_page_separately(till: Till) -> None:
    assert till.paid("25.00", till.card(), key="key 1")["id"] != checkout(till)["id"]


# --- Declines and challenges on the page ------------------------------------------------------------------------------


def test_a_decline_on_the_page_ends_nothing(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"], DECLINED)
    till.call_all_back()
    assert till.top_up(shown["id"]) == shown
    submit(till, shown["id"], VISA)
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_a_challenge_on_the_page_is_part_of_it(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"], CHALLENGED)
    till.call_all_back()
    assert till.top_up(shown["id"]) == shown
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_a_page_left_after_a_decline_is_a_declined_payment(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"], DECLINED)
    till.call_all_back()
    till.sweep(minutes=MINUTES)
    ended = till.top_up(shown["id"])
    assert (ended["status"], ended["failure"]["code"]) == ("failed", "card_declined")
    assert stored(till, shown["id"])["shown_at"]
    [limits] = till.world.of_kind("PAYMENT_LIMITS")
    assert '"declined"' in limits["claims"]
    till.check()


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_slow_payment_is_processing_until_it_ends(till: Till, succeeds: bool) -> None:
    shown = checkout(till)
    submit(till, shown["id"], "pm_card_processing")
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "processing"
    till.sweep(minutes=MINUTES + 10)
    assert (till.top_up(shown["id"])["status"], till.world.balance()) == ("processing", 0)
    till.settle_at_stripe(shown["id"], reason=None if succeeds else "insufficient_funds")
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == ("succeeded" if succeeds else "failed")
    assert "shown_at" not in stored(till, shown["id"])
    till.check()


def test_no_intent_is_created_before_the_customer_submits(till: Till) -> None:
    checkout(till)
    assert CREATE not in [sent.name for sent in till.wire.sent]
