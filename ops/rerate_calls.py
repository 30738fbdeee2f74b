"""Asks the function rerate_calls to charge the calls that wait for a price, or to price a range of charged calls again.
The function alone writes the ledger: whoever runs this needs no right but to invoke it.
"""

import argparse
import json
from typing import Any

from botocore.config import Config
from rich.table import Table

from calling_credit.money import format_money, parse_money
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, counting, run

MOST_EXAMPLES = 10
WAITING_WORDS = {
    "calls_rated": "charged",
    "calls_free": "cost nothing",
    "calls_charged_before": "had been charged when they were delivered again",
    "calls_not_covered": "still wait for a price",
    "calls_unknown_account": "of unknown accounts",
    "calls_left": "left for the next time",
}


def main() -> int:
    """`python -m ops.rerate_calls [--account ID[,ID…] --from DATE --to DATE [--deck VERSION] [--yes]]`, behind
    `make rerate-calls`.
    """
    parser = argparse.ArgumentParser(prog="make rerate-calls", description="Rate waiting calls, or price calls again.")
    parser.add_argument("--account", help="ACCOUNT=id, or several with commas between them")
    parser.add_argument("--from", dest="first", help="FROM=date, in the account's time zone")
    parser.add_argument("--to", dest="last", help="TO=date, inclusive")
    parser.add_argument("--deck", help="DECK=version; the active deck if none is named")
    parser.add_argument("--yes", action="store_true", help="YES=1: post what differs")
    arguments = parser.parse_args()
    if not arguments.account and (arguments.first or arguments.last or arguments.deck):
        raise CommandError("Name the account too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    stack = find_stack()
    if not arguments.account:
        return rate_waiting(stack)
    if not arguments.first or not arguments.last:
        raise CommandError("Name the dates too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    for account_id in arguments.account.split(","):
        asked = {"account_id": account_id.strip(), "from": arguments.first, "to": arguments.last}
        price_again(stack, asked | ({"deck": arguments.deck} if arguments.deck else {}), post=arguments.yes)
    if not arguments.yes:
        console.print("Nothing is posted yet; the same with YES=1 posts it, once however often it is run.")
    return 0


def rate_waiting(stack: FoundStack) -> int:
    """Charge what waits for a price and is covered now."""
    done = ask(stack, {})
    if not done:
        console.print("No call waits for a price.")
    for name, count in done.items():
        console.print(f"{count:>8}  {WAITING_WORDS[name]}")
    return 0


def price_again(stack: FoundStack, asked: dict[str, Any], *, post: bool) -> None:
    """Go through the range of one account, and say what changes or has changed."""
    total = {"looked_at": 0, "changed": 0, "left_alone": 0}
    change = 0
    examples: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    with counting(f"Pricing calls of {asked['account_id']}", None) as tell:
        position: str | None = None
        while not told or position is not None:
            told = ask(stack, {"reprice": asked | {"apply": post, "position": position}})
            position = told["position"]
            total = {name: count + told[name] for name, count in total.items()}
            change += parse_money(told["change"])
            examples = [*examples, *told["examples"]][:MOST_EXAMPLES]
            tell(total["looked_at"])
    verb = "changed" if post else "would change"
    console.print(
        f"{asked['account_id']} by {told['deck']}: of {total['looked_at']} calls {total['changed']} {verb}, the balance"
        f" by {format_money(change)} {told['currency']}; {total['left_alone']} are not covered and stay as they are.",
        markup=False,
    )
    if examples:
        table = Table(box=None, header_style="bold")
        for name in ("call_id", "started_at", "destination", "charged", "price"):
            table.add_column(name, justify="right" if name in ("charged", "price") else "left")
        for example in examples:
            table.add_row(*(str(value) for value in example.values()))
        console.print(table)


def ask(stack: FoundStack, event: dict[str, Any]) -> dict[str, Any]:
    """What the function answers."""
    if "RerateCallsFunctionName" not in stack.outputs:
        raise CommandError("This stack has no function rerate_calls; deploy it anew.")
    client = stack.session.client(
        "lambda",
        endpoint_url=stack.endpoint_url,
        config=Config(read_timeout=310, retries={"total_max_attempts": 1}),
    )
    answer = client.invoke(FunctionName=stack.outputs["RerateCallsFunctionName"], Payload=json.dumps(event).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise CommandError(f"{told.get('errorMessage', 'The function failed')} The same command does the rest.")
    if "code" in told:
        raise CommandError(f"{told['code']}: {told['detail']}")
    return told


if __name__ == "__main__":
    run(main)
