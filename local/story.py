"""Plays a working day of the demonstration accounts, calls and payments, and tells in the terminal what came of it.
Reads everything it tells from the HTTP API, as a customer would.
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

from calling_credit.rates.deck import Deck, parse_deck
from local.admission_story import tell_admission
from local.payments_story import add_funds_by_hand, tell_declines, tell_payments
from local.prices_story import announce_a_price, tell_prices
from local.progress import Progress
from local.seed import COMPANIES, MERIDIAN
from local.stack import RATES_FILE, Stack, StackError
from local.traffic import CallingLine, Traffic
from ops.sqs_batches import send_all

SEED: Final = 7
WAVES: Final = 4
CALLS_A_WAVE: Final = 60
PREMIUM_NUMBER: Final = "+19005550123"
UNPRICED_NUMBER: Final = "+12995550123"
"""In an area code that nobody has: the deck cannot price it."""


def tell(stack: Stack, progress: Progress) -> None:
    """Play the day, wait until it is charged, and tell what happened.

    Raises:
        StackError: the numbers do not add up.
        ApiError, EmulatorError: the stack does not answer as it should.
    """
    console = progress.console
    ana = MERIDIAN.people[0]
    token = stack.user_token(ana.email)
    opening = Decimal(stack.api.get("/balance", token)["balance"])
    console.print()
    console.print(f"[bold]{MERIDIAN.name}[/bold] starts the day with ${opening} of credit.")
    add_funds_by_hand(stack, console)
    announced = announce_a_price(stack, console)
    console.print("Its phone system sends every finished call twice, because queues may deliver twice:")
    _play(stack, progress, token)
    paid = tell_payments(stack, console, token)
    console.print()
    _tell_usage(stack, console, token, opening + paid)
    console.print()
    tell_admission(stack, console)
    console.print()
    tell_declines(stack, progress)
    tell_prices(stack, console, announced)


def _play(stack: Stack, progress: Progress, token: str) -> None:
    deck = parse_deck(RATES_FILE.read_bytes(), "story")
    if not isinstance(deck, Deck):
        raise StackError(f"{RATES_FILE} has errors.")
    lines = [
        CallingLine(company.account_id, line.line_id, line.user_id, line.number)
        for company in COMPANIES
        for line in company.lines
        if line.international_calling
    ]
    traffic = Traffic(SEED, lines, deck.rows, datetime.now(UTC))
    day = list(traffic.calls(WAVES * CALLS_A_WAVE))
    meridian = Traffic(SEED, lines[:1], deck.rows, datetime.now(UTC))
    day[0] = meridian.call_to(PREMIUM_NUMBER, "c_story_premium", 95)
    day[1] = meridian.call_to(UNPRICED_NUMBER, "c_story_unpriced", 60)
    for wave in range(WAVES):
        calls = day[wave * CALLS_A_WAVE : (wave + 1) * CALLS_A_WAVE]
        with progress.step(f"Calls {wave * CALLS_A_WAVE + 1} to {wave * CALLS_A_WAVE + len(calls)}") as step:
            _send_twice(stack, calls)
            stack.wait_until_rated(lambda waiting: step.update(f"{waiting} messages waiting"))
        balance = stack.api.get("/balance", token)["balance"]
        progress.console.print(f"  {len(calls)} calls in {2 * len(calls)} messages, balance [bold]${balance}[/bold]")


def _send_twice(stack: Stack, calls: list[dict[str, Any]]) -> None:
    bodies = [json.dumps(call) for call in calls] * 2
    random.Random(SEED).shuffle(bodies)
    sent = send_all(boto3.client("sqs"), stack.outputs["CallQueueUrl"], bodies, lambda _count: None)
    if sent.refused:
        raise StackError(f"The call queue refused messages: {sent.refused[0]}")


def _tell_usage(stack: Stack, console: Console, token: str, opening: Decimal) -> None:
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=1))}
    usage = stack.api.get("/usage", token, **period)
    table = Table(title=f"What {MERIDIAN.name} used", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
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
    adds_up = opening - total == balance
    console.print(f"${opening} of credit - ${total} = ${opening - total}, and the balance is ${balance}.")
    if not adds_up:
        raise StackError("The usage table does not add up to the balance.")
    _tell_dearest(stack, console, token, period)
    console.print(
        "Domestic and unanswered calls cost nothing and are not listed. One call went to a number without a price: it"
        " is kept until a deck covers it, see [bold]make list-unrated[/bold]."
    )


def _tell_dearest(stack: Stack, console: Console, token: str, period: dict[str, str]) -> None:
    path = "/usage/outbound_international_call"
    calls = stack.api.get(path, token, **period, limit=200)["items"]
    table = Table(title="Its three dearest calls abroad", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("who", "to", "destination", "seconds", "billed", "a minute", "price"):
        table.add_column(column, justify="right" if column in ("seconds", "billed", "a minute", "price") else "left")
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


def tell_addresses(stack: Stack, console: Console) -> None:
    """Where the stack answers, who may sign in, what to try next."""
    settings = stack.settings
    table = Table(title="Sign-ins", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("email", "password", "role", "account"):
        table.add_column(column, no_wrap=True)
    for user in stack.users:
        table.add_row(user["email"], user["password"], user["role"], user["account_id"])
    console.print()
    console.print(table)
    console.print(f"[bold]Billing page  {settings.api_url}/[/bold]", highlight=False)
    console.print(f"HTTP API      {settings.api_url}", highlight=False)
    which = "stand-in" if stack.stripe else "test mode"
    console.print(f"Stripe        {stack.stripe_url} ({which})", highlight=False)
    console.print(f"AWS emulator  {settings.endpoint_url} (region us-east-1, credentials test / test)", highlight=False)
    console.print(f"Call queue    {stack.outputs['CallQueueUrl']}", highlight=False, soft_wrap=True)
    console.print(f"Logs          {settings.emulator_log}", highlight=False, soft_wrap=True)
    console.print(f"For programs  {settings.description_file}", highlight=False, soft_wrap=True)
    console.print()
    if stack.stripe is None:
        forward = (
            f"stripe listen --forward-to {settings.endpoint_url}/stripe/webhook --headers 'Host: {settings.api_host}'"
        )
        console.print("Stripe's callbacks arrive while this runs in another terminal:", style="bold")
        console.print(f"  {forward}", soft_wrap=True, highlight=False)
        console.print()
    console.print(
        "Open the Billing page in a browser and sign in as one of these people. Or, in another terminal:", style="bold"
    )
    console.print(
        f"  curl -H 'Host: {settings.api_host}' '{settings.endpoint_url}/rates?number=%2B442071838750'", soft_wrap=True
    )
    console.print("  make send-calls N=1000                     made-up calls, then look at the balance again")
    console.print("  make publish-rates FILE=local/rates.csv    change a price in it first")
    console.print("  make list-unrated                          the call without a price")
    console.print("Ctrl-C ends everything.")
