"""The row of a redrive: the requests to SQS and DynamoDB for 1,000 dead letters, calls that were not charged yet.

The time of 100,000 messages follows from the requests, those that are under way at once, and a time for each request.
"""

import math
from argparse import Namespace
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import boto3

from ops import redrive
from ops.dead_calls import Judge
from ops.dead_letters import THREADS
from ops.stack import FoundStack
from tests.benchmarks import mix
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.rows import Row
from tests.functions.queues_bench import Queues
from tests.harness.table import TABLE

MESSAGES = 1_000
MANY = 100_000
SECONDS_PER_REQUEST = 0.05
"""A request from an operator's machine to AWS. The requests of the judge are made one after the other."""
BUDGET = 330
FLOOR = 300
"""Ten messages are received, sent, and removed with three requests."""


def redriving_rows(lab: Laboratory) -> list[Row]:
    """Return the row."""
    lab.reset()
    requests = requests_of_redrive()
    of_queues = sum(count for name, count in requests.items() if name.startswith("sqs"))
    total = sum(requests.values())
    seconds = (of_queues / THREADS + total - of_queues) * SECONDS_PER_REQUEST * MANY / MESSAGES
    minutes = math.ceil(seconds / 60)
    if minutes >= 10:
        raise RuntimeError(f"a redrive of {MANY:,} messages takes {minutes} minutes")
    what = f"requests per {MESSAGES:,} messages redriven"
    shown = f"{total} ({MANY:,} messages in {minutes} minutes at {SECONDS_PER_REQUEST * 1000:.0f} ms a request)"
    return [Row(what, "count", BUDGET, total, shown=shown, floor=str(FLOOR))]


def requests_of_redrive() -> Counter[str]:
    """Redrive messages between two queues in memory, and count the requests by operation."""
    queues, requests = Queues(), Counter[str]()
    queues.put("dead", mix.standard_mix())

    class Stack(FoundStack):
        """A stack whose requests to DynamoDB are counted."""

        def client(self, service: Any) -> Any:
            if service == "sqs":
                return queues
            client: Any = boto3.client(service)
            client.meta.events.register("before-call", lambda model, **_: requests.update([f"{service} {model.name}"]))
            return client

    outputs = {"TableName": TABLE, "DeadLetterQueueUrl": "dead", "CallQueueUrl": "calls"}
    stack = Stack("bench", False, outputs, boto3.Session(), None)
    order = Namespace(queue="calls", peek=False, drop=False, malformed=False, yes=True)
    with capture_output():
        judge = Judge(stack, datetime.now(UTC))
        redrive.redrive(stack, order, lambda letters: redrive.choose_calls(judge, letters, order))
    if len(queues.bodies("calls")) != MESSAGES or queues.bodies("dead"):
        raise RuntimeError("not every message went back, so the count is invalid")
    return requests + Counter({f"sqs {name}": count for name, count in queues.requests.items()})
