"""Reads a dead-letter queue and sends its messages back once the cause is fixed. Of calls it says why each is refused.
Sending back is always safe: a call that is already charged changes nothing.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from calling_credit.instants import format_instant
from ops.dead_calls import Judge, returning_letter, table_of
from ops.dead_letters import MAX_LOAD, DeadLetters, Letter
from ops.dead_mails import judge_mail
from ops.project import local_folder
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

CALLS, MAIL = "calls", "mail"
QUEUES: Final = {
    CALLS: ("DeadLetterQueueUrl", "CallQueueUrl"),
    MAIL: ("MailDeadLetterQueueUrl", "MailQueueUrl"),
    "proof": ("ProofDeadLetterQueueUrl", "ProofQueueUrl"),
}
"""The outputs of the stack that name a dead-letter queue, and the queue to which its messages go back."""
MAX_HIDDEN: Final = 100_000
"""The messages that the command keeps hidden. SQS hides at most 120,000 of a queue at a time."""
CHUNK: Final = 1_000
"""The messages that are judged together."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A message that is moved: as it was received, as it is sent, and what a file keeps of it if it is removed."""

    letter: Letter
    outgoing: Letter
    record: dict[str, Any]


Choose = Callable[[Sequence[Letter]], list[Choice]]
"""Prints what was received, and returns what is to be moved."""


def main() -> int:
    """Run `python -m ops.redrive [--queue QUEUE] [--peek | --drop | --malformed] [--yes]`, behind `make redrive`."""
    parser = argparse.ArgumentParser(prog="make redrive", description="Send dead letters back to their queue.")
    parser.add_argument("--queue", choices=tuple(QUEUES), default=CALLS, help="QUEUE: calls, if left out")
    parser.add_argument("--peek", action="store_true", help="PEEK=1: list the calls and the reasons, change nothing")
    parser.add_argument("--drop", action="store_true", help="DROP=1: remove the calls that can never be charged")
    parser.add_argument("--malformed", action="store_true", help="MALFORMED=1: send these calls back")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    order = parser.parse_args()
    if order.peek + order.drop + order.malformed > 1:
        raise CommandError("PEEK, DROP, and MALFORMED exclude each other. Give one of them.")
    if (order.malformed and order.queue != CALLS) or (order.drop and order.queue not in (CALLS, MAIL)):
        raise CommandError("DROP is for calls and mail, MALFORMED for calls. Other messages only go back.")
    stack = find_stack()
    if order.queue == MAIL:
        return redrive(stack, order, lambda letters: choose_mails(letters, order))
    if order.queue != CALLS:
        return redrive(stack, order, all_of)
    judge = Judge(stack, datetime.now(UTC))
    return redrive(stack, order, lambda letters: choose_calls(judge, letters, order))


def redrive(stack: FoundStack, order: argparse.Namespace, choose: Choose) -> int:
    """Move the chosen messages, load by load, and keep the others hidden until the end, so that none is read twice."""
    dead_url, target_url = queue_urls(stack, order.queue)
    dead = DeadLetters(stack.client("sqs"), dead_url)
    max_load = MAX_HIDDEN if order.peek else MAX_LOAD
    hidden: dict[str, Letter] = {}
    is_first = True
    try:
        while len(hidden) < MAX_HIDDEN:
            with progress_bar("Reading the dead-letter queue", None) as report:
                found = dead.receive(report, max_load, hidden)
            letters = [letter for letter in found if letter.message_id not in hidden]
            hidden |= {letter.message_id: letter for letter in found}
            if not letters:
                if is_first:
                    console.print("The dead-letter queue is empty.")
                return 0
            is_first = False
            choices = choose(letters)
            question = f"{'Remove' if order.drop else 'Send back'} {len(choices)} of them?"
            if order.peek or (choices and not (order.yes or confirm(question))):
                return 0
            if choices and order.drop:
                drop(dead, choices, order.queue)
            elif choices:
                send_back(dead, choices, target_url)
            for choice in choices:
                del hidden[choice.letter.message_id]
            if not dead.has_more:
                return 0
        console.print(f"{len(hidden)} messages are left. Remove or send back these, then run it again for the rest.")
        return 0
    finally:
        dead.release(list(hidden.values()))


