"""Law 10 for the prices of accounts: a change is stored and recorded once, after any failure."""

from collections import Counter
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.harness.faults import Point, ask_until_answered, points
from tests.harness.http import http_event
from tests.laws.ledger_bench import LedgerBench, after_each, report

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

GOLD = deck_csv({"rate_per_minute": "0.05"})
TERMS = {"price_list": "gold", "markup_percent": "12.50"}
EVENT = http_event("manage_accounts", "PUT", "/accounts/acct_1", body=TERMS)


def test_law_10_new_prices_are_stored_once_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.stack.publish_list("gold", GOLD, "gold-1")
    assert bench.stack.invoke("manage_accounts", EVENT)["statusCode"] == 200
    scenario, covered = list(bench.wire.sent), Counter[str]()

    def ask(_: Point) -> dict[str, Any]:
        return ask_until_answered(bench.stack, bench.wire, "manage_accounts", EVENT)

    for point, answer in after_each(bench, points(scenario), ask):
        assert answer["statusCode"] == 200, f"{point.name}: {answer['body']}"
        items = bench.stack.items("acct_1")
        [terms] = next(item["price_terms"] for item in items if item["SK"] == "ACCOUNT")
        [change] = [item for item in items if item.get("action") == "price_terms_changed"]
        assert terms == {"price_list": "gold", "markup_hundredths": 1250, "from": change["new"]["prices_from"]}
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"manage_accounts (prices), {len(scenario)} requests", covered)
