"""Plays a working day of the demonstration accounts, calls and payments, and shows the results in the terminal. Reads
all facts from the HTTP API, as a customer does.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import boto3
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from local.admission_story import show_admission
from local.call_story import show_real_call
from local.errors import StackError
from local.example_rates import example_deck
from local.payments_story import add_funds, show_declines, show_payments
from local.prices_story import show_prices, show_publication, upload_next_prices
from local.progress import Progress
from local.seed import MERIDIAN, demonstration_lines
from local.stack import Stack
from local.traffic import Traffic
from ops.sqs_batches import send_all

SEED: Final = 7
WAVES: Final = 4
CALLS_PER_WAVE: Final = 60
PREMIUM_NUMBER: Final = "+19005550123"
UNPRICED_NUMBER: Final = "+12995550123"
"""A number in an unassigned area code: the deck has no price for it."""


def tell_story(stack: Stack, progress: Progress) -> None:
    """Play the day, wait until it is charged, and show the results.

    Raises:
        StackError: the sums do not agree.
        ApiError, EmulatorError: the stack does not answer as expected.
    """
    console = progress.console
    ana = MERIDIAN.people[0]
    token = stack.user_token(ana.email)
    opening = Decimal(stack.api.get("/balance", token)["balance"])
    console.print()
    console.print(f"[bold]{MERIDIAN.name}[/bold] starts the day with ${opening} of credit.")
    upload_next_prices(stack)
    add_funds(stack, console)
    console.print("Its phone system sends every finished call twice, because queues may deliver a message twice:")
    _play(stack, progress, token)
    payments = show_payments(stack, console, token)
    console.print()
    _print_usage(stack, console, token, opening + payments)
    console.print()
    show_admission(stack, console)
    console.print()
    show_declines(stack, progress)
    show_prices(stack, console, show_publication(stack, console))
    console.print()
    show_real_call(stack, console)


def _play(stack: Stack, progress: Progress, token: str) -> None:
    lines, rows = demonstration_lines(), example_deck().rows
    traffic = Traffic(SEED, lines, rows, datetime.now(UTC))
    day = list(traffic.calls(WAVES * CALLS_PER_WAVE))
    meridian = Traffic(SEED, lines[:1], rows, datetime.now(UTC))
    day[0] = meridian.call_to(PREMIUM_NUMBER, "c_story_premium", 95)
    day[1] = meridian.call_to(UNPRICED_NUMBER, "c_story_unpriced", 60)
    for wave in range(WAVES):
        calls = day[wave * CALLS_PER_WAVE : (wave + 1) * CALLS_PER_WAVE]
        with progress.step(f"Calls {wave * CALLS_PER_WAVE + 1} to {wave * CALLS_PER_WAVE + len(calls)}") as step:
            _send_twice(stack, calls)
            stack.wait_until_rated(lambda waiting: step.update(f"{waiting} messages waiting"))
        balance = stack.api.get("/balance", token)["balance"]
        progress.console.print(f"  {len(calls)} calls in {2 * len(calls)} messages, balance [bold]${balance}[/bold]")


def _send_twice(stack: Stack, calls: list[dict[str, Any]]) -> None:
    bodies = [json.dumps(call) for call in calls] * 2
    random.Random(SEED).shuffle(bodies)
    result = send_all(boto3.client("sqs"), stack.outputs["CallQueueUrl"], bodies, lambda _count: None)
    if result.refused:
        raise StackError(f"The call queue refused messages: {result.refused[0]}")


def _print_usage(stack: Stack, console: Console, token: str, credit: Decimal) -> None:
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=1))}
    usage = stack.api.get("/usage", token, **period)
    table = Table(title=f"Usage of {MERIDIAN.name}", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("", "calls", "billed", "total"):
        table.add_column(column, justify="right" if column else "left")
    for category in usage["categories"]:
        billed = str(timedelta(seconds=category["billed_seconds"]))
        table.add_row(category["label"], str(category["calls"]), billed, f"${category['total']}")
    table.add_section()
    table.add_row("Total", str(sum(category["calls"] for category in usage["categories"])), "", f"${usage['total']}")
    console.print(table)
    balance = Decimal(stack.api.get("/balance", token)["balance"])
    total = Decimal(usage["total"])
    console.print(f"${credit} of credit - ${total} = ${credit - total}, and the balance is ${balance}.")
    if credit - total != balance:
        raise StackError("The usage table does not add up to the balance.")
    _print_most_expensive_calls(stack, console, token, period)
    console.print(
        "Domestic and unanswered calls are free and not listed. One call went to a number without a price: it stays"
        " unrated until a deck covers the number, see [bold]make list-unrated[/bold]."
    )


def _print_most_expensive_calls(stack: Stack, console: Console, token: str, period: dict[str, str]) -> None:
    path = "/usage/outbound_international_call"
    calls = stack.api.get(path, token, **period, limit=200)["items"]
    title = "Its three most expensive international calls"
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("user", "to", "destination", "seconds", "billed", "per minute", "price"):
        table.add_column(column, justify="right" if column in ("seconds", "billed", "per minute", "price") else "left")
    for call in sorted(calls, key=lambda call: Decimal(call["price"]), reverse=True)[:3]:
        table.add_row(
            call["user"]["name"],
            call["to"],
            call["destination"],
            str(call["duration_seconds"]),
            str(call["billed_seconds"]),
            f"${call['rate_per_minute']}",
            f"${call['price']}",
        )
    console.print(table)


def print_addresses(stack: Stack, console: Console) -> None:
    """Print the addresses of the stack, the sign-ins, and what to try next."""
    settings = stack.settings
    table = Table(title="Sign-ins", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("email", "password", "role", "account"):
        table.add_column(column, no_wrap=True)
    for user in stack.users:
        table.add_row(user["email"], user["password"], user["role"], user["account_id"] or "(staff)")
    console.print()
    console.print(table)
    console.print(f"[bold]Billing page  {settings.api_url}/[/bold]", highlight=False)
    console.print(f"Desk          {settings.api_url}/desk (for the staff)", highlight=False)
    console.print(f"HTTP API      {settings.api_url}", highlight=False)
    mode = "stand-in" if stack.stripe else "test mode"
    console.print(f"Stripe        {stack.stripe_url} ({mode})", highlight=False)
    console.print(f"AWS emulator  {settings.endpoint_url} (region us-east-1, credentials test / test)", highlight=False)
    console.print(f"Call queue    {stack.outputs['CallQueueUrl']}", highlight=False, soft_wrap=True)
    console.print(f"Logs          {settings.emulator_log}", highlight=False, soft_wrap=True)
    console.print(f"For programs  {settings.description_file}", highlight=False, soft_wrap=True)
    console.print()
    if stack.stripe is None:
        forward = (
            f"stripe listen --forward-to {settings.endpoint_url}/stripe/webhook --headers 'Host: {settings.api_host}'"
        )
        console.print("To receive Stripe's webhook events, run this in another terminal:", style="bold")
        console.print(f"  {forward}", soft_wrap=True, highlight=False)
        console.print()
    console.print(
        "Open the Billing page in a browser and sign in as one of these people. Or, in another terminal:", style="bold"
    )
    console.print(
        f"  curl -H 'Host: {settings.api_host}' '{settings.endpoint_url}/rates?number=%2B442071838750'", soft_wrap=True
    )
    console.print("  make send-calls N=1000                     send made-up calls, then check the balance again")
    console.print("  make publish-rates FILE=local/rates.csv    change a price in the file first")
    console.print("  make list-unrated                          list the call without a price")
    console.print("Press Ctrl-C to stop everything.")
