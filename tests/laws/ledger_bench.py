"""Crash points of the ledger: the accounts, calls, and requests that are repeated with each fault, and the table as a
comparable ledger.
"""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from tests.harness.bench import Bench
from tests.harness.faults import Point
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.wire import Killed, Pass, Sent, cancelled, refusal
from tests.harness.world import JAPAN, PREMIUM, UNCOVERED, UNITED_KINGDOM, number_of
from tests.laws import checks
from tests.laws.calls import Calls
from tests.laws.change_checks import law_13_each_change_is_recorded
from tests.laws.items import Key
from tests.laws.lot_checks import law_16_lots_give_what_they_hold
from tests.laws.minutes import law_of_minutes
from tests.laws.prices import call_key
from tests.laws.spending import law_17_spending_is_that_of_entries_and_holds

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHEN_WRITTEN = (
    *("recorded_at", "updated_at", "changed_at", "created_at", "given_at", "granted_at", "at", "ends_at", "decided_at"),
    *("expires_at", "sweep_sk", "counted_at", "refused_at"),
)
Ledger = dict[Key, dict[str, Any]]
CALLS = Calls(random.Random(20261123))
Result = TypeVar("Result")


@dataclass
class LedgerBench(Bench):
    """A bench with a running clock, whose table is compared as a ledger."""

    now: datetime = START

    def clock(self) -> datetime:
        """The time, one second later at each reading."""
        self.now += timedelta(seconds=1)
        return self.now

    def ledger(self) -> Ledger:
        """The table without times of writing, after a check of the laws."""
        book = checks.Book(self.stack.dynamodb, self.stack.table_name)
        book.images = book.whole_table()
        book.add({key: (None, book.image(key)) for key in book.images})
        accounts = {pk for pk, _ in book.images if pk.startswith("ACCOUNT#")}
        checks.law_1_posted_is_the_sum_of_entries(book, accounts)
        checks.law_2_day_totals_are_the_sums_of_that_days_entries(book, set(book.images))
        checks.law_2_daily_sums_are_those_of_the_counted_entries(book, set(book.images))
        checks.law_7_held_is_the_sum_of_live_holds(book, accounts)
        law_16_lots_give_what_they_hold(book, accounts)
        law_of_minutes(map(book.image, book.images))
        law_17_spending_is_that_of_entries_and_holds(map(book.image, book.images))
        law_13_each_change_is_recorded({key: (None, book.image(key)) for key in book.images})
        for sent in self.wire.sent:
            for kind, action in sent.actions:
                if sent.operation == "TransactWriteItems" and "ENTRY#" in str(action.get("Item", {}).get("SK", "")):
                    assert (kind, action["ConditionExpression"]) == ("Put", "attribute_not_exists(PK)"), "law 9"
        return {timeless(key): without_times(book.image(key)) for key in book.images}


def timeless(key: Key) -> Key:
    """The key; without the time of writing for an adjustment's entry or a line's change."""
    kind, *parts = key[1].split("#")
    if kind in ("ACTIVITY", "LOT", "LOT_RETURN") or (
        kind == "ENTRY" and parts[1].startswith(("adj_", "gw_", "tr_", "pr_"))
    ):
        return key[0], "#".join((f"{kind}#", *parts[1:]))
    return (key[0], f"CHANGE#{parts[0]}##{parts[2]}") if kind == "CHANGE" else key


def without_times(image: dict[str, Any]) -> dict[str, Any]:
    """An item without its time of writing. How many transactions a batch needs, and in which order they come, differs:
    of what counts toward a recharge, and of which delivery came first, only the existence is compared.
    """
    said = {name: value for name, value in image.items() if name not in WHEN_WRITTEN}
    if image["SK"].startswith("LOT#"):
        said.pop("ended_at", None)
        for name in said.keys() & {"parts", "removed"}:
            said[name] = [{**part, "at": True} for part in said[name]]
    if image["SK"].startswith("LOT_RETURN#"):
        said["returned_charges"] = [{**part, "step_at": True} for part in said["returned_charges"]]
    unlike = ("calls_seen", "bought_back_at", "charged_since", "correlation_id")
    said |= {name: True for name in unlike if name in said}
    return {**said, "SK": timeless((said["PK"], said["SK"]))[1]}


def account_events(account: str) -> list[dict[str, Any]]:
    """The requests that create an account with a user, a line with international calling, and one without."""
    path, line = f"/accounts/{account}", {"number": number_of(account), "user_id": "user_1"}
    return [
        http_event("manage_accounts", "PUT", path, body={"time_zone": "America/New_York"}),
        http_event("manage_accounts", "PUT", f"{path}/users/user_1", body={"name": "Ada"}),
        http_event("manage_accounts", "PUT", f"{path}/lines/line_1", body={**line, "international_calling": True}),
        http_event(
            "manage_accounts", "PUT", f"{path}/lines/line_2", body={**line, "number": number_of(f"{account} 2")}
        ),
    ]


