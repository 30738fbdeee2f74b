"""Automatic recharge under the stream's deliveries: repeated and unordered records, several workers at once, and
batches with an account that fails.
"""

import copy
import random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from tests.harness.recharging import (
    LIFTED,
    a_call,
    automatic,
    bring,
    leave,
    minutes_pass,
    recharges,
    record,
    spend,
    talk,
    usd,
)
from tests.harness.stripe import Pass as PassToStripe
from tests.harness.stripe import StripeRequest, response
from tests.harness.threads import at_once
from tests.harness.till import CONFIRM, RETRIEVE, Till
from tests.harness.wire import Pass, Sent, Wire, refusal

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
ACCOUNTS = ("acct_1", "acct_2", "acct_3")


def each_below(till: Till, *accounts: str) -> list[dict[str, Any]]:
    """Accounts with five dollars below a threshold of ten; a record of each."""
    for account in accounts:
        if account != "acct_1":
            till.world.create_account(account)
        leave(till, "5.00", account)
        till.set_rule(till.card(account=account), account=account)
    return [record(till, account) for account in accounts]


def name_of(made: dict[str, Any]) -> str:
    """The sequence number of a record."""
    return str(made["dynamodb"]["SequenceNumber"])


# --- Many accounts ----------------------------------------------------------------------------------------------------


def test_every_account_of_a_batch_is_recharged_once(till: Till) -> None:
    assert bring(till, *each_below(till, *ACCOUNTS)) == []
    assert [recharges(till, account) for account in ACCOUNTS] == [[("succeeded", "50.00")]] * 3


def test_only_the_last_record_of_an_account_is_processed(till: Till, wire: Wire) -> None:
    records = each_below(till, "acct_1")
    for _ in range(9):
        spend(till, "0.01")
        records.append(record(till))
    with wire.recording() as sent:
        assert bring(till, *records) == []
    snapshots = [request for request in sent if request.operation == "BatchGetItem" and "ACCOUNT" in str(request.body)]
    decided = [
        request for request in snapshots if "AUTO_RECHARGE" in str(request.body) and "BALANCE" in str(request.body)
    ]
    assert len(decided) == 1
    assert till.charged() == [5000]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalServerError"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_failed_table_access_retries_that_account_alone(till: Till, wire: Wire, code: str, at: int) -> None:
    records = each_below(till, *ACCOUNTS)
    records[at:at] = [copy.deepcopy(records[at])]
    records[at]["dynamodb"]["SequenceNumber"] = "1"

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        hit = f"ACCOUNT#{ACCOUNTS[at]}" in sent.partitions()
        return refusal(500 if code == "InternalServerError" else 400, code) if hit else passed()

    with wire.interfering(interfere):
        assert bring(till, *records) == [name_of(records[at + 1])]
    others = [account for account in ACCOUNTS if account != ACCOUNTS[at]]
    assert [recharges(till, account) for account in others] == [[("succeeded", "50.00")]] * 2
    assert recharges(till, ACCOUNTS[at]) == []
    assert bring(till, records[at + 1]) == []
    assert till.charged() == [5000] * 3


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Sign in to the network</html>"),
        (400, b'{"error": {"type": "idempotency_error", "message": "no"}}'),
    ],
    ids=["a page", "another request under the key"],
)
def test_an_unexpected_stripe_response_delays_no_other_account(till: Till, at: int, status: int, body: bytes) -> None:
    records = each_below(till, *ACCOUNTS)
    hit = till.customer(ACCOUNTS[at])

    def strange(request: StripeRequest, passed: PassToStripe) -> Any:
        said = response(status, body, {"Content-Type": "application/json", "Request-Id": "req_1"})
        return said if ("customer", hit) in request.form else passed()

    till.world.stack.stripe.through = strange
    assert bring(till, *records) == []
    till.world.stack.stripe.through = None
    paid = [[("succeeded", "50.00")] if number != at else [("created", "50.00")] for number in range(3)]
    assert [recharges(till, account) for account in ACCOUNTS] == paid
    minutes_pass(till, 4, step=2)
    assert till.charged() == [5000] * 3


