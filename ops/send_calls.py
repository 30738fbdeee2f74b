"""Sends finished calls to the call queue: made-up ones on the local stack's lines, or those of a file. Judges nothing:
what is wrong with a call is found where every call is judged.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from calling_credit.rates.deck_store import read_active, read_deck
from local.seed import COMPANIES
from local.traffic import CallingLine, Traffic
from ops.check_calls import lines_of
from ops.sqs_batches import MAX_BATCH_BYTES, send_all
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, run

DEFAULT_COUNT = 1000
MOST_CALLS = 1_000_000


def demonstration_lines() -> list[CallingLine]:
    """The lines of the demonstration accounts that may call abroad."""
    return [
        CallingLine(company.account_id, line.line_id, line.user_id, line.number)
        for company in COMPANIES
        for line in company.lines
        if line.international_calling
    ]


def made_up(stack: FoundStack, count: int, seed: int) -> list[str]:
    """So many made-up calls, as message bodies.

    Raises:
        CommandError: the stack is a deployed one, where they would charge somebody.
    """
    if not stack.is_local:
        raise CommandError(f"Made-up calls would charge accounts of {stack.name}; send your own with FILE=calls.jsonl")
    client = stack.client("s3")
    pointer = read_active(client, stack.outputs["DeckBucketName"])
    if pointer is None:
        raise CommandError("No rate deck is published yet; run make publish-rates FILE=local/rates.csv")
    deck = read_deck(client, stack.outputs["DeckBucketName"], pointer)
    traffic = Traffic(seed, demonstration_lines(), deck.rows, datetime.now(UTC))
    return [json.dumps(call) for call in traffic.calls(count)]


def main() -> int:
    """`python -m ops.send_calls [--count N | --file FILE]`, behind `make send-calls`."""
    parser = argparse.ArgumentParser(prog="make send-calls", description="Send finished calls to the call queue.")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="N: how many made-up calls")
    parser.add_argument("--file", type=Path, help="FILE: call events, one JSON object a line")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="the same seed makes up the same kind of day"
    )
    arguments = parser.parse_args()
    if not 1 <= arguments.count <= MOST_CALLS:
        raise CommandError(f"N must be 1 to {MOST_CALLS}.")
    stack = find_stack()
    if arguments.file is not None:
        bodies = bodies_of(arguments.file)
    else:
        bodies = made_up(stack, arguments.count, arguments.seed)
    columns = (TextColumn("Sending calls"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=len(bodies))
        sent = send_all(stack.client("sqs"), stack.outputs["CallQueueUrl"], bodies, lambda n: bar.advance(task, n))
    console.print(f"{sent.count} calls sent to {stack.outputs['CallQueueUrl']}", markup=False, soft_wrap=True)
    for reason in sorted(set(sent.refused)):
        console.print(f"{sent.refused.count(reason)} not taken: {reason}", style="red", markup=False)
    console.print("They are charged within seconds. Look next at:")
    console.print("  make list-unrated     calls to destinations without a price")
    console.print("  make redrive PEEK=1   calls that were refused, and why")
    return 1 if sent.refused else 0


def bodies_of(path: Path) -> list[str]:
    """The lines of a file as message bodies.

    Raises:
        CommandError: it is empty, or a line is longer than a queue takes.
    """
    lines = lines_of(path)
    if not lines:
        raise CommandError(f"{path} holds no call events.")
    for number, line in lines:
        if len(line.encode()) > MAX_BATCH_BYTES:
            raise CommandError(f"Line {number} of {path} is longer than an SQS message; send one call per line.")
    return [line for _, line in lines]


if __name__ == "__main__":
    run(main)
