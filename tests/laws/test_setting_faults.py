"""Law 10 for settings: a crash at any request of a customer's change, and its retry, end in the same account."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.accounts.store import AccountStore
from calling_credit.links.link import address_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from tests.functions.freeze_bench import SECRET
from tests.harness.faults import ask_until_answered, points
from tests.harness.http import http_event
from tests.laws.ledger_bench import LedgerBench, report, request

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
OWN = {"custom:account_id": "acct_1"}
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
OLD, NEW = "old@example.com", "new@example.com"


def listed(bench: LedgerBench) -> None:
    """The operator lists an address."""
    body = {"billing_emails": [OLD]}
    bench.stack.invoke("manage_accounts", http_event("manage_accounts", "PUT", "/accounts/acct_1", body=body))


def add_and_remove(bench: LedgerBench) -> tuple[str, dict[str, Any]]:
    """An admin replaces the address, and sets the level."""
    listed(bench)
    body = {"recipients": [{"address": NEW, "language": "fr"}], "low_balance": "5.00"}
    return request("change_settings", "PUT", "/notifications", body, **OWN)


def language(bench: LedgerBench) -> tuple[str, dict[str, Any]]:
    """A person sets the language of the own address."""
    listed(bench)
    return request("change_settings", "PUT", "/notifications/language", {"language": "fr"}, **OWN, email=OLD)


def confirm(bench: LedgerBench) -> tuple[str, dict[str, Any]]:
    """The holder of a waiting address presses the button of its link."""
    bench.stack.invoke(*add_and_remove(bench))
    waits = AccountStore(bench.stack.dynamodb, bench.stack.table_name).account("acct_1")
    assert waits is not None
    link = address_link("acct_1", waits.waiting[0])
    links = LinkStore(bench.stack.dynamodb, bench.stack.table_name)
    token = issue_link(links, SECRET, "https://page.test/", link, bench.now).rpartition("/")[2]
    event = http_event("follow_links", "POST", f"/links/{token}", signed_in=False)
    event["routeKey"] = event["requestContext"]["routeKey"] = "POST /links/{token}"
    return "follow_links", event


WRITES: dict[str, Callable[[LedgerBench], tuple[str, dict[str, Any]]]] = {
    "confirm a country": lambda _: request("change_settings", "POST", "/countries/FR/confirm", None, **OWN),
    "freeze the account": lambda _: request("change_settings", "POST", "/freeze", {}, **OWN),
    "turn all lines on": lambda _: request("change_settings", "PUT", "/lines", {"international_calling": True}, **OWN),
    "turn all lines off": lambda _: request(
        "change_settings", "PUT", "/lines", {"international_calling": False}, **OWN
    ),
    "replace a recipient": add_and_remove,
    "set a language": language,
    "confirm an address": confirm,
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
    items = [{name: value for name, value in item.items() if name != "expires_at"} for item in bench.stack.items()]
    return sorted(INSTANT.sub("", json.dumps(item, sort_keys=True, default=str)) for item in items)
