"""What calls cost on AWS: measured units times a dated table of prices (`prices.json`). Writes docs/costs.md.

Assumptions that no measurement here can replace, such as the time that DynamoDB takes, are in the same file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks import mix
from tests.benchmarks.rows import Row
from tests.harness.template import ROOT, template

PRICES = Path(__file__).with_name("prices.json")
DOCUMENT = ROOT / "docs" / "costs.md"
MILLION = 1_000_000
BATCH = 10
"""Messages in one request to SQS: the most that it takes."""
ENTRY_BYTES = 700
"""A charged call in the table: its entry, with names of attributes, and its share of the day's total."""
BUDGETS = {"busy": 1.9, "held": 9.0}
INTRODUCTION = """# Costs

<!-- Written by `make bench`; do not edit. -->

What AWS charges for calls, without Stripe, taxes, free tiers, and discounts. The units are those that
[benchmarks.md](benchmarks.md) measures; the prices are those of {region} on {as_of}
([tests/benchmarks/prices.json](../tests/benchmarks/prices.json)). To calculate with your own prices, change that file
and run `make bench`.
"""
METHOD = """
## Method

- *Busy*: the mix of the benchmarks, in which one invocation gets 1,000 calls, ten of each account. *Alone*: each call
  comes by itself, which is the most that a call can cost. Your traffic is between both.
- DynamoDB answers within {seconds_per_dynamodb_request} s, and {posting_threads} accounts are posted at once.
- The switch sends ten calls in one request. One by one, a million calls cost ${one_by_one:.2f} more.
- An authorization takes {cpu_seconds_per_authorization} s of processor time and logs {log_bytes_per_request} bytes,
  access log included.
- Entries are never deleted. Keeping a million calls a month costs the named sum after {entry_months_kept} months.
- Not included: rare work (payments, settings, page views), the nightly proof, and data transfer.
"""


@dataclass(frozen=True)
class Cost:
    """One line: so many units of a price."""

    price: str
    units: float

    @property
    def dollars(self) -> float:
        """The cost in dollars."""
        amount, per, _ = _prices()["dollars"][self.price]
        return float(amount) * self.units / float(per)

    @property
    def words(self) -> str:
        """What the units are."""
        return str(_prices()["dollars"][self.price][2])


@cache
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = json.loads(PRICES.read_text(encoding="utf-8"))
    return prices


def _function(name: str) -> float:
    """The memory of a function in GB."""
    every = template()["Globals"]["Function"]["MemorySize"]
    return float(template()["Resources"][name]["Properties"].get("MemorySize", every)) / 1024


def posted(write_units: float, calls: int, requests: float, log_bytes: float, held_units: float = 0) -> list[Cost]:
    """The cost of a million posted calls, of which one invocation gets so many, with so many requests to DynamoDB."""
    told = _prices()["assumptions"]
    waves = max(1.0, requests / _posting_threads())
    seconds = told["cpu_seconds_per_invocation"] + waves * told["seconds_per_dynamodb_request"]
    invocations = MILLION / calls
    return [
        Cost("dynamodb_write_units", MILLION * (write_units + held_units)),
        Cost("sqs_requests", MILLION * (1 / BATCH + 2 / min(BATCH, calls))),
        Cost("lambda_requests", invocations),
        Cost("lambda_gb_seconds", invocations * seconds * _function("RateCallsFunction")),
        Cost("log_gb", MILLION * log_bytes / 1e9),
    ]


def authorized(write_units: float, requests: float, reads: float) -> list[Cost]:
    """The cost of a million authorizations."""
    told = _prices()["assumptions"]
    seconds = told["cpu_seconds_per_authorization"] + requests * told["seconds_per_dynamodb_request"]
    return [
        Cost("http_api_requests", MILLION),
        Cost("dynamodb_write_units", MILLION * write_units),
        Cost("dynamodb_read_units", MILLION * reads),
        Cost("lambda_requests", MILLION),
        Cost("lambda_gb_seconds", MILLION * seconds * _function("AuthorizeCallFunction")),
        Cost("log_gb", MILLION * told["log_bytes_per_request"] / 1e9),
    ]


