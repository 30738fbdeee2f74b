"""Stripe is silent until its keys expire, a request runs after its sender gave up, a worker dies, or the table is
unavailable: one payment is made, and a canceled one is never paid.
"""

from dataclasses import dataclass, field

import pytest
import requests
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from tests.harness.recharging import below, bring, keys, left_halfway, minutes_pass, paid_once, recharges, record
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import ALWAYS, ANYTHING, CONFIRM, CREATE, Till
from tests.harness.wire import Killed, Sent, Wire
from tests.harness.wire import Pass as PassToTable

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
PAID = [("succeeded", "50.00")]


# --- Expired Stripe keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "made"), [("answer_lost", 1), ("dropped", 0)])
def test_an_attempt_without_an_intent_is_canceled_before_its_key_expires(till: Till, kind: str, made: int) -> None:
    below(till)
    till.fault(kind, CREATE, count=ALWAYS)
    till.stream()
    minutes_pass(till, 21 * 60, step=180)
    till.sweep(minutes=119)
    assert recharges(till) == [("created", "50.00")]
    assert len(till.objects("payment_intent")) == made
    asked = len(keys(till, "/v1/payment_intents"))
    till.sweep(minutes=3)
    assert recharges(till) == [("canceled", "50.00")]
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"] * made
    assert len(keys(till, "/v1/payment_intents")) == asked
    assert "GET /v1/payment_intents" in [sent.name for sent in till.world.stack.stripe.sent]
    till.all_well()
    till.stream()
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]
    assert till.charged() == [5000]


def test_an_intent_unconfirmed_by_then_is_canceled_not_completed(till: Till) -> None:
    below(till)
    till.fault("dropped", CONFIRM, count=ALWAYS)
    till.stream()
    minutes_pass(till, 21 * 60, step=180)
    till.sweep(minutes=119)
    assert recharges(till) == [("confirming", "50.00")]
    till.all_well()
    till.sweep(minutes=3)
    assert recharges(till) == [("canceled", "50.00")]
    till.stream()
    assert recharges(till)[1:] == PAID
    assert till.charged() == [5000]


def test_money_taken_before_a_day_long_outage_is_credited_once(till: Till) -> None:
    left_halfway(till)
    till.fault("dropped", ANYTHING, count=ALWAYS)
    minutes_pass(till, 30 * 60, step=180)
    assert recharges(till) == [("confirming", "50.00")]
    till.all_well()
    till.sweep(minutes=3)
    paid_once(till)


def test_a_canceled_attempt_no_longer_counts_in_the_limits(till: Till) -> None:
    below(till)
    till.rule(hourly_count=1, daily_limit="50.00", monthly_limit="50.00")
    till.fault("dropped", CREATE, count=ALWAYS)
    till.stream()
    till.sweep(hours=23, minutes=1)
    till.all_well()
    till.stream()
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]


# --- Too late ---------------------------------------------------------------------------------------------------------


@dataclass
class Late:
    """Delay the first request of that name until the test runs it, after its sender gave up. Later requests get no
    response while `away`.
    """

    name: str
    away: int = 0
    kept: list[Pass] = field(default_factory=list)

    def __call__(self, request: StripeRequest, passed: Pass) -> requests.Response:
        if request.name == self.name and not self.kept:
            self.kept.append(passed)
            raise requests.ReadTimeout("injected")
        if self.kept and self.away:
            self.away -= 1
            raise requests.ReadTimeout("injected")
        return passed()


@pytest.mark.parametrize("name", ["POST /v1/payment_intents", "POST /v1/payment_intents/*/confirm"])
@pytest.mark.parametrize("away", [0, 2], ids=["after the next try", "before it"])
def test_a_request_carried_out_after_its_sender_gave_up_is_one_payment(till: Till, name: str, away: int) -> None:
    below(till)
    till.world.stack.stripe.through = late = Late(name, away)
    till.stream()
    assert (recharges(till) == PAID) == (away == 0)
    late.kept[0]()
    minutes_pass(till, 4, step=2)
    paid_once(till)


def test_an_intent_made_after_its_attempt_was_given_up_is_never_confirmed(till: Till) -> None:
    below(till)
    till.world.stack.stripe.through = late = Late("POST /v1/payment_intents")
    till.fault("dropped", ANYTHING, count=ALWAYS)
    till.stream()
    minutes_pass(till, 27 * 60, step=180)
    till.all_well()
    minutes_pass(till, 3)
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]
    late.kept[0]()
    minutes_pass(till, 10)
    assert sorted(intent["status"] for intent in till.objects("payment_intent")) == [
        "requires_confirmation",
        "succeeded",
    ]
    assert till.charged() == [5000]


# --- The worker, and the table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(9))
def test_a_worker_that_dies_at_any_request_to_the_table_leaves_one_payment(
    till: Till, wire: Wire, at: int, done: bool
) -> None:
    below(till)
    seen: list[str] = []

    def die(sent: Sent, passed: PassToTable) -> AWSResponse:
        seen.append(sent.operation)
        if len(seen) - 1 != at:
            return passed()
        if done:
            passed()
        raise Killed

    made = record(till)
    with wire.interfering(die):
        try:
            bring(till, made)
        except Killed:
            wire.dead = False
    assert seen
    bring(till, made)  # The stream redelivers the unanswered record.
    minutes_pass(till, 4, step=2)
    paid_once(till)


@pytest.mark.parametrize("kept", [True, False], ids=["it was written", "it was not"])
def test_a_claim_without_a_response_is_one_payment(till: Till, wire: Wire, kept: bool) -> None:
    below(till)
    made = record(till)

    def lose(sent: Sent, passed: PassToTable) -> AWSResponse:
        if sent.operation != "TransactWriteItems":
            return passed()
        if kept:
            passed()
        raise ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")

    with wire.interfering(lose):
        bring(till, made)
    assert till.objects("payment_intent") == []
    bring(till, made)
    minutes_pass(till, 4, step=2)
    paid_once(till)
