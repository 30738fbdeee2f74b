"""The rows of posting: write units, requests, poison, redelivery and log bytes, counted on what was sent to moto."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.benchmarks import mix
from tests.benchmarks.capacity import READS, Request, write_units
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, captured_output
from tests.benchmarks.rows import Row, number
from tests.harness.table import Context
from tests.harness.template import template

KILOBYTE = 1024
POISON_COUNTS = (1, 10, 999, 1000)


@dataclass(frozen=True)
class Delivery:
    """What one delivery did: requests, write units, messages handed back, bytes logged."""

    requests: list[Request]
    write_units: int
    failures: list[str]
    log_bytes: int

    @property
    def reads(self) -> int:
        """How many of the requests were reads."""
        return sum(request.operation in READS for request in self.requests)


def index_keys() -> list[str]:
    """The attributes an item must have to stand in the sparse index, from the template."""
    [table] = [one for one in template()["Resources"].values() if one["Type"] == "AWS::DynamoDB::Table"]
    [index] = table["Properties"]["GlobalSecondaryIndexes"]
    return [key["AttributeName"] for key in index["KeySchema"]]


def deliver(lab: Laboratory, bodies: list[str]) -> Delivery:
    """One delivery to rate_calls."""
    with lab.wire.recorded() as requests, captured_output() as output:
        failures = lab.rate(bodies)
        size = output.seek(0, 2)
    return Delivery(requests, write_units(requests, lab.items(), index_keys()), failures, size)


def deliver_stock(lab: Laboratory, stock: Any, bodies: list[str]) -> Delivery:
    """One delivery to the stock stack."""
    with lab.wire.recorded() as requests, captured_output() as output:
        answer = stock.lambda_handler(mix.delivery(bodies), Context(ENOUGH_SECONDS))
        size = output.seek(0, 2)
    failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    return Delivery(requests, write_units(requests, lab.items(), index_keys()), failures, size)


def posting_rows(lab: Laboratory, stock: Any) -> list[Row]:
    """Every row of posting but poison and redelivery."""
    lab.fresh()
    cold = deliver(lab, mix.standard_mix())
    lab.fresh()
    with captured_output():
        lab.warm_up()
    warm = deliver(lab, mix.standard_mix())
    expect(not warm.failures and lab.entries() == mix.EVENTS + mix.ACCOUNTS, "M is posted whole")
    lab.fresh()
    usual = deliver_stock(lab, stock, mix.standard_mix())
    expect(not usual.failures and lab.entries() == mix.EVENTS, "the stock stack posts M whole")
    stock_units = number(usual.write_units / mix.EVENTS)
    return [
        Row("write units per call: M", "count", 2.4, warm.write_units / mix.EVENTS, stock=stock_units, floor="2"),
        write_units_row(lab, "97 calls of one account", 97, 2.1),
        write_units_row(lab, "one call alone", 1, 6),
        Row(
            "DynamoDB requests on M, warm (beside it the cold first invocation)",
            "count",
            100,
            len(warm.requests),
            shown=f"{len(warm.requests)} (cold {len(cold.requests)})",
            stock=number(len(usual.requests)),
            floor="100",
        ),
        Row(
            "reads among them",
            "count",
            0,
            warm.reads,
            shown=f"{warm.reads} (cold {cold.reads})",
            stock=number(usual.reads),
            floor="0",
        ),
        Row(
            "log bytes on M, stdout + stderr with EMF",
            "count",
            8 * KILOBYTE,
            warm.log_bytes,
            stock=number(usual.log_bytes),
        ),
    ]


def write_units_row(lab: Laboratory, what: str, count: int, budget: float) -> Row:
    """Write units per call when one account's calls come together."""
    lab.fresh()
    delivery = deliver(lab, mix.calls_of_one_account(count))
    expect(not delivery.failures and lab.entries() == count, f"{what}: posted whole")
    return Row(f"write units per call: {what}", "count", budget, delivery.write_units / count, floor="2")


def poison_rows(lab: Laboratory, stock: Any) -> list[Row]:
    """Failures reported and others posted when some events of M are malformed."""
    return [poison_row(lab, stock, count) for count in POISON_COUNTS]


def poison_row(lab: Laboratory, stock: Any, count: int) -> Row:
    """The row of `count` poison events."""
    bodies = mix.poisoned(mix.standard_mix(), count)
    lab.fresh()
    failures, posted = len(deliver(lab, bodies).failures), lab.entries()
    expect(posted == mix.EVENTS - count, f"{count} poison: the others are posted")
    usual = stock_poison(lab, stock, bodies) if posted <= 1 else "-"
    shown = f"{failures}, {posted}"
    what = f"{count} poison events in M: failures reported, others posted"
    return Row(what, "count", count, failures, shown=shown, stock=usual, exact=True)


def stock_poison(lab: Laboratory, stock: Any, bodies: list[str]) -> str:
    """What the stock stack makes of these bodies."""
    lab.fresh()
    try:
        failures = deliver_stock(lab, stock, bodies).failures
    except BatchProcessingError:
        return "raises"
    return f"{len(failures)}, {lab.entries()}"


def redelivery_rows(lab: Laboratory) -> list[Row]:
    """Transactions an account needs to settle M delivered again, whole or half of it beside new calls."""
    first, later = mix.standard_mix(), mix.standard_mix(mix.EVENTS)
    lab.fresh()
    with captured_output():
        lab.rate(first)
    rows = []
    for name, share in (("full", 1.0), ("half", 0.5)):
        before = lab.entries()
        again = part_of_each(first, share) + part_of_each(later, 1 - share)
        delivery = deliver(lab, again)
        new = round(mix.EVENTS * (1 - share))
        expect(not delivery.failures and lab.entries() == before + new, f"{name} redelivery is settled")
        sent = Counter(
            request.body["TransactItems"][-1]["Update"]["Key"]["PK"]["S"]
            for request in delivery.requests
            if request.operation == "TransactWriteItems"
        )
        what = f"transactions per account to settle a {name} redelivery of M (most of any account)"
        rows.append(Row(what, "count", 2, max(sent.values()), floor="1"))
    return rows


def part_of_each(bodies: list[str], share: float) -> list[str]:
    """This share of every account's calls."""
    by_account: dict[str, list[str]] = {}
    for body in bodies:
        by_account.setdefault(body.split('"account_id": "', 1)[1].split('"', 1)[0], []).append(body)
    return [body for own in by_account.values() for body in own[: round(len(own) * share)]]


def expect(holds: bool, what: str) -> None:
    """Stop at a measurement of something that did not happen."""
    if not holds:
        raise RuntimeError(f"not so: {what}; the counts would mean nothing")
