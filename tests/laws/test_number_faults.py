"""Law 10 for numbers: a crash at any request of a write of a line, and its retry, end in the same index."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.harness.faults import ask_until_answered, points
from tests.harness.http import http_event
from tests.harness.world import number_of
from tests.laws import checks
from tests.laws.items import Key
from tests.laws.ledger_bench import LedgerBench, report

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

MOVED = {"account_id": "acct_2", "line_id": "line_1"}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "create a line": ("/accounts/acct_1/lines/line_7", {"number": "+14165550101", "user_id": "user_1"}),
    "change a number": ("/accounts/acct_1/lines/line_1", {"number": "+14165550101"}),
    "move a number": (
        "/accounts/acct_1/lines/line_7",
        {"number": number_of("acct_2"), "user_id": "user_1", "move_from": MOVED},
    ),
    "move a number to a line with another": (
        "/accounts/acct_1/lines/line_1",
        {"number": number_of("acct_2"), "move_from": MOVED},
    ),
    "rename a user": ("/accounts/acct_1/users/user_1", {"name": "Grace Hopper"}),
    "name an account": ("/accounts/acct_1", {"name": "Meridian Travel", "billing_emails": ["a@example.com"]}),
}


@pytest.mark.parametrize("name", WRITES)
def test_law_10_a_write_ends_in_the_same_index_after_any_failure(
    bench: LedgerBench, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = http_event("manage_accounts", "PUT", WRITES[name][0], body=WRITES[name][1])
    bench.put_back()
    before = index_of(bench)
    bench.stack.invoke("manage_accounts", event)
    scenario, expected = list(bench.wire.sent), index_of(bench)
    assert expected != before
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            answer = ask_until_answered(bench.stack, bench.wire, "manage_accounts", event)
        for passed in point.late:
            passed()
        assert answer["statusCode"] in (200, 201), f"{point.name}: {answer['body']}"
        assert index_of(bench) == expected, point.name
        covered[point.fault.__name__] += 1
    report(capsys, name, covered)


def index_of(bench: LedgerBench) -> dict[Key, Any]:
    """The index without times, after a check that it finds what the table holds, and nothing else."""
    book = checks.Book(bench.stack.dynamodb, bench.stack.table_name)
    table = {key: checks.plain(json.loads(image)) for key, image in book.whole_table().items()}
    index = book.index()
    checks.the_index_finds_what_is_there(table, index)
    return {key: without_times(item) for key, item in index.items()}


def without_times(item: dict[str, Any]) -> dict[str, Any]:
    """An item of the index; of an assignment, only whether it has ended remains."""
    if "assignments" not in item:
        return item
    spans = [{**one, "since": "", "until": "until" in one} for one in item["assignments"]]
    return {**item, "assignments": spans}
