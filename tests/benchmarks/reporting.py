"""The rows of calls that are reported over HTTP: requests to the queue, and reads of the table."""

import json
from typing import Any

from calling_credit.charging.call_queue import CallQueue
from tests.benchmarks import mix
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.rows import Row
from tests.functions.report_bench import Queue
from tests.harness.http import http_event
from tests.harness.table import Context

EVENTS = 100
"""The most events of a request."""


def reporting_rows(lab: Laboratory) -> list[Row]:
    """Return the requests for 100 events that name only their numbers, at first and once the numbers are known."""
    lab.reset()
    queue = Queue()
    client: Any = queue
    lab.reporter.queue = CallQueue(client, "queue")  # type: ignore[attr-defined]
    cold = report(lab, [by_number(body) for body in mix.standard_mix(0, per_account=1)])
    queue.requests.clear()
    warm = report(lab, [by_number(body) for body in mix.standard_mix(EVENTS, per_account=1)])
    return [
        Row("SQS requests for 100 reported events", "count", 10, len(queue.requests), floor="10", exact=True),
        Row(
            "reads for 100 reported events whose numbers are known (and cold)",
            "count",
            0,
            warm,
            shown=f"{warm} (cold {cold})",
            floor="0",
        ),
    ]


def by_number(body: str) -> dict[str, Any]:
    """Return an event without the names of its account, line, and user."""
    named = ("account_id", "line_id", "user_id")
    return {name: value for name, value in json.loads(body).items() if name not in named}


def report(lab: Laboratory, events: list[dict[str, Any]]) -> int:
    """Report events; return the number of requests to the table."""
    event = http_event("report_calls", "POST", "/calls/events", body=events)
    with lab.wire.record() as requests, capture_output():
        answer = lab.reporter.handler(event, Context(ENOUGH_SECONDS))
    if json.loads(answer["body"]) != {"accepted": len(events), "rejected": []}:
        raise RuntimeError(answer["body"])
    return len(requests)
