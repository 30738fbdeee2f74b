"""A frozen account makes no payment and saves no card. A payment confirmed before is credited."""

from typing import Any

import pytest

from tests.functions.freeze_bench import FROZEN, freeze, issued, press, refuses
from tests.functions.links_bench import heading, token_of, waiting
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.http import MEMBER
from tests.harness.till import ALWAYS, CANCEL, CONFIRM, Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb


# --- Payments and cards -----------------------------------------------------------------------------------------------


def test_a_frozen_account_accepts_no_payment_and_stores_none(till: Till) -> None:
    card = till.card()
    freeze(till)
    before, asked = till.everything(), len(till.wire.sent)
    refuses(till.pay("25.00", card, key="new"))
    refuses(till.pay("25.00", "pm_unknown"))
    assert till.everything() == before
    assert len(till.wire.sent) == asked, "Stripe is not asked"
    freeze(till, is_frozen=False)
    assert till.paid("25.00", card, key="new")["status"] == "succeeded"


@pytest.mark.parametrize(("kind", "status"), [(VISA, "succeeded"), (DECLINED, "failed")])
def test_a_payment_made_before_the_freeze_answers_its_replay_as_before(till: Till, kind: str, status: str) -> None:
    card = till.card(kind)
    first = till.paid("25.00", card, key="k")
    freeze(till)
    assert first["status"] == status
    assert till.paid("25.00", card, key="k") == first
    answer = till.pay("26.00", card, key="k")
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")


def test_a_payment_confirmed_before_the_freeze_is_credited(till: Till) -> None:
    topup_id = till.left_open()
    freeze(till)
    till.sweep(minutes=3)
    assert till.status_of(topup_id) == "succeeded"
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_payment_stopped_by_a_freeze_returns_its_part_of_the_day(till: Till, wire: Wire) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": "30.00"}})
    card, done = till.card(), list[Sent]()

    def freeze_after_the_claim(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if sent.operation == "TransactWriteItems" and "TOPUP#" in str(sent.body) and not done:
            done.append(sent)
            freeze(till)
        return answer

    with wire.interfering(freeze_after_the_claim):
        refuses(till.pay("25.00", card, key="k"))
    freeze(till, is_frozen=False)
    assert till.paid("25.00", card, key="k")["status"] == "canceled", "a replay"
    assert till.paid("25.00", card)["status"] == "succeeded"
    till.check()


def test_a_frozen_account_saves_no_new_card_and_removes_old_ones(till: Till) -> None:
    card = till.card()
    freeze(till)
    asked = len(till.wire.sent)
    refuses(till.world.ask("add_funds", "POST", "/payment-methods"))
    assert len(till.wire.sent) == asked
    assert till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}").status == 204


