"""The payment scenes: a manual top-up, an automatic recharge after calls, a declined card, and a card
whose bank asks for a confirmation. Reads its facts from the HTTP API, as a customer does.
"""

import uuid
from decimal import Decimal
from email.message import EmailMessage
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from local.errors import StackError
from local.progress import Progress
from local.seed import HALCYON, MERIDIAN
from local.stack import Stack, save_card

FINAL_STATUSES: Final = ("succeeded", "failed", "canceled", "requires_action")


def add_funds(stack: Stack, console: Console) -> None:
    """Let the billing admin add $25 with the saved card: two requests with one key, one charge.

    Raises:
        StackError: the top-up does not succeed, or there are two.
        ApiError: the API refused a request.
    """
    ana = MERIDIAN.people[0]
    token = stack.user_token(ana.email)
    card = stack.api.get("/payment-methods", token)["items"][0]
    body, key = {"amount": "25.00", "payment_method_id": card["id"]}, {"Idempotency-Key": uuid.uuid4().hex}
    first = stack.api.send("POST", "/top-ups", token, body, key)
    second = stack.api.send("POST", "/top-ups", token, body, key)
    if first["status"] != "succeeded" or second != first:
        raise StackError(f"The top-up has an unexpected result: {first} and {second}")
    balance = stack.api.get("/balance", token)["balance"]
    console.print(
        f"{ana.name} adds $25.00 with a {_card(card)} and presses Pay twice; the card is charged once:"
        f" [bold]${balance}[/bold]."
    )


def show_payments(stack: Stack, console: Console, token: str) -> Decimal:
    """Show the manual and the automatic payments; return their sum.

    Raises:
        StackError: no recharge started, or one has not ended.
    """

    def ended_payments() -> list[dict[str, Any]]:
        payments: list[dict[str, Any]] = stack.api.get("/top-ups", token)["items"]
        has_recharge = any(payment["kind"] == "automatic" for payment in payments)
        has_ended = has_recharge and all(payment["status"] in FINAL_STATUSES for payment in payments)
        return payments if has_ended and _is_settled(stack, token) else []

    payments = stack.wait_for(ended_payments, "the automatic recharge after the calls")
    table = Table(title=f"Payments of {MERIDIAN.name}", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in ("kind", "card", "amount", "status"):
        table.add_column(column, justify="right" if column == "amount" else "left")
    for payment in reversed(payments):
        kind = "automatic recharge" if payment["kind"] == "automatic" else "manual top-up"
        table.add_row(kind, _card(payment["payment_method"]), f"${payment['amount']}", payment["status"])
    rule = stack.api.get("/auto-recharge", token)
    console.print()
    console.print(f"When the balance falls below ${rule['threshold']}, the recharge rule buys ${rule['amount']}, once:")
    console.print(table)
    return sum((Decimal(payment["amount"]) for payment in payments if payment["status"] == "succeeded"), Decimal(0))


def _is_settled(stack: Stack, token: str) -> bool:
    """Return whether the balance is above the rule's threshold, so that no recharge is due."""
    balance = stack.api.get("/balance", token)
    return Decimal(balance["balance"]) >= Decimal(balance["auto_recharge"]["threshold"])


def show_declines(stack: Stack, progress: Progress) -> None:
    """Recharge the other account with a declined card, then with a card whose bank asks for a confirmation.

    Raises:
        StackError: the rule does not reach the expected status.
        ApiError: the API refused a request.
    """
    dana, console = HALCYON.people[0], progress.console
    token = stack.user_token(dana.email)
    console.print(f"[bold]{HALCYON.name}[/bold] has problems with its cards:")
    with progress.step("A card that its bank declines"):
        _set_rule(stack, token, save_card(stack, dana.email, "pm_card_chargeCustomerFail"))
        rule = _wait_for_status(stack, token, "paused")
    console.print(f"  {rule['message']} The next attempt is possible at {rule['next_attempt_at']}.")
    with progress.step("A card whose bank asks the customer for a confirmation"):
        _set_rule(stack, token, save_card(stack, dana.email, "pm_card_authenticationRequired"))
        rule = _wait_for_status(stack, token, "suspended")
    console.print(f"  {rule['message']}")
    payment = stack.api.get("/top-ups", token)["items"][0]
    if payment["status"] != "requires_action":
        raise StackError(f"No payment is awaiting confirmation: {payment}")
    link = payment["next_action_url"]
    console.print("  This link completes the payment; it is valid for a day:")
    console.print(f"  {link}", soft_wrap=True, highlight=False)
    [mail] = stack.wait_for(lambda: _mails_with(stack, dana.email, link), "the e-mail with that link")
    console.print(f"  The e-mail “{mail['Subject']}” to {dana.email} contains it too; see {stack.mailbox.folder}.")


def _mails_with(stack: Stack, address: str, link: str) -> list[EmailMessage]:
    """Return the e-mails to an address that contain a link."""
    return [mail for mail in stack.mailbox.mails_to(address) if link in mail.get_content()]


def _set_rule(stack: Stack, token: str, card: str) -> None:
    rule = {"enabled": True, "threshold": "100.00", "amount": "40.00", "payment_method_id": card}
    stack.api.send("PUT", "/auto-recharge", token, rule)


def _wait_for_status(stack: Stack, token: str, status: str) -> dict[str, Any]:
    def rule_in_status() -> dict[str, Any]:
        rule = stack.api.get("/auto-recharge", token)
        return rule if rule["status"] == status else {}

    return stack.wait_for(rule_in_status, f"automatic recharge to be {status}")


def _card(card: dict[str, Any]) -> str:
    return f"{str(card['brand']).title()} {card['last4']}"
