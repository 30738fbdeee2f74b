"""One round of the sweeper: the times of its checks, the isolation of failures, and the recharges that it triggers
after their wait.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from tests.harness.callbacks import counted
from tests.harness.cards import DECLINED, PROCESSING
from tests.harness.recharging import fails_once, recharges, threshold_watched, usd
from tests.harness.stripe import Pass as PassToStripe
from tests.harness.stripe import StripeRequest, response
from tests.harness.table import sample_event
from tests.harness.threads import at_once
from tests.harness.till import ALWAYS, ANYTHING, CANCEL, NOTHING_DUE, Till
from tests.harness.wire import Pass, Sent, Wire, refusal

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- Times of the checks ----------------------------------------------------------------------------------------------


def test_a_payment_of_another_worker_is_left_alone(till: Till) -> None:
    till.left_open()
    asked = len(till.world.stack.stripe.sent)
    for _ in range(3):
        assert till.sweep(seconds=11) == NOTHING_DUE
    assert len(till.world.stack.stripe.sent) == asked
    assert till.sweep(seconds=3)["payments"] == 1


def test_a_processing_payment_is_checked_ever_later_but_at_least_hourly(till: Till) -> None:
    payment = till.paid("25.00", till.card(PROCESSING))
    till.stand_in.take_events()
    looks = [till.world.clock.now for _ in range(200) if till.sweep(minutes=2)["payments"]]
    gaps = [later - sooner for sooner, later in pairwise(looks)]
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(minutes=2)
    assert timedelta(minutes=58) <= gaps[-1] <= timedelta(minutes=62)
    assert len(looks) < 25
    assert till.status_of(payment["id"]) == "processing"
    till.settle_at_stripe(payment["id"])
    till.sweep(hours=1)
    assert till.status_of(payment["id"]) == "succeeded"


def test_in_an_outage_a_payment_is_checked_every_two_minutes(till: Till) -> None:
    payment = till.left_open()
    till.fault("dropped", ANYTHING, count=ALWAYS)
    for is_listing in (1, 0, 0, 0, 0):
        assert till.sweep(minutes=2)["failed"] == is_listing, "Stripe's events are not listed"
        assert till.status_of(payment) == "confirming"
    till.all_well()
    till.sweep(minutes=2)
    assert till.status_of(payment) == "succeeded"


# --- One of many ------------------------------------------------------------------------------------------------------


def three_left_open(till: Till) -> dict[str, str]:
    """Three accounts with one due payment each."""
    for account in ("acct_2", "acct_3"):
        till.world.create_account(account)
    made = {account: till.left_open(account=account) for account in ("acct_1", "acct_2", "acct_3")}
    till.later(minutes=1)
    return made


@pytest.mark.parametrize("account", ["acct_1", "acct_2", "acct_3"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServerError"])
def test_a_failed_table_access_does_not_delay_other_payments(
    till: Till, wire: Wire, account: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = three_left_open(till)
    capsys.readouterr()

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        hit = f"ACCOUNT#{account}" in sent.partitions() and sent.operation != "GetItem"
        return refusal(500 if code == "InternalServerError" else 400, code) if hit else passed()

    with wire.interfering(interfere):
        assert till.sweep() == {"payments": 2, "recharges": 0, "failed": 1}
    assert counted(capsys.readouterr().out)["SweepsFailed"] == 1
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
def test_an_unexpected_response_does_not_delay_other_payments(
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


def test_payments_left_at_the_time_limit_wait_for_the_next_minute(till: Till) -> None:
    made = three_left_open(till)
    event = sample_event("reconcile_payments")
    assert till.world.stack.invoke("reconcile_payments", event, seconds=14) == NOTHING_DUE
    assert [till.world.balance(account) for account in made] == [0] * 3
    assert till.world.stack.invoke("reconcile_payments", event)["payments"] == 3
    assert [till.world.balance(account) for account in made] == [usd("25.00")] * 3


def test_two_rounds_at_once_credit_each_payment_once(till: Till, wire: Wire) -> None:
    made = three_left_open(till)
    wire.with_conflicts = True
    at_once(till.sweep, till.sweep, till.sweep)
    wire.with_conflicts = False
    till.sweep(minutes=3)
    assert [till.world.balance(account) for account in made] == [usd("25.00")] * 3
    assert till.sweep(minutes=3) == NOTHING_DUE


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ValidationException"])
def test_a_failing_replayed_callback_delays_no_other_and_is_counted(
    till: Till, wire: Wire, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    till.world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        till.paid("25.00", till.card(account=account), account=account)
    till.stand_in.take_events()
    till.stand_in.faults.add("lost", "*", count=99)
    for charge in till.objects("charge"):
        till.sdk.v1.refunds.create({"charge": charge["id"]})
    assert till.stand_in.take_events() == []
    till.world.clock.now = till.world.clock.now.replace(minute=22, second=0)

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        is_first = sent.operation == "TransactWriteItems" and "ACCOUNT#acct_1" in str(sent.body)
        return refusal(400, code) if is_first else passed()

    capsys.readouterr()
    with wire.interfering(interfere):
        assert till.sweep()["failed"] >= 1
    assert (till.world.balance("acct_1"), till.world.balance("acct_2")) == (usd("25.00"), 0)
    assert counted(capsys.readouterr().out)["TopUpsReversed"] == 1
    till.sweep(minutes=15)
    assert till.world.balance("acct_1") == 0


# --- Recharges whose wait is over -------------------------------------------------------------------------------------


def test_a_recharge_is_triggered_once_after_its_wait(till: Till) -> None:
    fails_once(till, DECLINED)
    assert till.sweep(minutes=59) == NOTHING_DUE
    assert till.sweep(minutes=1) == {"payments": 0, "recharges": 1, "failed": 0}
    assert threshold_watched(till) == "10.00"
    assert till.sweep() == NOTHING_DUE
    till.stream()
    assert recharges(till) == [("failed", "50.00")] * 2


def test_a_recharge_disabled_during_its_wait_is_not_armed_afterwards(till: Till) -> None:
    fails_once(till, DECLINED)
    till.rule(enabled=False)
    till.sweep(hours=1)
    assert (threshold_watched(till), till.stream()) == (None, 0)
    assert till.sweep(hours=1) == NOTHING_DUE


def test_a_recharge_that_cannot_be_triggered_does_not_delay_the_others(till: Till, wire: Wire) -> None:
    for account in ("acct_1", "acct_2", "acct_3"):
        if account != "acct_1":
            till.world.create_account(account)
        till.set_rule(till.card(DECLINED, account), account=account)
    till.stream()
    till.later(hours=1)

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        return refusal(400, "AccessDeniedException") if "ACCOUNT#acct_2" in sent.partitions() else passed()

    with wire.interfering(interfere):
        assert till.sweep() == {"payments": 0, "recharges": 2, "failed": 1}
    assert [threshold_watched(till, account) for account in ("acct_1", "acct_2", "acct_3")] == ["10.00", None, "10.00"]
    assert till.sweep(minutes=1)["recharges"] == 1


def test_a_cancellation_without_a_response_is_sent_again_later(till: Till) -> None:
    card = till.card(DECLINED)
    till.fault("dropped", CANCEL, count=ALWAYS)
    payment = till.paid("25.00", card)
    till.all_well()
    till.sweep(minutes=3)
    assert till.status_of(payment["id"]) == "failed"
    assert till.intent_of(payment["id"])["status"] == "canceled"
