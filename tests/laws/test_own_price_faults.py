"""Laws 10, 2, and 7 of an account's own prices: after any failure of posting, and with two posters at once, each call
has one entry, of exactly the price that its account paid when the call began, and every counter is exact.
"""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.harness.faults import Point, ask_until_answered, deliver_until_settled, points
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import wired
from tests.harness.world import DECK, JAPAN, MOBILE, UNCOVERED
from tests.laws.ledger_bench import START, LedgerBench, after_each, batch, call, report, request
from tests.laws.minutes import law_of_minutes
from tests.laws.test_admission_faults import CREDIT, asking

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LIST_ROW = {"rate_per_minute": "0.05", "rate_steps": "60:0.02:1"}
JAPANESE = {"prefix": "81", "country": "JP", "rate_per_minute": "0.0123", "connection_fee": "0.0001"}
STEPPED = deck_csv(
    JAPANESE | {"increment_seconds": "1", "rate_steps": "30:0.0101:1"},
    {"prefix": "8150", "country": "JP", "rate_per_minute": "0.30", "rate_steps": ""},
)
REST = [row + b"," for row in DECK.splitlines()[1:] if not row.startswith(b"81,")]
DECK_WITH_STEPS = b"\n".join([*STEPPED.splitlines(), *REST, b""])
IP_PHONE = "+815012345678"
BUNDLE = {"name": "mobile", "prefixes": ["447"], "minutes": 25}
COUNTER = ("ACCOUNT#acct_1", "2026-11#ACCOUNT#mobile")
TERMS = {"price_list": "gold", "markup_percent": "12.50", "bundles": [BUNDLE], "limits": {"high_cost": "99.00"}}
SET_TERMS = request("manage_accounts", "PUT", "/accounts/acct_1", TERMS)
NO_TERMS = request("manage_accounts", "PUT", "/accounts/acct_1", {"price_list": None, "markup_percent": "900.00"})
RECORDS = batch(
    [
        call("acct_1", 20, call_id="before", duration_seconds=60),
        call("acct_1", 1, call_id="list", duration_seconds=90),
        call("acct_1", 2, JAPAN, call_id="markup", duration_seconds=90),
        call("acct_1", 2, IP_PHONE, call_id="longer", duration_seconds=61),
        call("acct_1", 0, call_id="held", duration_seconds=90),
        call("acct_1", 3, MOBILE, call_id="covered", duration_seconds=90),
        call("acct_1", 4, UNCOVERED, call_id="waits", duration_seconds=90),
        call("acct_2", 4, call_id="other", duration_seconds=60),
    ]
)["Records"]
EXACT: dict[str, tuple[Any, ...]] = {
    "before": (100_000, None, None, None, None),
    "list": (60_000, "gold", "gold-1", None, None),
    "markup": (19_600, None, None, 1250, None),
    "longer": (675_000, None, None, 1250, None),
    "held": (60_000, "gold", "gold-1", None, None),
    "covered": (0, None, None, 1250, 90),
    "other": (100_000, None, None, None, None),
}
"""The price, list, version, markup, and covered seconds. 90 s to Japan: fee 0.000113, the minimum of 60 s by 0.013838 a
minute, and 30 s by 0.011363 a minute, each with 12.5 % and rounded up, are 0.0196325, in steps of 0.0001 0.0196.
"""


@pytest.fixture
def priced(bench: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> LedgerBench:
    """Acct_1 with terms since twelve hours, credit, and a running call; list, deck, and terms are others by now."""
    monkeypatch.setattr("calling_credit.clock.now", lambda: bench.now)
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.0)
    bench.stack.publish(DECK_WITH_STEPS)
    bench.stack.publish_list("gold", deck_csv(LIST_ROW), "gold-1")
    for at, (function, event) in (
        (START - timedelta(hours=12), SET_TERMS),
        (START, request("manage_accounts", "POST", "/accounts/acct_1/adjustments", CREDIT)),
    ):
        bench.now = at
        bench.stack.forget()
        assert bench.stack.invoke(function, event)["statusCode"] in (200, 201)
    assert ask_until_answered(bench.stack, bench.wire, "authorize_call", asking("held", 90))["statusCode"] == 200
    assert bench.stack.invoke(*NO_TERMS)["statusCode"] == 200
    bench.stack.publish_list("gold", deck_csv({"rate_per_minute": "0.07"}), "gold-2", START)
    bench.stack.publish(DECK_WITH_STEPS.replace(b"*,0.", b"*,9."), "deck-2", START)
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.forget()
    return bench


