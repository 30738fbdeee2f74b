"""Every minute the sweeper finishes payments that a callback, a worker, or a customer left open; without due payments
Stripe receives no request.
"""

import os
from collections.abc import Iterator

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from calling_credit.payments.stripe_client import forget_settings
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, PROCESSING, VISA
from tests.harness.recharging import automatic, fails_once, leave, recharges, shown, spend, usd
from tests.harness.table import sample_event
from tests.harness.till import ALWAYS, CONFIRM, CREATE, NOTHING_DUE, RETRIEVE, Till
from tests.harness.wire import Pass, Sent, Wire, refusal

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- Nothing to do ----------------------------------------------------------------------------------------------------


def test_the_sample_event_finds_nothing_to_do_and_asks_stripe_nothing(till: Till) -> None:
    answer = till.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
    assert answer == NOTHING_DUE
    assert till.world.stack.stripe.sent == []


@pytest.fixture
def no_key() -> Iterator[None]:
    """A secret without Stripe's keys."""
    client, name = boto3.client("secretsmanager"), os.environ["STRIPE_SECRET_ARN"]
    standing = client.get_secret_value(SecretId=name)["SecretString"]
    client.put_secret_value(SecretId=name, SecretString='{"api_key": "", "webhook_secret": ""}')
    forget_settings()
    yield
    client.put_secret_value(SecretId=name, SecretString=standing)
    forget_settings()


def test_without_stripe_keys_the_sweep_does_nothing_and_succeeds(till: Till, no_key: None) -> None:
    assert till.sweep() == NOTHING_DUE


def test_a_finished_payment_is_never_checked_again(till: Till) -> None:
    till.paid("25.00", till.card())
    till.paid("25.00", till.card(DECLINED))
    leave(till, "5.00")
    till.set_rule(till.card())
    till.stream()
    asked = len(till.world.stack.stripe.sent)
    for span in ({"minutes": 1}, {"hours": 1}, {"hours": 4}):
        assert till.sweep(**span) == NOTHING_DUE
    for span in ({"days": 1}, {"days": 40}):
        assert till.sweep(**span) == NOTHING_DUE | {"recharges": 1}, (
            "a rule that may charge is looked at every few hours"
        )
    assert len(till.world.stack.stripe.sent) == asked
    listed = [item["SK"] for item in till.world.stack.items() if "sweep_pk" in item]
    assert listed == ["ACCOUNT", "AUTO_RECHARGE"], "accounts are always listed, for whoever wants all of them"


# --- Lost callbacks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status", "posted"), [(VISA, "succeeded", "25.00"), (DECLINED, "failed", "0.00")])
def test_a_manual_payment_with_a_lost_outcome_ends_as_at_stripe(
    till: Till, kind: str, status: str, posted: str
) -> None:
    payment = till.left_open(kind)
    assert till.sweep(seconds=30) == NOTHING_DUE, "its own request may still be at work"
    assert till.sweep(seconds=6)["payments"] == 1
    assert till.status_of(payment) == status
    assert till.world.balance() == usd(posted)
    assert till.sweep(hours=1) == NOTHING_DUE


def test_a_recharge_with_a_lost_outcome_ends_as_at_stripe(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert till.sweep(seconds=119) == NOTHING_DUE
    assert till.sweep(seconds=1) == {"payments": 1, "recharges": 0, "failed": 0}
    assert recharges(till) == [("succeeded", "50.00")]
    assert shown(till) == ("active", None, None)


def test_a_challenge_that_was_confirmed_is_credited_without_any_callback(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])
    assert till.sweep(minutes=2)["payments"] == 1
    assert till.status_of(payment["id"]) == "succeeded"
    assert till.world.balance() == usd("25.00")


def test_a_payment_in_processing_is_credited_without_any_callback(till: Till) -> None:
    payment = till.paid("25.00", till.card(PROCESSING))
    till.settle_at_stripe(payment["id"])
    till.sweep(minutes=3)
    assert till.status_of(payment["id"]) == "succeeded"


def test_a_processing_recharge_that_is_declined_after_all_backs_off(till: Till) -> None:
    fails_once(till, PROCESSING)
    [attempt] = automatic(till)
    assert (attempt["status"], shown(till)[0]) == ("processing", "charging")
    till.settle_at_stripe(attempt["topup_id"], reason="insufficient_funds")
    till.sweep(minutes=3)
    assert recharges(till) == [("failed", "50.00")]
    assert shown(till)[:2] == ("paused", "backing_off")


