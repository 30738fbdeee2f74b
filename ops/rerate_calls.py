"""Asks the function rerate_calls to charge the unrated calls, or to price a range of charged calls again. Only the
function writes to the ledger, so an operator needs just the right to invoke it.
"""

import argparse
import json
import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from rich.table import Table

from calling_credit.money import format_money, parse_money
from ops.actor import who
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


GROUPS = {
    "promised": "were priced by their hold; EVEN_PROMISED=1 includes them",
    "corrected": "were corrected by an operator; EVEN_CORRECTED=1 includes them",
    "waived": "were waived by an operator; EVEN_CORRECTED=1 charges them again",
    "not_covered": "have no price in the deck",
    "erased": "have an erased or shortened number",
}
"""The calls that keep their price, and why."""


@dataclass
class Total:
    """The sums over all rounds of one account."""

    answer: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    change_micros: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


def main() -> int:
    """Run `python -m ops.rerate_calls [--account ID[,ID…] --from DATE --to DATE [--deck VERSION] [--list NAME] …]`,
    behind `make rerate-calls`.
    """
    parser = argparse.ArgumentParser(
        prog="make rerate-calls", description="Charge unrated calls, or price charged calls again."
    )
    parser.add_argument("--account", help="ACCOUNT=id, or several ids separated by commas")
    parser.add_argument("--from", dest="first", help="FROM=date, in the account's time zone")
    parser.add_argument("--to", dest="last", help="TO=date, inclusive")
    parser.add_argument("--deck", help="DECK=version, or active; by default the deck in force when each call began")
    parser.add_argument("--list", dest="price_list", help="LIST=name: as if the account had this price list")
    parser.add_argument("--prefix", help="PREFIX=digits: only calls to numbers that begin with them")
    parser.add_argument("--destination", help="DESTINATION=name: only calls charged under this destination")
    parser.add_argument("--even-promised", action="store_true", help="EVEN_PROMISED=1: also calls priced by their hold")
    parser.add_argument("--even-corrected", action="store_true", help="EVEN_CORRECTED=1: also corrected, waived calls")
    parser.add_argument("--yes", action="store_true", help="YES=1: post the differences")
    arguments = parser.parse_args()
    chosen = {name: getattr(arguments, name) for name in ("deck", "price_list", "prefix", "destination")}
    chosen |= {name: getattr(arguments, name) for name in ("even_promised", "even_corrected")}
    chosen = {name: value for name, value in chosen.items() if value}
    if not arguments.account and (arguments.first or arguments.last or chosen):
        raise CommandError("Name the account too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    stack = find_stack()
    if not arguments.account:
        return rate_waiting(stack)
    if not arguments.first or not arguments.last:
        raise CommandError("Name the dates too: make rerate-calls ACCOUNT=id FROM=2026-11-01 TO=2026-11-30.")
    for account_id in arguments.account.split(","):
        selection = {"account_id": account_id.strip(), "from": arguments.first, "to": arguments.last, **chosen}
        total = price_again(stack, selection, post=arguments.yes)
        print_total(selection, total, post=arguments.yes)
        if not total.counts["changed"] and not arguments.deck and not arguments.price_list:
            print_active(stack, selection)
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


def price_again(stack: FoundStack, selection: dict[str, Any], *, post: bool) -> Total:
    """Price the selected calls of one account again, round by round."""
    total = Total()
    with progress_bar(f"Pricing calls of {selection['account_id']}", None) as move:
        position: str | None = None
        while not total.answer or position is not None:
            total.answer = ask(stack, {"reprice": selection | who() | {"apply": post, "position": position}})
            position = total.answer["position"]
            if "deck" in selection:
                selection = selection | {"deck": total.answer["deck"]}  # A deck that is published now changes nothing.
            if "price_list" in selection:
                selection = selection | {"list_version": total.answer["list_version"]}
            for name in ("looked_at", "changed", *GROUPS):
                total.counts[name] += total.answer[name]
            total.change_micros += parse_money(total.answer["change"])
            total.examples = [*total.examples, *total.answer["examples"]][:MAX_EXAMPLES]
            move(total.counts["looked_at"])
    return total


def print_total(selection: dict[str, Any], total: Total, *, post: bool) -> None:
    """Print what changes or has changed, and how many calls keep their price, with the reason."""
    console.print(sentence(selection, total, "changed" if post else "would change"), markup=False)
    for name, why in GROUPS.items():
        if total.counts[name]:
            console.print(f"{total.counts[name]:>8}  {why}", markup=False)
    if not total.examples:
        return
    table = Table(box=None, header_style="bold")
    for name in ("call_id", "started_at", "destination", "charged", "price"):
        table.add_column(name, justify="right" if name in ("charged", "price") else "left")
    for example in total.examples:
        table.add_row(*(str(value) for value in example.values()))
    console.print(table)


def sentence(selection: dict[str, Any], total: Total, verb: str) -> str:
    """Return the result in words."""
    deck = total.answer["deck"] or "the decks in force when they began"
    if total.answer.get("list_version"):
        deck = f"price list {selection['price_list']} ({total.answer['list_version']}) over {deck}"
    return (
        f"{selection['account_id']} by {deck}: {total.counts['changed']} of {total.counts['looked_at']} calls {verb},"
        f" and the balance by {format_money(total.change_micros)} {total.answer['currency']}."
    )


def print_active(stack: FoundStack, selection: dict[str, Any]) -> None:
    """Print what the active deck would change, and the command that posts it, if that is anything."""
    total = price_again(stack, selection | {"deck": "active"}, post=False)
    if not total.counts["changed"]:
        return
    console.print("The active deck has other prices than the decks in force when the calls began:", markup=False)
    console.print(f"  {sentence(selection, total, 'would change')}", markup=False)
    console.print(f"  {command_of(selection | {'deck': total.answer['deck']})}", markup=False, soft_wrap=True)


def command_of(selection: dict[str, Any]) -> str:
    """Return the command that rerates a selection."""
    names = {name: name.upper() for name in selection} | {"account_id": "ACCOUNT"}
    words = [f"{names[name]}={_word(value)}" for name, value in selection.items()]
    return f"make rerate-calls {' '.join(words)}"


def _word(value: object) -> str:
    return "1" if value is True else shlex.quote(str(value))


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
