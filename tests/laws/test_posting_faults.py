"""The proof from a failed posting transaction, the cost of a redelivery, and the end of an invocation."""

from collections import Counter

import pytest
from botocore.awsrequest import AWSResponse

from tests.harness.faults import (
    Fault,
    Point,
    answer_lost,
    connecting_too_long,
    deliver_until_settled,
    never_sent,
    server_error,
    throttled,
)
from tests.harness.queue import failures
from tests.harness.table import Context
from tests.harness.wire import Pass, Sent, cancelled
from tests.laws.ledger_bench import (
    CHARGED,
    MIXED,
    NEVER_TAKEN,
    LedgerBench,
    account_events,
    batch,
    call,
    kinds,
    some_calls,
)

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def transactions(sent: list[Sent]) -> Counter[str]:
    """The number of transactions of each account."""
    return Counter(next(iter(each.partitions())) for each in sent if each.operation == "TransactWriteItems")


@pytest.mark.parametrize("fault", [answer_lost, never_sent, connecting_too_long, server_error, throttled])
def test_one_invocation_outlives_faults_that_pass_in_its_time(bench: LedgerBench, fault: Fault) -> None:
    """Transient faults neither fail the invocation nor send a message back that a retry would post."""
    bench.stack.invoke("rate_calls", MIXED)
    scenario = list(bench.wire.sent)
    for at in [at for at, sent in enumerate(scenario) if sent.operation == "TransactWriteItems"]:
        bench.put_back()
        with bench.wire.interfering(Point(at, fault.__name__, fault, lasting=True)):
            assert set(failures(bench.stack.invoke("rate_calls", MIXED))) == NEVER_TAKEN


def test_none_beside_a_conflict_proves_nothing(bench: LedgerBench) -> None:
    calls = [CHARGED, call("acct_1", 12), call("acct_1", 13)]
    answers = [
        ["None", "TransactionConflict", "None", "None", "None"],
        ["None", "None", "None", "None", "TransactionConflict"],
    ]

    def contend(sent: Sent, passed: Pass) -> AWSResponse:
        return cancelled(answers.pop()) if sent.operation == "TransactWriteItems" and answers else passed()

    with bench.wire.interfering(contend):
        assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    assert kinds(bench.ledger())["ENTRY"] == 3
    assert transactions(bench.wire.sent) == {"ACCOUNT#acct_1": 4}


def test_a_replay_beside_a_conflict_is_proven_but_not_its_neighbours(bench: LedgerBench) -> None:
    calls = [CHARGED, call("acct_1", 12), call("acct_1", 13)]
    [charged] = [item for item in bench.images if item["SK"]["S"].startswith("ENTRY#")]
    answers = [cancelled(["ConditionalCheckFailed", "TransactionConflict", "None", "None", "None"], {0: charged})]

    def contend(sent: Sent, passed: Pass) -> AWSResponse:
        return answers.pop() if sent.operation == "TransactWriteItems" and answers else passed()

    with bench.wire.interfering(contend):
        assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    assert kinds(bench.ledger())["ENTRY"] == 3
    assert transactions(bench.wire.sent) == {"ACCOUNT#acct_1": 2}


def test_calls_of_an_account_without_a_balance_go_back_and_write_nothing(bench: LedgerBench) -> None:
    """The settings of the account are cached for a minute; the transaction itself checks its balance."""
    bench.images = [
        item for item in bench.images if (item["PK"]["S"], item["SK"]["S"]) != ("ACCOUNT#acct_2", "BALANCE")
    ]
    bench.put_back()
    untouched = bench.ledger()
    calls = [call("acct_1", 14), call("acct_2", 14), call("acct_2", 15)]
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == ["m_1", "m_2"]
    changed = {key for key, image in bench.ledger().items() if image != untouched.get(key)}
    assert {pk for pk, _ in changed} == {"ACCOUNT#acct_1"}


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_redelivery_settles_within_two_transactions_per_account(bench: LedgerBench, share: float) -> None:
    for number in range(3, 11):
        for event in account_events(f"acct_{number}"):
            bench.stack.invoke("manage_accounts", event)
    calls = some_calls(10, 10)
    assert failures(bench.stack.invoke("rate_calls", batch(calls[: int(100 * share)]))) == []
    bench.wire.sent.clear()
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    taken = transactions(bench.wire.sent)
    assert len(taken) == 10
    assert max(taken.values()) <= (2 if share < 1 else 1)
    assert kinds(bench.ledger())["ENTRY"] == 101


def test_an_invocation_without_time_writes_nothing_and_gives_all_back(bench: LedgerBench) -> None:
    deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    bench.put_back()
    untouched = bench.ledger()
    back = set(failures(bench.stack.invoke("rate_calls", MIXED, seconds=10)))
    free = {"m_11"}
    assert back == {record["messageId"] for record in MIXED["Records"]} - free
    assert bench.ledger() == untouched
    back, _ = deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    assert (back, bench.ledger()) == (NEVER_TAKEN, expected)


def test_time_running_out_halfway_gives_back_the_unposted_calls(bench: LedgerBench) -> None:
    deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    bench.put_back()
    context = Context()

    def last_one(sent: Sent, passed: Pass) -> AWSResponse:
        answered = passed()
        context.seconds = 10 if sent.operation == "TransactWriteItems" else context.seconds
        return answered

    with bench.wire.interfering(last_one):
        back = set(failures(bench.stack.apps["rate_calls"].handler(MIXED, context)))
    assert transactions(bench.wire.sent) == {"ACCOUNT#acct_1": 1}
    assert back > NEVER_TAKEN
    records = [record for record in MIXED["Records"] if record["messageId"] in back]
    again, _ = deliver_until_settled(bench.stack, bench.wire, records)
    assert (again, bench.ledger()) == (NEVER_TAKEN, expected)
