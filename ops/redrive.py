"""Reads the dead-letter queue, says why each call is refused, and sends the calls back to the call queue once the cause
is fixed. Sending back is always safe: a call that is already charged changes nothing.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calling_credit.charging.call_queue import batches
from calling_credit.charging.intake import FIRST_SENT
from ops.dead_calls import DeadCall, counts_of, judge, table_of
from ops.project import local_folder
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

HIDDEN_SECONDS = 900
"""How long a received message stays hidden: long enough to receive and judge the whole queue. If the command ends
without moving a message, the message is visible again at once.
"""


def receive_all(client: Any, queue_url: str, report: Callable[[int], None]) -> list[dict[str, Any]]:
    """Return every message of a queue once, with its newest receipt; call `report` with the count so far.

    It ends when a receive brings nothing new, so messages that become visible again do not keep it running.
    """
    messages_by_id: dict[str, dict[str, Any]] = {}
    while True:
        messages = client.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=[FIRST_SENT],
        ).get("Messages", [])
        is_new = any(message["MessageId"] not in messages_by_id for message in messages)
        messages_by_id |= {message["MessageId"]: message for message in messages}
        if not is_new:
            return list(messages_by_id.values())
        report(len(messages_by_id))


def read_dead_calls(stack: FoundStack) -> list[DeadCall]:
    """Judge every message in the dead-letter queue; they stay hidden until `release`, or for `HIDDEN_SECONDS`."""
    with progress_bar("Reading the dead-letter queue", None) as report:
        messages = receive_all(stack.client("sqs"), stack.outputs["DeadLetterQueueUrl"], report)
    return judge(stack, messages, datetime.now(UTC))


def release(stack: FoundStack, calls: Sequence[DeadCall]) -> None:
    """Make the messages visible again at once."""
    client = stack.client("sqs")
    for batch in _tens(calls):
        entries = [
            {"Id": str(index), "ReceiptHandle": call.receipt, "VisibilityTimeout": 0}
            for index, call in enumerate(batch)
        ]
        client.change_message_visibility_batch(QueueUrl=stack.outputs["DeadLetterQueueUrl"], Entries=entries)


def send_back(stack: FoundStack, calls: Sequence[DeadCall]) -> int:
    """Put calls into the call queue, then remove them from the dead-letter queue; return how many were moved.

    Each message says when it was first sent, so that an old unanswered call does not seem to have ended now.
    """
    client = stack.client("sqs")
    begin = count = 0
    for bodies in batches(call.body for call in calls):
        batch = calls[begin : begin + len(bodies)]
        begin += len(bodies)
        entries = [
            {"Id": str(index), "MessageBody": call.body, "MessageAttributes": {FIRST_SENT: _number(call.first_sent_ms)}}
            for index, call in enumerate(batch)
        ]
        answer = client.send_message_batch(QueueUrl=stack.outputs["CallQueueUrl"], Entries=entries)
        accepted = [batch[int(success["Id"])] for success in answer.get("Successful", [])]
        _remove(client, stack, accepted)
        count += len(accepted)
    return count


def _number(value: int) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": str(value)}


def drop(stack: FoundStack, calls: Sequence[DeadCall]) -> Path:
    """Remove calls permanently, and write their bodies to a file that only its owner may read."""
    folder = local_folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"dropped-calls-{int(time.time())}.jsonl"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        for call in calls:
            stream.write(json.dumps({"code": call.code, "sent_at": call.sent_at, "body": call.body}) + "\n")
    client = stack.client("sqs")
    for batch in _tens(calls):
        _remove(client, stack, batch)
    return file


def _remove(client: Any, stack: FoundStack, calls: Sequence[DeadCall]) -> None:
    if calls:
        entries = [{"Id": str(index), "ReceiptHandle": call.receipt} for index, call in enumerate(calls)]
        client.delete_message_batch(QueueUrl=stack.outputs["DeadLetterQueueUrl"], Entries=entries)


def _tens(calls: Sequence[DeadCall]) -> Iterator[Sequence[DeadCall]]:
    for begin in range(0, len(calls), 10):
        yield calls[begin : begin + 10]


def main() -> int:
    """Run `python -m ops.redrive [--peek | --drop] [--yes]`, behind `make redrive`."""
    parser = argparse.ArgumentParser(prog="make redrive", description="Send refused calls back to the call queue.")
    parser.add_argument("--peek", action="store_true", help="PEEK=1: list the calls and the reasons, change nothing")
    parser.add_argument("--drop", action="store_true", help="DROP=1: remove the calls that can never be charged")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    calls = read_dead_calls(stack)
    if not calls:
        console.print("The dead-letter queue is empty.")
        return 0
    for code, count in counts_of(calls):
        console.print(f"{count:>8}  {code}")
    console.print(table_of(calls))
    console.print(f"{len(calls)} refused calls. What to do: docs/runbook.md#dead-letter-queue")
    selection = [call for call in calls if call.hopeless or not arguments.drop]
    question = f"{'Remove' if arguments.drop else 'Send back'} {len(selection)} of them?"
    hidden = calls
    try:
        if arguments.peek or not selection or not (arguments.yes or confirm(question)):
            return 0
        if arguments.drop:
            file = drop(stack, selection)
            hidden = [call for call in calls if call not in selection]
            console.print(f"{len(selection)} removed. Their bodies are in {file}", markup=False, soft_wrap=True)
            return 0
        count = send_back(stack, selection)
        console.print(f"{count} sent back to the call queue.")
        if count < len(selection):
            raise CommandError(f"The queue refused {len(selection) - count} calls, which are unchanged. Run it again.")
        hidden = []
        return 0
    finally:
        release(stack, hidden)


if __name__ == "__main__":
    run(main)
