"""Law 10 for settings: a crash at any request of a customer's change, and its retry, end in the same account."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.faults import ask_until_answered, points
from tests.laws.ledger_bench import LedgerBench, report, request

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
OWN = {"custom:account_id": "acct_1"}
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
WRITES: dict[str, Callable[[LedgerBench], tuple[str, dict[str, Any]]]] = {
    "freeze the account": lambda _: request("change_settings", "POST", "/freeze", {}, **OWN),
    "turn all lines on": lambda _: request("change_settings", "PUT", "/lines", {"international_calling": True}, **OWN),
    "turn all lines off": lambda _: request(
        "change_settings", "PUT", "/lines", {"international_calling": False}, **OWN
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_law_10_a_setting_ends_the_same_after_any_failure(
    bench: LedgerBench, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    function, event = WRITES[name](bench)
    bench.keep()
    before = timeless(bench)
    bench.wire.sent.clear()
    answer = bench.stack.invoke(function, event)
    assert answer["statusCode"] == 200, answer["body"]
    scenario, expected = list(bench.wire.sent), timeless(bench)
    assert expected != before
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            again = ask_until_answered(bench.stack, bench.wire, function, event)
        for passed in point.late:
            passed()
        assert again["statusCode"] == 200, f"{point.name}: {again['body']}"
        assert timeless(bench) == expected, point.name
        covered[point.fault.__name__] += 1
    report(capsys, name, covered)


def timeless(bench: LedgerBench) -> list[str]:
    """Every item without its times, after a check of the laws."""
    bench.ledger()
    items = bench.stack.items(None)
    return sorted(INSTANT.sub("", json.dumps(item, sort_keys=True, default=str)) for item in items)
