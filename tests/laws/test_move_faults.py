"""Law 10 for moves of credit: killing the function at any request, losing any response, or refusing any write, followed
by the retries of the client, ends as a run without faults. The answer of one key is always the same.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.moves_bench import GRACE, desk_event
from tests.harness.faults import ask_until_answered, points
from tests.harness.http import http_event
from tests.harness.wire import Pass, Sent
from tests.laws.ledger_bench import CHARGED, LedgerBench, report
from tests.laws.prices import call_key

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

CALL = f"/accounts/acct_1/calls/{call_key(CHARGED['call_id'])}"
STATED = {"started_at": CHARGED["started_at"], "reason": "Test"}
STAFF = {"sub": "staff-1", "client_id": None, "scope": None, "token_use": "id", "cognito:groups": ["finance"]}
GIVEN = {"call_charged": -200_000, "goodwill_given": 150_000}
"""The charge of the call, and the goodwill that the tests give for it."""


def at_accounts(path: str, body: dict[str, Any], key: str = "k_1") -> tuple[str, dict[str, Any]]:
    """A request of Femi to manage_accounts."""
    event = http_event("manage_accounts", "POST", f"/operator{path}", body=body, claims=STAFF)
    event["headers"]["idempotency-key"] = key
    return "manage_accounts", event


def at_desk(path: str, body: dict[str, Any] | None = None, **more: Any) -> tuple[str, dict[str, Any]]:
    """A request to move_credit."""
    return "move_credit", desk_event("POST", path, body, **more)


GOODWILL = at_desk(f"{CALL}/goodwill", {"amount": "0.15", "reason": "Test"})
WAIVE = at_accounts(f"{CALL}/corrections", STATED | {"waive": True}, "k_2")
GRANT = at_accounts("/accounts/acct_1/adjustments", {"amount": "60.00", "reason": "Test"})
WAITING = at_accounts("/accounts/acct_1/adjustments", {"amount": "160.00", "reason": "Test"})
TRANSFER = at_desk(
    "/transfers", {"from_account_id": "acct_1", "to_account_id": "acct_2", "amount": "5.00", "reason": "Test"}
)


def approval(bench: LedgerBench, decision: str) -> tuple[str, dict[str, Any]]:
    """The decision on a request that waits."""
    waiting = send(bench, WAITING)
    assert waiting["statusCode"] == 202
    identifier = json.loads(waiting["body"])["id"]
    return at_desk(f"/approvals/{identifier}/{decision}", key=None, **GRACE)


def send(bench: LedgerBench, request: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The answer to a request."""
    return bench.stack.invoke(*request)


def funded(bench: LedgerBench) -> None:
    """Give acct_1 credit."""
    assert send(bench, GRANT)["statusCode"] == 201


REQUESTS: dict[str, Callable[[LedgerBench], tuple[str, dict[str, Any]]]] = {
    "goodwill": lambda _: GOODWILL,
    "grant": lambda _: GRANT,
    "wait": lambda _: WAITING,
    "waive after goodwill": lambda bench: (send(bench, GOODWILL), WAIVE)[1],
    "transfer": lambda bench: (funded(bench), TRANSFER)[1],
    "approve": lambda bench: approval(bench, "approve"),
    "reject": lambda bench: approval(bench, "reject"),
}
"""Each prepares the table, and returns a request."""


@pytest.mark.parametrize("name", REQUESTS)
def test_law_10_a_move_sent_until_it_is_answered_is_done_once(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name](bench)
    bench.keep()
    bench.put_back()
    answer = bench.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201, 202), answer["body"]
    scenario, expected = list(bench.wire.sent), bench.ledger()
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            again = ask_until_answered(bench.stack, bench.wire, function, event)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert again["statusCode"] == answer["statusCode"], f"{point.name}: {again['body']}"
        assert timeless(again) == timeless(answer), point.name
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}), {len(scenario)} requests", covered)


def timeless(answer: dict[str, Any]) -> Any:
    """The body of an answer without the times of writing."""
    body = json.loads(answer["body"])
    for name in ("expires_at", "created_at"):
        body.pop(name, None)
    if body.get("decided"):
        body["decided"].pop("at")
    return body


def beside(
    bench: LedgerBench, one: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]]
) -> list[tuple[Counter[str], list[int]]]:
    """Run `other` before each request of `one` and after the last, each time from the same table. Return the sums of
    the entries by kind, and both statuses, after a check of the laws.
    """
    bench.put_back()
    send(bench, one)
    gaps, runs = len(bench.wire.sent), []
    for at in range(gaps + 1):
        bench.put_back()
        seen, statuses = 0, []

        def between(_: Sent, passed: Pass, at: int = at, statuses: list[int] = statuses) -> Any:
            nonlocal seen
            seen += 1
            if seen == at + 1:
                bench.wire.interfere = None
                statuses.append(send(bench, other)["statusCode"])
            return passed()

        with bench.wire.interfering(between):
            statuses.append(send(bench, one)["statusCode"])
        if at == gaps:
            statuses.append(send(bench, other)["statusCode"])
        sums: Counter[str] = Counter()
        for (_, sk), item in bench.ledger().items():
            if sk.startswith("ENTRY#"):
                sums[item["kind"]] += item["amount_micros"]
        runs.append((sums, statuses))
    return runs


@pytest.mark.parametrize(("one", "other"), [(GOODWILL, WAIVE), (WAIVE, GOODWILL)])
def test_goodwill_beside_a_waiver_never_exceeds_the_charge(
    bench: LedgerBench, one: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]]
) -> None:
    for sums, statuses in beside(bench, one, other):
        assert sum(sums.values()) == 0, "the call costs nothing in the end, and not less"
        assert set(statuses) <= {201, 422}, statuses


def test_two_goodwills_beside_each_other_give_one(bench: LedgerBench) -> None:
    second = at_desk(f"{CALL}/goodwill", {"amount": "0.10", "reason": "Test"}, key="k_3")
    for sums, statuses in beside(bench, GOODWILL, second):
        assert sums["goodwill_given"] in (150_000, 100_000)
        assert sorted(statuses) == [201, 409]


def test_transfers_beside_each_other_send_what_is_available(bench: LedgerBench) -> None:
    funded(bench)
    bench.keep()
    body = {"from_account_id": "acct_1", "to_account_id": "acct_2", "amount": "35.00", "reason": "Test"}
    one, other = (at_desk("/transfers", body, key=key, **person) for key, person in (("k_3", {}), ("k_4", GRACE)))
    for sums, statuses in beside(bench, one, other):
        assert (sums["transfer_sent"], sums["transfer_received"]) == (-35_000_000, 35_000_000)
        assert sorted(statuses) == [201, 409]


def test_a_transfer_beside_a_freeze_comes_first_or_not_at_all(bench: LedgerBench) -> None:
    funded(bench)
    bench.keep()
    freeze = ("manage_accounts", http_event("manage_accounts", "PUT", "/accounts/acct_1", body={"frozen": True}))
    for sums, statuses in beside(bench, TRANSFER, freeze):
        assert (sums["transfer_sent"] == 0) == (403 in statuses), statuses


def test_moves_beside_each_other_stay_within_the_day(bench: LedgerBench) -> None:
    second = at_accounts("/accounts/acct_2/adjustments", {"amount": "60.00", "reason": "Test"}, "k_5")
    for sums, statuses in beside(bench, GRANT, second):
        assert (sums["balance_adjusted"], sorted(statuses)) == (60_000_000, [201, 202])
