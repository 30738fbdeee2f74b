"""The outcome of a request is unknown: Stripe is silent, faulty, or late, or the worker or the table is gone. The same
attempt resumes under its keys and ends with one payment.
"""

import pytest
import requests

from tests.harness.cards import DECLINED
from tests.harness.recharging import (
    automatic,
    below,
    bring,
    confirmations,
    keys,
    left_halfway,
    minutes_pass,
    paid_once,
    recharges,
    record,
    shown,
    spend,
    talk,
    usd,
)
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.table import Context
from tests.harness.till import ALWAYS, ANYTHING, CANCEL, CONFIRM, CREATE, RETRIEVE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
UNKEPT = ["answer_lost", "dropped", "rate_limited", "lock_timeout"]
"""Faults that are not repeated under an idempotency key."""
FAULTS = ["error_500", "error_500_after"]
PAID = [("succeeded", "50.00")]


# --- No response, once or for a while ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", UNKEPT)
@pytest.mark.parametrize("match", [CREATE, CONFIRM])
def test_one_request_without_a_response_is_repeated_at_once(till: Till, match: str, kind: str) -> None:
    below(till)
    till.fault(kind, match)
    till.stream()
    paid_once(till)
    assert set(keys(till, "/confirm")) == {"confirm:1"}, "nothing keeps silence, so the key stays what it is"


@pytest.mark.parametrize("kind", UNKEPT)
@pytest.mark.parametrize("match", [CREATE, CONFIRM, ANYTHING, "POST /v1/*"])
def test_in_a_stripe_outage_the_attempt_waits_and_then_resumes(till: Till, match: str, kind: str) -> None:
    below(till)
    till.fault(kind, match, count=ALWAYS)
    if match == CONFIRM:
        till.fault(kind, RETRIEVE, count=ALWAYS)
    minutes_pass(till, 10, lambda: talk(till, minutes=1), step=2)
    assert len(automatic(till)) == 1
    assert shown(till) == ("charging", "in_flight", None)
    assert till.state()["attempt"] == 1
    till.all_well()
    minutes_pass(till, 4, step=2)
    paid_once(till)
    assert set(keys(till, "/confirm")) == {"confirm:1"}
    assert till.world.balance() == usd("55.00") - 5 * usd("2.50")


@pytest.mark.parametrize("kind", [*UNKEPT, *FAULTS])
def test_a_decline_without_a_response_is_found_and_counts_once(till: Till, kind: str) -> None:
    below(till, DECLINED)
    till.fault(kind, CONFIRM)
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    assert shown(till)[:2] == ("paused", "backing_off")
    assert till.state()["failures"] == 1


@pytest.mark.parametrize("kind", [*UNKEPT, *FAULTS])
def test_a_decline_is_in_flight_until_its_cancellation_is_answered(till: Till, kind: str) -> None:
    below(till, DECLINED)
    till.fault(kind, CANCEL, count=ALWAYS)
    till.fault(kind, RETRIEVE, count=ALWAYS)
    minutes_pass(till, 6, lambda: talk(till, minutes=1), step=2)
    assert recharges(till) == [("confirming", "50.00")]
    assert shown(till)[0] == "charging"
    till.all_well()
    minutes_pass(till, 4, step=2)
    assert recharges(till) == [("failed", "50.00")]
    assert (confirmations(till), till.state()["failures"]) == (1, 1)
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"]


# --- The lease --------------------------------------------------------------------------------------------------------


def test_within_the_lease_neither_the_stream_nor_the_sweeper_touches_it(till: Till) -> None:
    left_halfway(till)
    asked = len(till.world.stack.stripe.sent)
    for _ in range(3):
        spend(till, "0.01")
        till.stream()
        assert till.sweep(seconds=39)["payments"] == 0
    assert len(till.world.stack.stripe.sent) == asked
    till.sweep(seconds=3)
    paid_once(till)


@pytest.mark.parametrize("who", ["stream", "sweeper"])
def test_after_the_lease_the_first_worker_finishes_the_same_payment(till: Till, who: str) -> None:
    left_halfway(till)
    till.later(seconds=120)
    if who == "sweeper":
        assert till.sweep()["payments"] == 1
    else:
        spend(till, "0.01")
        till.stream()
    paid_once(till)
    assert till.sweep(minutes=3) == {"payments": 0, "recharges": 0, "failed": 0}


