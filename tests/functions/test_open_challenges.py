"""A new payment first ends the open challenge of the account."""

import pytest

from tests.functions.challenges_bench import challenged
from tests.harness.cards import VISA
from tests.harness.till import CANCEL, RETRIEVE, Till

pytestmark = pytest.mark.dynamodb


def statuses(till: Till) -> list[str]:
    """The status of every payment, oldest first."""
    return [str(item["status"]) for item in till.top_ups()]


def test_a_new_payment_first_cancels_an_open_challenge(till: Till) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.wire.sent.clear()
    assert till.paid("30.00", card)["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    assert till.intent_of(waiting["id"])["status"] == "canceled"
    changes = [sent.path.rpartition("/")[2] for sent in till.wire.sent if sent.method == "POST"]
    assert changes == ["cancel", "payment_intents", "confirm"]
    assert till.charged() == [3000]
    till.check()


def test_an_open_challenge_that_was_paid_meanwhile_is_credited_too(till: Till) -> None:
    waiting = challenged(till)
    till.challenge(waiting["id"])
    till.paid("30.00", till.card(VISA))
    assert till.top_up(waiting["id"])["status"] == "succeeded"
    assert till.world.balance() == 55_000_000
    till.call_all_back()
    assert till.world.balance() == 55_000_000
    till.check()


def test_a_second_challenge_takes_the_place_of_the_first(till: Till) -> None:
    first, second = challenged(till), challenged(till)
    assert statuses(till).count("canceled") == 1
    assert till.top_up(first["id"])["status"] == "canceled"
    till.challenge(second["id"])
    till.call_all_back()
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_refused_request_leaves_an_open_challenge_alone(till: Till) -> None:
    waiting = challenged(till, key="one")
    before = till.everything()
    for amount, card, key in (("30.00", "pm_unknown", "two"), ("1e3", "pm_unknown", "two"), ("30.00", "pm_1", "one")):
        assert till.pay(amount, card, key=key).status in (404, 409, 422)
    assert till.everything() == before
    assert till.top_up(waiting["id"]) == waiting


def test_an_open_challenge_of_another_account_is_left_alone(till: Till) -> None:
    till.world.create_account("acct_2")
    waiting = challenged(till)
    till.paid("30.00", till.card(account="acct_2"), account="acct_2")
    assert till.top_up(waiting["id"]) == waiting


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "lock_timeout", "error_500"])
def test_no_payment_begins_until_the_open_challenge_is_surely_canceled(till: Till, kind: str) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.fault(kind, CANCEL)
    before = till.everything()
    answer = till.pay("30.00", card, key="two")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert till.everything() == before
    assert till.paid("30.00", card, key="two")["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    till.check()


def test_a_cancellation_whose_answer_was_lost_is_found_by_the_next_try(till: Till) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.fault("answer_lost", CANCEL)
    answer = till.pay("30.00", card, key="two")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert till.paid("30.00", card, key="two")["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    till.check()


def test_an_open_challenge_missing_at_stripe_blocks_no_payment(till: Till) -> None:
    waiting = challenged(till)
    till.stand_in.account.objects["payment_intent"].clear()
    assert till.paid("30.00", till.card(VISA))["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "requires_action"
    assert till.world.balance() == 30_000_000
    till.check()


def test_a_challenge_confirmed_during_a_stripe_outage_is_credited_later(till: Till) -> None:
    shown = challenged(till)
    till.challenge(shown["id"])
    till.fault("dropped", RETRIEVE)
    till.sweep(minutes=3)
    assert till.top_up(shown["id"]) == shown
    till.sweep(minutes=4)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


@pytest.mark.parametrize("happened", ["is no longer known", "was changed by hand"])
def test_an_abandoned_challenge_that_cannot_end_blocks_no_recharge(till: Till, happened: str) -> None:
    card = till.card(VISA)
    waiting = challenged(till)
    intents = till.stand_in.account.objects["payment_intent"]
    if happened == "is no longer known":
        intents.clear()
    else:
        intents[till.intent_of(waiting["id"])["id"]]["amount"] = 4_000
    till.later(minutes=16)
    till.set_rule(card)
    till.stream()
    assert till.charged() == [5000]
    assert till.top_up(waiting["id"])["status"] == "requires_action"
    assert till.world.balance() == 50_000_000
    till.check()
