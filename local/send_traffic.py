"""Sends made-up calls on the lines of the demonstration accounts to the running local stack (`make send-calls N=1000`).
Refuses a stack on AWS, where made-up calls would cost real customers money.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Final

from calling_credit.rates.deck_files import read_deck
from calling_credit.rates.deck_store import read_active
from local.seed import demonstration_lines
from local.traffic import Traffic
from ops.send_calls import send_calls
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, run

DEFAULT_COUNT: Final = 1000
MAX_CALLS: Final = 1_000_000


def make_calls(stack: FoundStack, count: int, seed: int) -> list[str]:
    """Make up `count` calls, as message bodies.

    Raises:
        CommandError: the stack is on AWS, or has no rate deck.
    """
    if not stack.is_local:
        raise CommandError(
            f"Made-up calls would charge the accounts of {stack.name}. Send your own calls with FILE=calls.jsonl"
        )
    client = stack.client("s3")
    pointer = read_active(client, stack.outputs["DeckBucketName"])
    if pointer is None:
        raise CommandError("No rate deck is published yet. Run make publish-rates FILE=local/rates.csv")
    deck = read_deck(client, stack.outputs["DeckBucketName"], pointer)
    traffic = Traffic(seed, demonstration_lines(), deck.rows, datetime.now(UTC))
    return [json.dumps(call) for call in traffic.calls(count)]


def main() -> int:
    """Run `python -m local.send_traffic [--count N]`, behind `make send-calls`."""
    parser = argparse.ArgumentParser(prog="make send-calls", description="Send made-up calls to the call queue.")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="N: the number of made-up calls")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed makes up similar calls")
    arguments = parser.parse_args()
    if not 1 <= arguments.count <= MAX_CALLS:
        raise CommandError(f"N must be 1 to {MAX_CALLS}.")
    stack = find_stack()
    return send_calls(stack, make_calls(stack, arguments.count, arguments.seed))


if __name__ == "__main__":
    run(main)
