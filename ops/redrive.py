"""Looks into the dead-letter queue, says why each call is refused now, and sends the calls back to the call queue once
their cause is mended. Sending back is always safe: a call that is charged already changes nothing.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from calling_credit.call_events import Call, Rejection, parse_call
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.dynamodb.keys import account_pk, balance_sk, entry_sk
from calling_credit.instants import format_instant
from local.settings import ROOT
from ops.sqs_batches import batches
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirmed, console, counting, run

HIDDEN_SECONDS = 900
"""How long a message that is looked at stays hidden: long enough to receive and judge all that lie there. They show
again at once when the command ends without having moved them.
"""
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class DeadCall:
    """A message of the dead-letter queue and why it is refused: `hopeless` says that it can never be taken."""

    message_id: str
    receipt: str
    body: str
    sent_at: str
    code: str
    detail: str
    hopeless: bool


def receive_all(client: Any, queue_url: str, report: Callable[[int], None]) -> list[dict[str, Any]]:
    """Every message of a queue, once, with its newest receipt; `report` is told how many there are so far. It ends when
    nothing new comes, so that messages which show again meanwhile do not keep it going.
    """
    found: dict[str, dict[str, Any]] = {}
    while True:
        messages = client.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        is_new = any(message["MessageId"] not in found for message in messages)
        found |= {message["MessageId"]: message for message in messages}
        if not is_new:
            return list(found.values())
        report(len(found))


def judge(stack: FoundStack, messages: Sequence[dict[str, Any]], now: datetime) -> list[DeadCall]:
    """Why each message is refused now: by its form, or by what the ledger holds."""
    outcomes = [parse_call(message["Body"], now) for message in messages]
    calls = [outcome for outcome in outcomes if isinstance(outcome, Call)]
    keys = {key for call in calls for key in (_balance_of(call), _entry_of(call))}
    items = read_many(stack.client("dynamodb"), stack.table_name, sorted(keys))
    return [_judged(message, outcome, items) for message, outcome in zip(messages, outcomes, strict=True)]


def _balance_of(call: Call) -> Key:
    return account_pk(call.account_id), balance_sk()


def _entry_of(call: Call) -> Key:
    return account_pk(call.account_id), entry_sk(call.happened_at, call.call_id)


def _judged(message: dict[str, Any], outcome: Call | Rejection, items: Mapping[Key, dict[str, Any]]) -> DeadCall:
    if isinstance(outcome, Rejection):
        code, detail = outcome.code, outcome.detail
    else:
        code, detail = _judge_by_ledger(outcome, items)
    sent_at = format_instant(datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC))
    hopeless = isinstance(outcome, Rejection) and code != "started_too_far_ahead"
    return DeadCall(message["MessageId"], message["ReceiptHandle"], message["Body"], sent_at, code, detail, hopeless)


def _judge_by_ledger(call: Call, items: Mapping[Key, dict[str, Any]]) -> tuple[str, str]:
    if _balance_of(call) not in items:
        return "unknown_account", f"Create the account {call.account_id}, then send the call back."
    entry = items.get(_entry_of(call))
    if entry is None:
        return "would_be_taken", "Nothing speaks against this call now; send it back."
    if entry.get("facts_hash") == {"S": call.facts_hash}:
        return "charged_already", "The call is in the ledger; sending it back changes nothing."
    return "conflicting_call", "Another call of this id is charged; give this one an id of its own and send it again."


def table_of(calls: Sequence[DeadCall]) -> Table:
    """The calls and their reasons."""
    table = Table(box=None, header_style="bold")
    for name in ("message", "sent", "code", "what to do"):
        table.add_column(name, overflow="fold")
    for call in calls[:MOST_SHOWN]:
        table.add_row(call.message_id, call.sent_at, call.code, call.detail)
    return table


def look(stack: FoundStack) -> list[DeadCall]:
    """Judge everything in the dead-letter queue; what was looked at stays hidden until `release`, or for a while."""
    with counting("Reading the dead-letter queue", None) as report:
        messages = receive_all(stack.client("sqs"), stack.outputs["DeadLetterQueueUrl"], report)
    return judge(stack, messages, datetime.now(UTC))


def release(stack: FoundStack, calls: Sequence[DeadCall]) -> None:
    """Let others see the messages again at once."""
    client = stack.client("sqs")
    for batch in _tens(calls):
        entries = [
            {"Id": str(index), "ReceiptHandle": call.receipt, "VisibilityTimeout": 0}
            for index, call in enumerate(batch)
        ]
        client.change_message_visibility_batch(QueueUrl=stack.outputs["DeadLetterQueueUrl"], Entries=entries)


def send_back(stack: FoundStack, calls: Sequence[DeadCall]) -> int:
    """Put calls into the call queue, and only then remove them from the dead-letter queue; returns how many."""
    client = stack.client("sqs")
    begin = moved = 0
    for bodies in batches(call.body for call in calls):
        batch = calls[begin : begin + len(bodies)]
        begin += len(bodies)
        entries = [{"Id": str(index), "MessageBody": call.body} for index, call in enumerate(batch)]
        answer = client.send_message_batch(QueueUrl=stack.outputs["CallQueueUrl"], Entries=entries)
        taken = [batch[int(success["Id"])] for success in answer.get("Successful", [])]
        _remove(client, stack, taken)
        moved += len(taken)
    return moved


def drop(stack: FoundStack, calls: Sequence[DeadCall]) -> Path:
    """Remove calls for good; their bodies go to a file that only its owner may read."""
    folder = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")
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
    """`python -m ops.redrive [--peek | --drop] [--yes]`, behind `make redrive`."""
    parser = argparse.ArgumentParser(prog="make redrive", description="Send refused calls back to the call queue.")
    parser.add_argument("--peek", action="store_true", help="PEEK=1: only show them and why they are refused")
    parser.add_argument("--drop", action="store_true", help="DROP=1: remove those that can never be taken")
    parser.add_argument("--yes", action="store_true", help="YES=1: ask nothing")
    arguments = parser.parse_args()
    stack = find_stack()
    calls = look(stack)
    if not calls:
        console.print("The dead-letter queue is empty.")
        return 0
    console.print(table_of(calls))
    console.print(f"{len(calls)} refused calls. What to do: docs/runbook.md#dead-letter-queue")
    chosen = [call for call in calls if call.hopeless or not arguments.drop]
    question = f"{'Remove' if arguments.drop else 'Send back'} {len(chosen)} of them?"
    left = calls
    try:
        if arguments.peek or not chosen or not (arguments.yes or confirmed(question)):
            return 0
        if arguments.drop:
            file = drop(stack, chosen)
            left = [call for call in calls if call not in chosen]
            console.print(f"{len(chosen)} removed; their bodies are in {file}", markup=False, soft_wrap=True)
            return 0
        moved = send_back(stack, chosen)
        console.print(f"{moved} sent back to the call queue.")
        if moved < len(chosen):
            raise CommandError(f"{len(chosen) - moved} were not taken; they lie where they were. Run it again.")
        left = []
        return 0
    finally:
        release(stack, left)


if __name__ == "__main__":
    run(main)
