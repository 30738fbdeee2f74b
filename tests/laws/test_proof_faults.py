"""Law 10 of the nightly proof: after any failure and the retries of its queue and schedule, no account is missed, the
ledger is as it was, differences are listed, and no checkpoint says more than an uninterrupted night's.
"""

import json
from collections import Counter
from typing import Any

import pytest

from calling_credit.audit.checkpoints import NEVER
from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof_messages import message_bodies
from tests.harness.faults import points
from tests.harness.proofs import Nights, ProofQueue, proof_event
from tests.harness.table import Context
from tests.harness.wire import Killed
from tests.laws.ledger_bench import LedgerBench, batch, call, report

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
ACCOUNTS = ("acct_1", "acct_2")


def outcome(bench: LedgerBench) -> tuple[list[dict[str, Any]], dict[str, Any], list[str]]:
    """The ledger without what the proof writes; its checkpoints without their times; and the listed differences."""
    ledger: list[dict[str, Any]] = []
    checkpoints: dict[str, Any] = {}
    issues: list[str] = []
    for item in bench.stack.items():
        if item["SK"].startswith("PROOF#"):
            checkpoints[item["PK"]] = item["days"], item["full_on"]
        elif item["SK"] == "ISSUE":
            issues.append(item["code"])
        elif item["PK"] not in ("LEASE", "UNREADABLE"):
            ledger.append(item)
    return ledger, checkpoints, sorted(issues)


def put_back_proofs(bench: LedgerBench) -> None:
    """Restore what a proof writes: checkpoints and issues. `outcome` compares everything else."""
    client, name = bench.stack.dynamodb, bench.stack.table_name
    for item in bench.stack.items():
        if item["SK"].startswith(("PROOF#", "ISSUE")):
            client.delete_item(TableName=name, Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}})
    for image in bench.images:
        if image["SK"]["S"].startswith("PROOF#"):
            client.put_item(TableName=name, Item=image)


def deliver(bench: LedgerBench, body: str, context: Context | None) -> None:
    """Deliver a message until it succeeds, in a fresh process after each failure."""
    for _ in range(3):
        bench.wire.dead = False
        try:
            answer = bench.stack.apps["prove_accounts"].handler(proof_event(body), context or Context(600))
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation of any cause
            answer = None
        context = None
        if answer == {"batchItemFailures": []}:
            return
    raise AssertionError("never proven")


def test_law_10_a_proof_ends_in_the_same_checkpoints_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    [body] = message_bodies(Task(account, bench.now.date()) for account in ACCOUNTS)
    deliver(bench, body, None)
    bench.stack.invoke("rate_calls", batch([call("acct_1", 3), call("acct_2", 30)]))
    bench.stack.dynamodb.update_item(
        TableName=bench.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_2"}, "SK": {"S": "BALANCE"}},
        UpdateExpression="ADD available_micros :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    bench.keep()
    before, _, _ = outcome(bench)
    bench.wire.sent.clear()
    deliver(bench, body, None)
    scenario, expected = list(bench.wire.sent), outcome(bench)
    assert expected[0] == before
    assert expected[2] == ["available_is_not_posted_less_held"]
    assert [expected[1][f"ACCOUNT#{account}"][1] == NEVER for account in ACCOUNTS] == [False, True]
    covered: Counter[str] = Counter()
    for point in points(scenario):
        put_back_proofs(bench)
        point.context.seconds = 600
        with bench.wire.interfering(point):
            deliver(bench, body, point.context)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert outcome(bench) == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"prove_accounts, {len(scenario)} requests", covered)


def test_law_10_a_list_misses_no_account_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    nights = Nights(bench.stack)
    nights.send()
    scenario = list(bench.wire.sent)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        nights.begin()
        nights.queue = ProofQueue()
        done = 0
        with bench.wire.interfering(point):
            for _ in range(9):  # The runs of a night.
                bench.wire.dead = False
                try:
                    done = done or nights.send()["done"]
                except (Killed, Exception):  # noqa: BLE001 - a failed invocation of any cause
                    continue
        for passed in point.late:
            passed()
        assert done, point.name
        sent = {one["id"] for body in nights.queue.bodies for one in json.loads(body)["accounts"]}
        assert sent == set(ACCOUNTS), point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"prove_ledger, {len(scenario)} requests", covered)
