"""The rows of reading: the read units of a month's usage summary with 100 and with 1,000,000 calls in it.

The hundred calls are posted. For the million, each daily total is multiplied by 10,000; the entries are left out,
because the recorded requests show that the summary does not read them.
"""

from typing import Any

from calling_credit.dynamodb import keys
from tests.benchmarks import mix
from tests.benchmarks.capacity import Attributes, item_bytes, read_units
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.rows import Row, number
from tests.harness.http import http_event
from tests.harness.table import TABLE

FEW, MANY = 100, 1_000_000
BUDGET = 5


def usage_rows(lab: Laboratory) -> list[Row]:
    """Return the rows; the stock stack would read and sum the month's entries."""
    lab.reset()
    with capture_output():
        lab.rate(mix.month_of_calls(FEW))
    entries = [item for key, item in lab.items().items() if key[1].startswith(keys.entry_range("", "")[0])]
    few = summary_units(lab, FEW)
    multiply_days(lab, MANY // FEW)
    many = summary_units(lab, MANY)
    size = sum(map(item_bytes, entries))
    return [
        Row(
            f"read units of a month's usage summary, {FEW} calls",
            "count",
            BUDGET,
            few,
            stock=query_units(size),
            floor="1",
        ),
        Row(
            f"read units of a month's usage summary, {MANY:,} calls",
            "count",
            BUDGET,
            many,
            stock=f"{query_units(size * MANY // FEW)} (computed)",
            floor="1",
        ),
        Row("the read units of a million calls over those of a hundred", "count", 1, many / few, exact=True),
    ]


def query_units(size: int) -> str:
    """Return the read units of an eventually consistent Query of this size."""
    return number(-(-size // 4096) * 0.5)


def summary_units(lab: Laboratory, calls: int) -> float:
    """Return the read units of GET /usage over the month; check the number of calls."""
    first, last = mix.noon_days_ago(30).date().isoformat(), mix.noon_days_ago(1).date().isoformat()
    event = http_event("list_usage", "GET", "/usage", claims={"custom:account_id": mix.account_id(0)})
    event["rawQueryString"] = f"from={first}&to={last}"
    event["queryStringParameters"] = {"from": first, "to": last}
    with lab.wire.record() as requests, capture_output():
        summary = lab.read(event)
    counted = sum(category["calls"] for category in summary["categories"])
    if counted != calls:
        raise RuntimeError(f"the summary counts {counted} calls instead of {calls}, so its reads are invalid")
    return read_units(requests)


def multiply_days(lab: Laboratory, factor: int) -> None:
    """Multiply every daily total of the first account by a factor."""
    for key, item in lab.items().items():
        if key[0] == keys.account_pk(mix.account_id(0)) and key[1].startswith(keys.day_range("", "")[0]):
            lab.dynamodb.put_item(TableName=TABLE, Item=multiply(item, factor))


def multiply(item: Attributes, factor: int) -> Any:
    """Return the item with every number multiplied."""
    return {name: {"N": str(int(value["N"]) * factor)} if "N" in value else value for name, value in item.items()}
