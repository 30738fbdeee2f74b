"""A correction beside any other change of the same call: one of the two comes first, and the ledger is that of both."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.harness.actors import erase_number
from tests.harness.queue import failures
from tests.harness.wire import Pass, Sent
from tests.harness.world import UNITED_KINGDOM
from tests.laws.ledger_bench import CHARGED, REQUESTS, LedgerBench, batch

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

FUNCTION, CORRECT = REQUESTS["correct"]
RERATE = {"reprice": {"account_id": "acct_1", "from": "2026-11-01", "to": "2026-11-30", "apply": True}}
STANDING = 63
"""The recorded duration of the charged call, billed as 120 seconds at 0.10 a minute."""
Other = Callable[[LedgerBench], Any]


def beside(bench: LedgerBench, other: Other) -> list[dict[str, Any]]:
    """Run `other` before each request of a correction and after the last, each time from the same table. Return the
    entries of the call after each run, after a check of the laws. The last request reads the balance, after the write.
    """
    assert bench.stack.invoke(FUNCTION, CORRECT)["statusCode"] == 201
    gaps, runs = len(bench.wire.sent), []
    for at in range(gaps + 1):
        bench.put_back()
        seen = 0

        def between(_: Sent, passed: Pass, at: int = at) -> Any:
            nonlocal seen
            seen += 1
            if seen == at + 1:
                bench.wire.interfere = None
                other(bench)
            return passed()

        with bench.wire.interfering(between):
            answer = bench.stack.invoke(FUNCTION, CORRECT)
        if at == gaps:
            other(bench)
        assert answer["statusCode"] == 201, f"gap {at}: {answer['body']}"
        entries = [item for (_, sk), item in sorted(bench.ledger().items()) if sk.startswith("ENTRY#")]
        runs.append({"answer": json.loads(answer["body"]), "entries": entries})
    return runs


def prices(run: dict[str, Any]) -> list[int]:
    """The charges and reversals of the call, in order."""
    return [entry["amount_micros"] for entry in run["entries"]]


def test_two_corrections_at_once_are_one_after_the_other(bench: LedgerBench) -> None:
    waive = copy.deepcopy(REQUESTS["waive"][1])
    waive["headers"]["idempotency-key"] = "key 2"

    def other(bench: LedgerBench) -> None:
        assert bench.stack.invoke(FUNCTION, waive)["statusCode"] == 201

    waived_first, corrected_first = [-200_000, 200_000, 0, 0, -6_000_000], [-200_000, 200_000, -6_000_000, 6_000_000, 0]
    runs = [prices(run) for run in beside(bench, other)]
    assert runs == [waived_first] * (len(runs) - 3) + [corrected_first] * 3


def test_two_requests_with_one_key_at_once_are_one_correction(bench: LedgerBench) -> None:
    def other(bench: LedgerBench) -> None:
        assert bench.stack.invoke(FUNCTION, CORRECT)["statusCode"] == 201

    runs = beside(bench, other)
    assert {tuple(prices(run)) for run in runs} == {(-200_000, 200_000, -6_000_000)}
    assert {json.dumps(run["answer"]) for run in runs} == {json.dumps(runs[0]["answer"])}


def test_a_correction_and_a_rerating_at_once_are_one_after_the_other(bench: LedgerBench) -> None:
    bench.stack.publish(deck_csv({"rate_per_minute": "0.20"}), "dearer")

    def other(bench: LedgerBench) -> None:
        event = {"reprice": RERATE["reprice"] | {"deck": "active"}}
        assert bench.stack.invoke("rerate_calls", event, seconds=300)["looked_at"] == 1

    rerated_first = [-200_000, 200_000, -400_000, 400_000, -12_000_000]
    corrected_first = [-200_000, 200_000, -6_000_000]
    runs = [prices(run) for run in beside(bench, other)]
    assert runs == [rerated_first] * (len(runs) - 3) + [corrected_first] * 3


def test_a_rerating_that_a_correction_overtakes_leaves_the_call_alone(bench: LedgerBench) -> None:
    bench.stack.publish(deck_csv({"rate_per_minute": "0.20"}), "dearer")
    event = {"reprice": RERATE["reprice"] | {"deck": "active"}}
    bench.stack.invoke("rerate_calls", event, seconds=300)
    write = next(at for at, sent in enumerate(bench.wire.sent) if sent.operation == "TransactWriteItems")
    bench.put_back()
    seen = 0

    def between(_: Sent, passed: Pass) -> Any:
        nonlocal seen
        seen += 1
        if seen == write + 1:
            bench.wire.interfere = None
            assert bench.stack.invoke(FUNCTION, CORRECT)["statusCode"] == 201
        return passed()

    with bench.wire.interfering(between):
        bench.stack.invoke("rerate_calls", event, seconds=300)
    entries = [item for (_, sk), item in sorted(bench.ledger().items()) if sk.startswith("ENTRY#")]
    assert [entry["amount_micros"] for entry in entries] == [-200_000, 200_000, -6_000_000]


def test_a_correction_beside_a_redelivery_changes_nothing_else(bench: LedgerBench) -> None:
    def other(bench: LedgerBench) -> None:
        assert failures(bench.stack.invoke("rate_calls", batch([CHARGED]))) == []

    assert {tuple(prices(run)) for run in beside(bench, other)} == {(-200_000, 200_000, -6_000_000)}


def test_a_correction_brings_no_erased_number_back(bench: LedgerBench) -> None:
    def other(bench: LedgerBench) -> None:
        list(erase_number(bench.stack.dynamodb, bench.stack.table_name, "acct_1", UNITED_KINGDOM))

    for run in beside(bench, other):
        assert {entry["to"] for entry in run["entries"]} == {"GB…50"}
        assert prices(run) == [-200_000, 200_000, -6_000_000]
