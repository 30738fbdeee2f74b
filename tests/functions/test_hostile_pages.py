"""A page at Stripe brings its money once, to its own account, also if callbacks are late, repeated, or changed."""

import copy
from functools import partial
from typing import Any

import pytest

from tests.functions.banks_bench import RETURNED, SUCCESS, bank, days_pass
from tests.functions.checkout_bench import MINUTES, ask_checkout, checkout, submit
from tests.functions.freeze_bench import freeze
from tests.functions.moves_bench import refund
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.threads import at_once
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
BOTH = ["card", "us_bank_account"]


def issues(till: Till) -> list[str]:
    """The codes of the issues for operators."""
    return [item["code"] for item in till.world.stack.items() if item["SK"] == "ISSUE"]


def change_intent(till: Till, topup_id: str, **fields: Any) -> None:
    """Let Stripe report another intent for a payment."""
    intent = till.intent_of(topup_id)["id"]
    till.stand_in.account.objects["payment_intent"][intent].update(fields)


def all_passes(till: Till) -> None:
    """Let callbacks come, and the sweeper look after the page's end and again later."""
    till.call_all_back()
    till.sweep(minutes=MINUTES)
    till.sweep(minutes=60)


# --- Callbacks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["reversed", "repeated", "by type"])
@pytest.mark.parametrize(
    ("kind", "status", "balance"),
    [
        (VISA, "succeeded", 25_000_000),
        (CHALLENGED, "succeeded", 25_000_000),
        (SUCCESS, "succeeded", 25_000_000),
        (RETURNED, "succeeded", 0),
        (bank("insufficientFunds"), "failed", 0),
    ],
)
def test_callbacks_in_any_order_lead_to_one_end(till: Till, order: str, kind: str, status: str, balance: int) -> None:
    shown = checkout(till, methods=BOTH)
    submit(till, shown["id"], kind)
    if kind == CHALLENGED:
        till.challenge(shown["id"])
    if "Bank" in kind:
        till.later(days=4)
        till.controls.pass_days(0)
    events = till.stand_in.take_events()
    orders = {"reversed": events[::-1], "repeated": events + events[::-1]}
    for event in orders.get(order) or sorted(events, key=lambda event: str(event["type"])):
        assert till.call_back(event).status == 200
    all_passes(till)
    assert (till.status_of(shown["id"]), till.world.balance()) == (status, balance)
    assert till.prove(hours=13)["differences"] == 0
    till.check()


def test_all_callbacks_and_the_return_at_once_credit_once(till: Till) -> None:
    shown = checkout(till)
    submit(till, shown["id"])
    events = till.stand_in.take_events() * 2
    at_once(*[partial(till.call_back, copy.deepcopy(one)) for one in events], partial(till.top_up, shown["id"]))
    till.sweep(minutes=MINUTES)
    assert till.world.balance() == 25_000_000
    till.check()


# --- Another intent ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": 2_600, "amount_received": 2_600}, "amount_mismatch"),
        ({"amount_received": 2_400}, "amount_mismatch"),
        ({"currency": "cad"}, "currency_mismatch"),
        ({"customer": "of another account"}, "customer_mismatch"),
    ],
)
def test_an_intent_that_differs_is_reported_and_not_credited(till: Till, changed: dict[str, Any], code: str) -> None:
    till.world.create_account("acct_2")
    shown = checkout(till)
    submit(till, shown["id"])
    change_intent(
        till, shown["id"], **changed | ({"customer": till.customer("acct_2")} if "customer" in changed else {})
    )
    till.top_up(shown["id"])
    all_passes(till)
    assert (till.world.balance(), till.world.balance("acct_2"), issues(till)) == (0, 0, [code])


def test_an_intent_that_names_another_account_is_not_credited(till: Till) -> None:
    till.world.create_account("acct_2")
    shown = checkout(till)
    submit(till, shown["id"])
    change_intent(till, shown["id"], metadata={"account_id": "acct_2", "topup_id": shown["id"]})
    till.top_up(shown["id"])
    all_passes(till)
    assert (till.world.balance(), till.world.balance("acct_2")) == (0, 0)
    assert "other_intent" in issues(till)


