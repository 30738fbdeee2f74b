"""Sends the finished calls in a file to the call queue. Judges nothing: the function that rates calls does that."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from calling_credit.charging.call_queue import MAX_BATCH_BYTES
from ops.check_calls import lines_of
from ops.sqs_batches import send_all
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, run


def main() -> int:
    """Run `python -m ops.send_calls --file FILE`, behind `make send-calls`."""
    parser = argparse.ArgumentParser(prog="make send-calls", description="Send finished calls to the call queue.")
    parser.add_argument("--file", type=Path, required=True, help="FILE: call events, one JSON object a line")
    arguments = parser.parse_args()
    stack = find_stack()
    return send_calls(stack, bodies_of(arguments.file))


def send_calls(stack: FoundStack, bodies: Sequence[str]) -> int:
    """Send message bodies with a progress bar, and say what to do next; 1 if the queue refused any."""
    columns = (TextColumn("Sending calls"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=len(bodies))
        result = send_all(stack.client("sqs"), stack.outputs["CallQueueUrl"], bodies, lambda n: bar.advance(task, n))
    console.print(f"{result.count} calls sent to {stack.outputs['CallQueueUrl']}", markup=False, soft_wrap=True)
    for reason in sorted(set(result.refused)):
        console.print(f"{result.refused.count(reason)} refused: {reason}", style="red", markup=False)
    console.print("They are charged within seconds. Next:")
    console.print("  make list-unrated     calls to destinations without a price")
    console.print("  make redrive PEEK=1   refused calls, and why")
    return 1 if result.refused else 0


def bodies_of(path: Path) -> list[str]:
    """Return the lines of a file as message bodies.

    Raises:
        CommandError: the file is empty, or a line is too long for a queue.
    """
    lines = lines_of(path)
    if not lines:
        raise CommandError(f"{path} contains no call events.")
    for number, line in lines:
        if len(line.encode()) > MAX_BATCH_BYTES:
            raise CommandError(f"Line {number} of {path} is longer than an SQS message. Write one call per line.")
    return [line for _, line in lines]


if __name__ == "__main__":
    run(main)
