"""A payment whose intent Stripe no longer knows ends with an issue, and is never charged a second time by itself."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.callbacks import counted, issues
from tests.harness.cards import CHALLENGED, VISA
from tests.harness.recharging import GOES_ON, left_halfway, minutes_pass, recharges, shown
from tests.harness.till import RETRIEVE, Till

pytestmark = pytest.mark.dynamodb


def lose_intents(till: Till) -> list[str]:
    """Let Stripe forget all intents and their events, but not the charges; their ids."""
    intents = till.stand_in.account.objects["payment_intent"]
    lost = list(intents)
    intents.clear()
    till.stand_in.account.objects["event"].clear()
    return lost


def test_a_lost_manual_payment_fails_with_an_issue(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    topup_id = till.left_open()
    [lost] = lose_intents(till)
    capsys.readouterr()
    minutes_pass(till, 5)
    shown_topup = till.top_up(topup_id)
    assert (shown_topup["status"], shown_topup["failure"]["code"]) == ("failed", "payment_lost")
    assert issues(till) == [(lost, "payment_lost", "acct_1")]
    assert counted(capsys.readouterr().out) == {"PaymentIssues": 1, "TopUpsFailed": 1}
    assert till.sweep(minutes=1)["payments"] == 0


def test_a_lost_recharge_is_not_charged_again_by_itself(till: Till) -> None:
    left_halfway(till)
    [lost] = lose_intents(till)
    minutes_pass(till, 10)
    till.sweep(hours=7)
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    assert till.charged() == [5000], "the lost one"
    assert shown(till) == ("suspended", "payment_lost", None)
    assert (lost, "payment_lost", "acct_1") in issues(till)


@pytest.mark.parametrize("act", ["pay", "switch"])
def test_a_person_resumes_a_rule_after_a_lost_recharge(till: Till, act: str) -> None:
    left_halfway(till)
    lose_intents(till)
    minutes_pass(till, 5)
    if act == "pay":
        till.paid("25.00", till.card(VISA))
    else:
        till.rule(enabled=False)
        till.rule(enabled=True)
    assert shown(till) == GOES_ON


def test_an_intent_that_only_one_answer_misses_is_not_lost(till: Till) -> None:
    topup_id = till.left_open()
    kept = dict(till.stand_in.account.objects["payment_intent"])
    asked: list[str] = []

    def reappear(sent: Any, answered: Any) -> Any:
        if sent.name == RETRIEVE:
            asked.append(sent.path)
            till.stand_in.account.objects["payment_intent"] = {} if len(asked) == 1 else kept
        return answered()

    till.wire.through = reappear
    minutes_pass(till, 5)
    assert till.top_up(topup_id)["status"] == "succeeded"
    assert issues(till) == []
    till.check()


def test_a_lost_payment_that_reappears_is_credited(till: Till) -> None:
    topup_id = till.left_open()
    kept = dict(till.stand_in.account.objects["payment_intent"])
    lose_intents(till)
    minutes_pass(till, 5)
    till.stand_in.account.objects["payment_intent"] = kept
    till.call_all_back()
    assert till.top_up(topup_id)["status"] == "succeeded"
    till.check()


def test_another_stripe_account_ends_no_payment(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    left_halfway(till)
    former = till.stand_in.account.own_id
    Controls(till.stand_in).move_to_account("acct_1Other")
    capsys.readouterr()
    till.sweep(minutes=5)
    assert recharges(till) == [("confirming", "50.00")]
    assert shown(till)[0] == "charging"
    assert counted(capsys.readouterr().out)["StripeAccountChanged"] == 1
    Controls(till.stand_in).move_to_account(former)
    minutes_pass(till, 5)
    assert recharges(till) == [("succeeded", "50.00")]
    till.check()


def test_a_challenge_whose_intent_is_lost_does_not_block_a_new_payment(till: Till) -> None:
    waiting = till.paid("25.00", till.card(CHALLENGED))
    assert waiting["status"] == "requires_action"
    lose_intents(till)
    assert till.paid("25.00", till.card())["status"] == "succeeded"
    minutes_pass(till, 20)
    assert till.top_up(waiting["id"])["status"] == "failed"