def call(account: str, hours: int, to: str = UNITED_KINGDOM, line: str = "line_1", **facts: Any) -> dict[str, Any]:
    """A call some hours ago."""
    said = {"to": to, "duration_seconds": 60 + hours, **facts}
    return CALLS.call(account, line, "user_1", START - timedelta(hours=hours), **said)


def batch(calls: Sequence[dict[str, Any] | str]) -> dict[str, Any]:
    """The event that delivers these calls, sent a second apart; a string is used as a body unchanged."""
    sample = sample_event("rate_calls")["Records"][0]
    records = []
    for number, told in enumerate(calls):
        record = copy.deepcopy(sample)
        record["messageId"] = f"m_{number}"
        record["attributes"]["SentTimestamp"] = str(1_795_435_260_000 + 1000 * number)
        record["body"] = told if isinstance(told, str) else json.dumps(CALLS.body(told))
        records.append(record)
    return {"Records": records}


CHARGED = call("acct_1", 3)


def report(capsys: pytest.CaptureFixture[str], scenario: str, covered: Counter[str]) -> None:
    """Print the number of crash points."""
    with capsys.disabled():
        print(f"\n  {covered.total():>4} crash points: {scenario}, {len(covered)} kinds of fault")


def after_each(bench: Bench, chosen: Iterable[Point], act: Callable[[Point], Result]) -> Iterator[tuple[Point, Result]]:
    """Yield each fault and the result of `act`, which met it from the kept state on, after all late requests."""
    for point in chosen:
        bench.put_back()
        with bench.wire.interfering(point):
            result = act(point)
        for passed in point.late:
            passed()
        yield point, result


def request(function: str, method: str, path: str, body: Any, **claims: str) -> tuple[str, dict[str, Any]]:
    """A function and its event."""
    event = http_event(function, method, path, body=body, claims=claims)
    event["headers"]["idempotency-key"] = "key 1"
    return function, event


@dataclass
class Storm:
    """Every second request fails in some way until the storm has used its faults."""

    rng: random.Random
    faults: int = 0
    most: int = 12

    def __call__(self, sent: Sent, passed: Pass) -> AWSResponse:
        """Handle one request."""
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
        """Redrive the dead-letter queue until the storm is over."""
        for _ in range(self.most):
            try:
                return deliver()[0]
            except AssertionError:
                continue
        return deliver()[0]


def some_calls(accounts: int, each: int) -> list[dict[str, Any] | str]:
    """Calls of acct_1, acct_2, … in turn."""
    return [call(f"acct_{1 + number % accounts}", 1 + number % 40) for number in range(accounts * each)]


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
NEVER_TAKEN, NEW_IN_MIXED = {"m_6", "m_10", "m_12"}, Counter({"ENTRY": 5, "DAY": 2, "UNRATED": 2, "STRAY": 2})


def kinds(ledger: Ledger) -> Counter[str]:
    """The number of items of each kind."""
    return Counter(sk.split("#")[0] for _, sk in ledger)


LINE = {"number": "+14165550100", "user_id": "user_1", "international_calling": True}
OTHER_LINE, SWITCH = LINE | {"number": "+14165550101"}, {"international_calling": True}
CORRECTIONS = f"/accounts/acct_1/calls/{call_key(CHARGED['call_id'])}/corrections"
STATED = {"started_at": CHARGED["started_at"], "reason": "Test"}
REQUESTS = {
    "correct": request("manage_accounts", "POST", CORRECTIONS, STATED | {"duration_seconds": 3600}),
    "correct_nothing": request("manage_accounts", "POST", CORRECTIONS, STATED | {"duration_seconds": 63}),
    "waive": request("manage_accounts", "POST", CORRECTIONS, STATED | {"waive": True}),
    "adjust": request("manage_accounts", "POST", "/accounts/acct_1/adjustments", {"amount": "-2.5", "reason": "Test"}),
    "create_account": request("manage_accounts", "PUT", "/accounts/acct_3", {"time_zone": "Asia/Kolkata"}),
    "configure_account": request("manage_accounts", "PUT", "/accounts/acct_1", {"billing_emails": ["a@example.com"]}),
    "create_line": request("manage_accounts", "PUT", "/accounts/acct_1/lines/line_3", LINE),
    "configure_line": request("manage_accounts", "PUT", "/accounts/acct_1/lines/line_1", OTHER_LINE),
    "create_user": request("manage_accounts", "PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"}),
    "switch_line": request("change_settings", "PUT", "/lines/line_2", SWITCH, **{"custom:account_id": "acct_1"}),
}
