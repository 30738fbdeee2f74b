"""The part of the story in which money comes in: funds added by hand, a recharge that calls set off, a card that is
declined, and one whose bank wants to be asked. Reads what it tells from the HTTP API, as a customer would.
"""

import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from email.message import EmailMessage
from typing import Any, Final, TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from local.progress import Progress
from local.seed import HALCYON, MERIDIAN
from local.stack import Stack, StackError, save_card

Found = TypeVar("Found")

PATIENCE_SECONDS: Final = 60.0
ENDED: Final = ("succeeded", "failed", "canceled", "requires_action")


def add_funds_by_hand(stack: Stack, console: Console) -> None:
    """The billing admin adds $25 with the saved card; sent twice under one key, charged once.

    Raises:
        StackError, ApiError: it does not go as it should.
    """
    ana = MERIDIAN.people[0]
    token = stack.user_token(ana.email)
    card = stack.api.get("/payment-methods", token)["items"][0]
    body, key = {"amount": "25.00", "payment_method_id": card["id"]}, {"Idempotency-Key": uuid.uuid4().hex}
    first = stack.api.send("POST", "/top-ups", token, body, key)
    again = stack.api.send("POST", "/top-ups", token, body, key)
    if first["status"] != "succeeded" or again != first:
        raise StackError(f"Adding funds ended otherwise than expected: {first} and {again}")
    balance = stack.api.get("/balance", token)["balance"]
    done = f"{ana.name} adds $25.00 with her {_card(card)} and presses Pay twice; it is paid once"
    console.print(f"{done}: [bold]${balance}[/bold].")


def tell_payments(stack: Stack, console: Console, token: str) -> Decimal:
    """What was paid in, by hand and automatically; the sum of it.

    Raises:
        StackError: no recharge was set off, or one has not ended.
    """

    def ended() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stack.api.get("/top-ups", token)["items"]
        automatic = [payment for payment in found if payment["kind"] == "automatic"]
        done = automatic and all(payment["status"] in ENDED for payment in found)
        return found if done and _is_settled(stack, token) else []

    payments = wait_for(stack, ended, "the recharge that calls have set off")
    table = Table(title=f"What {MERIDIAN.name} paid in", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("how", "card", "amount", ""):
        table.add_column(column, justify="right" if column == "amount" else "left")
    for payment in reversed(payments):
        how = "automatic recharge" if payment["kind"] == "automatic" else "added by hand"
        table.add_row(how, _card(payment["payment_method"]), f"${payment['amount']}", payment["status"])
    rule = stack.api.get("/auto-recharge", token)
    console.print()
    console.print(f"Whenever the balance falls below ${rule['threshold']}, its rule buys ${rule['amount']}, once:")
    console.print(table)
    return sum((Decimal(payment["amount"]) for payment in payments if payment["status"] == "succeeded"), Decimal(0))


def _is_settled(stack: Stack, token: str) -> bool:
    """Whether nothing is under way and the balance is where the rule wants it."""
    balance = stack.api.get("/balance", token)
    return Decimal(balance["balance"]) >= Decimal(balance["auto_recharge"]["threshold"])


def tell_declines(stack: Stack, progress: Progress) -> None:
    """The other account's card is declined, then another one's bank asks for a confirmation.

    Raises:
        StackError, ApiError: it does not go as it should.
    """
    dana, console = HALCYON.people[0], progress.console
    token = stack.user_token(dana.email)
    console.print(f"[bold]{HALCYON.name}[/bold] is less lucky with its cards:")
    with progress.step("A card that its bank declines"):
        _set_rule(stack, token, save_card(stack, dana.email, "pm_card_chargeCustomerFail"))
        state = _wait_for(stack, token, "paused")
    console.print(f"  {state['message']} Next attempt possible at {state['next_attempt_at']}.")
    with progress.step("A card whose bank wants the customer to confirm"):
        _set_rule(stack, token, save_card(stack, dana.email, "pm_card_authenticationRequired"))
        state = _wait_for(stack, token, "suspended")
    console.print(f"  {state['message']}")
    waiting = stack.api.get("/top-ups", token)["items"][0]
    if waiting["status"] != "requires_action":
        raise StackError(f"The payment that waits for its bank is not there: {waiting}")
    console.print("  This link, good for a day, finishes the very same payment:")
    console.print(f"  {waiting['next_action_url']}", soft_wrap=True, highlight=False)
    [mail] = wait_for(
        stack, lambda: _mails_with(stack, dana.email, waiting["next_action_url"]), "the mail with that link"
    )
    console.print(f"  It was mailed to {dana.email}, too: “{mail['Subject']}” lies in {stack.mailbox.folder}.")


def _mails_with(stack: Stack, address: str, link: str) -> list[EmailMessage]:
    """The mails to an address that have a link in them."""
    return [mail for mail in stack.mailbox.mails_to(address) if link in mail.get_content()]


def _set_rule(stack: Stack, token: str, card: str) -> None:
    rule = {"enabled": True, "threshold": "100.00", "amount": "40.00", "payment_method_id": card}
    stack.api.send("PUT", "/auto-recharge", token, rule)


def _wait_for(stack: Stack, token: str, status: str) -> dict[str, Any]:
    def reached() -> dict[str, Any]:
        found = stack.api.get("/auto-recharge", token)
        return found if found["status"] == status else {}

    return wait_for(stack, reached, f"automatic recharge to be {status}")


def wait_for(stack: Stack, look: Callable[[], Found | None], what: str) -> Found:
    """What is there as soon as it is.

    Raises:
        StackError: it is not there within a minute.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        stack.emulator.require_alive()
        if time.monotonic() > deadline:
            raise StackError(f"Waited a minute for {what}; see {stack.settings.emulator_log}")
        time.sleep(0.2)
    return found


def _card(card: dict[str, Any]) -> str:
    return f"{str(card['brand']).title()} {card['last4']}"
