"""Law 10: killing any function at any request, losing any answer, refusing any write, and trying again as queue and
client do, ends in the ledger that nothing going wrong ends in.

The crash points are generated: a scenario is recorded once without faults, then every request of it is crossed with
every fault (`tests.harness.faults`). Threads write at once; conflicts between them are made on the wire, as DynamoDB
has them.
"""

import json
import random
from collections import Counter
from functools import partial

import pytest
from botocore.awsrequest import AWSResponse

from tests.harness.faults import (
    Fault,
    Point,
    answer_lost,
    ask_until_answered,
    connecting_too_long,
    deliver_until_settled,
    never_sent,
    points,
    server_error,
    throttled,
)
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import Pass, Sent, cancelled, wired
from tests.harness.world import JAPAN, PREMIUM, UNCOVERED
from tests.laws.ledger_bench import (
    CHARGED,
    Ledger,
    LedgerBench,
    Storm,
    account_events,
    batch,
    call,
    report,
    request,
    some_calls,
)

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


# ----------------------------------------------------------------------------------------------------------------------
# A batch with everything in it
# ----------------------------------------------------------------------------------------------------------------------

TWICE = call("acct_1", 4)
MIXED = batch(
    [
        CHARGED,
        TWICE,
        TWICE,
        call("acct_1", 5, JAPAN),
        call("acct_1", 30, PREMIUM),
        call("acct_1", 6, line="line_2"),
        CHARGED | {"to": JAPAN},
        call("acct_1", 7, UNCOVERED),
        call("acct_2", 8),
        call("acct_2", 9, UNCOVERED, line="line_nobody"),
        call("acct_nobody", 10),
        call("acct_2", 11, disposition="busy", duration_seconds=0),
        "{",
    ]
)
NEVER_TAKEN = {"m_6", "m_10", "m_12"}
NEW_IN_MIXED = Counter({"ENTRY": 5, "DAY": 2, "UNRATED": 2, "STRAY": 2})


def kinds(ledger: Ledger) -> Counter[str]:
    """How many items of each kind."""
    return Counter(sk.split("#")[0] for _, sk in ledger)


def test_law_10_a_batch_ends_in_the_same_ledger_whatever_fails(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    started_with = kinds(bench.ledger())
    back, _ = deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    assert (back, kinds(expected) - started_with) == (NEVER_TAKEN, NEW_IN_MIXED)
    bench.put_back()
    failures(bench.stack.invoke("rate_calls", MIXED))
    scenario = list(bench.wire.sent)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            back, _ = deliver_until_settled(bench.stack, bench.wire, MIXED["Records"], point.context)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert back == NEVER_TAKEN, f"{point.name}: {back}"
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls, {len(scenario)} requests", covered)


# ----------------------------------------------------------------------------------------------------------------------
# Requests of operators and customers
# ----------------------------------------------------------------------------------------------------------------------

LINE = {"number": "+14165550100", "user_id": "user_1", "international_calling": True}


REQUESTS = {
    "adjust": request("manage_accounts", "POST", "/accounts/acct_1/adjustments", {"amount": "-2.5", "reason": "Test"}),
    "create_account": request("manage_accounts", "PUT", "/accounts/acct_3", {"time_zone": "Asia/Kolkata"}),
    "configure_account": request("manage_accounts", "PUT", "/accounts/acct_1", {"billing_emails": ["a@example.com"]}),
    "create_line": request("manage_accounts", "PUT", "/accounts/acct_1/lines/line_3", LINE),
    "configure_line": request("manage_accounts", "PUT", "/accounts/acct_1/lines/line_1", LINE),
    "create_user": request("manage_accounts", "PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"}),
    "switch_line": request(
        "change_settings", "PUT", "/lines/line_2", {"international_calling": True}, **{"custom:account_id": "acct_1"}
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_law_10_a_request_sent_until_it_is_answered_is_done_once(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name]
    answer = bench.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected = list(bench.wire.sent), bench.ledger()
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            again = ask_until_answered(bench.stack, bench.wire, function, event)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert again["statusCode"] in (200, 201), f"{point.name}: {again['body']}"
        assert json.loads(again["body"]) == json.loads(answer["body"]), point.name
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}), {len(scenario)} requests", covered)