def test_callbacks_and_sweeper_change_nothing_after_each_other(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])
    till.sweep(minutes=2)
    before = till.world.stack.items("acct_1")
    till.call_all_back()
    assert till.sweep(minutes=2) == NOTHING_DUE
    assert till.world.stack.items("acct_1") == before


# --- Payments that customers left open --------------------------------------------------------------------------------


@pytest.mark.parametrize("match", [CREATE, CONFIRM])
def test_a_payment_unconfirmed_after_a_minute_is_canceled(till: Till, match: str) -> None:
    card = till.card()
    till.fault("dropped", match, count=ALWAYS)
    till.pay("25.00", card)
    [payment] = till.top_ups()
    till.all_well()
    assert till.sweep(seconds=61)["payments"] == 1
    assert till.status_of(payment["topup_id"]) == "canceled"
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"] * (match == CONFIRM)
    assert till.charged() == []


def test_a_payment_without_a_response_resumes_while_its_customer_waits(till: Till) -> None:
    card = till.card()
    till.fault("dropped", CONFIRM, count=2)
    till.pay("25.00", card)
    [payment] = till.top_ups()
    till.sweep(seconds=36)
    assert till.status_of(payment["topup_id"]) == "succeeded"


def test_an_intent_made_without_a_response_is_canceled_with_its_payment(till: Till) -> None:
    card = till.card()
    till.fault("answer_lost", CREATE, count=2)
    till.pay("25.00", card)
    till.sweep(seconds=61)
    assert [item["status"] for item in till.top_ups()] == ["canceled"]
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"]


def test_an_abandoned_challenge_is_canceled_after_a_day(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.sweep(hours=23, minutes=59)
    assert till.status_of(payment["id"]) == "requires_action"
    till.sweep(hours=1)
    assert till.status_of(payment["id"]) == "canceled"
    assert till.intent_of(payment["id"])["status"] == "canceled"


def test_money_that_fails_to_arrive_triggers_the_recharge_again(till: Till) -> None:
    leave(till, "5.00")
    till.fault("dropped", CONFIRM, count=ALWAYS)
    card = till.card()
    till.pay("25.00", card)
    till.set_rule(till.card(MASTERCARD))
    till.stream()
    assert recharges(till) == [], "25.00 are on their way"
    till.all_well()
    till.sweep(seconds=61)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


# --- Payments that a worker left open ---------------------------------------------------------------------------------


def is_finishing(sent: Sent) -> bool:
    """Whether a request updates the recharge after a settled payment."""
    return sent.operation == "TransactWriteItems" and "is_finished = :yes REMOVE" in str(sent.body)


@pytest.mark.parametrize("who", ["sweeper", "stream", "callbacks"])
def test_the_sweeper_finishes_after_a_worker_lost_after_crediting(till: Till, wire: Wire, who: str) -> None:
    leave(till, "-60.00")
    till.set_rule(till.card(), amount="50.00", daily_limit="50.00")

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "ThrottlingException") if is_finishing(sent) else passed()

    with wire.interfering(interfere):
        [made] = till.take_records()
        answer = till.world.stack.invoke("auto_recharge", {"Records": [made]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": made["dynamodb"]["SequenceNumber"]}]}
    assert till.world.balance() == usd("-10.00")
    assert shown(till)[0] == "charging", "it is credited already"
    assert till.status_of(till.state()["in_flight"]["topup_id"]) == "succeeded"
    if who == "sweeper":
        assert till.sweep(minutes=1)["payments"] == 1
    elif who == "callbacks":
        till.call_all_back()
    else:
        till.later(seconds=120)
        spend(till, "0.01")
    till.stream()
    assert "in_flight" not in till.state()
    assert shown(till)[:2] == ("paused", "daily_limit")
    assert till.charged() == [5000]
    assert till.sweep(minutes=3) == NOTHING_DUE


def test_a_manual_payment_credited_but_unfinished_still_ends_a_wait(till: Till, wire: Wire) -> None:
    fails_once(till, DECLINED)
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "ThrottlingException") if is_finishing(sent) else passed()

    with wire.interfering(interfere):
        assert till.sweep(minutes=3)["failed"] == 1
    assert (till.status_of(payment["id"]), shown(till)[1]) == ("succeeded", "backing_off")
    assert till.sweep(minutes=1)["payments"] == 1
    assert shown(till) == ("active", None, None)