def prices(bench: LedgerBench) -> dict[str, tuple[Any, ...]]:
    """The prices of the calls that have exactly one entry, after a check of all sums and counters."""
    ledger = bench.ledger()
    assert law_of_minutes(ledger.values())[COUNTER] == 25 * 60 - 90
    entries = [(sk.split("#")[2], item) for (_, sk), item in ledger.items() if item.get("kind") == "call_charged"]
    names = ("price_list", "list_version", "markup_hundredths", "covered_seconds")
    found = {key: (-item["amount_micros"], *map(item.get, names)) for key, item in entries if key in EXACT}
    assert len(entries) == len(found) + 1, "one entry per call, and the one that the bench begins with"
    assert [sk for _, sk in ledger if sk.startswith("UNRATED#")] != []
    return found


def test_own_prices_are_charged_once_after_any_failure_of_a_batch(
    priced: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deliver_until_settled(priced.stack, priced.wire, RECORDS)[0] == set()
    scenario = list(priced.wire.sent)
    assert prices(priced) == EXACT
    covered = Counter[str]()

    def deliver(point: Point) -> set[str]:
        return deliver_until_settled(priced.stack, priced.wire, RECORDS, point.context)[0]

    for point, back in after_each(priced, list(points(scenario))[::11], deliver):
        assert (back, prices(priced)) == (set(), EXACT), point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with own prices, {len(scenario)} requests", covered)


def test_two_posters_at_once_charge_each_call_once_at_its_price(priced: LedgerBench) -> None:
    twin = load_app("rate_calls")
    with wired(Stack(priced.stack.dynamodb, {"rate_calls": twin})) as other:
        other.under_way, other.counting = priced.wire.under_way, priced.wire.counting
        for number in range(4):
            priced.put_back()
            other.with_conflicts = priced.wire.with_conflicts = True
            order = RECORDS if number % 2 else RECORDS[::-1]
            at_once(
                partial(priced.stack.invoke, "rate_calls", {"Records": RECORDS}),
                partial(twin.handler, {"Records": order}, Context()),
            )
            priced.wire.with_conflicts = False
            assert deliver_until_settled(priced.stack, priced.wire, RECORDS)[0] == set()
            assert prices(priced) == EXACT


@pytest.mark.parametrize(
    ("name", "event", "held"),
    [("a new call", asking("new", 90), 140_000), ("an extension", asking("held", 200), 96_700)],
)
def test_a_call_at_own_prices_is_held_once_after_any_failure(
    priced: LedgerBench, capsys: pytest.CaptureFixture[str], name: str, event: dict[str, Any], held: int
) -> None:
    """The new call pays the version of the list in force by now, and the extension that of its start."""
    assert ask_until_answered(priced.stack, priced.wire, "authorize_call", event)["statusCode"] == 200
    scenario, covered = list(priced.wire.sent), Counter[str]()
    before = 60_000 if name == "a new call" else 0

    def ask(_: Point) -> dict[str, Any]:
        return ask_until_answered(priced.stack, priced.wire, "authorize_call", event)

    for point, answer in after_each(priced, list(points(scenario))[::7], ask):
        assert Decimal(json.loads(answer["body"])["held"]) * 1_000_000 == held, point.name
        ledger = priced.ledger()
        assert ledger["ACCOUNT#acct_1", "BALANCE"]["held_micros"] == before + held, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"authorize_call with own prices ({name}), {len(scenario)} requests", covered)