# ----------------------------------------------------------------------------------------------------------------------
# Many faults, many at once
# ----------------------------------------------------------------------------------------------------------------------


def test_law_10_a_storm_of_faults_ends_in_the_same_ledger(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    weathered = 0
    for seed in range(25):
        bench.put_back()
        storm = Storm(random.Random(seed))
        with bench.wire.interfering(storm):
            back = storm.weather(lambda: deliver_until_settled(bench.stack, bench.wire, MIXED["Records"]))
        assert (back, bench.ledger()) == (NEVER_TAKEN, expected), f"seed {seed}"
        weathered += storm.faults
    with capsys.disabled():
        print(f"\n  {weathered:>4} faults in 25 storms over rate_calls")
    assert weathered > 100


@pytest.mark.parametrize("overlap", ["the same batch", "half of it"])
def test_two_invocations_at_once_charge_each_call_once(bench: LedgerBench, overlap: str) -> None:
    """The two are processes of their own in Lambda, so they are modules of their own here."""
    twin = load_app("rate_calls")
    calls = some_calls(2, 30)
    first, second = (calls, calls) if overlap == "the same batch" else (calls[:40], calls[20:])
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    expected = bench.ledger()
    with wired(Stack(bench.stack.dynamodb, {"rate_calls": twin})) as other:
        other.under_way, other.counting = bench.wire.under_way, bench.wire.counting
        for _ in range(4):
            bench.put_back()
            twin.facts._known.clear()
            other.with_conflicts = bench.wire.with_conflicts = True
            answers = at_once(
                partial(bench.stack.invoke, "rate_calls", batch(first)),
                partial(twin.handler, batch(second), Context()),
            )
            bench.wire.with_conflicts = False
            assert [failures(answer) for answer in answers] == [[], []]
            assert bench.ledger() == expected
        assert bench.wire.conflicts + other.conflicts, "they never met"


def test_a_call_and_an_adjustment_at_once_both_stand(bench: LedgerBench) -> None:
    calls = some_calls(1, 40)
    function, event = REQUESTS["adjust"]
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    assert bench.stack.invoke(function, event)["statusCode"] == 201
    expected = bench.ledger()
    for _ in range(4):
        bench.put_back()
        bench.wire.with_conflicts = True
        charged, adjusted = at_once(
            partial(bench.stack.invoke, "rate_calls", batch(calls)), partial(bench.stack.invoke, function, event)
        )
        bench.wire.with_conflicts = False
        assert (failures(charged), adjusted["statusCode"]) == ([], 201)
        assert bench.ledger() == expected


# ----------------------------------------------------------------------------------------------------------------------
# What is proven, what it costs, and when to stop
# ----------------------------------------------------------------------------------------------------------------------


def transactions(sent: list[Sent]) -> Counter[str]:
    """How many transactions each account took."""
    return Counter(next(iter(each.partitions())) for each in sent if each.operation == "TransactWriteItems")


@pytest.mark.parametrize("fault", [answer_lost, never_sent, connecting_too_long, server_error, throttled])
def test_one_invocation_outlives_what_passes_within_its_time(bench: LedgerBench, fault: Fault) -> None:
    """Nothing that may pass makes the invocation fail, or sends a message back that the next try would take."""
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


def test_a_replay_beside_a_conflict_is_proven_and_its_neighbours_are_not(bench: LedgerBench) -> None:
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
    """The account's settings are remembered for a minute; its balance has the last word in the transaction itself."""
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


def test_an_invocation_out_of_time_writes_nothing_and_gives_everything_back(bench: LedgerBench) -> None:
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


def test_time_running_out_halfway_gives_back_what_was_not_posted(bench: LedgerBench) -> None:
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
