"""Asks the function rerate_calls to charge the unrated calls, or to price a range of charged calls again. Only the
function writes to the ledger, so an operator needs just the right to invoke it.
"""

import argparse
import json
from typing import Any

from botocore.config import Config
from rich.table import Table

from calling_credit.money import format_money, parse_money
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, progress_bar, run

MAX_EXAMPLES = 10
COUNT_WORDS = {
    "calls_rated": "charged",
    "calls_free": "free of charge",
    "calls_charged_before": "already charged",
    "calls_not_covered": "still without a price",
    "calls_unknown_account": "of unknown accounts",
    "calls_left": "left for the next run",
}


def main() -> int:
    """Run `python -m ops.rerate_calls [--account ID[,ID…] --from DATE --to DATE [--deck VERSION] [--yes]]`, behind
    `make rerate-calls`.
    """
    parser = argparse.ArgumentParser(
        prog="make rerate-calls", description="Charge unrated calls, or price charged calls again."
    )
    parser.add_argument("--account", help="ACCOUNT=id, or several ids separated by commas")
    parser.add_argument("--from", dest="first", help="FROM=date, in the account's time zone")
    parser.add_argument("--to", dest="last", help="TO=date, inclusive")
    parser.add_argument("--deck", help="DECK=version; by default the active deck")
    parser.add_argument("--yes", action="store_true", help="YES=1: post the differences")
    arguments = parser.parse_args()
    if not arguments.account and (arguments.first or arguments.last or arguments.deck):
        raise CommandError("Name the account too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    stack = find_stack()
    if not arguments.account:
        return rate_waiting(stack)
    if not arguments.first or not arguments.last:
        raise CommandError("Name the dates too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    for account_id in arguments.account.split(","):
        selection = {"account_id": account_id.strip(), "from": arguments.first, "to": arguments.last}
        price_again(stack, selection | ({"deck": arguments.deck} if arguments.deck else {}), post=arguments.yes)
    if not arguments.yes:
        console.print("Nothing is posted yet. Add YES=1 to post the differences; a repetition posts nothing twice.")
    return 0


def rate_waiting(stack: FoundStack) -> int:
    """Charge the unrated calls that the deck covers now."""
    counts = ask(stack, {})
    if not counts:
        console.print("There are no unrated calls.")
    for name, count in counts.items():
        console.print(f"{count:>8}  {COUNT_WORDS[name]}")
    return 0


def price_again(stack: FoundStack, selection: dict[str, Any], *, post: bool) -> None:
    """Price the calls of one account again, and print what changes or has changed."""
    total = {"looked_at": 0, "changed": 0, "left_alone": 0}
    change = 0
    examples: list[dict[str, Any]] = []
    answer: dict[str, Any] = {}
    with progress_bar(f"Pricing calls of {selection['account_id']}", None) as move:
        position: str | None = None
        while not answer or position is not None:
            answer = ask(stack, {"reprice": selection | {"apply": post, "position": position}})
            position = answer["position"]
            total = {name: count + answer[name] for name, count in total.items()}
            change += parse_money(answer["change"])
            examples = [*examples, *answer["examples"]][:MAX_EXAMPLES]
            move(total["looked_at"])
    verb = "changed" if post else "would change"
    console.print(
        f"{selection['account_id']} by {answer['deck']}: {total['changed']} of {total['looked_at']} calls {verb}, and"
        f" the balance by {format_money(change)} {answer['currency']}. {total['left_alone']} calls have no price in the"
        " deck and keep theirs.",
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
    """Invoke the function and return its answer.

    Raises:
        CommandError: the function refused or failed.
    """
    if "RerateCallsFunctionName" not in stack.outputs:
        raise CommandError("This stack has no function rerate_calls. Deploy a newer version.")
    client = stack.session.client(
        "lambda",
        endpoint_url=stack.endpoint_url,
        config=Config(read_timeout=310, retries={"total_max_attempts": 1}),
    )
    response = client.invoke(FunctionName=stack.outputs["RerateCallsFunctionName"], Payload=json.dumps(event).encode())
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise CommandError(f"{answer.get('errorMessage', 'The function failed.')} Run it again to continue.")
    if "code" in answer:
        raise CommandError(f"{answer['code']}: {answer['detail']}")
    return answer


if __name__ == "__main__":
    run(main)
