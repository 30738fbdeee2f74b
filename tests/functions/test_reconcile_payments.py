"""Every minute the sweeper finishes what a callback, a worker or a customer left open, and wakes recharges whose wait
is over; where nothing is due it does not even ask Stripe.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from calling_credit.payments.client import forget_settings
from tests.functions.conftest import sample_event
from tests.functions.laws_wire import Pass, Sent, Wire, refusal, wired
from tests.functions.recharging import automatic, fails_once, leave, recharges, shown, spend, threshold_watched, usd
from tests.functions.stripe_wire import Pass as PassToStripe
from tests.functions.stripe_wire import StripeRequest, response
from tests.functions.till import (
    ALWAYS,
    ANYTHING,
    CANCEL,
    CHALLENGED,
    CONFIRM,
    CREATE,
    DECLINED,
    MASTERCARD,
    RETRIEVE,
    VISA,
    Till,
)

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
PROCESSING = "pm_card_processing"
NOTHING = {"payments": 0, "recharges": 0, "failed": 0}


@pytest.fixture
def table(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The wire to the table, on which neither the SDK nor the application sleeps between tries."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("calling_credit.store.transact.jittered_wait", lambda _: 0.0)
    with wired(till.world.stack) as wire:
        yield wire


def status_of(till: Till, topup_id: str) -> str:
    """The status of a payment as it is stored."""
    [found] = [item["status"] for item in till.top_ups() if item["topup_id"] == topup_id]
    return str(found)


def left_open(till: Till, kind: str = VISA, amount: str = "25.00", account: str = "acct_1") -> str:
    """A payment by hand whose confirmation was carried out, and whose outcome nobody heard; its id."""
    card = till.card(kind, account)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    payment = till.paid(amount, card, account=account)
    till.all_well()
    assert payment["status"] == "processing"
    return str(payment["id"])


# --- Nothing to do ----------------------------------------------------------------------------------------------------


def test_the_sample_event_finds_nothing_to_do_and_asks_stripe_nothing(till: Till) -> None:
    answer = till.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
    assert answer == NOTHING
    assert till.world.stack.stripe.sent == []


@pytest.fixture
def no_key() -> Iterator[None]:
    """The operator has not put Stripe's keys into the secret yet."""
    client, name = boto3.client("secretsmanager"), os.environ["STRIPE_SECRET_ARN"]
    standing = client.get_secret_value(SecretId=name)["SecretString"]
    client.put_secret_value(SecretId=name, SecretString='{"api_key": "", "webhook_secret": ""}')
    forget_settings()
    yield
    client.put_secret_value(SecretId=name, SecretString=standing)
    forget_settings()


def test_before_stripes_keys_are_there_it_finds_nothing_to_do_and_fails_at_nothing(till: Till, no_key: None) -> None:
    assert till.sweep() == NOTHING


def test_what_has_ended_is_never_looked_at_again(till: Till) -> None:
    till.paid("25.00", till.card())
    till.paid("25.00", till.card(DECLINED))
    leave(till, "5.00")
    till.set_rule(till.card())
    till.stream()
    asked = len(till.world.stack.stripe.sent)
    for span in ({"minutes": 1}, {"hours": 1}, {"days": 1}, {"days": 40}):
        assert till.sweep(**span) == NOTHING
    assert len(till.world.stack.stripe.sent) == asked
    assert [item for item in till.world.stack.items() if "sweep_pk" in item] == []


# --- What callbacks lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status", "posted"), [(VISA, "succeeded", "25.00"), (DECLINED, "failed", "0.00")])
def test_a_payment_by_hand_whose_outcome_was_lost_ends_as_stripe_says(
    till: Till, kind: str, status: str, posted: str
) -> None:
    payment = left_open(till, kind)
    assert till.sweep(seconds=30) == NOTHING, "its own request may still be at work"
    assert till.sweep(seconds=6)["payments"] == 1
    assert status_of(till, payment) == status
    assert till.world.balance() == usd(posted)
    assert till.sweep(hours=1) == NOTHING