def test_a_member_of_a_frozen_account_is_refused_for_the_role_first(till: Till) -> None:
    freeze(till)
    answer = till.pay("25.00", "pm_1", **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")


# --- Payments that wait for their customer ----------------------------------------------------------------------------


def test_freezing_cancels_a_manual_payment_at_its_bank_within_a_minute(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    assert shown["status"] == "requires_action"
    till.later(minutes=50)
    till.sweep()  # The next regular check is ten minutes away.
    freeze(till)
    till.sweep(minutes=1)
    assert till.top_up(shown["id"])["status"] == "canceled"
    assert till.intent_of(shown["id"])["status"] == "canceled"
    assert till.charged() == []
    till.check()


def test_a_link_that_freezes_cancels_a_payment_at_its_bank(till: Till) -> None:
    shown, token = till.paid("25.00", till.card(CHALLENGED)), issued(till)
    till.later(minutes=50)
    till.sweep()
    assert press(till, token) == FROZEN
    till.sweep(minutes=1)
    assert till.top_up(shown["id"])["status"] == "canceled"
    assert till.charged() == []


def test_a_recharge_claimed_before_the_freeze_is_not_confirmed_after_it(till: Till) -> None:
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=ALWAYS)
    till.stream()
    till.all_well()
    freeze(till)
    for _ in range(2):
        till.sweep(minutes=3)
        till.stream()
    [item] = till.top_ups()
    assert (item["status"], till.charged()) == ("canceled", [])
    till.check()


def test_freezing_cancels_a_waiting_recharge_and_its_link(till: Till) -> None:
    shown = waiting(till)
    freeze(till)
    assert "next_action_url" not in till.top_up(shown["id"])
    assert heading(till.visit(token_of(shown))) == "Nothing to confirm"
    followed = till.visit(token_of(shown), "POST")
    assert (followed.status, heading(followed)) == (200, "Nothing to confirm")
    assert till.top_up(shown["id"])["status"] == "canceled"
    freeze(till, is_frozen=False)
    assert heading(till.visit(token_of(shown), "POST")) == "Nothing to confirm"
    assert till.charged() == []
    till.check()


def test_a_frozen_page_names_the_freeze_before_the_payment_is_canceled(till: Till) -> None:
    shown = waiting(till)
    freeze(till)
    assert "The account is frozen." in till.visit(token_of(shown)).text
    till.sweep(minutes=1)
    assert till.top_up(shown["id"])["status"] == "canceled"


def test_freezing_succeeds_while_stripe_does_not_answer(till: Till) -> None:
    shown = waiting(till)
    till.fault("dropped", CANCEL, count=3)
    till.fault("dropped", "GET /v1/payment_intents/*", count=3)
    freeze(till)
    for _ in range(3):
        till.sweep(minutes=5)
    till.all_well()
    till.sweep(minutes=30)
    assert till.top_up(shown["id"])["status"] == "canceled"
    till.check()


def test_a_challenge_finished_before_it_was_canceled_is_credited(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    freeze(till)
    till.challenge(shown["id"])
    till.sweep(minutes=1)
    till.call_all_back()
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_recharge_challenged_after_the_freeze_is_canceled(till: Till) -> None:
    """The card was confirmed before the freeze; the bank's answer arrives after it."""
    till.set_rule(till.card(CHALLENGED))
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", "GET /v1/payment_intents/*", count=2)
    till.stream()
    till.all_well()
    [item] = till.top_ups()
    freeze(till)
    till.sweep(minutes=3)
    assert till.status_of(item["topup_id"]) == "canceled"
    assert "next_action_url" not in till.top_up(item["topup_id"])
    assert till.charged() == []
    till.check()


@pytest.mark.parametrize("kind", ["manual", "automatic"])
def test_a_payment_that_waited_during_a_short_freeze_stays_ended(till: Till, kind: str) -> None:
    """The account is unfrozen again before a sweep could cancel the payment."""
    shown = till.paid("25.00", till.card(CHALLENGED)) if kind == "manual" else waiting(till)
    till.later(seconds=10)
    freeze(till)
    till.later(seconds=10)
    freeze(till, is_frozen=False)
    assert "next_action_url" not in till.top_up(shown["id"])
    if kind == "automatic":
        assert "The account was frozen." in till.visit(token_of(shown)).text
        assert heading(till.visit(token_of(shown), "POST")) == "Nothing to confirm"
    till.sweep(seconds=30)
    assert till.top_up(shown["id"])["status"] == "canceled"
    assert till.intent_of(shown["id"])["status"] == "canceled"
    assert till.paid("25.00", till.card(CHALLENGED))["status"] == "requires_action", "a later one waits"
    assert till.charged() == []
    till.check()


def test_a_link_never_leads_to_the_bank_from_a_frozen_account(till: Till) -> None:
    """The bank's page was opened before the freeze, and Stripe refuses to cancel what was confirmed there."""
    shown = waiting(till)
    assert till.visit(token_of(shown), "POST").status == 303
    till.challenge(shown["id"])
    freeze(till)
    answer = till.visit(token_of(shown), "POST")
    assert answer.status == 200, "no redirect"
    till.call_all_back()
    till.sweep(minutes=3)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


def test_a_stored_payment_is_not_confirmed_after_the_freeze(till: Till) -> None:
    """Its request died; the account is frozen before the customer's browser repeats it."""
    card = till.card()
    till.fault("dropped", CONFIRM, count=ALWAYS)
    till.pay("25.00", card, key="k")
    till.all_well()
    freeze(till)
    till.later(seconds=40)
    refuses(till.pay("25.00", card, key="k"))
    till.sweep(minutes=3)
    [item] = till.top_ups()
    assert item["status"] == "canceled"
    assert till.charged() == []
    till.check()
