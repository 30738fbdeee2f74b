"""Law 10 for taxed payments: killing a function at any request, while the rates and the address change before the
retry, ends with one payment whose card paid its credit and the tax that was stored with it.
"""

import json
import random
from collections.abc import Iterator
from functools import partial

import pytest

from calling_credit.config import config
from tests.functions.tax_bench import DETAILS, FIFTEEN, NEW_YORK, TWENTY, enter, publish
from tests.harness.cards import VISA
from tests.harness.faults import Point
from tests.laws.payment_bench import Flow, PaymentBench, points
from tests.laws.payment_ends import differences
from tests.laws.payment_flows import pay, save, save_and_rule
from tests.laws.payment_flows_back import ONE_PAID
from tests.laws.payment_flows_checkout import pay_page
from tests.laws.payment_sampling import SEED, SHARE, play_all, sampled_at_writes
from tests.laws.payment_taxes import gross

pytestmark = pytest.mark.dynamodb

PLAYED = 24
"""Faults of each flow that are played, drawn by the seed; all of them with FAULTS_SHARE=1. test_payment_faults.py plays
the same flows without tax at every crash."""
MOVED = DETAILS | {"address": NEW_YORK | {"region": "CA"}}
OF_FIFTY, OF_TWENTY_FIVE = {7_500_000, 10_000_000, 4_440_000}, {3_750_000, 5_000_000, 2_220_000}
"""The tax on 50.00 and on 25.00 at 15 %, 20 %, and 8.875 %."""


@pytest.fixture(autouse=True)
def taxed(payment_bench: PaymentBench, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack that taxes payments."""
    monkeypatch.setenv("TAX", "table")
    config.cache_clear()
    assert payment_bench.stack.apps
    yield
    config.cache_clear()


def begin(bench: PaymentBench) -> None:
    """The rates at which each play begins."""
    publish(bench.till, FIFTEEN)


def change_tax(bench: PaymentBench) -> None:
    """The operator publishes other rates, and the customer moves."""
    publish(bench.till, TWENTY)
    assert bench.ask("change_settings", "PUT", "/billing-details", MOVED).status == 200


def details_and_card(bench: PaymentBench) -> None:
    """An account in New York with a saved card."""
    begin(bench)
    enter(bench.till)
    save(bench, VISA)


def details_and_rule(bench: PaymentBench) -> None:
    """The same with a rule that recharges the empty balance."""
    begin(bench)
    enter(bench.till)
    save_and_rule(bench, VISA)


def pay_while_tax_changes(bench: PaymentBench) -> None:
    """Pay; before the retry, the tax changes."""
    begin(bench)
    body = {"amount": "25.00", "payment_method_id": bench.card}
    bench.invoke("add_funds", bench.request("add_funds", "POST", "/top-ups", body, key="the first key"))
    change_tax(bench)
    pay(bench)


def recharge_while_tax_changes(bench: PaymentBench) -> None:
    """Recharge; before the stream repeats its record, the tax changes."""
    begin(bench)
    records = bench.till.take_records()
    for _ in range(2):
        bench.invoke("auto_recharge", {"Records": records})
        change_tax(bench)


def page_while_tax_changes(bench: PaymentBench) -> None:
    """Open Stripe's page; before the retry and the payment, the tax changes."""
    begin(bench)
    body = {"amount": "25.00"}
    bench.invoke("add_funds", bench.request("add_funds", "POST", "/top-ups/checkout", body, key="the first key"))
    change_tax(bench)
    pay_page(bench, VISA)


def charged_with_its_tax(bench: PaymentBench, taxes: set[int]) -> Iterator[str]:
    """What is wrong with the tax of the payment: a paid one has a tax of one of the rates, and asks for its gross."""
    for item in bench.till.top_ups():
        if item["status"] == "succeeded" and item["tax_micros"] not in taxes:
            yield f"the tax is {item['tax_micros']}"
        request = json.loads(item["create_request"])
        lines = request.get("line_items", ())
        asked = request.get("amount", sum(line["price_data"]["unit_amount"] for line in lines))
        if asked * 10_000 != gross(item):
            yield f"the request asks for {asked} cents, not {gross(item)} micros"


FLOWS = (
    Flow(
        "taxed, by hand",
        details_and_card,
        pay_while_tax_changes,
        ["succeeded"],
        ONE_PAID,
        25_000_000,
        partial(charged_with_its_tax, taxes=OF_TWENTY_FIVE),
    ),
    Flow(
        "taxed, by the rule",
        details_and_rule,
        recharge_while_tax_changes,
        ["succeeded"],
        ONE_PAID,
        50_000_000,
        partial(charged_with_its_tax, taxes=OF_FIFTY),
    ),
    Flow(
        "taxed, on Stripe's page",
        details_and_card,
        page_while_tax_changes,
        ["succeeded"],
        ONE_PAID,
        25_000_000,
        partial(charged_with_its_tax, taxes=OF_TWENTY_FIVE),
    ),
)


def play(bench: PaymentBench, flow: Flow, point: Point) -> list[str]:
    """Play the flow with one fault; the differences from its expected end."""
    bench.prepare(flow)
    bench.context = point.context
    with bench.wire.interfering(point):
        flow.begin(bench)
        bench.settle_down()
    bench.wire.dead = False
    for passed in point.late:
        passed()
    bench.settle_down()
    return [*differences(bench, flow), *([] if point.hits else ["the fault met nothing"])]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_crash_and_another_tax_charge_the_stored_amount(payment_bench: PaymentBench, flow: Flow) -> None:
    bench = payment_bench
    bench.prepare(flow)
    with bench.wire.recording() as scenario:
        flow.begin(bench)
        bench.settle_down()
    assert list(differences(bench, flow)) == []
    chosen = sampled_at_writes(list(points(scenario, bench)), scenario)
    if SHARE < 1:
        chosen = random.Random(SEED).sample(chosen, min(PLAYED, len(chosen)))
    broken, _ = play_all(chosen, partial(play, bench, flow))
    assert not broken, "\n".join(broken)