def test_a_recharge_whose_outcome_was_lost_ends_as_stripe_says(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert till.sweep(seconds=119) == NOTHING
    assert till.sweep(seconds=1) == {"payments": 1, "recharges": 0, "failed": 0}
    assert recharges(till) == [("succeeded", "50.00")]
    assert shown(till) == ("active", None, None)


def test_a_challenge_that_was_confirmed_is_credited_without_any_callback(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])
    assert till.sweep(minutes=2)["payments"] == 1
    assert status_of(till, payment["id"]) == "succeeded"
    assert till.world.balance() == usd("25.00")


def test_a_payment_in_processing_is_credited_without_any_callback(till: Till) -> None:
    payment = till.paid("25.00", till.card(PROCESSING))
    till.settle_at_stripe(payment["id"])
    till.sweep(minutes=3)
    assert status_of(till, payment["id"]) == "succeeded"


def test_a_processing_recharge_that_is_declined_after_all_backs_off(till: Till) -> None:
    fails_once(till, PROCESSING)
    [attempt] = automatic(till)
    assert (attempt["status"], shown(till)[0]) == ("processing", "charging")
    till.settle_at_stripe(attempt["topup_id"], reason="insufficient_funds")
    till.sweep(minutes=3)
    assert recharges(till) == [("failed", "50.00")]
    assert shown(till)[:2] == ("paused", "backing_off")


def test_callbacks_after_the_sweeper_and_the_sweeper_after_callbacks_change_nothing(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])
    till.sweep(minutes=2)
    before = till.world.stack.items()
    till.call_all_back()
    assert till.sweep(minutes=2) == NOTHING
    assert till.world.stack.items() == before


# --- What customers left ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("match", [CREATE, CONFIRM])
def test_a_payment_nobody_confirmed_within_a_minute_is_canceled_not_completed(till: Till, match: str) -> None:
    card = till.card()
    till.fault("dropped", match, count=ALWAYS)
    till.pay("25.00", card)
    [payment] = till.top_ups()
    till.all_well()
    assert till.sweep(seconds=61)["payments"] == 1
    assert status_of(till, payment["topup_id"]) == "canceled"
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"] * (match == CONFIRM)
    assert till.charged() == []


def test_a_payment_without_an_answer_is_gone_on_with_while_its_customer_may_still_wait(till: Till) -> None:
    card = till.card()
    till.fault("dropped", CONFIRM, count=2)
    till.pay("25.00", card)
    [payment] = till.top_ups()
    till.sweep(seconds=36)
    assert status_of(till, payment["topup_id"]) == "succeeded"


def test_an_intent_made_without_our_hearing_of_it_is_canceled_with_its_payment(till: Till) -> None:
    card = till.card()
    till.fault("answer_lost", CREATE, count=2)
    till.pay("25.00", card)
    till.sweep(seconds=61)
    assert [item["status"] for item in till.top_ups()] == ["canceled"]
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"]


def test_an_abandoned_challenge_is_canceled_after_a_day(till: Till) -> None:
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.sweep(hours=23, minutes=59)
    assert status_of(till, payment["id"]) == "requires_action"
    till.sweep(hours=1)
    assert status_of(till, payment["id"]) == "canceled"
    assert till.intent_of(payment["id"])["status"] == "canceled"


def test_money_that_will_not_come_after_all_has_the_recharge_look_again(till: Till) -> None:
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


# --- What a worker left -----------------------------------------------------------------------------------------------


def is_finishing(sent: Sent) -> bool:
    """Whether a request finishes what a settled payment means for the recharge."""
    return sent.operation == "TransactWriteItems" and "is_finished = :yes REMOVE" in str(sent.body)


