"""No one tests cards with this product: declines, pages, cards, and money a day are limited, for one request or many at
once, and a replay is never limited.
"""

from collections import Counter

import pytest

from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA, declining
from tests.harness.http import Answer
from tests.harness.recharging import becomes, confirmations, leave, recharges, shown
from tests.harness.threads import at_once
from tests.harness.till import CONFIRM, RETRIEVE, Till

pytestmark = [pytest.mark.dynamodb]

EXHAUSTED = "card_declined_too_often"


def codes(answers: list[Answer]) -> Counter[str]:
    """How often each status or problem code was answered."""
    return Counter(answer.body["status"] if answer.status == 201 else answer.code for answer in answers)


def page(till: Till) -> Answer:
    """POST /payment-methods."""
    return till.world.ask("add_funds", "POST", "/payment-methods")


@pytest.mark.parametrize("payments", [16, 29])
def test_the_bank_sees_four_declines_of_a_card_and_no_more(till: Till, payments: int) -> None:
    card = till.card(DECLINED)
    answers = [till.pay("5.00", card) for _ in range(payments)]
    assert codes(answers) == {"failed": 4, EXHAUSTED: payments - 4}
    assert confirmations(till) == 4
    assert answers[-1].body["retry_at"] == "2026-12-23T12:00:00.000Z"
    leave(till, "5.00")
    till.set_rule(card)
    till.stream()
    assert confirmations(till) == 4
    assert shown(till) == ("paused", EXHAUSTED, "2026-12-23T12:00:00.000Z")


def test_sixteen_payments_at_once_reach_the_bank_at_most_four_times(till: Till) -> None:
    card = till.card(DECLINED)
    answers = at_once(*[lambda: till.pay("5.00", card)] * 16)
    assert codes(answers)["failed"] <= 4
    assert confirmations(till) <= 4


def test_copies_of_a_card_and_other_accounts_share_its_tries(till: Till) -> None:
    till.world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        for _ in range(2):
            assert till.pay("5.00", till.card(DECLINED, account), account=account).status == 201
    assert till.pay("5.00", till.card(DECLINED, "acct_2"), account="acct_2").code == EXHAUSTED
    till.later(days=30)
    assert till.pay("5.00", till.card(DECLINED), account="acct_1").status == 201


def test_five_declines_an_hour_and_ten_a_day_stop_an_account(till: Till) -> None:
    reasons = ["generic_decline", "insufficient_funds", "do_not_honor", "call_issuer", "try_again_later"]
    cards = [till.card(declining(reason)) for reason in [*reasons, "reenter_transaction", "pin_try_exceeded"]]
    answers = [till.pay("5.00", card) for card in cards]
    assert codes(answers) == {"failed": 5, "too_many_declines": 2}
    assert answers[-1].headers["retry-after"] == "3600"
    assert till.pay("5.00", till.card(VISA)).code == "too_many_declines"
    till.later(hours=1)
    answers = [till.pay("5.00", card) for card in cards]
    assert codes(answers) == {"failed": 5, "too_many_declines": 2}
    till.later(hours=2)
    assert till.pay("5.00", till.card(VISA)).code == "too_many_declines"
    till.later(hours=23)
    assert till.paid("5.00", till.card(VISA))["status"] == "succeeded"


def test_an_account_pays_two_thousand_dollars_a_day_by_hand(till: Till) -> None:
    card = till.card()
    answers = [till.pay("500.00", card) for _ in range(8)]
    assert codes(answers) == {"succeeded": 4, "daily_top_up": 4}
    assert till.charged() == [50_000] * 4
    till.later(days=1)
    assert till.paid("500.00", card)["status"] == "succeeded"


def test_payments_at_once_stay_within_the_daily_limit(till: Till) -> None:
    card = till.card()
    answers = at_once(*[lambda: till.pay("500.00", card)] * 8)
    assert sum(till.charged()) <= 200_000
    assert {answer.status for answer in answers} <= {201, 429, 503}


def test_a_payment_without_money_returns_its_daily_amount(till: Till) -> None:
    assert till.paid("500.00", till.card(DECLINED))["status"] == "failed"
    waiting = till.paid("500.00", till.card(CHALLENGED))
    assert waiting["status"] == "requires_action"
    card = till.card()
    answers = [till.pay("500.00", card) for _ in range(5)]
    assert codes(answers) == {"succeeded": 4, "daily_top_up": 1}


def test_the_operator_raises_and_lowers_the_daily_limit(till: Till) -> None:
    card = till.card()
    till.paid("500.00", card)
    for limit, code in (("400.00", "daily_top_up"), ("600.00", "daily_top_up"), (None, "succeeded")):
        answer = till.world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_top_up": limit}})
        assert answer.body["limits"]["daily_top_up"] == (limit or "2000.00")
        assert codes([till.pay("500.00", card)]) == {code: 1}