@pytest.mark.parametrize("is_read_first", [True, False])
def test_one_intent_is_never_credited_to_two_payments(till: Till, is_read_first: bool) -> None:
    one, other = checkout(till, key="one"), checkout(till, key="other", sub="another admin")
    submit(till, one["id"])
    change_intent(till, one["id"], metadata={"account_id": "acct_1", "topup_id": other["id"]})
    if is_read_first:
        till.top_up(one["id"])
    till.call_all_back()
    till.top_up(one["id"])
    all_passes(till)
    assert till.world.balance() == 25_000_000


# --- The account meanwhile --------------------------------------------------------------------------------------------


def test_pages_opened_at_once_stay_within_the_day_together(till: Till) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": "50.00"}})
    till.customer()
    asks = [partial(ask_checkout, till, key=f"key {number}", sub=f"admin {number}") for number in range(5)]
    answers = at_once(*asks)
    opened = [answer.body["id"] for answer in answers if answer.status == 201]
    assert {answer.code for answer in answers if answer.status != 201} == {"daily_top_up"}
    for topup_id in opened:
        submit(till, topup_id)
    till.call_all_back()
    assert till.world.balance() == 25_000_000 * len(opened) <= 50_000_000


def test_open_pages_may_be_paid_after_the_limit_is_lowered(till: Till) -> None:
    pages = [checkout(till, key=f"key {number}", sub=f"admin {number}")["id"] for number in range(4)]
    till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": "50.00"}})
    for topup_id in pages:
        submit(till, topup_id)
    till.call_all_back()
    assert till.world.balance() == 100_000_000
    assert ask_checkout(till, "5.00", key="today").code == "daily_top_up"
    till.later(days=1)
    assert ask_checkout(till, "50.00", key="tomorrow").status == 201
    till.check()


def test_a_page_paid_after_its_account_is_closed_is_credited(till: Till) -> None:
    shown = checkout(till)
    till.closed_before()
    submit(till, shown["id"])
    till.call_all_back()
    assert (till.status_of(shown["id"]), till.world.balance()) == ("succeeded", 25_000_000)
    till.check()


def test_a_freeze_that_has_ended_still_closes_the_page(till: Till) -> None:
    shown = checkout(till)
    till.later(seconds=5)
    freeze(till)
    till.later(seconds=5)
    freeze(till, is_frozen=False)
    till.sweep(minutes=1)
    assert till.status_of(shown["id"]) == "canceled"


@pytest.mark.parametrize("then", ["closed", "frozen"])
def test_a_processing_page_is_credited_also_to_a_halted_account(till: Till, then: str) -> None:
    shown = checkout(till, methods=BOTH)
    submit(till, shown["id"], SUCCESS)
    till.call_all_back()
    if then == "closed":
        till.closed_before()
    else:
        freeze(till)
    days_pass(till)
    assert (till.status_of(shown["id"]), till.world.balance()) == ("succeeded", 25_000_000)
    till.check()


def test_a_page_in_processing_is_not_given_up_by_the_next(till: Till) -> None:
    first = checkout(till, methods=BOTH)
    submit(till, first["id"], SUCCESS)
    second = checkout(till, key="key 2")
    assert till.status_of(first["id"]) == "processing"
    submit(till, second["id"])
    days_pass(till)
    assert till.world.balance() == 50_000_000
    till.check()


# --- Cards and refunds ------------------------------------------------------------------------------------------------


def test_an_exhausted_card_that_declines_on_a_page_stays_exhausted(till: Till) -> None:
    card = till.card(DECLINED)
    for _ in range(4):
        till.pay("5.00", card)
        till.later(minutes=61)
    shown = checkout(till)
    submit(till, shown["id"], DECLINED)
    all_passes(till)
    assert till.status_of(shown["id"]) == "failed"
    assert till.pay("5.00", card).code == "card_declined_too_often"


def test_a_processing_page_is_refunded_only_after_its_success(till: Till) -> None:
    shown = checkout(till, methods=BOTH)
    submit(till, shown["id"], SUCCESS)
    till.call_all_back()
    answer = refund(till.world, shown["id"], "10.00")
    assert (answer.status, answer.code) == (409, "top_up_not_paid")
    days_pass(till)
    assert refund(till.world, shown["id"], "25.00", key="k_2").status in (201, 202)
    till.call_all_back()
    assert (till.top_up(shown["id"])["refunded"], till.world.balance()) == ("25.00", 0)
    till.check()