@pytest.mark.parametrize("who", ["sweeper", "stream", "callbacks"])
def test_a_worker_lost_between_crediting_and_finishing_is_made_up_for(till: Till, table: Wire, who: str) -> None:
    leave(till, "-60.00")
    till.set_rule(till.card(), amount="50.00", daily_limit="50.00")

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "ThrottlingException") if is_finishing(sent) else passed()

    with table.interfering(interfere):
        [made] = till.take_records()
        answer = till.world.stack.invoke("auto_recharge", {"Records": [made]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": made["dynamodb"]["SequenceNumber"]}]}
    assert till.world.balance() == usd("-10.00")
    assert shown(till)[0] == "charging", "it is credited already"
    assert status_of(till, till.state()["in_flight"]["topup_id"]) == "succeeded"
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
    assert till.sweep(minutes=3) == NOTHING


def test_a_payment_by_hand_credited_but_not_finished_ends_a_wait_all_the_same(till: Till, table: Wire) -> None:
    fails_once(till, DECLINED)
    payment = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(payment["id"])

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "ThrottlingException") if is_finishing(sent) else passed()

    with table.interfering(interfere):
        assert till.sweep(minutes=2)["failed"] == 1
    assert (status_of(till, payment["id"]), shown(till)[1]) == ("succeeded", "backing_off")
    assert till.sweep(minutes=1)["payments"] == 1
    assert shown(till) == ("active", None, None)


# --- When it looks ----------------------------------------------------------------------------------------------------


def test_what_another_is_at_work_on_is_left_alone(till: Till) -> None:
    left_open(till)
    asked = len(till.world.stack.stripe.sent)
    for _ in range(3):
        assert till.sweep(seconds=11) == NOTHING
    assert len(till.world.stack.stripe.sent) == asked
    assert till.sweep(seconds=3)["payments"] == 1


def test_a_payment_in_processing_is_looked_at_later_and_later_and_every_hour_at_least(till: Till) -> None:
    payment = till.paid("25.00", till.card(PROCESSING))
    looks = [till.world.clock.now for _ in range(200) if till.sweep(minutes=2)["payments"]]
    gaps = [later - sooner for sooner, later in pairwise(looks)]
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(minutes=2)
    assert timedelta(minutes=58) <= gaps[-1] <= timedelta(minutes=62)
    assert len(looks) < 25
    assert status_of(till, payment["id"]) == "processing"
    till.settle_at_stripe(payment["id"])
    till.sweep(hours=1)
    assert status_of(till, payment["id"]) == "succeeded"


def test_while_stripe_does_not_answer_a_payment_is_asked_for_every_two_minutes_and_never_lost(till: Till) -> None:
    payment = left_open(till)
    till.fault("dropped", ANYTHING, count=ALWAYS)
    for _ in range(5):
        assert till.sweep(minutes=2)["failed"] == 0
        assert status_of(till, payment) == "confirming"
    till.all_well()
    till.sweep(minutes=2)
    assert status_of(till, payment) == "succeeded"


# --- One of many ------------------------------------------------------------------------------------------------------


def three_left_open(till: Till) -> dict[str, str]:
    """A payment of each of three accounts, all due."""
    for account in ("acct_2", "acct_3"):
        till.world.create_account(account)
    made = {account: left_open(till, account=account) for account in ("acct_1", "acct_2", "acct_3")}
    till.later(minutes=1)
    return made


@pytest.mark.parametrize("account", ["acct_1", "acct_2", "acct_3"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServerError"])
def test_a_payment_whose_table_access_fails_does_not_hold_up_the_others(
    till: Till, table: Wire, account: str, code: str
) -> None:
    made = three_left_open(till)

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        hit = f"ACCOUNT#{account}" in sent.partitions() and sent.operation != "GetItem"
        return refusal(500 if code == "InternalServerError" else 400, code) if hit else passed()

    with table.interfering(interfere):
        assert till.sweep() == {"payments": 2, "recharges": 0, "failed": 1}
    others = [name for name in made if name != account]
    assert [till.world.balance(name) for name in others] == [usd("25.00")] * 2
    assert till.world.balance(account) == 0
    till.sweep(minutes=3)
    assert till.world.balance(account) == usd("25.00")


@pytest.mark.parametrize("account", ["acct_1", "acct_2", "acct_3"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Sign in to the network</html>"),
        (404, b"<html>Not here</html>"),
        (503, b"<html>Not now</html>"),
        (418, b'{"error": {"type": "teapot", "message": "short and stout"}}'),
        (400, b'{"error": {"type": "idempotency_error", "message": "another request"}}'),
        (404, b'{"error": {"type": "invalid_request_error", "message": "no such intent"}}'),
        (401, b'{"error": {"type": "invalid_request_error", "message": "no such key"}}'),
        (403, b'{"error": {"type": "invalid_request_error", "message": "not allowed"}}'),
    ],
    ids=["page", "no page", "unavailable", "teapot", "idempotency", "unknown", "key", "permission"],
)
def test_an_answer_that_nobody_expected_does_not_hold_up_the_others(
    till: Till, account: str, status: int, body: bytes
) -> None:
    made = three_left_open(till)
    intent_id = till.intent_of(made[account])["id"]

    def strange(request: StripeRequest, passed: PassToStripe) -> Any:
        if intent_id in request.path:
            return response(status, body, {"Content-Type": "application/json", "Request-Id": "req_1"})
        return passed()

    till.world.stack.stripe.through = strange
    done = till.sweep()
    till.world.stack.stripe.through = None
    assert done["payments"] + done["failed"] == 3
    assert [till.world.balance(name) for name in made if name != account] == [usd("25.00")] * 2
    till.sweep(minutes=3)
    assert till.world.balance(account) == usd("25.00")


def test_what_no_time_is_left_for_waits_for_the_next_minute(till: Till) -> None:
    made = three_left_open(till)
    event = sample_event("reconcile_payments")
    assert till.world.stack.invoke("reconcile_payments", event, seconds=14) == NOTHING
    assert [till.world.balance(account) for account in made] == [0] * 3
    assert till.world.stack.invoke("reconcile_payments", event)["payments"] == 3
    assert [till.world.balance(account) for account in made] == [usd("25.00")] * 3


# --- Recharges whose wait is over -------------------------------------------------------------------------------------


def test_a_recharge_whose_wait_is_over_is_woken_once(till: Till) -> None:
    fails_once(till, DECLINED)
    assert till.sweep(minutes=59) == NOTHING
    assert till.sweep(minutes=1) == {"payments": 0, "recharges": 1, "failed": 0}
    assert threshold_watched(till) == "10.00"
    assert till.sweep() == NOTHING
    till.stream()
    assert recharges(till) == [("failed", "50.00")] * 2


def test_a_recharge_switched_off_meanwhile_is_not_armed_when_its_wait_is_over(till: Till) -> None:
    fails_once(till, DECLINED)
    till.rule(enabled=False)
    till.sweep(hours=1)
    assert (threshold_watched(till), till.stream()) == (None, 0)
    assert till.sweep(hours=1) == NOTHING


def test_one_recharge_that_cannot_be_woken_does_not_hold_up_the_others(till: Till, table: Wire) -> None:
    for account in ("acct_1", "acct_2", "acct_3"):
        if account != "acct_1":
            till.world.create_account(account)
        till.set_rule(till.card(DECLINED, account), account=account)
    till.stream()
    till.later(hours=1)

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "AccessDeniedException") if "ACCOUNT#acct_2" in sent.partitions() else passed()

    with table.interfering(interfere):
        assert till.sweep() == {"payments": 0, "recharges": 2, "failed": 1}
    assert [threshold_watched(till, account) for account in ("acct_1", "acct_2", "acct_3")] == ["10.00", None, "10.00"]
    assert till.sweep(minutes=1)["recharges"] == 1


def test_a_cancellation_that_stripe_does_not_answer_is_made_up_for(till: Till) -> None:
    card = till.card(DECLINED)
    till.fault("dropped", CANCEL, count=ALWAYS)
    payment = till.paid("25.00", card)
    till.all_well()
    till.sweep(minutes=3)
    assert status_of(till, payment["id"]) == "failed"
    assert till.intent_of(payment["id"])["status"] == "canceled"