def test_an_unknown_account_is_dropped_and_delays_no_other(till: Till) -> None:
    records = each_below(till, "acct_1")
    stranger = copy.deepcopy(records[0])
    stranger["dynamodb"]["Keys"]["PK"]["S"] = "ACCOUNT#acct_nobody"
    assert bring(till, stranger, *records) == []
    assert till.charged() == [5000]


def test_records_left_at_the_time_limit_are_redelivered_untouched(till: Till) -> None:
    records = each_below(till, *ACCOUNTS)
    assert bring(till, *records, seconds=20) == [name_of(made) for made in records]
    assert till.objects("payment_intent") == []
    assert bring(till, *records) == []
    assert till.charged() == [5000] * 3


def test_a_rejected_key_redelivers_every_record_and_loses_no_attempt(till: Till) -> None:
    records = each_below(till, "acct_1", "acct_2")
    right, till.stand_in.api_key = till.stand_in.api_key, "sk_test_another"
    assert bring(till, *records) == [name_of(made) for made in records]
    assert bring(till, *records) == []  # Both are in flight, and the sweeper resumes them.
    till.stand_in.api_key = right
    assert till.sweep(minutes=3)["payments"] == 2
    assert [recharges(till, account) for account in ("acct_1", "acct_2")] == [[("succeeded", "50.00")]] * 2


# --- The same records again -------------------------------------------------------------------------------------------


def falling(till: Till, calls: int = 12) -> list[dict[str, Any]]:
    """The records of a balance that falls with each call."""
    leave(till, "12.00")
    till.set_rule(till.card(), **LIFTED)
    records = []
    for _ in range(calls):
        talk(till, minutes=2)
        records.append(record(till))
    return records


def batches(records: list[dict[str, Any]], seed: int) -> list[list[dict[str, Any]]]:
    """Each record ten times, shuffled, in batches of ten."""
    many = [copy.deepcopy(made) for made in records for _ in range(10)]
    random.Random(seed).shuffle(many)
    return [many[start : start + 10] for start in range(0, len(many), 10)]


def test_records_repeated_ten_times_in_any_order_make_one_credit(till: Till) -> None:
    for batch in batches(falling(till), seed=1):
        assert bring(till, *batch) == []
    assert till.charged() == [10000]
    assert len(till.objects("payment_intent")) == 1
    assert till.world.balance() == usd("58.00")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_at_once_on_the_same_records_charge_once(
    till: Till, wire: Wire, workers: int, seed: int
) -> None:
    records = falling(till, calls=4)
    wire.with_conflicts = True

    def work(number: int) -> None:
        for batch in batches(records, seed=10 * seed + number):
            bring(till, *batch)  # The redelivered records are among the later ones.

    at_once(*[lambda number=number: work(number) for number in range(workers)])
    wire.with_conflicts = False
    minutes_pass(till, 5)
    assert len(till.objects("payment_intent")) == 1
    assert till.charged() == [5000]
    assert recharges(till) == [("succeeded", "50.00")]


def test_calls_posted_beside_two_workers_are_covered_by_one_charge_each(till: Till, wire: Wire) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), **LIFTED)
    records = [record(till)] * 10
    calls = [a_call(till, minutes=2) for _ in range(10)]
    wire.with_conflicts = True
    at_once(
        *[lambda: [bring(till, made) for made in records]] * 2,
        *[lambda call=call: till.world.deliver(call) for call in calls],
    )
    wire.with_conflicts = False
    minutes_pass(till, 5)
    spent = usd("45.00")
    paid = sum(till.charged()) * 10_000
    assert till.world.balance() == usd("5.00") - spent + paid
    assert usd("10.00") <= till.world.balance() < usd("60.00")


def test_two_workers_with_an_expired_lease_finish_one_payment(till: Till, wire: Wire) -> None:
    [made] = each_below(till, "acct_1")
    till.fault("dropped", CONFIRM, count=2)
    till.fault("rate_limited", RETRIEVE)
    bring(till, made)
    assert recharges(till) == [("confirming", "50.00")]
    till.later(minutes=3)
    wire.with_conflicts = True
    at_once(*[lambda: bring(till, made)] * 4, till.sweep)
    wire.with_conflicts = False
    minutes_pass(till, 5)
    assert till.charged() == [5000]
    assert automatic(till)[0]["confirm_number"] == 1