def standing() -> list[Cost]:
    """The cost of a month without a call."""
    kinds = [resource["Type"] for resource in [*template()["Resources"].values(), *_watch()]]
    return [
        Cost("alarms", kinds.count("AWS::CloudWatch::Alarm")),
        Cost("composite_alarms", kinds.count("AWS::CloudWatch::CompositeAlarm")),
        Cost("dashboards", kinds.count("AWS::CloudWatch::Dashboard")),
        Cost("secrets", kinds.count("AWS::SecretsManager::Secret")),
    ]


def kept() -> list[Cost]:
    """The monthly cost of keeping a million calls a month, once so many months are kept."""
    size = MILLION * _prices()["assumptions"]["entry_months_kept"] * ENTRY_BYTES / 1e9
    return [Cost("dynamodb_storage_gb_months", size), Cost("dynamodb_recovery_gb_months", size)]


def tables(rows: Iterable[Row]) -> dict[str, list[Cost]]:
    """Return each table of costs, from the measured rows."""
    measured: Mapping[str, float] = {row.what: row.measured for row in rows}
    one = measured["write units per call: one call alone"]
    held = measured["write units of one held call with its authorization and index"]
    ask = measured["write units to authorize a call, index included"]
    requests = measured["DynamoDB requests to authorize a call"]
    log_bytes = measured["log bytes on M, stdout + stderr with EMF"]
    batch_requests = measured["DynamoDB requests on M, warm (and on the cold first invocation)"]
    busy = posted(measured["write units per call: M"], mix.EVENTS, batch_requests, log_bytes / mix.EVENTS)
    held_busy = posted(
        measured["write units per call: M"], mix.EVENTS, batch_requests, log_bytes / mix.EVENTS, held - ask - one
    )
    asking = authorized(ask, requests, requests - 1)
    return {
        "A million posted calls, busy": busy,
        "A million calls that were asked for, held, and posted, busy": asking + held_busy,
        "A million posted calls, each alone": posted(one, 1, 1, log_bytes / 2),
        "A million calls that were asked for, held, and posted, each alone": asking
        + posted(held - ask, 1, 1, log_bytes / 2),
        "Keeping a million calls a month, a month": kept(),
        "A month without a call": standing(),
    }


def cost_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of the benchmark table."""
    found = tables(rows)
    return [
        Row(
            "dollars per million posted calls, busy",
            "USD",
            BUDGETS["busy"],
            total(found["A million posted calls, busy"]),
        ),
        Row(
            "dollars per million calls that were asked for, held, and posted, busy",
            "USD",
            BUDGETS["held"],
            total(found["A million calls that were asked for, held, and posted, busy"]),
        ),
    ]


def total(costs: Iterable[Cost]) -> float:
    """Return the sum in dollars, rounded to cents."""
    return round(sum(cost.dollars for cost in costs), 2)


def document(rows: Iterable[Row]) -> str:
    """Return docs/costs.md."""
    prices = _prices()
    sections = "".join(_section(title, costs) for title, costs in tables(rows).items())
    one_by_one = Cost("sqs_requests", MILLION * (1 - 1 / BATCH)).dollars
    method = METHOD.format(**prices["assumptions"], posting_threads=_posting_threads(), one_by_one=one_by_one)
    return INTRODUCTION.format(**prices) + sections + method


def _section(title: str, costs: list[Cost]) -> str:
    lines = [f"| {cost.words} | {cost.units:,.6g} | ${cost.dollars:,.2f} |\n" for cost in costs if cost.units]
    head = f"\n## {title}: ${total(costs):,.2f}\n\n| unit | number | dollars |\n|---|---|---|\n"
    return head + "".join(lines)


def _posting_threads() -> int:
    from calling_credit.config import Config  # noqa: PLC0415 - reads the environment

    return Config.posting_threads


def _watch() -> Iterator[dict[str, Any]]:
    """The resources of the nested stack of alarms, without its short forms of functions."""
    file = ROOT / "stacks" / "watch.yaml"
    if file.exists():
        loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=_Plain)
        yield from (one for one in loaded["Resources"].values() if isinstance(one, dict) and "Type" in one)


class _Plain(yaml.SafeLoader):
    """Reads a template and drops its functions."""


_Plain.add_multi_constructor("!", lambda *_: None)