def test_a_second_worker_leaves_a_payment_in_progress_alone(till: Till) -> None:
    left_halfway(till)
    till.later(seconds=120)
    wire = till.world.stack.stripe
    seen: list[object] = []

    def another(request: StripeRequest, passed: Pass) -> requests.Response:
        wire.through = None
        till.world.stack.let_leases_expire()  # As if the first sweep had been killed.
        asked = len(wire.sent)
        seen.extend((bring(till, record(till)), till.sweep()["payments"]))
        seen.append([sent.name for sent in wire.sent[asked:] if sent.name.startswith("POST")])
        return passed()

    wire.through = another
    assert till.sweep()["payments"] == 1
    assert seen == [[], 0, []]
    paid_once(till)


def test_a_charge_is_not_sent_without_time_to_wait_for_its_response(till: Till) -> None:
    below(till)
    context = Context(23)
    wire = till.world.stack.stripe

    def slow(request: StripeRequest, passed: Pass) -> requests.Response:
        context.seconds = 9
        return passed()

    wire.through = slow
    answer = till.world.stack.apps["auto_recharge"].handler({"Records": [record(till)]}, context)
    wire.through = None
    assert answer == {"batchItemFailures": []}
    assert (recharges(till), confirmations(till)) == ([("confirming", "50.00")], 0)
    till.sweep(minutes=2)
    paid_once(till)


# --- Server faults that repeat under a key ----------------------------------------------------------------------------


def test_a_confirmation_is_repeated_only_if_the_intent_still_waits(till: Till) -> None:
    below(till)
    till.fault("error_500", CONFIRM)
    till.stream()
    paid_once(till)
    assert keys(till, "/confirm") == ["confirm:1", "confirm:2"]


def test_the_number_stays_until_the_intent_is_read(till: Till) -> None:
    below(till)
    till.fault("error_500", CONFIRM)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert automatic(till)[0]["confirm_number"] == 1
    minutes_pass(till, 4, step=2)
    paid_once(till)
    assert keys(till, "/confirm") == ["confirm:1", "confirm:1", "confirm:2"]


def test_a_server_fault_after_payment_causes_no_second_confirmation(till: Till) -> None:
    below(till)
    till.fault("error_500_after", CONFIRM)
    till.fault("dropped", RETRIEVE)
    till.stream()
    minutes_pass(till, 4, step=2)
    paid_once(till)
    assert keys(till, "/confirm") == ["confirm:1"]


def test_an_intent_hidden_by_a_server_fault_is_found_and_paid(till: Till) -> None:
    below(till)
    till.fault("error_500_after", CREATE)
    till.stream()
    paid_once(till)


def test_the_next_attempt_makes_an_intent_after_a_server_fault(till: Till) -> None:
    below(till)
    till.fault("error_500", CREATE)
    till.stream()
    assert recharges(till) == [("canceled", "50.00"), *PAID]
    assert (till.charged(), len(till.objects("payment_intent"))) == ([5000], 1)


def test_attempts_without_an_intent_are_bounded_hourly_and_not_counted(till: Till) -> None:
    below(till)
    till.rule(daily_limit="50.00", monthly_limit="50.00")
    till.fault("error_500", CREATE, count=ALWAYS)
    minutes_pass(till, 60, lambda: talk(till, minutes=1), step=10)
    assert recharges(till) == [("canceled", "50.00")] * 3
    assert shown(till) == ("paused", "hourly_count", "2026-11-23T13:10:00.000Z")
    till.all_well()
    minutes_pass(till, 10, step=10)
    assert recharges(till)[3:] == PAID


def test_server_faults_for_an_hour_are_one_payment_when_they_end(till: Till) -> None:
    below(till)
    till.fault("error_500", CONFIRM, count=ALWAYS)
    minutes_pass(till, 60, step=4)
    assert till.charged() == []
    till.all_well()
    minutes_pass(till, 8, step=4)
    paid_once(till)
    numbers = [int(key.split(":")[1]) for key in keys(till, "/confirm")]
    assert numbers == sorted(numbers)