def queue_urls(stack: FoundStack, queue: str) -> tuple[str, str]:
    """Return the addresses of a dead-letter queue and of its target.

    Raises:
        CommandError: the stack has no such queue.
    """
    try:
        dead, target = (stack.outputs[name] for name in QUEUES[queue])
    except KeyError as error:
        raise CommandError(f"The stack {stack.name} has no queue {queue}. Deploy this release first.") from error
    return dead, target


def all_of(letters: Sequence[Letter]) -> list[Choice]:
    """Choose all messages of a queue that does not hold calls."""
    oldest = datetime.fromtimestamp(min(letter.sent_ms for letter in letters) / 1000, UTC)
    console.print(f"{len(letters)} messages, the oldest of {format_instant(oldest)}.")
    return [Choice(letter, letter, {}) for letter in letters]


def choose_mails(letters: Sequence[Letter], order: argparse.Namespace) -> list[Choice]:
    """Print the events that wait, and choose those; with DROP the messages that hold none."""
    verdicts = [judge_mail(letter) for letter in letters]
    for kind, count in Counter(kind for kind, _ in verdicts).most_common():
        console.print(f"{count:>8}  {kind}", markup=False)
    console.print(f"{len(letters)} failed mails. What to do: docs/runbook.md#mail-failures")
    malformed = sum(is_hopeless for _, is_hopeless in verdicts)
    if malformed and not (order.drop or order.peek):
        console.print(f"{malformed} of them hold no event and stay. DROP=1 removes them.")
    return [
        Choice(letter, letter, {"code": kind, "sent_at": letter.sent_ms, "body": letter.body})
        for letter, (kind, is_hopeless) in zip(letters, verdicts, strict=True)
        if is_hopeless == order.drop
    ]


def choose_calls(judge: Judge, letters: Sequence[Letter], order: argparse.Namespace) -> list[Choice]:
    """Print why calls are refused, and choose those that can be charged; with DROP or MALFORMED the hopeless ones."""
    calls = []
    with progress_bar("Looking for the reasons", len(letters)) as report:
        for begin in range(0, len(letters), CHUNK):
            calls += judge.judge(letters[begin : begin + CHUNK])
            report(len(calls))
    for code, count in Counter(str(call.code) for call in calls).most_common():
        console.print(f"{count:>8}  {code}")
    console.print(table_of(calls))
    console.print(f"{len(calls)} refused calls. What to do: docs/runbook.md#dead-letter-queue")
    malformed = sum(call.hopeless for call in calls)
    if malformed and not (order.drop or order.malformed or order.peek):
        console.print(
            f"{malformed} of them can never be charged and stay. DROP=1 removes them, MALFORMED=1 sends them."
        )
    return [
        Choice(
            call.letter, returning_letter(call), {"code": call.code, "sent_at": call.sent_at, "body": call.letter.body}
        )
        for call in calls
        if call.hopeless == (order.drop or order.malformed)
    ]


def send_back(dead: DeadLetters, choices: Sequence[Choice], target_url: str) -> None:
    """Send messages to their queue, then remove them from the dead-letter queue.

    Raises:
        CommandError: the queue refused some; they are unchanged.
    """
    with progress_bar("Sending back", len(choices)) as report:
        moved = dead.move([choice.outgoing for choice in choices], target_url, report)
    console.print(f"{moved.count} sent back.")
    if moved.refused:
        for reason, count in Counter(moved.refused).most_common():
            console.print(f"{count:>8}  {reason}", markup=False)
        raise CommandError(f"The queue refused {len(moved.refused)} messages, which are unchanged. Run it again.")


def drop(dead: DeadLetters, choices: Sequence[Choice], queue: str) -> None:
    """Remove messages permanently, after writing them to a file that only its owner may read."""
    folder = local_folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"dropped-{queue}-{time.time_ns() // 1_000_000}.jsonl"
    write_records(file, [choice.record for choice in choices])
    with progress_bar("Removing", len(choices)) as report:
        dead.remove([choice.letter for choice in choices], report)
    console.print(f"{len(choices)} removed. Their bodies are in {file}", markup=False, soft_wrap=True)


def write_records(file: Path, records: Sequence[dict[str, Any]]) -> None:
    """Write a new file, one JSON object a line, onto the disk."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        for record in records:
            stream.write(json.dumps(record) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


if __name__ == "__main__":
    run(main)