def test_a_replay_is_never_limited(till: Till) -> None:
    card, declined = till.card(), till.card(DECLINED)
    first = till.pay("500.00", card, key="first")
    for _ in range(3):
        till.pay("500.00", card)
    refused = till.pay("5.00", declined, key="declined")
    assert refused.code == "daily_top_up"
    assert till.pay("500.00", card, key="first").body == first.body
    till.later(days=1)
    failed = [till.pay("5.00", declined, key=f"declined {number}") for number in range(4)]
    assert till.pay("5.00", declined).code == EXHAUSTED
    for number, answer in enumerate(failed):
        replay = till.pay("5.00", declined, key=f"declined {number}")
        assert (replay.status, replay.body) == (201, answer.body)
    assert confirmations(till) == 8


def test_ten_pages_an_hour_and_thirty_in_seconds(till: Till) -> None:
    answers = [page(till) for _ in range(30)]
    assert Counter(answer.status for answer in answers) == {201: 10, 429: 20}
    assert {answer.code for answer in answers[10:]} == {"too_many_setup_pages"}
    till.later(minutes=59)
    assert page(till).code == "too_many_setup_pages"
    till.later(minutes=1)
    assert page(till).status == 201


def test_thirty_pages_at_once_are_at_most_ten(till: Till) -> None:
    till.customer()
    answers = at_once(*[lambda: page(till)] * 30)
    assert sum(answer.status == 201 for answer in answers) <= 9
    assert len(till.objects("checkout.session")) <= 10


def test_saved_cards_and_open_pages_are_at_most_ten(till: Till) -> None:
    for _ in range(8):
        till.card()
    till.later(minutes=31)
    assert [page(till).status for _ in range(2)] == [201, 201]
    assert page(till).code == "too_many_cards"
    till.later(minutes=31)
    assert page(till).status == 201


def test_a_page_that_stripe_does_not_create_returns_its_place(till: Till) -> None:
    till.customer()
    till.later(hours=1)
    till.fault("error_500", "POST /v1/checkout/sessions", count=12)
    assert {page(till).status for _ in range(12)} == {503}
    till.all_well()
    assert page(till).status == 201


@pytest.mark.parametrize("reason", ["stolen_card", "fraudulent", "transaction_not_allowed", "invalid_cvc"])
def test_a_never_retry_decline_ends_a_card_at_once(till: Till, reason: str) -> None:
    card = till.card(declining(reason))
    assert till.paid("5.00", card)["status"] == "failed"
    answer = till.pay("5.00", card)
    assert (answer.code, answer.body["retry_at"]) == (EXHAUSTED, None)
    till.later(days=365)
    assert till.pay("5.00", card).code == EXHAUSTED


def test_failures_that_no_issuer_decided_use_up_no_try(till: Till) -> None:
    card = till.card(declining("processing_error"))
    assert [till.paid("5.00", card)["status"] for _ in range(7)] == ["failed"] * 7


def test_a_lost_answer_neither_loses_nor_doubles_a_try(till: Till) -> None:
    card = till.card(DECLINED)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    waiting = till.paid("5.00", card)
    assert waiting["status"] == "processing"
    till.all_well()
    till.sweep(minutes=2)
    assert till.status_of(waiting["id"]) == "failed"
    answers = [till.pay("5.00", card) for _ in range(5)]
    assert codes(answers) == {"failed": 3, EXHAUSTED: 2}


def test_a_success_returns_all_tries(till: Till) -> None:
    card = till.card(DECLINED)
    for _ in range(3):
        till.paid("5.00", card)
    becomes(till, card, VISA)
    till.paid("5.00", card)
    becomes(till, card, DECLINED)
    till.later(hours=1, minutes=1)
    assert codes([till.pay("5.00", card) for _ in range(5)]) == {"failed": 4, EXHAUSTED: 1}


def test_the_rule_is_not_declined_after_manual_declines(till: Till) -> None:
    leave(till, "5.00")
    card = till.card(DECLINED)
    for _ in range(3):
        till.paid("5.00", card)
    till.set_rule(card)
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    till.sweep(hours=1)
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    assert shown(till)[1] == EXHAUSTED
    other = till.card(MASTERCARD)
    till.set_rule(other)
    till.stream()
    assert recharges(till)[-1][0] == "succeeded"


def test_the_refusals_of_an_hour_are_recorded_once(till: Till) -> None:
    card = till.card(DECLINED)
    for _ in range(10):
        till.pay("5.00", card)
        till.later(minutes=1)
    [item] = [item for item in till.world.stack.items("acct_1") if item["SK"] == "PAYMENT_LIMITS"]
    assert (item["limited_code"], item["limited_at"]) == (EXHAUSTED, "2026-11-23T12:04:00.000Z")
