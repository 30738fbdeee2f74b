"""Law 10: killing any function at any request, losing any answer, refusing any write, and trying again as queue and
client do, ends in the ledger that nothing going wrong ends in.

The crash points are generated: a scenario is recorded once without faults, then every request of it is crossed with
every fault (`laws_faults`). Threads write at once; conflicts between them are made on the wire, as DynamoDB has them.
"""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from tests.functions import laws_checks as checks
from tests.functions.conftest import Context, Stack, load_app, sample_event
from tests.functions.laws_calls import Calls
from tests.functions.laws_faults import (
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
from tests.functions.laws_model import Key
from tests.functions.laws_moto import make_moto_cheap
from tests.functions.laws_wire import Killed, Pass, Sent, Wire, cancelled, refusal, wired
from tests.functions.template import table_properties
from tests.functions.world import DECK, JAPAN, PREMIUM, UNCOVERED, UNITED_KINGDOM, failures, http_event

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHEN_WRITTEN = ("recorded_at", "updated_at", "changed_at", "created_at")
Ledger = dict[Key, dict[str, Any]]


@dataclass
class Bench:
    """The handlers over a table that can be put back to how it was, on a wire, with a clock that goes on."""

    stack: Stack
    wire: Wire
    properties: dict[str, Any] = field(default_factory=table_properties)
    before: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = START

    def clock(self) -> datetime:
        """A second later each time somebody looks."""
        self.now += timedelta(seconds=1)
        return self.now

    def keep(self) -> None:
        """Remember the table as it is now."""
        pages = self.stack.dynamodb.get_paginator("scan").paginate(TableName=self.stack.table_name)
        self.before = [item for page in pages for item in page["Items"]]

    def put_back(self) -> None:
        """The table as remembered, and every function as if just started."""
        client, name = self.stack.dynamodb, self.stack.table_name
        client.delete_table(TableName=name)
        client.create_table(TableName=name, **self.properties)
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        for start in range(0, len(self.before), 25):
            puts: Any = [{"PutRequest": {"Item": item}} for item in self.before[start : start + 25]]
            client.batch_write_item(RequestItems={name: puts})
        self.stack.forget()
        self.wire.dead = False
        self.wire.sent.clear()

    def ledger(self) -> Ledger:
        """What the table says, whenever it was written; with the laws checked on it."""
        book = checks.Book(self.stack.dynamodb, self.stack.table_name)
        book.images = book.whole_table()
        book.add({key: (None, book.image(key)) for key in book.images})
        accounts = {pk for pk, _ in book.images}
        checks.law_1_posted_is_the_sum_of_entries(book, accounts)
        checks.law_2_day_totals_are_the_sums_of_that_days_entries(book, set(book.images))
        checks.law_7_held_is_the_sum_of_live_holds(book, accounts)
        for sent in self.wire.sent:
            for kind, action in sent.actions:
                if sent.operation == "TransactWriteItems" and "ENTRY#" in str(action.get("Item", {}).get("SK", "")):
                    assert (kind, action["ConditionExpression"]) == ("Put", "attribute_not_exists(PK)"), "law 9"
        return {timeless(key): without_times(book.image(key)) for key in book.images}


def timeless(key: Key) -> Key:
    """The key; that of an adjustment's entry, or of a change of a line, without when it was written."""
    kind, *parts = key[1].split("#")
    if kind == "ENTRY" and "#adj_" in key[1]:
        return key[0], f"ENTRY##{parts[1]}"
    return (key[0], f"CHANGE#{parts[0]}##{parts[2]}") if kind == "CHANGE" else key


def without_times(image: dict[str, Any]) -> dict[str, Any]:
    """An item but for when it was written."""
    said = {name: value for name, value in image.items() if name not in WHEN_WRITTEN}
    return {**said, "SK": timeless((said["PK"], said["SK"]))[1]}


@pytest.fixture
def bench(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Two accounts, one with a call that was charged already; accounts are posted one after another; the SDK does not
    sleep between its retries.
    """
    make_moto_cheap(monkeypatch)
    monkeypatch.setenv("POSTING_THREADS", "1")
    from calling_credit.config import config  # noqa: PLC0415

    config.cache_clear()
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    with wired(stack) as wire:
        bench = Bench(stack, wire)
        monkeypatch.setattr("calling_credit.clock.now", bench.clock)
        stack.publish(DECK)
        for account in ("acct_1", "acct_2"):
            for event in account_events(account):
                assert stack.invoke("manage_accounts", event)["statusCode"] == 201
        assert failures(stack.invoke("rate_calls", batch([CHARGED]))) == []
        bench.keep()
        wire.sent.clear()
        stack.forget()
        yield bench
    config.cache_clear()


def account_events(account: str) -> list[dict[str, Any]]:
    """What makes an account with a person, a line that may call abroad and one that may not."""
    path, line = f"/accounts/{account}", {"number": "+14155550100", "user_id": "user_1"}
    return [
        http_event("manage_accounts", "PUT", path, body={"time_zone": "America/New_York"}),
        http_event("manage_accounts", "PUT", f"{path}/users/user_1", body={"name": "Ada"}),
        http_event("manage_accounts", "PUT", f"{path}/lines/line_1", body={**line, "international_calling": True}),
        http_event("manage_accounts", "PUT", f"{path}/lines/line_2", body=line),
    ]


# ----------------------------------------------------------------------------------------------------------------------
# A batch with everything in it
# ----------------------------------------------------------------------------------------------------------------------

CALLS = Calls(random.Random(20261123))


def call(account: str, hours: int, to: str = UNITED_KINGDOM, line: str = "line_1", **facts: Any) -> dict[str, Any]:
    """A call some hours ago."""
    said = {"to": to, "duration_seconds": 60 + hours, **facts}
    return CALLS.call(account, line, "user_1", START - timedelta(hours=hours), **said)


def batch(calls: Sequence[dict[str, Any] | str]) -> dict[str, Any]:
    """The event that delivers these calls, sent a second apart; a text is a body as it stands."""
    sample = sample_event("rate_calls")["Records"][0]
    records = []
    for number, told in enumerate(calls):
        record = copy.deepcopy(sample)
        record["messageId"] = f"m_{number}"
        record["attributes"]["SentTimestamp"] = str(1_795_428_131_000 + 1000 * number)
        record["body"] = told if isinstance(told, str) else json.dumps(CALLS.body(told))
        records.append(record)
    return {"Records": records}


CHARGED = call("acct_1", 3)
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
    bench: Bench, capsys: pytest.CaptureFixture[str]
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


def report(capsys: pytest.CaptureFixture[str], scenario: str, covered: Counter[str]) -> None:
    """Say how many crash points there were."""
    with capsys.disabled():
        print(f"\n  {covered.total():>4} crash points: {scenario}, {len(covered)} kinds of fault")


# ----------------------------------------------------------------------------------------------------------------------
# Requests of operators and customers
# ----------------------------------------------------------------------------------------------------------------------

LINE = {"number": "+14165550100", "user_id": "user_1", "international_calling": True}


def request(function: str, method: str, path: str, body: Any, **claims: str) -> tuple[str, dict[str, Any]]:
    """A function and the event it gets."""
    event = http_event(function, method, path, body=body, claims=claims)
    event["headers"]["idempotency-key"] = "key 1"
    return function, event


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
    bench: Bench, capsys: pytest.CaptureFixture[str], name: str
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


def test_law_10_a_storm_of_faults_ends_in_the_same_ledger(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
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


@dataclass
class Storm:
    """Every second request fails in one way or another, until the storm has had its faults."""

    rng: random.Random
    faults: int = 0
    most: int = 12

    def __call__(self, sent: Sent, passed: Pass) -> AWSResponse:
        """Meet one request."""
        if self.faults >= self.most or self.rng.random() < 0.5:
            return passed()
        self.faults += 1
        done = self.rng.random() < 0.5 and passed()
        kind = self.rng.choice(("killed", "lost", "error", "throttled", "conflict"))
        if kind == "killed":
            raise Killed
        if kind == "lost" or done or sent.service != "dynamodb":
            raise ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")
        if kind == "conflict" and sent.operation == "TransactWriteItems":
            return cancelled(
                [self.rng.choice(("None", "TransactionConflict")) for _ in sent.actions[1:]] + ["TransactionConflict"]
            )
        return refusal(500, "InternalServerError") if kind == "error" else refusal(400, "ThrottlingException")

    def weather(self, deliver: Callable[[], tuple[set[str], int]]) -> set[str]:
        """Redrive what came to the dead letter queue, until the storm is over."""
        for _ in range(self.most):
            try:
                return deliver()[0]
            except AssertionError:
                continue
        return deliver()[0]


def some_calls(accounts: int, each: int) -> list[dict[str, Any] | str]:
    """Calls of acct_1, acct_2, … in turn."""
    return [call(f"acct_{1 + number % accounts}", 1 + number % 40) for number in range(accounts * each)]


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What these give, each in a thread of its own."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [running.result() for running in [pool.submit(task) for task in tasks]]


@pytest.mark.parametrize("overlap", ["the same batch", "half of it"])
def test_two_invocations_at_once_charge_each_call_once(bench: Bench, overlap: str) -> None:
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


def test_a_call_and_an_adjustment_at_once_both_stand(bench: Bench) -> None:
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
def test_one_invocation_outlives_what_passes_within_its_time(bench: Bench, fault: Fault) -> None:
    """Nothing that may pass makes the invocation fail, or sends a message back that the next try would take."""
    bench.stack.invoke("rate_calls", MIXED)
    scenario = list(bench.wire.sent)
    for at in [at for at, sent in enumerate(scenario) if sent.operation == "TransactWriteItems"]:
        bench.put_back()
        with bench.wire.interfering(Point(at, fault.__name__, fault, lasting=True)):
            assert set(failures(bench.stack.invoke("rate_calls", MIXED))) == NEVER_TAKEN


def test_none_beside_a_conflict_proves_nothing(bench: Bench) -> None:
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


def test_a_replay_beside_a_conflict_is_proven_and_its_neighbours_are_not(bench: Bench) -> None:
    calls = [CHARGED, call("acct_1", 12), call("acct_1", 13)]
    [charged] = [item for item in bench.before if item["SK"]["S"].startswith("ENTRY#")]
    answers = [cancelled(["ConditionalCheckFailed", "TransactionConflict", "None", "None", "None"], {0: charged})]

    def contend(sent: Sent, passed: Pass) -> AWSResponse:
        return answers.pop() if sent.operation == "TransactWriteItems" and answers else passed()

    with bench.wire.interfering(contend):
        assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    assert kinds(bench.ledger())["ENTRY"] == 3
    assert transactions(bench.wire.sent) == {"ACCOUNT#acct_1": 2}


def test_calls_of_an_account_without_a_balance_go_back_and_write_nothing(bench: Bench) -> None:
    """The account's settings are remembered for a minute; its balance has the last word in the transaction itself."""
    bench.before = [
        item for item in bench.before if (item["PK"]["S"], item["SK"]["S"]) != ("ACCOUNT#acct_2", "BALANCE")
    ]
    bench.put_back()
    untouched = bench.ledger()
    calls = [call("acct_1", 14), call("acct_2", 14), call("acct_2", 15)]
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == ["m_1", "m_2"]
    changed = {key for key, image in bench.ledger().items() if image != untouched.get(key)}
    assert {pk for pk, _ in changed} == {"ACCOUNT#acct_1"}


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_redelivery_settles_within_two_transactions_per_account(bench: Bench, share: float) -> None:
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


def test_an_invocation_out_of_time_writes_nothing_and_gives_everything_back(bench: Bench) -> None:
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


def test_time_running_out_halfway_gives_back_what_was_not_posted(bench: Bench) -> None:
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
