"""The rows of posting: write units, requests, poison, redelivery, and log bytes, counted from the requests to moto."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.benchmarks import mix
from tests.benchmarks.capacity import READS, Request, write_units
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.rows import Row, number
from tests.harness.table import Context
from tests.harness.template import template

KILOBYTE = 1024
POISON_COUNTS = (1, 10, 999, 1000)


@dataclass(frozen=True)
class Delivery:
    """The effect of one delivery: requests, write units, failed messages, and bytes logged."""

    requests: list[Request]
    write_units: int
    failures: list[str]
    log_bytes: int

    @property
    def reads(self) -> int:
        """The number of reads among the requests."""
        return sum(request.operation in READS for request in self.requests)


def index_keys() -> list[str]:
    """Return the key attributes of the sparse index, from the template."""
    [table] = [one for one in template()["Resources"].values() if one["Type"] == "AWS::DynamoDB::Table"]
    [index] = table["Properties"]["GlobalSecondaryIndexes"]
    return [key["AttributeName"] for key in index["KeySchema"]]


def deliver(lab: Laboratory, bodies: list[str]) -> Delivery:
    """Deliver to rate_calls."""
    with lab.wire.record() as requests, capture_output() as output:
        failures = lab.rate(bodies)
        size = output.seek(0, 2)
    return Delivery(requests, write_units(requests, lab.items(), index_keys()), failures, size)


def deliver_stock(lab: Laboratory, stock: Any, bodies: list[str]) -> Delivery:
    """Deliver to the stock stack."""
    with lab.wire.record() as requests, capture_output() as output:
        answer = stock.lambda_handler(mix.delivery(bodies), Context(ENOUGH_SECONDS))
        size = output.seek(0, 2)
    failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    return Delivery(requests, write_units(requests, lab.items(), index_keys()), failures, size)


def posting_rows(lab: Laboratory, stock: Any) -> list[Row]:
    """Return the rows of posting, except poison and redelivery."""
    lab.reset()
    cold = deliver(lab, mix.standard_mix())
    lab.reset()
    with capture_output():
        lab.warm_up()
    warm = deliver(lab, mix.standard_mix())
    expect(not warm.failures and lab.entries() == mix.EVENTS + mix.ACCOUNTS, "M is posted completely")
    lab.reset()
    usual = deliver_stock(lab, stock, mix.standard_mix())
    expect(not usual.failures and lab.entries() == mix.EVENTS, "the stock stack posts M completely")
    stock_units = number(usual.write_units / mix.EVENTS)
    return [
        Row("write units per call: M", "count", 2.4, warm.write_units / mix.EVENTS, stock=stock_units, floor="2"),
        write_units_row(lab, "97 calls of one account", 97, 2.1),
        write_units_row(lab, "one call alone", 1, 6),
        Row(
            "DynamoDB requests on M, warm (and on the cold first invocation)",
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
    """Return the row of write units per call for calls of one account in one delivery."""
    lab.reset()
    delivery = deliver(lab, mix.calls_of_one_account(count))
    expect(not delivery.failures and lab.entries() == count, f"{what}: posted completely")
    return Row(f"write units per call: {what}", "count", budget, delivery.write_units / count, floor="2")


def poison_rows(lab: Laboratory, stock: Any) -> list[Row]:
    """Return the rows of failures reported and calls posted when some events of M are malformed."""
    return [poison_row(lab, stock, count) for count in POISON_COUNTS]


def poison_row(lab: Laboratory, stock: Any, count: int) -> Row:
    """Return the row of `count` poison events."""
    bodies = mix.with_poison(mix.standard_mix(), count)
    lab.reset()
    failures, posted = len(deliver(lab, bodies).failures), lab.entries()
    expect(posted == mix.EVENTS - count, f"{count} poison: the others are posted")
    usual = stock_poison(lab, stock, bodies) if posted <= 1 else "-"
    shown = f"{failures}, {posted}"
    what = f"{count} poison events in M: failures reported, others posted"
    return Row(what, "count", count, failures, shown=shown, stock=usual, exact=True)


def stock_poison(lab: Laboratory, stock: Any, bodies: list[str]) -> str:
    """Return the result of the stock stack for these bodies."""
    lab.reset()
    try:
        failures = deliver_stock(lab, stock, bodies).failures
    except BatchProcessingError:
        return "raises"
    return f"{len(failures)}, {lab.entries()}"


def redelivery_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of transactions per account when M is redelivered fully, or half of it with new calls."""
    first, later = mix.standard_mix(), mix.standard_mix(mix.EVENTS)
    lab.reset()
    with capture_output():
        lab.rate(first)
    rows = []
    for name, share in (("full", 1.0), ("half", 0.5)):
        before = lab.entries()
        again = part_of_each(first, share) + part_of_each(later, 1 - share)
        delivery = deliver(lab, again)
        new = round(mix.EVENTS * (1 - share))
        expect(not delivery.failures and lab.entries() == before + new, f"the {name} redelivery is posted")
        sent = Counter(
            request.body["TransactItems"][-1]["Update"]["Key"]["PK"]["S"]
            for request in delivery.requests
            if request.operation == "TransactWriteItems"
        )
        what = f"transactions per account for a {name} redelivery of M (most of any account)"
        rows.append(Row(what, "count", 2, max(sent.values()), floor="1"))
    return rows


def part_of_each(bodies: list[str], share: float) -> list[str]:
    """Return this share of every account's calls."""
    by_account: dict[str, list[str]] = {}
    for body in bodies:
        by_account.setdefault(body.split('"account_id": "', 1)[1].split('"', 1)[0], []).append(body)
    return [body for own in by_account.values() for body in own[: round(len(own) * share)]]


def expect(holds: bool, what: str) -> None:
    """Stop if the measured work did not happen."""
    if not holds:
        raise RuntimeError(f"failed check, so the counts are invalid: {what}")
