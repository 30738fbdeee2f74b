"""Invokes a reader of the table's stream again with the records that it gave up, oldest first, and removes each batch
that succeeds. Repeating a batch is safe: events keep their ids, and a recharge looks at the present balance.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.instants import format_instant
from ops.dead_letters import DeadLetters, Letter
from ops.stack import FoundStack, find_stack
from ops.stream_failures import NotReadableError, StreamFailure, in_bucket, in_queue, key_named_by
from ops.terminal import CommandError, confirm, console, progress_bar, run

STREAMS: Final = {
    "recharge": ("AutoRechargeFunctionName", "RechargeFailureQueueUrl"),
    "events": ("PublishEventsFunctionName", "EventFailureQueueUrl"),
}
"""The outputs of the stack that name the function, and the queue in which its failures are named."""
MAX_ROWS: Final = 20
MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})


def main() -> int:
    """Run `python -m ops.redrive_stream STREAM [--older-than MINUTES] [--peek] [--yes]`, behind `make redrive STREAM=`;
    exit with 1 if a batch failed again or is lost.
    """
    parser = argparse.ArgumentParser(prog="make redrive", description="Process failed stream records again.")
    parser.add_argument("stream", choices=tuple(STREAMS), help="STREAM: recharge or events")
    parser.add_argument("--older-than", type=int, default=0, help="OLDER_THAN: only failures of so many minutes ago")
    parser.add_argument("--peek", action="store_true", help="PEEK=1: count the failures, change nothing")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    order = parser.parse_args()
    if order.older_than < 0:
        raise CommandError(f"OLDER_THAN={order.older_than}: give minutes from 0.")
    stack = find_stack()
    try:
        function_name, queue_url = (stack.outputs[name] for name in STREAMS[order.stream])
    except KeyError as error:
        raise CommandError(f"The stack {stack.name} does not name this function. Deploy this release first.") from error
    return redrive(stack, order, function_name, DeadLetters(stack.client("sqs"), queue_url))


def redrive(stack: FoundStack, order: argparse.Namespace, function_name: str, dead: DeadLetters) -> int:
    """Process the failures of one function again, and clear the messages that name removed objects."""
    with progress_bar("Reading the queue", None) as report:
        letters = dead.receive(report)
    try:
        failures = list(in_queue(dead, letters, stack.client("dynamodbstreams")))
        bucket = stack.outputs.get("FailureBucketName")
        if bucket is not None:
            failures += in_bucket(stack.client("s3"), bucket)
        until = datetime.now(UTC) - timedelta(minutes=order.older_than)
        unknown = [one.name for one in failures if not one.function_arn]
        if unknown:
            shown = ", ".join(unknown[:MAX_ROWS])
            console.print(f"{len(unknown)} objects name no function: {shown}", markup=False, soft_wrap=True)
        due = [one for one in failures if one.is_of(function_name) and one.failed_at <= until]
        due.sort(key=lambda one: (one.failed_at, one.name))
        if due:
            ages = f"from {format_instant(due[0].failed_at)} to {format_instant(due[-1].failed_at)}"
            console.print(f"{len(due)} failed batches, {ages}.")
        else:
            console.print("No failures are due.")
        if order.peek or (due and not (order.yes or confirm(f"Process {len(due)} batches again?"))):
            return 0
        code = process(stack, function_name, due)
        if bucket is not None:
            clear_names(stack.client("s3"), bucket, dead, letters)
        return code
    finally:
        dead.release(letters)


def process(stack: FoundStack, function_name: str, failures: Sequence[StreamFailure]) -> int:
    """Invoke the function with each batch; remove those that succeed. Return 1 if any is left."""
    config = Config(read_timeout=310, retries={"total_max_attempts": 1})
    client = stack.session.client("lambda", endpoint_url=stack.endpoint_url, config=config)
    reasons: dict[str, str] = {}
    with progress_bar("Processing again", len(failures)) as report:
        for number, failure in enumerate(failures, 1):
            reason = invoke(client, function_name, failure)
            if reason:
                reasons[failure.name] = reason
            else:
                failure.remove()
            report(number)
    console.print(f"{len(failures) - len(reasons)} batches processed.")
    for name, reason in list(reasons.items())[:MAX_ROWS]:
        console.print(f"  {name}: {reason}", markup=False, soft_wrap=True)
    if reasons:
        console.print(
            f"{len(reasons)} batches are left. What to do: docs/runbook.md#recharge-failures, #event-failures"
        )
    return 1 if reasons else 0


def invoke(client: Any, function_name: str, failure: StreamFailure) -> str:
    """Invoke the function with a batch. Return why it failed; "" after success."""
    try:
        event = {"Records": failure.records()}
    except NotReadableError as error:
        return f"{error}. Remove it once its effect is known to have happened."
    payload = json.dumps(event, default=str, ensure_ascii=False, separators=(",", ":")).encode()  # As small as it came.
    try:
        response = client.invoke(FunctionName=function_name, Payload=payload)
    except (ClientError, BotoCoreError) as error:
        return str(error)
    answer: Any = json.loads(response["Payload"].read() or b"null")
    if response.get("FunctionError"):
        return str(answer.get("errorMessage", "the function failed") if isinstance(answer, dict) else answer)
    failed = (answer or {}).get("batchItemFailures", [])
    return f"{len(failed)} of {len(event['Records'])} records failed again" if failed else ""


def clear_names(client: Any, bucket: str, dead: DeadLetters, letters: Sequence[Letter]) -> None:
    """Remove the messages that name objects which are gone, so that the alarm ends."""
    gone = [
        letter for letter in letters if (key := key_named_by(letter)) is not None and not exists(client, bucket, key)
    ]
    dead.remove(gone, lambda _: None)


def exists(client: Any, bucket: str, key: str) -> bool:
    """Whether an object exists."""
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return False
        raise
    return True


if __name__ == "__main__":
    run(main)
